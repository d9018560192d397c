"""Draw every label anew from its row of a transition matrix: images, pixels and objects alike."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float64, Int64, UInt8, UInt64

from truemask.noise.draws import HALF, Draws, threshold
from truemask.noise.objects import bearing, with_classes
from truemask.noise.transition import validate
from truemask.types import IGNORE, Instances, Labels

_PURPOSE = "class"


def relabel(labels: Labels, transition: Float[np.ndarray, "k m"], draws: Draws) -> Labels:
    """Noisy labels, where transition[i, j] = P(given = j | true = i), each unit on its own.

    A last column beyond the classes is the chance of IGNORE. What is IGNORE stays so; crowd objects are no
    units and stay as they are.

    Raises:
        BadInput: if a row of the transition matrix is no distribution.
    """
    if isinstance(labels, Instances):
        bears = bearing(labels)
        classes = relabel_units(labels.classes, labels.ids, transition, draws)
        return with_classes(labels, np.where(bears, classes, labels.classes))
    if isinstance(labels, np.ndarray):
        return relabel_map(labels, transition, draws)
    unit = np.zeros(1, dtype=np.int64)
    return int(relabel_units(np.array([labels], dtype=np.uint8), unit, transition, draws)[0])


def relabel_map(
    labels: UInt8[np.ndarray, "h w"], transition: Float[np.ndarray, "k m"], draws: Draws
) -> UInt8[np.ndarray, "h w"]:
    """Noisy label map; the unit of a pixel is its place in reading order."""
    from truemask.noise import kernels  # late: numba takes half a second to import

    table = _table(transition)
    flat = np.ascontiguousarray(labels).ravel()
    noisy = np.empty_like(flat)
    stream = np.uint64(draws.stream(_PURPOSE))
    if table.alike is not None:
        kernels.relabel_alike(flat, stream, table.alike, np.uint64(len(transition)), noisy)
    else:
        kernels.relabel(flat, np.empty(0, np.uint64), stream, table.rows, table.cells, noisy)
    return noisy.reshape(labels.shape)


def relabel_units(
    classes: UInt8[np.ndarray, "n"],
    units: Int64[np.ndarray, "n"],
    transition: Float[np.ndarray, "k m"],
    draws: Draws,
) -> UInt8[np.ndarray, "n"]:
    """Noisy classes of units that are counted by `units`, such as objects by their ids."""
    from truemask.noise import kernels  # late: numba takes half a second to import

    table = _table(transition)
    noisy = np.empty_like(classes)
    if len(classes):  # no units would mean: count them yourself
        stream = np.uint64(draws.stream(_PURPOSE))
        kernels.relabel(classes, units.astype(np.uint64), stream, table.rows, table.cells, noisy)
    return noisy


@dataclass(frozen=True)
class _Table:
    """A transition matrix as a kernel wants it.

    Walker's alias method (ACM TOMS 3(3), 1977) finds a class in constant time: the classes that a label may
    change to share as many cells of equal chance, each cell split between at most two classes.

    Args:
        rows: by label: chance to change * 2^32, shifted by 8, and the number of cells.
        cells: by label * 256 + cell: the split * 2^32, shifted by 16, the class above it and the one below.
        alike: the chance * 2^32, where every class changes with the same one to all others alike.
    """

    rows: UInt64[np.ndarray, "256"]
    cells: UInt64[np.ndarray, "65536"]
    alike: np.uint64 | None


def _table(transition: Float[np.ndarray, "k m"]) -> _Table:
    return _packed(transition.astype(np.float64).tobytes(), transition.shape)


@lru_cache(maxsize=32)
def _packed(content: bytes, shape: tuple[int, int]) -> _Table:
    transition = np.frombuffer(content).reshape(shape)
    validate(transition)
    rows = np.zeros(256, dtype=np.uint64)
    cells = np.zeros((256, 256), dtype=np.uint64)
    for label, chances in enumerate(transition):
        others = np.flatnonzero(chances * (np.arange(shape[1]) != label))
        if len(others):
            rows[label] = threshold(chances[others].sum()) << 8 | len(others)
            cells[label, : len(others)] = _cells(np.where(others < shape[0], others, IGNORE), chances[others])
    return _Table(rows, cells.ravel(), _alike(rows[: shape[0]], cells, shape[0]))


def _alike(
    rows: UInt64[np.ndarray, "k"], cells: UInt64[np.ndarray, "256 256"], num_classes: int
) -> np.uint64 | None:
    """The chance that all rows share, where they do and change to all others alike."""
    uniform = np.ones(num_classes - 1)
    for label in range(num_classes):
        others = np.delete(np.arange(num_classes), label)
        if rows[label] != rows[0] or (cells[label, : num_classes - 1] != _cells(others, uniform)).any():
            return None
    return rows[0] >> np.uint64(8) if int(rows[0]) & 255 == num_classes - 1 else None


def _cells(classes: Int64[np.ndarray, "m"], weights: Float64[np.ndarray, "m"]) -> UInt64[np.ndarray, "m"]:
    """One cell a class, of equal chance: filled up from the classes that have more than their share."""
    fill = weights / weights.sum() * len(weights)
    split, above = np.full(len(weights), HALF, dtype=np.uint64), classes.copy()
    short, over = list(np.flatnonzero(fill < 1)), list(np.flatnonzero(fill >= 1))
    while short and over:
        cell, giver = short.pop(), over[-1]
        split[cell], above[cell] = threshold(fill[cell]), classes[giver]
        fill[giver] -= 1 - fill[cell]
        if fill[giver] < 1:
            short.append(over.pop())
    return split << np.uint64(16) | above.astype(np.uint64) << np.uint64(8) | classes.astype(np.uint64)
