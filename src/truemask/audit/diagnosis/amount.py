"""How much of the labels is wrong."""

import numpy as np

from truemask.audit.calibration.calibration import Calibration, Interval
from truemask.audit.result import AuditResult

_DRAWS = 500
_TAIL = 5.0


def amount(result: AuditResult, calibration: Calibration | None = None) -> tuple[Interval, str]:
    """Estimated share of labels that are wrong, with a 90 % interval; and what it rests on.

    Calibrated lists of whole images or of objects say how many errors there are. Else, and for pixels, it is
    the joint's estimate, whose interval is by bootstrap over images: it knows of chance only.
    """
    total = int(result.units.sum())
    if not total:
        return (float("nan"),) * 3, "no labels"
    unit_lists = [one for one in calibration.lists if one.level in _OF_UNITS] if calibration else []
    # What a reviewer decided about what is listed says nothing of what is not.
    told = not any(np.isnan(one.errors[0]) for one in unit_lists)
    if calibration and unit_lists and told and result.unit != "pixels":
        low, middle, high = (
            min(1.0, sum(one.errors[place] for one in unit_lists) / total) for place in (1, 0, 2)
        )
        lists = "the calibrated lists"
        return (middle, low, high), f"the most it can be, by {lists}" if calibration.at_most else lists
    rate, joint = result.wrong_rate, "the confident joint"
    if calibration is not None and calibration.mode == "likelihood":
        joint = "the likelihood of the labels"
    flagged = np.array([count or 0 for count in result.images["flagged"].to_pylist()], np.float64)
    units = np.array(result.images["units"].to_pylist(), np.float64)
    if np.isnan(rate) or not flagged.sum():
        return (rate, rate, rate), joint
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(units), (_DRAWS, len(units)))
    shares = flagged[drawn].sum(axis=1) / np.maximum(units[drawn].sum(axis=1), 1)
    low, high = np.percentile(shares, [_TAIL, 100 - _TAIL]) * rate / (flagged.sum() / units.sum())
    return (rate, min(float(low), rate), min(1.0, max(float(high), rate))), joint


_OF_UNITS = ("image", "instance")
"""Levels whose findings are about one label each."""
