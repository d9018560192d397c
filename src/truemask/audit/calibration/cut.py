"""Which findings to act on, so that a wanted share of them are errors."""

import numpy as np
import pyarrow as pa
from jaxtyping import Bool

from truemask.audit.calibration.listed import by_list
from truemask.types import BadInput


def within(findings: pa.Table, precision: float) -> Bool[np.ndarray, "n"]:
    """The findings of each list, from its top, as far as their mean `p_wrong` is at least `precision`.

    Findings of one probability are taken together or not at all. False where `p_wrong` is null, or 0: that
    is no error, however many others are.

    Args:
        findings: of a calibrated audit (see `findings.SCHEMA`).
        precision: expected share of errors among what is taken, in (0, 1].

    Raises:
        BadInput: if precision is not in (0, 1], or no finding has a probability.
    """
    if not 0 < precision <= 1:
        raise BadInput(f"a precision is a share of findings above 0 and up to 1; got {precision}")
    chances = np.array(findings["p_wrong"].to_pylist(), np.float64)
    if len(chances) and np.isnan(chances).all():
        raise BadInput("no finding says how probably it is wrong: run the audit with --calibrate fast")
    taken = np.zeros(len(chances), bool)
    for rows in by_list(findings).values():
        mine = rows[chances[rows] > 0]  # not null either
        levels, place = np.unique(-chances[mine], return_inverse=True)
        counts = np.cumsum(np.bincount(place, minlength=len(levels)))
        expected = np.cumsum(np.bincount(place, weights=chances[mine], minlength=len(levels)))
        # p_wrong is kept as float32: 0.9 in every finding is a precision of 0.9.
        enough = np.flatnonzero(expected >= counts * (precision - 1e-6))
        if len(enough):
            taken[mine[place <= enough[-1]]] = True
    return taken
