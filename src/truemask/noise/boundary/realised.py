"""What noise on outlines really did."""

import numpy as np

from truemask.noise.counts import Share, units
from truemask.noise.row import Knobs
from truemask.types import IGNORE, Instances, Labels, Problem


def redrawn(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Pixels whose class changed, or objects whose outline did."""
    if isinstance(before, Instances):
        assert isinstance(after, Instances)
        outlines = dict(zip(after.ids.tolist(), after.masks, strict=True))
        same = sum(outlines.get(i) == mask for i, mask in zip(before.ids.tolist(), before.masks, strict=True))
        return len(before) - same, units(before)
    assert isinstance(before, np.ndarray)
    assert isinstance(after, np.ndarray)
    return int(np.count_nonzero(before != after)), int(np.count_nonzero(before != IGNORE))
