"""What noise on outlines really did."""

import numpy as np

from truemask.noise.counts import Share, units
from truemask.noise.objects import bearing
from truemask.noise.row import Knobs
from truemask.noise.segment.regions import segments
from truemask.types import IGNORE, Instances, Labels, Problem


def redrawn(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Pixels whose class changed, or objects whose outline did."""
    if isinstance(before, Instances):
        assert isinstance(after, Instances)
        return _other_outlines(before, after)
    assert isinstance(before, np.ndarray)
    assert isinstance(after, np.ndarray)
    return int(np.count_nonzero(before != after)), int(np.count_nonzero(before != IGNORE))


def punched(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Segments, or objects, that lost pixels."""
    if isinstance(before, Instances):
        assert isinstance(after, Instances)
        return _other_outlines(before, after)
    assert isinstance(before, np.ndarray)
    assert isinstance(after, np.ndarray)
    assert problem.background is not None
    ids, places = segments(before, problem.background)
    return int(np.count_nonzero(np.bincount(ids[before != after], minlength=1)[1:])), len(places)


def mixed(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Objects of another class or outline, those that vanished among them."""
    assert isinstance(before, Instances)
    assert isinstance(after, Instances)
    there = {
        row[0]: row[1:] for row in zip(after.ids.tolist(), after.classes.tolist(), after.masks, strict=True)
    }
    rows = zip(before.ids.tolist(), before.classes.tolist(), before.masks, strict=True)
    same = sum(there.get(i) == (class_id, mask) for i, class_id, mask in rows)
    return len(before) - same, int(bearing(before).sum())


def _other_outlines(before: Instances, after: Instances) -> Share:
    outlines = dict(zip(after.ids.tolist(), after.masks, strict=True))
    same = sum(outlines.get(i) == mask for i, mask in zip(before.ids.tolist(), before.masks, strict=True))
    return len(before) - same, units(before)
