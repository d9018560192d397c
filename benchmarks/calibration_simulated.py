"""Calibration of lists of simulated scores: promised against realised precision, over many lists.

Each list has 1,000 findings, 5 to 95 % of them errors; 600 findings of injected errors score like the errors.
Three sources fulfil the condition of the method, that the top of a list is pure; one does not.
"""

from collections.abc import Callable

import numpy as np
import typer

from benchmarks.report import Goal, publish
from truemask.audit.calibration.binned import Scored
from truemask.audit.calibration.curve import curve

CLOSE = 0.05
ASKED = 0.9


def main(lists: int = 100) -> None:
    """Print the table and keep it in benchmarks/results/calibration_simulated.json."""
    rows, shares = [], {}
    for place, (name, draw) in enumerate(SIMULATED.items()):
        trials = [_simulated(draw, np.random.default_rng((place, number))) for number in range(lists)]
        off, inside, cut = (np.array(column) for column in zip(*trials, strict=True))
        shares[name] = float(np.mean(off <= CLOSE))
        rows.append(
            {
                "scores of errors and false alarms": name,
                "close": shares[name],
                "mean distance": float(np.mean(off)),
                "within 90 % interval": float(np.mean(inside)),
                f"errors where cut for {ASKED}": float(np.nanmean(cut)),
                f"cut lists within {CLOSE}": float(np.nanmean(np.abs(cut - ASKED) <= CLOSE)),
            }
        )
    publish(
        "calibration_simulated",
        f"Promised and realised precision of {lists} simulated lists of each source",
        rows,
        settings={"lists": lists},
        goals=[
            Goal(f"share of close lists, {name}", 0.9, share, at_least=True)
            for name, share in shares.items()
            if name != IMPURE
        ],
        notes=[f"close: promised and realised precision of the whole list differ by at most {CLOSE}"],
    )


IMPURE = "normal 2.5 and heavy tails, top impure"
Draw = Callable[[np.random.Generator, int], np.ndarray]
SIMULATED: dict[str, tuple[Draw, Draw]] = {
    "normal, 3 deviations apart": (lambda rng, n: rng.normal(3, 1, n), lambda rng, n: rng.normal(0, 1, n)),
    "beta(4, 1) and beta(1.5, 4)": (lambda rng, n: rng.beta(4, 1, n), lambda rng, n: rng.beta(1.5, 4, n)),
    "normal, 2 deviations apart": (lambda rng, n: rng.normal(2, 1, n), lambda rng, n: rng.normal(0, 0.8, n)),
    IMPURE: (lambda rng, n: rng.normal(2.5, 1, n), lambda rng, n: rng.standard_t(3, n)),
}
"""Scores of errors and of false alarms."""


def _simulated(draw: tuple[Draw, Draw], rng: np.random.Generator) -> tuple[float, bool, float]:
    """A list of 1,000 with 5 to 95 % errors: distance, whether the interval holds, errors in the cut list."""
    of_errors, of_false = draw
    errors = int(rng.uniform(0.05, 0.95) * 1000)
    scores = np.concatenate([of_errors(rng, errors), of_false(rng, 1000 - errors)])
    hits = of_errors(rng, 600)
    images = [f"{place:03}" for place in rng.integers(0, 300, 1600)]
    found = curve(
        Scored(scores, images[:1000]), Scored(hits, images[1000:]), Scored(hits, images[1000:]), rng=rng
    )
    promised, low, high = found.precision[-1]
    order = np.argsort(-found.p_wrong, kind="stable")
    means = np.cumsum(found.p_wrong[order]) / np.arange(1, 1001)
    kept = order[: int((means >= ASKED).sum())]
    truth = errors / 1000
    right = float((kept < errors).mean()) if len(kept) else np.nan
    return abs(promised - truth), bool(low <= truth <= high), right


if __name__ == "__main__":
    typer.run(main)
