"""Values per unit that a method keeps from epoch to epoch, keyed by the data set's immutable rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import EllipsisType
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from torch.nn import functional as F

from truemask.training.geometry import Geometry

Rule = Literal["replace", "ema", "ring"]

Window = tuple[slice | EllipsisType, ...]
"""Cells of a row, per axis of its space."""
WHOLE: Window = (...,)


@dataclass(frozen=True)
class StoreSpec:
    """What a method asked `Setup.store` for."""

    channels: int
    rule: Rule = "replace"
    momentum: float = 0.0
    dtype: Literal["float16", "uint8"] = "float16"
    stride: int = 1
    learning_rate: float | None = None


class Store:
    """A memory-mapped array of `channels` values per unit; rows may differ in size.

    Args:
        spec: channels, rule and precision.
        sizes: per row the height and width of its label map, or () where a row is one unit.
        file: where the array lives; made anew.
    """

    def __init__(self, spec: StoreSpec, sizes: Sequence[tuple[int, ...]], file: Path) -> None:
        self.spec = spec
        self._shapes = [(spec.channels, *(-(-length // spec.stride) for length in size)) for size in sizes]
        self._offsets = np.concatenate([[0], np.cumsum([int(np.prod(s)) for s in self._shapes])]).astype(int)
        dtype = np.float32 if spec.learning_rate is not None else np.dtype(spec.dtype)
        file.parent.mkdir(parents=True, exist_ok=True)
        self.flat = np.memmap(file, dtype=dtype, mode="w+", shape=(max(1, int(self._offsets[-1])),))
        # Seen by torch: its conversions to and from half precision are twenty times as fast as numpy's.
        self._cells = torch.from_numpy(self.flat)
        self._written = np.zeros(len(sizes), dtype=bool)

    def __len__(self) -> int:
        return len(self._shapes)

    def read(self, row: int, window: Window = WHOLE) -> Float[Tensor, "c *space"]:
        """Values of a row, or of a window of it, in stored resolution, float32."""
        return self.decoded(self.raw(row)[:, *window])

    def write(self, row: int, values: Float[Tensor, "c *space"], window: Window = WHOLE) -> None:
        """Replace a row, or a window of it, in stored resolution."""
        self.raw(row)[:, *window] = self._encoded(values)
        self._written[row] = True

    def raw(self, row: int) -> Shaped[Tensor, "c *space"]:
        """A row as it is stored: the memory itself, in its own precision."""
        return self._cells[self._offsets[row] : self._offsets[row + 1]].view(self._shapes[row])

    def decoded(self, raw: Shaped[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Stored numbers as the values they stand for, in memory of their own."""
        values = raw.to(torch.float32, copy=True)
        return values.div_(255) if raw.dtype == torch.uint8 else values

    def read_units(self, rows: Int[Tensor, "n"]) -> Float[Tensor, "n c"]:
        """Values of many rows, float32, where every row is one unit."""
        return self.decoded(self._table[rows])

    def write_units(self, rows: Int[Tensor, "n"], values: Float[Tensor, "n c"]) -> None:
        """Replace many rows, none of them twice, where every row is one unit."""
        self._table[rows] = self._encoded(values)
        self._written[rows.numpy()] = True

    @property
    def _table(self) -> Shaped[Tensor, "rows c"]:
        return self._cells[: self._offsets[-1]].view(len(self), self.spec.channels)

    def _encoded(self, values: Float[Tensor, "*shape"]) -> Shaped[Tensor, "*shape"]:
        values = values.detach().float().cpu()
        if self._cells.dtype == torch.uint8:
            values = (values * 255).round().clamp(0, 255)
        return values.to(self._cells.dtype)

    def agree(self, all_reduce: Callable[[Tensor], Tensor]) -> None:
        """Take over what other processes wrote since the last time: every row was written by one of them.

        Args:
            all_reduce: sum of a tensor over all processes.
        """
        mine = torch.from_numpy(self._written.astype(np.float32))
        writers = all_reduce(mine.clone())
        for row in writers.nonzero().flatten().tolist():
            given = self.read(row) if self._written[row] else torch.zeros(self._shapes[row])
            self.write(row, all_reduce(given) / writers[row])
        self._written[:] = False


