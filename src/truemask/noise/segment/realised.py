"""What noise on segments really did."""

import numpy as np
from jaxtyping import UInt8

from truemask.noise.counts import Share
from truemask.noise.row import Knobs
from truemask.noise.segment.units import Segments, chances, segments_of
from truemask.types import IGNORE, Instances, Labels, Problem


def classes_after(found: Segments, after: Labels) -> UInt8[np.ndarray, "n"]:
    """The class that each segment has now, at its first place or by its id; IGNORE for a lost object."""
    if isinstance(after, Instances):
        now = dict(zip(after.ids.tolist(), after.classes.tolist(), strict=True))
        return np.array([now.get(name, IGNORE) for name in found.names.tolist()], dtype=np.uint8)
    assert isinstance(after, np.ndarray)
    return np.asarray(after.ravel()[found.names])


def likely(before: Labels, problem: Problem, knobs: Knobs) -> float:
    """Segments that it should happen to, by the knobs `rate` and `rates`."""
    assert not isinstance(before, int)
    return float(chances(problem, segments_of(before, problem), knobs["rate"], knobs["rates"]).sum())


def missed(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Segments left out, among all segments."""
    assert not isinstance(before, int)
    found = segments_of(before, problem)
    gone = IGNORE if isinstance(after, Instances) else problem.background
    return int((classes_after(found, after) == gone).sum()), len(found)


def reclassed(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Segments of another class now, among all segments."""
    assert not isinstance(before, int)
    found = segments_of(before, problem)
    return int((classes_after(found, after) != found.classes).sum()), len(found)


def added(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Objects that are new, or new regions of a class where there was background; for each old segment."""
    assert not isinstance(before, int)
    of = len(segments_of(before, problem))
    if isinstance(before, Instances):
        assert isinstance(after, Instances)
        return int((~np.isin(after.ids, before.ids)).sum()), of
    assert isinstance(after, np.ndarray)
    new = np.where(before == problem.background, after, np.uint8(IGNORE))
    return min(len(segments_of(new, problem)), of), of
