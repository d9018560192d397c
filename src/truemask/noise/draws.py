"""Where noise gets its randomness: hashes of (seed, image key, step, purpose, unit). Order never matters."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt64

from truemask.seeds import seed_for

HALF = 1 << 32
"""A chance is compared as a share of 2^32: the high half of a unit's 64-bit draw decides."""


def threshold(rate: float) -> int:
    """The value that a draw's high half stays below with chance `rate`, exact to 2^-33."""
    return round(rate * HALF)


@dataclass(frozen=True)
class Draws:
    """The draws of one step of a spec on one image.

    Args:
        seed: of the whole corruption, such as `seed_for("noise", data set, spec, repetition)`.
        key: the image's lasting name. Which row it has, and what other images there are, does not matter.
        step: place of the noise in its spec, from 0: two equal noises in a row draw differently.
    """

    seed: int
    key: str
    step: int = 0

    def of_all_images(self) -> "Draws":
        """The same for every image: for what is drawn once, such as which class is mistaken for which."""
        return replace(self, key="")

    def stream(self, purpose: str) -> int:
        """Start of the counter: draws for different purposes have nothing to do with each other."""
        return seed_for("noise draws", self.seed, self.key, self.step, purpose)

    def bits(self, purpose: str, units: Int64[np.ndarray, "n"]) -> UInt64[np.ndarray, "n"]:
        """64 random bits for each unit: flat pixel position, object id, or 0 for an image's own label."""
        from truemask.noise import kernels  # late: numba takes half a second to import

        bits = np.empty(len(units), dtype=np.uint64)
        kernels.bits(np.uint64(self.stream(purpose)), units.astype(np.uint64), bits)
        return bits

    def uniforms(self, purpose: str, units: Int64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
        """A number in [0, 1) for each unit, a multiple of 2^-53."""
        high: UInt64[np.ndarray, n] = self.bits(purpose, units) >> np.uint64(11)
        return high.astype(np.float64) * 2.0**-53

    def chosen(self, purpose: str, units: Int64[np.ndarray, "n"], count: int) -> Bool[np.ndarray, "n"]:
        """Which `count` of the units, every choice alike: those with the smallest draws."""
        bits = self.bits(purpose, units)
        if count == 0:
            return np.zeros(len(units), dtype=bool)
        last = np.partition(bits, count - 1)[count - 1]
        chosen: Bool[np.ndarray, n] = bits < last
        # Equal draws are one in 2^64, but then too there must be `count` of them: the first ones win.
        chosen[np.flatnonzero(bits == last)[: count - chosen.sum()]] = True
        return chosen
