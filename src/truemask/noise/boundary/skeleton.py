"""Noise that leaves only the middle lines of things: scribbles.

Source: the perturbed labels of Luo et al., AAAI 2022, arXiv:2103.11594.
"""

import numpy as np
from jaxtyping import UInt8

from truemask.crops import Crop
from truemask.noise.boundary.things import redrawn, redrawn_in
from truemask.noise.draws import Draws
from truemask.types import Instances, Problem


def skeleton(
    labels: UInt8[np.ndarray, "h w"] | Instances, problem: Problem, draws: Draws
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Only the middle lines of things, one pixel wide; the rest of them becomes background.

    In a label map each connected region of a foreground class is thinned by itself, so classes that touch
    keep a line each. Objects are thinned one by one.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: not used.

    Raises:
        BadInput: if a label map's problem has no background.
    """
    return redrawn(labels, problem, draws, lambda thing, _: _lines(thing), rate=1, what="skeleton")


def _lines(thing: Crop) -> Crop:
    from skimage.morphology import skeletonize  # late: it takes a second

    return redrawn_in(thing, skeletonize(thing.mask.astype(bool)).view(np.uint8))
