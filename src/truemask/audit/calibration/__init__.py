"""How far each list of an audit can be trusted.

A *list* is all findings of one level and one kind, by score, highest first. Errors of known places are
injected into the given labels, the audit looks again, and where the injected ones come in its lists tells how
many of the findings above any score are errors (see `mixture` and `curve`). Where whole images bear labels,
every label has a probability of its own, by the transition matrix that makes all of them likeliest, and
nothing is injected (see `by_channel`). Where a reviewer decided about some findings of a list, that tells
(see `by_review`).

What an audit's folder then holds:

- `findings.parquet`: `p_wrong` of every finding of a calibrated list, the probability that it is an error. It
  never falls as the score rises within its list, but for findings that a reviewer decided about: 1 or 0.
  Null in lists that could not be calibrated.
- The expected precision of the findings of a list above any score is the mean of their `p_wrong`. So a list
  cut for a precision of 0.9 is its longest part from the top whose mean `p_wrong` is at least 0.9:
  `cut.within`.
- `calibration.json`:

      {"mode": "fast" | "full" | "likelihood" | "reviewed", "precision": 0.9 | null,
       "specs": ["symmetric:0.05"], "lists": [LIST, ...],
       "uncalibrated": [{"level": "image", "kind": "missing", "findings": 3, "why": "..."}]}

  with three numbers, estimate, low and high end of a 90 % interval, wherever a LIST has a `[..., ..., ...]`:

      {"level": "segment", "kind": "missing", "findings": 120,
       "injected": 300, "recovered": 250,          errors put in; those of them that some finding points at
       "errors": [80, 61, 99],                     of this kind in the given labels, found or not
       "precision": [0.55, 0.4, 0.7],              of the whole list
       "recall": [0.83, 0.80, 0.86],               share of the errors that are in the list
       "cut": {"score": 0.7, "findings": 40, "precision": [...], "recall": [...]} | null,
       "curve": {"score": [...], "findings": [...], "precision": [[...], ...], "recall": [[...], ...]}}

  `cut` is for the precision that was asked for, null where none was or the list reaches it nowhere. A row of
  `curve` speaks of all findings of its score or more, from the top of the list to its end.
"""

from truemask.audit.calibration.by_channel import calibrate_classes
from truemask.audit.calibration.by_review import calibrate_reviewed
from truemask.audit.calibration.calibrate import Trial, calibrate
from truemask.audit.calibration.calibration import (
    CALIBRATION,
    Calibration,
    ListCalibration,
    Part,
    read_calibration,
)
from truemask.audit.calibration.cut import within
from truemask.audit.calibration.injected import Injected, injected
from truemask.audit.calibration.sample import to_review

__all__ = [
    "CALIBRATION",
    "Calibration",
    "Injected",
    "ListCalibration",
    "Part",
    "Trial",
    "calibrate",
    "calibrate_classes",
    "calibrate_reviewed",
    "injected",
    "read_calibration",
    "to_review",
    "within",
]
