"""Noise that moves outlines in or out: nothing is drawn, the same labels always come out.

Sources: the perturbed labels (dilation, erosion) of Luo et al., AAAI 2022, arXiv:2103.11594; to an area: the
area-normalised noise that T-Loss is tested with, Gonzalez-Jimenez et al., MICCAI 2023, arXiv:2306.00753.
"""

from collections.abc import Callable
from typing import Annotated

import cv2
import numpy as np
from jaxtyping import Int64, UInt8

from truemask.crops import Crop
from truemask.noise.boundary.area_target import grown_to, shrunk_to
from truemask.noise.boundary.spread import Shape, grown, shrunk, spread
from truemask.noise.boundary.things import redrawn
from truemask.noise.draws import Draws
from truemask.noise.knobs import RadiusPx, Range
from truemask.types import IGNORE, BadInput, Instances, Problem

LargerArea = Annotated[float, Range(1.0, 16.0, "a number of times the area, from 1 to 16")]
SmallerArea = Annotated[float, Range(0.0, 1.0, "a number of times the area, from 0 to 1")]


def dilate(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    radius_px: RadiusPx | None = None,
    area: LargerArea | None = None,
    shape: Shape = "disk",
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Outlines moved outwards: what is drawn too large.

    In a label map every class but the background grows into its surroundings. Where two reach the same
    pixel, the class with the smaller area in the image has it, so small things grow over large ones. Where
    areas are equal, the higher id has it. Objects grow one by one and may overlap.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: not used.
        radius_px: a pixel is reached from up to this far away.
        area: instead of a radius: each object, or connected region of a label map, grows until its area is
            the nearest to so many times what it was, as far as the image has room.
        shape: what a radius spans: a disk, or a square of 2 radius_px + 1 (3 x 3 for 1).

    Raises:
        BadInput: if both radius_px and area are given, or neither; if an area is asked of a label map
            whose problem has no background.
    """
    if _by_area("dilate", radius_px, area, "dilate:2 or dilate:area=1.2"):
        return _redrawn(labels, problem, draws, "dilate", lambda thing: grown_to(thing, area or 1, shape))
    if isinstance(labels, Instances):
        return _redrawn(labels, problem, draws, "dilate", lambda thing: grown(thing, radius_px or 0, shape))
    areas = _areas(labels)
    growing = [class_id for class_id in _largest_first(areas) if class_id != problem.background]
    return _spread(labels, areas, growing, radius_px or 0, shape)


def erode(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    radius_px: RadiusPx | None = None,
    area: SmallerArea | None = None,
    shape: Shape = "disk",
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Outlines moved inwards: what is drawn too small, or not at all where it is thin.

    `dilate` with the order turned round: the background grows over all, classes with a larger area over
    those with a smaller one. In a binary map this is erosion of the foreground. What lies beyond the image
    does not eat into it. Objects shrink one by one; one that has no pixel left vanishes.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: not used.
        radius_px: a pixel is lost if another class is up to this far away.
        area: instead of a radius: each object, or connected region of a label map, shrinks until its area
            is the nearest to so many times what it was; its innermost pixels stay in any case.
        shape: what a radius spans: a disk, or a square of 2 radius_px + 1 (3 x 3 for 1).

    Raises:
        BadInput: as `dilate`.
    """
    if _by_area("erode", radius_px, area, "erode:2 or erode:area=0.8"):
        return _redrawn(labels, problem, draws, "erode", lambda thing: shrunk_to(thing, area or 0, shape))
    if isinstance(labels, Instances):
        return _redrawn(labels, problem, draws, "erode", lambda thing: shrunk(thing, radius_px or 0, shape))
    areas = _areas(labels)
    growing = _largest_first(areas)[::-1]
    growing.sort(key=lambda class_id: class_id == problem.background)
    return _spread(labels, areas, growing, radius_px or 0, shape)


def _by_area(what: str, radius_px: int | None, area: float | None, such_as: str) -> bool:
    if (radius_px is None) == (area is None):
        raise BadInput(f"{what} needs a radius_px or an area, one of the two, such as {such_as}")
    return area is not None


def _redrawn(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    what: str,
    redraw: Callable[[Crop], Crop],
) -> UInt8[np.ndarray, "h w"] | Instances:
    return redrawn(labels, problem, draws, lambda thing, _: redraw(thing), rate=1, what=what)


def _areas(labels: UInt8[np.ndarray, "h w"]) -> Int64[np.ndarray, "256"]:
    from truemask.noise.boundary import kernels  # late: numba takes half a second to import

    tables = np.zeros((4, 256), dtype=np.int64)
    kernels.areas(labels, tables)
    return np.asarray(tables.sum(axis=0))


def _largest_first(areas: Int64[np.ndarray, "256"]) -> list[int]:
    """The classes in the map by area; the lower id first where areas are equal."""
    return sorted(map(int, np.flatnonzero(areas[:IGNORE])), key=lambda class_id: (-areas[class_id], class_id))


def _spread(
    labels: UInt8[np.ndarray, "h w"],
    areas: Int64[np.ndarray, "256"],
    order: list[int],
    radius_px: int,
    shape: Shape,
) -> UInt8[np.ndarray, "h w"]:
    """Every class grown, later ones over earlier ones: one pass over a map of their places in the order."""
    # Those that do not grow, IGNORE among them, rank 0; the one of them that others leave is the background.
    ranks, classes = np.zeros(256, dtype=np.uint8), np.zeros(256, dtype=np.uint8)
    ranks[order] = np.arange(1, len(order) + 1)
    classes[ranks] = np.arange(256)
    (still,) = set(map(int, np.flatnonzero(areas[:IGNORE]))) - set(order) or {0}
    classes[0] = still
    noisy = np.asarray(cv2.LUT(spread(cv2.LUT(labels, ranks), radius_px, shape), classes), dtype=np.uint8)
    if areas[IGNORE]:
        noisy[labels == IGNORE] = IGNORE
    return noisy
