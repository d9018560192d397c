"""Given regions whose whole outline lies too far outside, or too far inside."""

from math import ceil

import numpy as np
from jaxtyping import Bool, Float64, Int64

from truemask.audit.semantic import window_kernels
from truemask.audit.semantic.label_regions import distance_from
from truemask.audit.semantic.outlines import LEAST_OUTLINE_PX, region_outlines
from truemask.audit.semantic.shifted import EXPLAINS
from truemask.audit.semantic.sight import Sight
from truemask.audit.semantic.suspects import Suspect, Suspects, Window
from truemask.audit.semantic.tolerance import Tolerance
from truemask.audit.semantic.windows import window


def add_redrawn(suspects: Suspects, tolerance: Tolerance, background: int | None) -> None:
    """Add each region of which three quarters of the outline lie on the wrong side, and by how much matters.

    A single pixel of an outline may be off by chance; the middle of a whole outline hardly. It counts if it
    is off by more than is usual for its class (see `Tolerance`), and if as many pixels, peeled off or put on
    all around, explain at least half of the disagreement. The farthest off come first: where two regions
    meet, the outline of one is that of the other.
    """
    sight = suspects.sight
    found = region_outlines(sight)
    off = found.middle - tolerance.usual_px[found.class_id]
    one_sided = np.where(off < 0, found.high < 0, found.low > 0)
    likely = one_sided & (np.abs(off) > tolerance.bias_px) & (found.length >= LEAST_OUTLINE_PX)
    if background is not None:
        likely &= found.class_id != background
    if not likely.any():
        return
    boxes = sight.mine.table
    over = np.flatnonzero(likely & (found.middle < 0))
    likely[over] = _right_within(sight, found.region[over], -found.middle[over])
    chosen = np.flatnonzero(likely)
    for i in chosen[np.argsort(-np.abs(off[chosen]) * found.length[chosen], kind="stable")].tolist():
        region, px = int(found.region[i]), float(found.middle[i])
        reach = 2 * abs(px) + tolerance.outline_px
        part = window(boxes[region], ceil(reach) + 1, sight.given.shape)
        if px < 0:
            _add_over(suspects, region, reach, part)
        else:
            _add_under(suspects, region, px, reach, part)


def _right_within(
    sight: Sight, regions: Int64[np.ndarray, "n"], px: Float64[np.ndarray, "n"]
) -> Bool[np.ndarray, "n"]:
    """Which regions are right if so many pixels are peeled off, which explains what is wrong with them.

    Where nothing is left within the rim, the region itself is in question.
    """
    counts = np.empty((len(regions), 4), np.int64)
    here, table = sight.given_regions[0], sight.mine.table
    window_kernels.peeled(
        here, sight.differ, sight.depth_given, table, regions, px.astype(np.float32), counts
    )
    wrong, inner, right, either = counts.T
    return np.asarray((2 * right > inner) & (either <= (1 - EXPLAINS) * wrong))


def _add_over(suspects: Suspects, region: int, reach: float, part: Window) -> None:
    """The region reaches too far: its rim is predicted to be of another class."""
    sight = suspects.sight
    here, depth = sight.given_regions[0][part] == region, sight.depth_given[part]
    rim = here & sight.differ[part] & (depth <= reach)
    proposed = int(np.bincount(sight.predicted[part][rim]).argmax())
    rim &= sight.predicted[part] == proposed
    given = int(sight.given[part][here][0])
    suspects.add(Suspect("boundary_over", given, proposed, region, here & ~rim, part), rim, part)


def _add_under(suspects: Suspects, region: int, px: float, reach: float, part: Window) -> None:
    """The region does not reach far enough: what is around it is predicted to be of its class."""
    sight = suspects.sight
    here, known = sight.given_regions[0][part] == region, sight.known[part]
    class_id = int(sight.given[part][here][0])
    away = distance_from(here)
    near = known & (sight.given[part] != class_id) & (away <= reach)
    ring = near & (sight.predicted[part] == class_id)
    if not _explains(ring, near & (away <= px)):
        return
    given = int(np.bincount(sight.given[part][ring]).argmax())
    suspects.add(Suspect("boundary_under", given, class_id, region, here | ring, part), ring, part)


def _explains(wrong: Bool[np.ndarray, "h w"], told: Bool[np.ndarray, "h w"]) -> bool:
    """Whether what an explanation tells is more than half of what is wrong, and little else."""
    return bool(np.count_nonzero(wrong ^ told) <= (1 - EXPLAINS) * np.count_nonzero(wrong))
