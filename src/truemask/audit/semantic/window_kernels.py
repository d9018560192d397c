"""Compiled loops over the part of an image around one region."""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Int32


@numba.njit(cache=True)
@no_type_check
def apart(
    given: Int32[np.ndarray, "h w"],
    predicted: Int32[np.ndarray, "h w"],
    known: Bool[np.ndarray, "h w"],
    pair: tuple[int, int],
    shift: tuple[int, int],
) -> tuple[int, int]:
    """Labelled pixels in one of a given and a predicted region only: as it is, and if it were moved.

    What leaves the window is gone.
    """
    height, width = given.shape
    before, after = 0, 0
    for y in range(height):
        v = y - shift[0]
        for x in range(width):
            there = known[y, x] and predicted[y, x] == pair[1]
            here = given[y, x] == pair[0]
            before += here != there
            u = x - shift[1]
            moved = 0 <= v < height and 0 <= u < width and given[v, u] == pair[0] and known[y, x]
            after += moved != there
    return before, after
