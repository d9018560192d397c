"""Which findings somebody should decide about: a fair sample of each list, however far it is gone through."""

import numpy as np
import pyarrow as pa
from jaxtyping import Int64

from truemask.audit.calibration.listed import by_list
from truemask.seeds import seed_for


def to_review(findings: pa.Table, each: int, *, seed: int = 0) -> Int64[np.ndarray, "m"]:
    """Rows of findings to decide about, so many of each list, in the order in which to decide.

    However many of them are decided, they are of all lists in turn, and spread evenly from top to end of
    each. What a smaller number draws, a larger one draws first. Lists that are not longer are drawn whole.

    Args:
        findings: all of the audit.
        each: list.
        seed: of the draw.
    """
    scores = findings["score"].to_numpy().astype(np.float64)
    rows, turns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for name, of_list in by_list(findings).items():
        places = of_list[np.argsort(-scores[of_list], kind="stable")]
        start = np.random.default_rng(seed_for("to review", " ".join(name), seed)).random()
        rows.append(places[_evenly(start, len(places))[:each]])
        turns.append(np.arange(len(rows[-1])))
    return np.concatenate(rows)[np.argsort(np.concatenate(turns), kind="stable")]


def _evenly(start: float, count: int) -> Int64[np.ndarray, "count"]:
    """The numbers below `count`, of which any first ones are spread evenly: by multiples of the golden
    ratio."""
    points = (start + np.arange(3 * count + 3) * (5**0.5 - 1) / 2) % 1  # as many leave no gap of 1 / count
    places, first = np.unique((points * count).astype(np.int64), return_index=True)
    return places[np.argsort(first)]
