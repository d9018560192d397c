"""Values per unit that a method keeps from epoch to epoch, keyed by the data set's immutable rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from truemask.training.geometry import Geometry

Rule = Literal["replace", "ema", "ring"]


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
        self._written = np.zeros(len(sizes), dtype=bool)

    def __len__(self) -> int:
        return len(self._shapes)

    def read(self, row: int) -> Float[Tensor, "c *space"]:
        """Values of a row in stored resolution, float32."""
        raw = np.asarray(self.flat[self._offsets[row] : self._offsets[row + 1]])
        values = torch.from_numpy(raw.astype(np.float32)).reshape(self._shapes[row])
        return values / 255 if self.flat.dtype == np.uint8 else values

    def write(self, row: int, values: Float[Tensor, "c *space"]) -> None:
        """Replace a row in stored resolution."""
        raw = values.detach().float().cpu().numpy().ravel()
        if self.flat.dtype == np.uint8:
            raw = np.clip(np.rint(raw * 255), 0, 255)
        self.flat[self._offsets[row] : self._offsets[row + 1]] = raw
        self._written[row] = True

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
        blank = torch.zeros(self._store.spec.channels)
        planes = [self._store.read(row) if row >= 0 else blank for row in self._rows.tolist()]
        values = torch.stack(planes) if planes else torch.zeros(0, self._store.spec.channels)
        values = values.to(self._device)
        if self._store.spec.learning_rate is not None:
            self._leaf = values.requires_grad_()
        return values

    def update(self, values: Float[Tensor, "b c"]) -> None:
        """Write by the store's rule."""
        values = values.detach().float().cpu()
        for row in set(self._rows.tolist()):
            if row >= 0:
                given = values[self._rows == row].mean(dim=0)
                self._store.write(row, apply_rule(self._store.spec, self._store.read(row), given))

    def learn(self, lr_factor: float) -> None:
        """One gradient step on the stored values, after a backward pass."""
        if self._leaf is None or self._leaf.grad is None or self._store.spec.learning_rate is None:
            return
        gradient = self._leaf.grad.cpu()
        for row in set(self._rows.tolist()):
            if row >= 0:
                step = gradient[self._rows == row].sum(dim=0) * self._store.spec.learning_rate * lr_factor
                self._store.write(row, self._store.read(row) - step)
        self._leaf = None


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
        views = [
            geometry.forward(self._spread(self._store.read(row), geometry.size), 0.0)
            for row, geometry in zip(self._rows, self._geometries, strict=True)
        ]
        values = torch.stack(views).to(self._device)
        if self._store.spec.learning_rate is not None:
            self._leaf = values.requires_grad_()
        return values

    def update(self, values: Float[Tensor, "b c h w"]) -> None:
        """Write by the store's rule; a cell takes the mean over its pixels that were seen."""
        for row, geometry, view in zip(
            self._rows, self._geometries, values.detach().float().cpu(), strict=True
        ):
            total, seen = self._gather(view, geometry)
            old = self._store.read(row)
            new = apply_rule(self._store.spec, old, total / seen.clamp(min=1))
            self._store.write(row, torch.where(seen > 0, new, old))

    def learn(self, lr_factor: float) -> None:
        """One gradient step on the stored values, after a backward pass."""
        if self._leaf is None or self._leaf.grad is None or self._store.spec.learning_rate is None:
            return
        for row, geometry, view in zip(self._rows, self._geometries, self._leaf.grad.cpu(), strict=True):
            total, _ = self._gather(view, geometry)
            self._store.write(row, self._store.read(row) - total * self._store.spec.learning_rate * lr_factor)
        self._leaf = None

    def _spread(self, cells: Tensor, size: tuple[int, int]) -> Tensor:
        stride = self._store.spec.stride
        if stride == 1:
            return cells
        spread = cells.repeat_interleave(stride, dim=-2).repeat_interleave(stride, dim=-1)
        return spread[..., : size[0], : size[1]]

    def _gather(self, view: Tensor, geometry: Geometry) -> tuple[Tensor, Tensor]:
        """Sums of a view's pixels per stored cell, and how many pixels each cell got."""
        inner, (rows, columns) = geometry.backward(view)
        full = torch.zeros(view.shape[0] + 1, *geometry.size)
        full[:-1, rows, columns] = inner
        full[-1, rows, columns] = 1
        stride = self._store.spec.stride
        if stride > 1:
            height, width = (-(-length // stride) * stride for length in geometry.size)
            full = torch.nn.functional.pad(full, (0, width - geometry.size[1], 0, height - geometry.size[0]))
            cells = full.reshape(-1, height // stride, stride, width // stride, stride)
            full = cells.sum(dim=(2, 4))
        return full[:-1], full[-1:]


def apply_rule(
    spec: StoreSpec, old: Float[Tensor, "c *space"], given: Float[Tensor, "g *space"]
) -> Float[Tensor, "c *space"]:
    """New values from old and given ones: replace, exponential average, or the newest few."""
    if spec.rule == "ema":
        return spec.momentum * old + (1 - spec.momentum) * given
    if spec.rule == "ring":
        return torch.cat([given, old])[: spec.channels]
    return given
