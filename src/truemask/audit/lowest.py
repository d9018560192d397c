"""The n lowest of many numbers in a file, in constant memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt64

_CHUNK = 1 << 20
_SORTED_HERE = 1 << 27
"""Up to so many numbers, ties at the cut are decided by sorting them all: 12 bytes each."""


@dataclass(frozen=True)
class Lowest:
    """Which numbers are among the lowest.

    Args:
        below: all lower numbers are.
        ties: places in the file of those that equal `below` and are as well, ascending.
    """

    below: float
    ties: Int64[np.ndarray, "t"]

    def chosen(self, values: Float[np.ndarray, "n"], start: int) -> Bool[np.ndarray, "n"]:
        """Which of the numbers that begin at place `start` are among the lowest."""
        chosen = np.asarray(values < self.below)
        first, last = np.searchsorted(self.ties, [start, start + len(values)])
        chosen[self.ties[first:last] - start] = True
        return chosen


def lowest(file: Path, dtype: np.dtype, count: int) -> Lowest:
    """The `count` lowest numbers of a type in a file.

    Of equal ones at the cut, those that numpy's default sort puts first; of more than 134 million numbers,
    those that come first in the file.
    """
    if not count:
        return Lowest(-np.inf, np.zeros(0, np.int64))
    prefix, before = 0, 0
    for shift in (48, 32, 16, 0):
        counts = np.zeros(1 << 16, np.int64)
        for values in _chunks(file, dtype):
            keys = _keys(values)
            if shift < 48:
                keys = keys[keys >> np.uint64(shift + 16) == np.uint64(prefix)]
            counts += np.bincount(keys >> np.uint64(shift) & np.uint64(0xFFFF), minlength=len(counts))
        reached = before + np.cumsum(counts)
        digit = int(np.searchsorted(reached, count))
        before = int(reached[digit] - counts[digit])
        prefix = prefix << 16 | digit
    equal, wanted = int(counts[digit]), count - before
    value = float(_values(np.array([prefix], np.uint64))[0])
    if wanted < equal and file.stat().st_size // dtype.itemsize <= _SORTED_HERE:
        ties = np.sort(np.fromfile(file, dtype).argsort()[before:count])
    else:
        ties = _first_equal(file, dtype, value, wanted)
    return Lowest(value, ties)


def _first_equal(file: Path, dtype: np.dtype, value: float, wanted: int) -> Int64[np.ndarray, "t"]:
    places, start = np.zeros(0, np.int64), 0
    for values in _chunks(file, dtype):
        here = np.flatnonzero(values == value)[: wanted - len(places)]
        places = np.concatenate([places, here + start])
        start += len(values)
    return places


def _chunks(file: Path, dtype: np.dtype) -> Iterator[Float[np.ndarray, "_"]]:
    with file.open("rb") as stream:
        while data := stream.read(_CHUNK * dtype.itemsize):
            yield np.frombuffer(data, dtype)


def _keys(values: Float[np.ndarray, "n"]) -> UInt64[np.ndarray, "n"]:
    """Integers in the order of the numbers: a negative one with all bits turned, others with the sign's."""
    bits = (values.astype(np.float64) + 0.0).view(np.uint64)  # -0.0 + 0.0 is 0.0: they are equal numbers
    sign = np.uint64(1 << 63)
    return np.asarray(np.where(bits & sign, ~bits, bits | sign))


def _values(keys: UInt64[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """Back again."""
    sign = np.uint64(1 << 63)
    return np.asarray(np.where(keys & sign, keys & ~sign, ~keys)).view(np.float64)