class UnitSlice:
    """Values of units that are whole rows: images of a classification set, objects of an instance set.

    Rows of -1 (background proposals) have values of zero and are not written. Where a row occurs more than
    once (several proposals of one object), the mean of what is given counts.
    """

    def __init__(self, store: Store, rows: Tensor, device: torch.device) -> None:
        self._store, self._rows, self._device = store, rows.cpu(), device
        self._leaf: Tensor | None = None

    @property
    def values(self) -> Float[Tensor, "b c"]:
        """Stored values per unit; a leaf with gradient if the store learns."""
        if self._leaf is not None:
            return self._leaf
        known = self._rows >= 0
        values = torch.zeros(len(self._rows), self._store.spec.channels)
        values[known] = self._store.read_units(self._rows[known])
        values = values.to(self._device)
        if self._store.spec.learning_rate is not None:
            self._leaf = values.requires_grad_()
        return values

    def update(self, values: Float[Tensor, "b c"]) -> None:
        """Write by the store's rule."""
        rows, sums, counts = self._per_row(values)
        old = self._store.read_units(rows)
        new = apply_rule(self._store.spec, old.T, (sums / counts[:, None]).T)
        self._store.write_units(rows, new.T)

    def learn(self, lr_factor: float) -> None:
        """One gradient step on the stored values, after a backward pass."""
        if self._leaf is None or self._leaf.grad is None or self._store.spec.learning_rate is None:
            return
        rows, gradients, _ = self._per_row(self._leaf.grad)
        step = gradients * self._store.spec.learning_rate * lr_factor
        self._store.write_units(rows, self._store.read_units(rows) - step)
        self._leaf = None

    def _per_row(
        self, values: Float[Tensor, "b g"]
    ) -> tuple[Int[Tensor, "n"], Float[Tensor, "n g"], Int[Tensor, "n"]]:
        """The rows there are, each once, the sums of what is given for them, and how often it is."""
        known = self._rows >= 0
        rows, place, counts = torch.unique(self._rows[known], return_inverse=True, return_counts=True)
        given = values.detach().float().cpu()[known]
        return rows, torch.zeros(len(rows), given.shape[1]).index_add_(0, place, given), counts


class MapSlice:
    """Values per pixel, read through each sample's geometry and written back through its inverse."""

    def __init__(
        self, store: Store, rows: Tensor, geometries: Sequence[Geometry], device: torch.device
    ) -> None:
        self._store, self._rows = store, rows.tolist()
        self._geometries, self._device = geometries, device
        self._leaf: Tensor | None = None

    @property
    def values(self) -> Float[Tensor, "b c h w"]:
        """Stored values aligned with the labels, each cell repeated over its pixels; zeros on padding."""
        if self._leaf is not None:
            return self._leaf
        # Turned as they are stored, and decoded together: half the memory, and one conversion.
        views = [
            geometry.forward(self._spread(self._store.raw(row), geometry.size), 0.0)
            for row, geometry in zip(self._rows, self._geometries, strict=True)
        ]
        values = self._store.decoded(torch.stack(views).to(self._device))
        if self._store.spec.learning_rate is not None:
            self._leaf = values.requires_grad_()
        return values

    def update(self, values: Float[Tensor, "b c h w"]) -> None:
        """Write by the store's rule; a cell takes the mean over its pixels that were seen."""
        for row, geometry, view in zip(
            self._rows, self._geometries, values.detach().float().cpu(), strict=True
        ):
            total, seen, window = self._gather(view, geometry)
            new = apply_rule(self._store.spec, self._store.read(row, window), total / seen)
            self._store.write(row, new, window)

    def learn(self, lr_factor: float) -> None:
        """One gradient step on the stored values, after a backward pass."""
        if self._leaf is None or self._leaf.grad is None or self._store.spec.learning_rate is None:
            return
        for row, geometry, view in zip(self._rows, self._geometries, self._leaf.grad.cpu(), strict=True):
            total, _, window = self._gather(view, geometry)
            step = total * self._store.spec.learning_rate * lr_factor
            self._store.write(row, self._store.read(row, window) - step, window)
        self._leaf = None

    def _spread(self, cells: Tensor, size: tuple[int, int]) -> Tensor:
        stride = self._store.spec.stride
        if stride == 1:
            return cells
        spread = cells.repeat_interleave(stride, dim=-2).repeat_interleave(stride, dim=-1)
        return spread[..., : size[0], : size[1]]

    def _gather(self, view: Tensor, geometry: Geometry) -> tuple[Tensor, Tensor, Window]:
        """Sums of a view's pixels per stored cell, how many pixels each cell got, and which cells got any."""
        inner, (rows, columns) = geometry.backward(view)
        stride = self._store.spec.stride
        if stride == 1:
            return inner, torch.ones(1), (rows, columns)
        window = tuple(slice(part.start // stride, -(-part.stop // stride)) for part in (rows, columns))
        # Out to the borders of the cells at the window's edge, which got fewer pixels than the others.
        pads = (columns.start % stride, -columns.stop % stride, rows.start % stride, -rows.stop % stride)
        pixels = F.pad(torch.cat([inner, torch.ones_like(inner[:1])]), pads)
        height, width = (length // stride for length in pixels.shape[-2:])
        cells = pixels.reshape(-1, height, stride, width, stride).sum(dim=(2, 4))
        return cells[:-1], cells[-1:], window


def apply_rule(
    spec: StoreSpec, old: Float[Tensor, "c *space"], given: Float[Tensor, "g *space"]
) -> Float[Tensor, "c *space"]:
    """New values from old and given ones: replace, exponential average, or the newest few."""
    if spec.rule == "ema":
        return spec.momentum * old + (1 - spec.momentum) * given
    if spec.rule == "ring":
        return torch.cat([given, old])[: spec.channels]
    return given
