"""How a person draws a label map: things left out, taken for others, and outlines of the own hand.

Distances are floats (OpenCV's exact Euclidean transform): where one ties with the shift to the last bit,
another build of OpenCV may put a pixel on the other side.
"""

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from truemask.noise.annotator.person import Person
from truemask.noise.background import background_of
from truemask.noise.draws import Draws
from truemask.noise.normals import normals
from truemask.noise.relabel import relabel_units
from truemask.noise.segment.regions import segments
from truemask.types import IGNORE, Problem

_BEND_PX = 16
"""A hand strays from the outline and comes back over about so many pixels."""


def drawn_by(
    who: Person, labels: UInt8[np.ndarray, "h w"], problem: Problem, draws: Draws
) -> UInt8[np.ndarray, "h w"]:
    """The map as the person draws it; small segments over large ones, IGNORE stays.

    Raises:
        BadInput: if the problem has no background, which is what is left where nothing is drawn.
    """
    from scipy.ndimage import find_objects  # late: it takes a third of a second

    background = background_of(problem, "an annotator of label maps")
    ids, places = segments(labels, background)
    seen = draws.uniforms("miss", places) >= who.miss
    classes = relabel_units(labels.ravel()[places], places, who.confusion, draws)
    shift = _shift(who, labels.shape, draws)
    margin_px = max(0, int(np.ceil(shift.max(initial=0)))) + 1
    windows = find_objects(ids)
    areas = np.bincount(ids.ravel(), minlength=len(places) + 1)[1:]
    noisy = np.full_like(labels, background)
    for row in np.lexsort((-places, -areas))[: len(places)].tolist():
        if seen[row]:
            rows, columns = windows[row]
            window = _wider(rows, margin_px), _wider(columns, margin_px)
            outline = _moved(ids[window] == row + 1, shift[window])
            np.copyto(noisy[window], classes[row], where=outline)
    np.copyto(noisy, np.uint8(IGNORE), where=labels == IGNORE)
    return noisy


def _shift(who: Person, shape: tuple[int, ...], draws: Draws) -> Float32[np.ndarray, "h w"]:
    """How far outside of the true outline the hand is, place by place, in pixels."""
    height, width = shape
    rows, columns = -(-height // _BEND_PX) + 1, -(-width // _BEND_PX) + 1
    knots = normals(draws, "hand", np.arange(rows * columns)).reshape(rows, columns)
    bent = cv2.resize(knots.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(who.bias_px + who.jitter_px * bent, dtype=np.float32).reshape(height, width)


def _moved(thing: Bool[np.ndarray, "h w"], shift: Float32[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Where the signed distance to the outline, negative inside, is at most the shift."""
    inside, outside = (
        cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for side in (thing, ~thing)
    )
    moved: Bool[np.ndarray, "h w"] = np.where(thing, 0.5 - inside, outside - 0.5) <= shift
    return moved


def _wider(side: slice, margin_px: int) -> slice:
    return slice(max(0, side.start - margin_px), side.stop + margin_px)
