"""Shared by the audit's tests: label maps with errors, and probabilities that are unsure of some of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from truemask import rle
from truemask.audit import AuditResult, Stream
from truemask.types import IGNORE


@dataclass(frozen=True)
class LabelMaps:
    keys: list[str]
    given: list[NDArray[np.uint8]]
    truth: list[NDArray[np.uint8]]
    probs: list[NDArray[np.float32]]

    def stream(self) -> Stream:
        def once() -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.floating]]]:
            yield from zip(self.keys, self.given, self.probs, strict=True)

        return once

    def labels(self) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.uint8]]]:
        yield from zip(self.keys, self.given, self.truth, strict=True)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    exponents = np.exp(logits - logits.max(axis=0))
    return exponents / exponents.sum(axis=0)


def _drawn_maps(seed: int = 0, count: int = 6, k: int = 5, rate: float = 0.15) -> LabelMaps:
    """Ragged maps, wrong in blocks and in pixels, ignored in places; predictions lean to the truth."""
    rng = np.random.default_rng(seed)
    maps = LabelMaps([f"image{i}" for i in range(count)], [], [], [])
    for _ in range(count):
        height, width = rng.integers(17, 40, 2)
        blocks = rng.integers(0, k, (8, 8))
        wrong = np.where(rng.random((8, 8)) < rate, rng.integers(0, k, (8, 8)), blocks)
        truth, given = (np.kron(b, np.ones((5, 5), int))[:height, :width] for b in (blocks, wrong))
        given = np.where(rng.random(truth.shape) < rate / 3, rng.integers(0, k, truth.shape), given)
        given[rng.random(truth.shape) < 0.1] = IGNORE
        logits = 1.2 * rng.normal(size=(k, height, width)) + 2.5 * (truth == np.arange(k)[:, None, None])
        maps.given.append(given.astype(np.uint8))
        maps.truth.append(truth.astype(np.uint8))
        maps.probs.append(_softmax(logits).astype(np.float32))
    return maps


@pytest.fixture
def drawn_maps() -> Callable[..., LabelMaps]:
    """Draws label maps with errors: seed, count, classes, error rate."""
    return _drawn_maps


@pytest.fixture
def flags_of() -> Callable[[AuditResult, str, tuple[int, int]], NDArray[np.bool_]]:
    """All flagged pixels of an image: those of its finding as a whole."""

    def flags(result: AuditResult, key: str, size: tuple[int, int]) -> NDArray[np.bool_]:
        rows = result.findings.to_pylist()
        codes = [row["rle"] for row in rows if row["level"] == "image" and row["image"] == key]
        return rle.unpack(codes, size).any(axis=0)

    return flags
