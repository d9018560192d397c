"""Noise that moves outlines: nothing is drawn, the same labels always come out.

Source: the perturbed labels (dilation, erosion, skeleton) of Luo et al., AAAI 2022, arXiv:2103.11594.
"""

from collections.abc import Callable, Iterable

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from truemask import rle
from truemask.noise.background import background_of
from truemask.noise.draws import Draws
from truemask.noise.knobs import RadiusPx
from truemask.noise.objects import bearing, kept, with_outlines
from truemask.types import IGNORE, Instances, Problem

Mask = UInt8[np.ndarray, "h w"]


def dilate(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,  # noqa: ARG001 - every noise is called alike
    *,
    radius_px: RadiusPx,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Outlines moved outwards: what is drawn too large.

    In a label map every class but the background grows into its surroundings. Where two reach the same
    pixel, the class with the smaller area in the image has it, so small things grow over large ones. Where
    areas are equal, the higher id has it. Objects grow one by one and may overlap.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: not used.
        radius_px: of the disk: a pixel is reached from up to this far away.
    """
    if isinstance(labels, Instances):
        return _redrawn(labels, lambda mask: cv2.dilate(mask, _disk(radius_px)))
    growing = [class_id for class_id in _by_area(labels) if class_id != problem.background]
    return _grown(labels, reversed(growing), radius_px)


def erode(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,  # noqa: ARG001 - every noise is called alike
    *,
    radius_px: RadiusPx,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Outlines moved inwards: what is drawn too small, or not at all where it is thin.

    `dilate` with the order turned round: the background grows over all, classes with a larger area over
    those with a smaller one. In a binary map this is erosion of the foreground. What lies beyond the image
    does not eat into it. Objects shrink one by one; one that has no pixel left vanishes.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: not used.
        radius_px: of the disk: a pixel is lost if another class is up to this far away.
    """
    if isinstance(labels, Instances):
        return _redrawn(labels, lambda mask: cv2.erode(mask, _disk(radius_px)))
    growing = sorted(_by_area(labels), key=lambda class_id: class_id == problem.background)
    return _grown(labels, growing, radius_px)


def skeleton(
    labels: UInt8[np.ndarray, "h w"],
    problem: Problem,
    draws: Draws,  # noqa: ARG001 - every noise is called alike
) -> UInt8[np.ndarray, "h w"]:
    """Only the middle lines of things, one pixel wide; the rest of them becomes background.

    Each foreground class is thinned by itself, so classes that touch keep a line each.

    Args:
        labels: a label map; IGNORE stays.
        problem: what the classes are.
        draws: not used.

    Raises:
        BadInput: if the problem has no background.
    """
    from skimage.morphology import skeletonize  # late: it takes a second

    noisy = np.full_like(labels, background_of(problem, "skeleton"))
    for class_id in _by_area(labels):
        if class_id != problem.background:
            np.copyto(noisy, np.uint8(class_id), where=skeletonize(labels == class_id))
    np.copyto(noisy, np.uint8(IGNORE), where=labels == IGNORE)
    return noisy


def _by_area(labels: UInt8[np.ndarray, "h w"]) -> list[int]:
    """The classes in the map, smallest area first; the higher id first where areas are equal."""
    areas = np.bincount(labels.ravel(), minlength=IGNORE)[:IGNORE]
    return sorted(map(int, np.flatnonzero(areas)), key=lambda class_id: (areas[class_id], -class_id))


def _grown(
    labels: UInt8[np.ndarray, "h w"], order: Iterable[int], radius_px: int
) -> UInt8[np.ndarray, "h w"]:
    """Every class dilated and painted in this order, later ones over earlier ones."""
    noisy = labels.copy()
    for class_id in order:
        mask = (labels == class_id).astype(np.uint8)
        np.copyto(noisy, np.uint8(class_id), where=cv2.dilate(mask, _disk(radius_px)).astype(bool))
    np.copyto(noisy, np.uint8(IGNORE), where=labels == IGNORE)
    return noisy


def _redrawn(objects: Instances, redraw: Callable[[Mask], Mask]) -> Instances:
    """Every object with its mask redrawn; those that lost all pixels left out."""
    outlines, keep = {}, np.ones(len(objects), dtype=bool)
    for row in np.flatnonzero(bearing(objects)).tolist():
        # One at a time: all masks of a crowded photo at once may not fit into memory.
        mask = rle.unpack([objects.masks[row]], objects.size)[0].view(np.uint8)
        redrawn = redraw(mask)
        if not np.array_equal(mask, redrawn):
            (outlines[row],) = rle.pack(redrawn.astype(bool)[None])
            keep[row] = redrawn.any()
    return kept(with_outlines(objects, outlines), keep)


def _disk(radius_px: int) -> Mask:
    """Offsets at most `radius_px` away from the middle."""
    across = np.arange(-radius_px, radius_px + 1)
    near: Bool[np.ndarray, "d d"] = across[:, None] ** 2 + across**2 <= radius_px**2
    return near.astype(np.uint8)
