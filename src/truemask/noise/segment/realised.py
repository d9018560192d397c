"""What noise on segments really did."""

import numpy as np

from truemask.noise.counts import Share, units
from truemask.noise.objects import bearing
from truemask.noise.row import Knobs
from truemask.noise.segment.regions import segments
from truemask.types import Instances, Labels, Problem


def missed(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Segments left out, among all segments."""
    if isinstance(before, Instances):
        assert isinstance(after, Instances)
        return int((bearing(before) & ~np.isin(before.ids, after.ids)).sum()), units(before)
    assert isinstance(before, np.ndarray)
    assert isinstance(after, np.ndarray)
    assert problem.background is not None
    _, places = segments(before, problem.background)
    return int((after.ravel()[places] == problem.background).sum()), len(places)
