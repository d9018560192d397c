"""How many findings to review for what share of the errors."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Float64


@dataclass(frozen=True)
class Lift:
    """A review of findings, most probable errors first.

    Args:
        reviewed: how many findings.
        found: errors expected among them.
        errors: that there are, found or not; NaN where the audit was not calibrated.
    """

    reviewed: Float64[np.ndarray, "n"]
    found: Float64[np.ndarray, "n"]
    errors: float

    def needed(self, share: float) -> int | None:
        """Findings to review for this share of the errors; None if the lists do not hold so many."""
        enough = np.flatnonzero(self.found >= share * self.errors)
        return int(self.reviewed[enough[0]]) if len(enough) else None


def lift(findings: pa.Table, errors: float) -> Lift | None:
    """Expected errors down the list of all calibrated findings; None where none is calibrated.

    Args:
        findings: with `p_wrong`.
        errors: estimate of the errors there are in all.
    """
    chances = np.array(
        [chance for chance in findings["p_wrong"].to_pylist() if chance is not None], np.float64
    )
    if not len(chances):
        return None
    found = np.cumsum(np.sort(chances)[::-1])
    return Lift(np.arange(1, len(found) + 1, dtype=np.float64), found, errors)
