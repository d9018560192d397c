"""What several annotators said, pixel by pixel, and which combinations of it there are."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64, UInt8

from truemask.types import IGNORE, BadInput, Problem

_FEW = 1 << 20
"""Combinations that are counted in a table; more of them are sorted."""


def stacked(maps: Sequence[UInt8[np.ndarray, "_ _"]], problem: Problem) -> UInt8[np.ndarray, "r h w"]:
    """The maps as one array.

    Raises:
        BadInput: if there is no map, they differ in size, or hold what is no class.
    """
    sizes = sorted({one.shape for one in maps})
    if len(sizes) != 1:
        said = " and ".join(f"{size[0]} x {size[1]} px" for size in sizes) or "no map"
        raise BadInput(f"maps of one image by several annotators are to be fused: of one size; got {said}")
    votes = np.stack(list(maps))
    strange = votes[(votes >= problem.num_classes) & (votes != IGNORE)]
    if len(strange):
        raise BadInput(
            f"an annotator's map with class {strange[0]} of {problem.num_classes} (0 to "
            f"{problem.num_classes - 1}, IGNORE is {IGNORE})"
        )
    return votes


def combinations(
    votes: UInt8[np.ndarray, "r n"], num_classes: int
) -> tuple[UInt8[np.ndarray, "r c"], Int64[np.ndarray, "c"], Int64[np.ndarray, "n"]]:
    """Which combinations of votes there are, how often each, and the one at each place.

    Of a million pixels by seven annotators of two classes there are at most 3^7: what looks at combinations
    alone is done at once.
    """
    values = np.where(votes == IGNORE, num_classes, votes).astype(np.int64)
    codes = np.zeros(votes.shape[1], dtype=np.int64)
    count = 1
    for row in values:
        if count > _FEW:  # renumbered, so that codes stay small however many annotators there are
            found, codes = np.unique(codes, return_inverse=True)
            count = len(found)
        codes = codes * (num_classes + 1) + row
        count *= num_classes + 1
    if count <= _FEW:
        seen = np.bincount(codes, minlength=count)
        renumbered = np.cumsum(seen > 0) - 1
        codes = renumbered[codes]
    else:
        codes = np.unique(codes, return_inverse=True)[1]
    last = np.zeros(codes.max(initial=-1) + 1, dtype=np.int64)
    last[codes] = np.arange(len(codes))
    return votes[:, last], np.bincount(codes, minlength=len(last)), codes
