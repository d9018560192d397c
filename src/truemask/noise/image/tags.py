"""Which classes are in an image, told wrong: for methods that learn from image tags instead of pixels.

Source: the missing and wrong image tags of Lu et al., Learning from weak and noisy labels for semantic
segmentation, TPAMI 39(3), 2017. How a map shows a wrong tag is this package's.
"""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from truemask.noise.background import background_of
from truemask.noise.counts import Share
from truemask.noise.draws import Draws
from truemask.noise.knobs import RadiusPx, Rate
from truemask.noise.row import Knobs
from truemask.types import IGNORE, BadInput, Labels, Problem


def tags_of(labels: UInt8[np.ndarray, "h w"], problem: Problem) -> frozenset[int]:
    """The tags of an image: the foreground classes that its map has a pixel of.

    Raises:
        BadInput: if the problem has no background.
    """
    background = background_of(problem, "tags")
    return frozenset(np.setdiff1d(np.unique(labels), [background, IGNORE]).tolist())


def tags(
    labels: UInt8[np.ndarray, "h w"],
    problem: Problem,
    draws: Draws,
    *,
    miss: Rate,
    spurious: Rate = 0.0,
    swap: Rate = 0.0,
    radius_px: RadiusPx = 8,
) -> UInt8[np.ndarray, "h w"]:
    """Wrong tags, in a map that has just these tags: `tags_of` reads them off.

    The pixels of a class that is missed become background, those of one that is swapped the other class. A
    class that is not there takes a piece of the image: what is connected, of one class, and near a drawn
    pixel. A piece never takes the last pixels of another class; where there is no room, no tag is added.

    Args:
        labels: a label map; IGNORE stays.
        problem: what the classes are.
        draws: where the randomness comes from.
        miss: chance of a tag to be missing.
        spurious: chance of each foreground class that is not in the image to be a tag.
        swap: chance of a tag to be another class that is not in the image, where there is one.
        radius_px: how far from its middle a piece reaches.

    Raises:
        BadInput: if the problem has no background, or miss and swap are more than 1 together.
    """
    if miss + swap > 1:
        raise BadInput(f"tags: a tag is missed or swapped, so miss + swap is at most 1; got {miss + swap:g}")
    background = background_of(problem, "tags")
    here = np.array(sorted(tags_of(labels, problem)), dtype=np.int64)
    absent = np.setdiff1d(np.arange(problem.num_classes), [background, *here])
    become = np.arange(256, dtype=np.uint8)
    fate, choice = draws.uniforms("tag", here), draws.uniforms("which", here)
    become[here[fate < miss]] = background
    if len(absent):
        swapped = (fate >= miss) & (fate < miss + swap)
        become[here[swapped]] = absent[np.floor(choice[swapped] * len(absent)).astype(int)]
    noisy: UInt8[np.ndarray, "h w"] = become[labels]
    free = (noisy == labels) & (labels != IGNORE)
    added = absent[draws.uniforms("spurious", absent) < spurious]
    for class_id in np.setdiff1d(added, become[here]).tolist():
        _add(noisy, free, class_id, background, draws, radius_px)
    return noisy


def missed(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Tags that are missing, among all."""
    assert isinstance(before, np.ndarray)
    assert isinstance(after, np.ndarray)
    there = tags_of(before, problem)
    gone = [one for one in there if (after[before == one] == problem.background).all()]
    return len(gone), len(there)


def _add(
    noisy: UInt8[np.ndarray, "h w"],
    free: Bool[np.ndarray, "h w"],
    class_id: int,
    background: int,
    draws: Draws,
    radius_px: int,
) -> None:
    """Paint a piece of what is free with the class, in place, and take it out of what is free."""
    places = np.flatnonzero(free)
    order = places[np.argsort(draws.bits(f"where {class_id}", places), kind="stable")]
    tried = np.zeros_like(free)
    for place in order.tolist():
        middle = np.unravel_index(place, free.shape)
        if tried[middle]:
            continue
        piece = _piece(free & (noisy == noisy[middle]), int(middle[0]), int(middle[1]), radius_px)
        under = noisy[middle]
        if under == background or np.count_nonzero(noisy == under) > np.count_nonzero(piece):
            noisy[piece] = class_id
            free[piece] = False
            return
        tried |= piece


def _piece(same: Bool[np.ndarray, "h w"], row: int, column: int, radius_px: int) -> Bool[np.ndarray, "h w"]:
    """What is connected with the pixel among those that are the same, within the radius."""
    rows, columns = np.ogrid[: same.shape[0], : same.shape[1]]
    near = same & ((rows - row) ** 2 + (columns - column) ** 2 <= radius_px**2)
    _, numbers = cv2.connectedComponents(near.astype(np.uint8), connectivity=8)
    piece: Bool[np.ndarray, "h w"] = numbers == numbers[row, column]
    return piece
