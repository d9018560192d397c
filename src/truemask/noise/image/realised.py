"""What noise on whole sets really did."""

import numpy as np

from truemask.noise.counts import Share
from truemask.noise.image.roster import Roster
from truemask.noise.row import Knobs
from truemask.types import Problem


def replaced(before: Roster, after: Roster, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Images that another one stands in for, among those with a label."""
    count = sum(old != new for old, new in zip(before.donors, after.donors, strict=True))
    return count, int(before.labelled.sum())


def wrong(before: Roster, after: Roster, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Labels changed, among all."""
    return int(np.count_nonzero(before.labels != after.labels)), int(before.labelled.sum())


def diluted(before: Roster, after: Roster, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Copies with another label than their image had, among all copies."""
    there, last, count, total = set(before.keys), 0, 0, 0
    for key, label in zip(after.keys, after.labels.tolist(), strict=True):
        if key in there:
            last = label
        else:
            count, total = count + (label != last), total + 1
    return count, total
