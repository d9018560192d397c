"""Things labelled where there is nothing."""

from math import ceil, pi, sqrt
from typing import Literal

import cv2
import numpy as np
from jaxtyping import UInt8

from truemask.crops import Crop
from truemask.noise.background import background_of
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.row import Knobs
from truemask.noise.segment.new_objects import new_ids, with_new
from truemask.noise.segment.pieces import pieces_of, seen_in, tight, window_of
from truemask.noise.segment.rates import SegmentRates
from truemask.noise.segment.realised import likely
from truemask.noise.segment.units import chances, chosen
from truemask.types import Instances, Labels, Problem

_TRIES = 16
_SQUARE = np.ones((3, 3), dtype=np.uint8)


def spurious(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate,
    shape: Literal["copy", "blob"] = "copy",
    rates: SegmentRates | None = None,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Segments of the same image repeated elsewhere, as if there were one more of them.

    Of 16 drawn places the first one is taken where the copy lies on background and touches nothing. Where
    there is none, objects take the place with the least overlap, label maps no copy. So an image gets more
    false things the more true ones it has, and none if it has none.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a segment to be repeated.
        shape: a `copy` has the segment's shape, a `blob` is an ellipse of its area and any direction,
            up to twice as long as wide.
        rates: other chances by class, by size, or both, such as `rates=dog/small:0.5;dog:0.2;small:0.1`.

    Raises:
        BadInput: if a label map's problem has no background, or a class is not the problem's.
    """
    background = background_of(problem, "spurious")
    found, crops = pieces_of(labels, problem)
    again = np.flatnonzero(chosen("spurious", draws, found, chances(problem, found, rate, rates)))
    order = again[np.argsort(found.names[again], kind="stable")]
    taken = _covered(labels, background, crops)
    new, sources = [], []
    for source in order.tolist():
        thing = crops[source] if shape == "copy" else _blob(crops[source], draws, int(found.names[source]))
        copy, free = _placed(thing, taken, draws, int(found.names[source]))
        if free or isinstance(labels, Instances):
            new.append(copy)
            sources.append(source)
            _cover(taken, copy)
    if isinstance(labels, Instances):
        ids = new_ids("spurious", draws, found.names[sources])
        return with_new(labels, found.classes[sources], new, ids)
    noisy = labels.copy()
    for source, copy in zip(sources, new, strict=True):
        window = window_of(copy, 0)
        here = noisy[window.top : window.bottom, window.left : window.right]
        here[copy.mask == 1] = found.classes[source]
    return noisy


def expected(before: Labels, problem: Problem, knobs: Knobs) -> float | None:
    """Objects that should be new; None for label maps, where nobody knows before how many find room."""
    return likely(before, problem, knobs) if isinstance(before, Instances) else None


def _covered(
    labels: UInt8[np.ndarray, "h w"] | Instances, background: int, crops: tuple[Crop, ...]
) -> UInt8[np.ndarray, "h w"]:
    """1 where a copy would touch something."""
    if not isinstance(labels, Instances):
        return np.asarray(cv2.dilate((labels != background).astype(np.uint8), _SQUARE), dtype=np.uint8)
    taken = np.zeros(labels.size, dtype=np.uint8)
    for one in crops:
        _cover(taken, one)
    return taken


def _cover(taken: UInt8[np.ndarray, "h w"], one: Crop) -> None:
    window = window_of(one, 1)
    here = taken[window.top : window.bottom, window.left : window.right]
    here |= cv2.dilate(seen_in(one, window), _SQUARE)


def _placed(thing: Crop, taken: UInt8[np.ndarray, "h w"], draws: Draws, name: int) -> tuple[Crop, bool]:
    """The thing at the first drawn place that is free, and True; or where it overlaps least, and False."""
    (height, width), (rows, columns) = thing.size, thing.mask.shape
    highs = draws.bits(f"place of {name}", np.arange(2 * _TRIES)) >> np.uint64(32)
    room = np.array([height - rows + 1, width - columns + 1], dtype=np.uint64)
    places = ((highs.reshape(_TRIES, 2) * room) >> np.uint64(32)).astype(np.int64)
    least, best = thing.mask.size + 1, (0, 0)
    for top, left in places.tolist():
        overlap = int(np.count_nonzero(taken[top : top + rows, left : left + columns] & thing.mask))
        if overlap < least:
            least, best = overlap, (top, left)
        if not least:
            break
    return Crop(thing.mask, *best, thing.size), not least


def _blob(thing: Crop, draws: Draws, name: int) -> Crop:
    """An ellipse of the thing's area, cut to what fits into the image."""
    area = np.count_nonzero(thing.mask)
    longer, angle = draws.uniforms(f"shape of {name}", np.arange(2)).tolist()
    ratio = 1 + longer
    # Without sine and cosine, whose last digits are not the same everywhere: a point of a diamond, scaled.
    down, right = 1 - abs(2 * angle - 1) * 2, 1 - abs(1 - abs(2 * angle - 1) * 2)
    length = sqrt(down * down + right * right)
    down, right = down / length, right / length
    half_length, half_width = sqrt(area * ratio / pi), sqrt(area / ratio / pi)
    reach = ceil(half_length)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along, across = (y * down + x * right) / half_length, (x * down - y * right) / half_width
    view = (along * along + across * across <= 1).astype(np.uint8)
    height, width = thing.size
    top, left = max(0, (len(view) - height) // 2), max(0, (len(view) - width) // 2)
    view = np.ascontiguousarray(view[top : top + height, left : left + width])
    blob = Crop(view, 0, 0, thing.size)
    return tight(view, window_of(blob, 0), thing.size)
