"""Noise on whole segments: connected regions of a label map, or objects. Pixels of one change together.

Source: inexhaustive annotations of "Learn transferable features for semantic image segmentation in the
presence of label noise" (draft, 2017).
"""

import cv2
import numpy as np
from jaxtyping import Int32, Int64, UInt8

from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.objects import bearing, kept
from truemask.noise.pixel import background_of
from truemask.types import IGNORE, Instances, Problem


def miss(
    labels: UInt8[np.ndarray, "h w"] | Instances, problem: Problem, draws: Draws, *, rate: Rate
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Segments left out: on a label map they become background, from an object list they vanish.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a segment to be left out, whatever its size.

    Raises:
        BadInput: if a label map's problem has no background.
    """
    if isinstance(labels, Instances):
        missed = draws.uniforms("miss", labels.ids) < rate
        return kept(labels, ~(missed & bearing(labels)))
    background = background_of(problem, "miss")
    ids, places = segments(labels, background)
    missed = draws.uniforms("miss", places) < rate
    noisy = labels.copy()
    noisy[np.concatenate([[False], missed])[ids]] = background
    return noisy


def segments(
    labels: UInt8[np.ndarray, "h w"], background: int
) -> tuple[Int32[np.ndarray, "h w"], Int64[np.ndarray, "n"]]:
    """Connected regions of one foreground class: each pixel's region (from 1; 0: none), their first places.

    Pixels that touch by a corner are connected. The first place in reading order stays the segment's name
    whatever happens elsewhere in the image, so draws are counted by it.
    """
    from truemask.noise import kernels  # late: numba takes half a second to import

    ids, count = np.zeros(labels.shape, dtype=np.int32), 0
    for class_id in np.setdiff1d(np.unique(labels), [background, IGNORE]):
        here = labels == class_id
        found, numbers = cv2.connectedComponents(here.astype(np.uint8), connectivity=8)
        ids[here] = numbers[here] + count
        count += found - 1
    places = np.full(count + 1, -1, dtype=np.int64)
    kernels.first_places(ids.ravel(), places)
    return ids, places[1:]
