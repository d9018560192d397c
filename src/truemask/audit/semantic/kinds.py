"""What kind of error a segment beyond the borders is, by the regions that it lies in and between."""

import numpy as np
from jaxtyping import Int32, Int64

from truemask.audit.findings import kind_of
from truemask.audit.semantic import segment_kernels
from truemask.audit.semantic.sight import Sight

_MOST = 0.5


def kinds_of_segments(
    sight: Sight,
    ids: Int32[np.ndarray, "h w"],
    at: Int64[np.ndarray, "pixels"],
    starts: Int64[np.ndarray, "n_1"],
    background: int | None,
) -> list[str]:
    """The kind of error of each segment of one given and one predicted class.

    A gap that parts two given regions of its predicted class, which one predicted region joins, is a split;
    a bridge between two predicted regions, which one given region joins, a merge: each of the two larger than
    what lies between them. Background within a region of one class is a hole. A piece at the rim of a region
    that is right for the most part is an error of its outline; else a class is missing, spurious or swapped.

    Args:
        sight: the image.
        ids: segment of each pixel, from 1; 0: none.
        at: their pixels, one segment after the other.
        starts: where each begins, and the end.
        background: the class of nothing, if there is one.
    """
    around = np.zeros((len(starts) - 1, 4), np.int64)
    regions = (sight.given_regions[0], sight.predicted_regions[0])
    sizes = (sight.mine.sizes, sight.theirs.sizes)
    segment_kernels.surroundings(ids, at, starts, (sight.given, sight.predicted), regions, sizes, around)
    joined, parted, beside, at_border = around.T
    first, area = at[starts[:-1]], np.diff(starts)
    given, predicted = sight.given.ravel()[first], sight.predicted.ravel()[first]
    whole_here, whole_there = (
        area >= _MOST * size[region.ravel()[first]] for size, region in zip(sizes, regions, strict=True)
    )
    nothing = -1 if background is None else background
    from_nothing, to_nothing = given == nothing, predicted == nothing
    names = np.select(
        [
            ~to_nothing & (joined >= 2),
            ~from_nothing & (parted >= 2),
            from_nothing & whole_here & (at_border == 0) & (beside == 1),
            ~from_nothing & ~whole_here & (to_nothing | ~whole_there),
            ~to_nothing & ~whole_there & (from_nothing | ~whole_here),
        ],
        ["split", "merged", "hole", "boundary_over", "boundary_under"],
        "",
    )
    return [
        str(name) or kind_of(a, b, background)
        for name, a, b in zip(names.tolist(), given.tolist(), predicted.tolist(), strict=True)
    ]
