"""Draws of a noise that sees many images at once: each row has its own, by its key."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, UInt64

from truemask.noise.draws import Draws

_ROW = np.zeros(1, dtype=np.int64)


@dataclass(frozen=True)
class SetDraws:
    """The draws of one step of a spec on a data set.

    Args:
        seed: of the whole corruption.
        step: place of the noise in its spec, from 0.
    """

    seed: int
    step: int = 0

    def of(self, key: str) -> Draws:
        """The draws of one row."""
        return Draws(self.seed, key, self.step)

    def of_all(self) -> Draws:
        """Draws that no row has a part in."""
        return self.of("").of_all_images()

    def bits(self, purpose: str, keys: Sequence[str]) -> UInt64[np.ndarray, "n"]:
        """64 random bits for each row."""
        return np.array([self.of(key).bits(purpose, _ROW)[0] for key in keys], dtype=np.uint64)

    def uniforms(self, purpose: str, keys: Sequence[str]) -> Float64[np.ndarray, "n"]:
        """A number in [0, 1) for each row."""
        high: UInt64[np.ndarray, n] = self.bits(purpose, keys) >> np.uint64(11)
        return high.astype(np.float64) * 2.0**-53

    def order(self, purpose: str, keys: Sequence[str]) -> list[int]:
        """The places of the rows in drawn order, whatever order they come in."""
        drawn = self.bits(purpose, keys)
        return sorted(range(len(keys)), key=lambda row: (int(drawn[row]), keys[row]))

    def chosen(self, purpose: str, keys: Sequence[str], count: int) -> Bool[np.ndarray, "n"]:
        """Which `count` of the rows, every choice alike."""
        taken = np.zeros(len(keys), dtype=bool)
        taken[self.order(purpose, keys)[:count]] = True
        return taken
