"""Pixels, or cells of them, and what probabilities say of each; for the parity mode."""

from dataclasses import dataclass
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float, Shaped, UInt8

from truemask.audit.class_confidence import comparable
from truemask.audit.stream import Block


@dataclass(frozen=True)
class Units:
    """Given labels and probabilities side by side."""

    labels: UInt8[np.ndarray, "n"]
    probs: Float[np.ndarray, "k n"]


@dataclass(frozen=True)
class Judged:
    """What probabilities say of each unit, in their own precision.

    Args:
        own: the probability of the given label.
        highest: that of the most probable class.
        top: that class; the first of several.
    """

    own: Float[np.ndarray, "n"]
    highest: Float[np.ndarray, "n"]
    top: UInt8[np.ndarray, "n"]


def judged(units: Units) -> Judged:
    """Self-confidence and most probable class of each unit."""
    n, dtype = len(units.labels), units.probs.dtype
    said = Judged(np.empty(n, dtype), np.empty(n, dtype), np.empty(n, np.uint8))
    _judge(units.labels, comparable(units.probs), comparable(said.own), comparable(said.highest), said.top)
    return said


def shrunk(block: Block, side: int) -> Units:
    """Cells of `side` x `side` pixels: class ids averaged and rounded, which may make another class."""
    if side == 1 or block.size is None:
        return Units(block.labels, block.probs)
    rows, columns = block.size[0] // side, block.size[1] // side
    labels = np.round(block.labels.reshape(rows, side, columns, side).mean((3, 1)))
    probs = block.probs.reshape(1, -1, rows, side, columns, side).mean((5, 3))
    probs = probs / np.expand_dims(probs.sum(axis=1), 1)
    return Units(
        labels.astype(np.uint8).reshape(-1), np.ascontiguousarray(probs[0]).reshape(len(probs[0]), -1)
    )


@numba.njit(cache=True)
@no_type_check
def _judge(
    labels: UInt8[np.ndarray, "n"],
    probs: Shaped[np.ndarray, "k n"],
    own: Shaped[np.ndarray, "n"],
    highest: Shaped[np.ndarray, "n"],
    top: UInt8[np.ndarray, "n"],
) -> None:
    block = 2048
    k, n = probs.shape
    # Blocks of one row after the other, not unit by unit: the class axis is the slow one in memory.
    for start in range(0, n, block):
        stop = min(start + block, n)
        best, name = highest[start:stop], top[start:stop]
        best[:] = probs[0, start:stop]
        name[:] = 0
        for c in range(1, k):
            row = probs[c, start:stop]
            for i in range(stop - start):
                more = row[i] > best[i]
                best[i] = row[i] if more else best[i]
                name[i] = np.uint8(c) if more else name[i]
        for i in range(start, stop):
            own[i] = probs[labels[i], i]
