"""All suspect segments of one image."""

import numpy as np

from truemask.audit.semantic.beyond import beyond_borders
from truemask.audit.semantic.kinds import kinds_of_segments
from truemask.audit.semantic.redrawn import add_redrawn
from truemask.audit.semantic.segment_kernels import farthest, one_after_the_other
from truemask.audit.semantic.shifted import add_shifted
from truemask.audit.semantic.sight import Sight
from truemask.audit.semantic.suspects import Suspect, Suspects
from truemask.audit.semantic.tolerance import Tolerance

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
    ids, count = beyond_borders(sight, suspects.ids, tolerance.outline_px, min_area_px=min_area_px)
    if not count:
        return suspects
    starts, at = np.zeros(count + 1, np.int64), np.empty(np.count_nonzero(ids), np.int64)
    one_after_the_other(ids, starts, at)
    deepest = np.zeros(count, np.float32)
    farthest(at, starts, (sight.depth_given, sight.depth_predicted), deepest)
    kinds = kinds_of_segments(sight, ids, at, starts, background)
    for s, (kind, deep) in enumerate(zip(kinds, deepest.tolist(), strict=True)):
        if kind in _AT_A_RIM and deep + 0.5 <= 2 * tolerance.outline_px:
            continue
        pixels = at[starts[s] : starts[s + 1]]
        given, proposed = sight.given.flat[pixels[0]], sight.predicted.flat[pixels[0]]
        suspects.add_free(Suspect(kind, int(given), int(proposed)), pixels)
    return suspects
