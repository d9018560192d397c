"""A thing's own draws: the counter of `draws.py` once more, started at what was drawn for the thing."""

import numpy as np
from jaxtyping import Float64, UInt64


def bits(stream: int, count: int) -> UInt64[np.ndarray, "n"]:
    """The first `count` draws of a stream, 64 bits each."""
    from truemask.noise import kernels  # late: numba takes half a second to import

    drawn = np.empty(count, dtype=np.uint64)
    kernels.bits(np.uint64(stream), np.arange(count, dtype=np.uint64), drawn)
    return drawn


def uniforms(stream: int, count: int) -> Float64[np.ndarray, "n"]:
    """The first `count` draws of a stream as numbers in [0, 1), multiples of 2^-53."""
    high: UInt64[np.ndarray, n] = bits(stream, count) >> np.uint64(11)
    return high.astype(np.float64) * 2.0**-53


def normals(stream: int, count: int) -> Float64[np.ndarray, "n"]:
    """So many normal numbers of mean 0 and deviation 1 (Box and Muller), cut at 5.

    Logarithm and cosine may differ by one in the last place from machine to machine.
    """
    one, other = uniforms(stream, 2 * count).reshape(2, count)
    drawn = np.sqrt(-2 * np.log1p(-one)) * np.cos(2 * np.pi * other)
    return np.asarray(np.clip(drawn, -5, 5))
