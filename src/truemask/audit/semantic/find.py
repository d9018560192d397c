"""All suspect segments of one image."""

import numpy as np

from truemask.audit.semantic.beyond import beyond_borders
from truemask.audit.semantic.kinds import kind_of_segment
from truemask.audit.semantic.redrawn import add_redrawn
from truemask.audit.semantic.shifted import add_shifted
from truemask.audit.semantic.sight import Sight
from truemask.audit.semantic.suspects import Suspect, Suspects, Window
from truemask.audit.semantic.tolerance import Tolerance
from truemask.audit.semantic.windows import extents, window

MIN_AREA_PX = 4
_AT_A_RIM = ("boundary_over", "boundary_under")


def find_suspects(
    sight: Sight, tolerance: Tolerance, background: int | None, *, min_area_px: int = MIN_AREA_PX
) -> Suspects:
    """Regions beside their place, regions with a wrong outline, and what else differs beyond borders.

    A single piece at the rim of a region that is right elsewhere has to reach twice as far as the tolerance:
    of the many places of an outline, some are farther off than 95 % by chance.

    Args:
        sight: the image.
        tolerance: what outlines may be off.
        background: the class of nothing, if there is one.
        min_area_px: smaller segments are left out.
    """
    suspects = Suspects(sight)
    add_shifted(suspects, tolerance, background)
    add_redrawn(suspects, tolerance, background)
    ids, count = beyond_borders(sight, suspects.ids == 0, tolerance.outline_px, min_area_px=min_area_px)
    boxes = extents(ids, count)
    sizes = (_sizes(*sight.given_regions), _sizes(*sight.predicted_regions))
    for number in range(1, count + 1):
        part = window(boxes[number], 1, ids.shape)
        pixels = ids[part] == number
        at = np.unravel_index(int(pixels.argmax()), pixels.shape)
        kind = kind_of_segment(sight, pixels, part, sizes, background)
        if kind in _AT_A_RIM and _farthest(sight, pixels, part) <= 2 * tolerance.outline_px:
            continue
        given, proposed = int(sight.given[part][at]), int(sight.predicted[part][at])
        suspects.add(Suspect(kind, given, proposed), pixels, part)
    return suspects


def _sizes(regions: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.bincount(regions.ravel(), minlength=len(places) + 1)


def _farthest(sight: Sight, pixels: np.ndarray, part: Window) -> float:
    """How far the segment is from the given or from the predicted outline, at most."""
    depth = np.maximum(sight.depth_given[part], sight.depth_predicted[part])
    return float(depth[pixels].max()) + 0.5
