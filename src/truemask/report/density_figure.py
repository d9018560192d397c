"""Label maps of one scene under several kinds of noise, each with its matrix and its density, as a figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from truemask.files import write_whole

FORMATS = (".png", ".svg", ".pdf")


@dataclass(frozen=True)
class Column:
    """One kind of labels.

    Args:
        title: what they are.
        labels: of the scene, two classes.
        transition: what they came through.
        rank: of the matrix.
        shares: of class 1 around each pixel.
    """

    title: str
    labels: UInt8[np.ndarray, "h w"]
    transition: Float64[np.ndarray, "k k"]
    rank: int
    shares: Float32[np.ndarray, "h w"]


def save_density_figure(columns: Sequence[Column], title: str, path: Path) -> None:
    """Write labels, matrices and densities below one another, a column each; by the suffix of `path`."""
    from matplotlib.figure import Figure  # late: it takes half a second

    figure = Figure(figsize=(2.9 * len(columns), 8.2), layout="constrained")
    figure.suptitle(title, fontsize=11)
    grid = figure.subplots(3, len(columns), squeeze=False, height_ratios=[3, 1.7, 3.2])
    for (top, middle, below), column in zip(grid.T, columns, strict=True):
        top.imshow(column.labels, cmap="gray_r", vmin=0, vmax=1.4, interpolation="nearest")
        top.set_title(column.title, fontsize=10)
        middle.imshow(column.transition, cmap="Blues", vmin=0, vmax=1.3)
        for (row, given), chance in np.ndenumerate(column.transition):
            middle.text(given, row, f"{chance:.2f}", ha="center", va="center", fontsize=10)
        middle.set_title(f"P(given | true), rank {column.rank}", fontsize=9)
        shown = below.imshow(column.shares, cmap="magma_r", vmin=0, vmax=1)
        low, high = float(np.nanmin(column.shares)), float(np.nanmax(column.shares))
        below.set_title(f"density of class 1: {low:.2f} to {high:.2f}", fontsize=9)
        for axes in (top, middle, below):
            axes.set_xticks([])
            axes.set_yticks([])
    figure.colorbar(shown, ax=grid[2].tolist(), location="bottom", shrink=0.6, aspect=40)
    write_whole(path, lambda fresh: figure.savefig(fresh, format=path.suffix[1:], dpi=130))
