"""Calibrates an audit by audits of the same labels with errors put in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Float64

from truemask.audit.calibration.binned import Scored
from truemask.audit.calibration.calibration import Calibration, Uncalibrated
from truemask.audit.calibration.curve import curve
from truemask.audit.calibration.injected import Injected
from truemask.audit.calibration.listed import List, by_list
from truemask.audit.calibration.lists import list_calibration, with_p_wrong
from truemask.audit.calibration.pointing import Row, best_scores, pointed
from truemask.seeds import seed_for

LEAST_HITS = 20
"""Findings of injected errors that a list needs; fewer say too little of where errors score."""
LEAST_FINDINGS = 20
"""Of a list; one that is shorter is looked at as a whole."""
_TOO_SHORT = f"a list of fewer than {LEAST_FINDINGS} is too short to tell: look at all of it"


@dataclass(frozen=True)
class Trial:
    """One injection, and what the audit made of it.

    Args:
        errors: that were put in.
        findings: of the audit of the labels with them.
    """

    errors: Sequence[Injected]
    findings: pa.Table


def calibrate(
    findings: pa.Table,
    trials: Sequence[Trial],
    *,
    mode: str,
    specs: Sequence[str],
    precision: float | None = None,
) -> tuple[Calibration, pa.Table]:
    """What is to be expected of each list; and the findings with `p_wrong`.

    Rests on injected errors being like the real ones: as easily seen, and of the same kinds and sizes. Real
    errors that the networks learnt to repeat, because they follow a rule, score lower than injected ones that
    the networks never saw (`fast`): there are more errors then than it says. Where networks are surely wrong
    about right labels, there are fewer. Injected errors in places that the audit had flagged before are left
    out.

    Args:
        findings: of the audit of the given labels.
        trials: of the injections; without any, no list is calibrated.
        mode: `fast` or `full`. After `full`, networks that learnt from more errors are less sure of all: the
            scores of injected errors are carried over by their rank among the other findings.
        specs: of the noise that was injected.
        precision: where to cut.
    """
    rows = findings.to_pylist()
    seen = [_Seen(trial, rows) for trial in trials]
    p_wrong, curves, why = np.full(len(rows), np.nan), {}, []
    for name, places in by_list(findings).items():
        if len(places) < LEAST_FINDINGS:
            why.append(Uncalibrated(*name, len(places), _TOO_SHORT))
            continue
        mine = _scored([rows[place] for place in places])
        hits, errors = _hits(seen, name, mine if mode == "full" else None)
        if len(hits) < LEAST_HITS:
            why.append(Uncalibrated(*name, len(places), _why(seen, name, len(hits))))
            continue
        rng = np.random.default_rng(seed_for("calibration", *name))
        curves[name] = curve(mine, hits, errors, rng=rng)
        p_wrong[places] = curves[name].p_wrong
    told = with_p_wrong(findings, p_wrong)
    lists = tuple(
        list_calibration(name, one, told, precision, *_counts(seen, name)) for name, one in curves.items()
    )
    return Calibration(mode, precision, tuple(specs), lists, tuple(why)), told


class _Seen:
    """A trial, sorted out, without the errors that fell on what the audit had flagged before."""

    def __init__(self, trial: Trial, before: Sequence[Row]) -> None:
        # What was flagged is mostly wrong already: a second error there scores like no single one.
        known = {place for places in pointed(before, trial.errors) for place in places}
        self.errors = [error for place, error in enumerate(trial.errors) if place not in known]
        self.rows: list[Row] = trial.findings.to_pylist()
        self.hits = pointed(self.rows, self.errors)
        self.best = best_scores(self.rows, self.hits, len(self.errors))

    def of(self, name: List, *, hit: bool) -> list[Row]:
        """The findings of a list that point at errors, or do not."""
        pairs = zip(self.rows, self.hits, strict=True)
        return [row for row, places in pairs if (row["level"], row["kind"]) == name and bool(places) == hit]

    def errors_of(self, name: List) -> list[int]:
        """The errors that belong to a list."""
        return [place for place, error in enumerate(self.errors) if (error.level, error.kind) == name]


def _scored(rows: Sequence[Row]) -> Scored:
    return Scored(np.array([row["score"] for row in rows], np.float64), [row["image"] for row in rows])


def _hits(seen: Sequence[_Seen], name: List, scale: Scored | None) -> tuple[Scored, Scored]:
    """Findings that point at injected errors, and injected errors with the best of them, over all trials."""
    scores, best = [np.zeros(0)], [np.zeros(0)]
    images: list[str] = []
    where: list[str] = []
    for trial in seen:
        hits, others = _scored(trial.of(name, hit=True)), _scored(trial.of(name, hit=False))
        places = trial.errors_of(name)
        top = trial.best.get(name, np.full(len(trial.errors), -np.inf))[places]
        if scale is not None:
            hits = Scored(_carried(hits.scores, others.scores, scale.scores), hits.images)
            top = _carried(top, others.scores, scale.scores)
        scores.append(hits.scores)
        best.append(top)
        images += hits.images
        where += [trial.errors[place].image for place in places]
    return Scored(np.concatenate(scores), images), Scored(np.concatenate(best), where)


def _carried(
    scores: Float64[np.ndarray, "n"], there: Float64[np.ndarray, "m"], here: Float64[np.ndarray, "k"]
) -> Float64[np.ndarray, "n"]:
    """Scores of one list on the scale of another one of the same labels, by rank."""
    if not len(there):
        return scores
    ranks = np.searchsorted(np.sort(there), scores, side="right") / len(there)
    return np.where(np.isinf(scores), scores, np.quantile(here, np.clip(ranks, 0, 1)))


def _why(seen: Sequence[_Seen], name: List, hits: int) -> str:
    put_in = sum(len(trial.errors_of(name)) for trial in seen)
    if not put_in and not hits:
        return "no errors of this kind were injected"
    return f"{hits} findings of {put_in} injected errors: at least {LEAST_HITS} are needed"


def _counts(seen: Sequence[_Seen], name: List) -> tuple[int, int]:
    """Errors of a kind that were put in, and those of them that some finding of the list points at."""
    places = [trial.errors_of(name) for trial in seen]
    best = [trial.best.get(name, np.full(len(trial.errors), -np.inf)) for trial in seen]
    found = (int(np.isfinite(top[mine]).sum()) for top, mine in zip(best, places, strict=True))
    return sum(map(len, places)), sum(found)
