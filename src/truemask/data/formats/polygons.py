"""Masks to polygons and back, and what is lost on the way.

Points lie on the edges between pixels, as in COCO files: the pixel in row r, column c covers x from c to
c + 1 and y from r to r + 1, and a polygon fills the pixels whose centre it encloses. An outline that follows
the edges then fills exactly the pixels it came from, which one through pixel centres does not (it loses half
a pixel all around). COCO's rasteriser counts crossings (even-odd): a ring inside another one is a hole, and
a line walked there and back does nothing. That is how one ring describes an object of several parts or with
holes, where a format has one ring an object. A tool that fills in another way, or draws outlines, sees up to
a pixel more along the edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from faster_coco_eval import mask as coco_mask
from jaxtyping import Float64, Int64, UInt8

from truemask.crops import crop
from truemask.data.splits import Splits
from truemask.types import BadInput, Instances

FURTHEST_PX = 1e6
"""No point of a polygon lies further out."""
_SLACK_PX = 1_000_000


@dataclass(frozen=True)
class Loss:
    """What masks lose when they are written as polygons.

    Args:
        mean_iou: of each object's mask with the raster of its polygon; 1 where there is no object.
        worst_iou: the lowest of them.
        worst_key: `IMAGE#ID` of that object; empty where there is no object.
        objects: how many were measured; objects without a pixel have no polygon and do not count.
    """

    mean_iou: float
    worst_iou: float
    worst_key: str
    objects: int


def rings(code: bytes, size: tuple[int, int]) -> list[Int64[np.ndarray, "_ 2"]]:
    """Every outline of a packed mask as corners (x, y) on pixel edges, the topmost, then leftmost ring first.

    Outlines around pixels run clockwise (as seen, with y down), those of holes the other way. Two pixels that
    touch at a corner alone get rings that touch there. Filled even-odd, the rings are the mask again.
    """
    found = crop(code, size)
    return _rings(found.mask, found.left, found.top)


def outline(code: bytes, size: tuple[int, int]) -> Int64[np.ndarray, "n 2"]:
    """One closed ring (x, y) for a whole packed mask: its rings, joined by lines walked there and back.

    Empty for a mask without a pixel. Each further ring hangs on the nearest corner of what came before it, so
    the lines are short for a tool that draws them.
    """
    joined, *others = rings(code, size) or [np.zeros((0, 2), dtype=np.int64)]
    for ring in others:
        at = int(np.argmin(((joined - ring[0]) ** 2).sum(axis=1)))
        joined = np.concatenate([joined[: at + 1], ring, ring[:1], joined[at:]])
    return joined


def pack_ring(points: Float64[np.ndarray, "n 2"], size: tuple[int, int]) -> bytes:
    """The packed mask that COCO's rasteriser fills a ring (x, y) with.

    Raises:
        BadInput: if it has fewer than 3 points, or they are not numbers of pixels near the image.
    """
    if len(points) < 3:
        raise BadInput(f"a polygon has 3 points or more, this one {len(points)}")
    if not np.all(np.abs(points) <= FURTHEST_PX):  # also where one is NaN
        raise BadInput("a polygon's coordinates are numbers of pixels")
    # The rasteriser walks along the edges: a few wild points must not keep it walking for minutes.
    length = float(np.abs(np.diff(points, axis=0, append=points[:1])).max(axis=1).sum())
    if length > _SLACK_PX + 4 * size[0] * size[1]:
        raise BadInput(
            f"a polygon whose outline is {length:.0f} px long, in an image of {size[0]} x {size[1]} px"
        )
    code: bytes = coco_mask.frPyObjects([points.ravel().tolist()], *size)[0]["counts"]
    return code


def union(codes: Sequence[bytes], size: tuple[int, int]) -> bytes:
    """The packed mask of the pixels that are in any of these, of which there is at least one."""
    if len(codes) == 1:
        return codes[0]
    code: bytes = coco_mask.merge([{"size": list(size), "counts": one} for one in codes])["counts"]
    return code


def polygon_iou(code: bytes, size: tuple[int, int]) -> float:
    """IoU of a packed mask that has pixels with the raster of its one-ring outline."""
    back = pack_ring(outline(code, size).astype(np.float64), size)
    one, other = ({"size": list(size), "counts": each} for each in (code, back))
    return float(np.asarray(coco_mask.iou([one], [other], [0])).item())


def polygon_loss(source: Splits) -> Loss:
    """What the objects of an instance data set lose when they are written as one polygon each."""
    total, worst, key, count = 0.0, 1.0, "", 0
    for data in source.splits.values():
        for row in range(len(data)):
            objects = data.labels(row)
            assert isinstance(objects, Instances)
            for i, code in enumerate(objects.masks):
                if not len(outline(code, objects.size)):
                    continue
                iou = polygon_iou(code, objects.size)
                total, count = total + iou, count + 1
                if iou < worst or not key:
                    worst, key = iou, f"{data.keys[row]}#{objects.ids[i]}"
    return Loss(total / count if count else 1.0, worst, key, count)


def _rings(mask: UInt8[np.ndarray, "h w"], left: int, top: int) -> list[Int64[np.ndarray, "_ 2"]]:
    """Rings from corners: along a row or a column, every second gap between corners is an edge."""
    inside = np.pad(mask, 1)
    upper_left, upper_right = inside[:-1, :-1], inside[:-1, 1:]
    lower_left, lower_right = inside[1:, :-1], inside[1:, 1:]
    held = upper_left + upper_right + lower_left + lower_right
    crossing = (held == 2) & (upper_left == lower_right)  # two pixels that touch there alone: two corners
    found = np.flatnonzero(held % 2 + 2 * crossing)
    flat = np.repeat(found, 1 + crossing.ravel()[found])
    if not len(flat):
        return []
    ys, xs = np.unravel_index(flat, held.shape)
    second = np.diff(flat, prepend=-1) == 0
    # At a crossing, the corner with the edge to the left takes the edge upwards if the pixel there is inside.
    down = second == (upper_left.ravel()[flat] == 1)
    by_column = np.lexsort((down, ys, xs))
    partner = np.empty_like(by_column)
    partner[by_column[::2]], partner[by_column[1::2]] = by_column[1::2], by_column[::2]
    points = np.stack([xs + left, ys + top], axis=1).astype(np.int64)
    cycles = _cycles(partner.tolist())
    around_hole = [not inside[ys[cycle[0]] + 1, xs[cycle[0]] + 1] for cycle in cycles]
    return [points[c[:1] + c[:0:-1] if hole else c] for c, hole in zip(cycles, around_hole, strict=True)]


def _cycles(vertical: list[int]) -> list[list[int]]:
    """Corners ring by ring, from the topmost leftmost to its right and on."""
    seen = bytearray(len(vertical))
    cycles = []
    for start in range(0, len(vertical), 2):
        if seen[start]:
            continue
        cycle, at = [], start
        while not seen[at]:
            across = at ^ 1
            seen[at] = seen[across] = 1
            cycle += [at, across]
            at = vertical[across]
        cycles.append(cycle)
    return cycles
