"""Means over images that come out the same, bit by bit, in whatever order and parts the images come."""

import math

_ONE = 1 << 60


class Averages:
    """Named means over images. Added as whole numbers of 2^-60: sums of floats depend on their order."""

    def __init__(self) -> None:
        self._sums: dict[str, int] = {}
        self._counts: dict[str, int] = {}

    def add(self, name: str, value: float) -> None:
        """Count one image's value; NaN (undefined on this image) is left out."""
        self._sums.setdefault(name, 0)
        self._counts.setdefault(name, 0)
        if not math.isnan(value):
            self._sums[name] += round(value * _ONE)
            self._counts[name] += 1

    def merge(self, other: "Averages") -> None:
        """Take in the images that `other` counted."""
        for name in other._sums:
            self._sums[name] = self._sums.get(name, 0) + other._sums[name]
            self._counts[name] = self._counts.get(name, 0) + other._counts[name]

    def __getitem__(self, name: str) -> float:
        """The mean over images where the value is defined; NaN where it never was."""
        count = self._counts.get(name, 0)
        return self._sums[name] / (count * _ONE) if count else math.nan
