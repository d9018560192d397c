"""The figure of what networks decide over a plane of two features, with the points that they learnt from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Float32, Int64

from truemask.files import write_whole
from truemask.types import IGNORE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0b6bb8", "#c0392b", "#2e8b57", "#b8860b", "#7a4fa3", "#555b66")
"""Of the classes in order; beyond these they repeat."""
MARKERS = ("s", "o", "^", "D", "v", "P")
_LEAST, _MOST = 5.0, 80.0
"""Areas of markers, in points squared."""
_PANEL_IN = 2.2


@dataclass(frozen=True)
class DecisionMap:
    """What one network says of a plane, and of its points.

    Args:
        title: stands above.
        classes: names, in the order of their ids.
        extent: smallest and largest first feature, smallest and largest second one.
        probs: class probabilities over that rectangle, rows from the smallest second feature up.
        points: the two features of each training point.
        labels: the given one of each.
        losses: of each.
        gradients: of each.
    """

    title: str
    classes: tuple[str, ...]
    extent: tuple[float, float, float, float]
    probs: Float32[np.ndarray, "h w k"]
    points: Float32[np.ndarray, "n 2"]
    labels: Int64[np.ndarray, "n"]
    losses: Float32[np.ndarray, "n"]
    gradients: Float32[np.ndarray, "n"]


def save_decision_maps(maps: Sequence[DecisionMap], path: Path) -> None:
    """Write one column a map, markers by loss above and by gradient below, as the suffix of `path` says."""
    from matplotlib.figure import Figure  # late: it takes half a second
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(_PANEL_IN * max(len(maps), 2) + 0.3, 2 * _PANEL_IN + 0.4), layout="constrained")
    grid = figure.subplots(2, len(maps), squeeze=False)
    for column, shown in enumerate(maps):
        grid[0, column].set_title(shown.title, fontsize=9)
        for axes, values in zip(grid[:, column], (shown.losses, shown.gradients), strict=True):
            _draw(axes, shown, values)
    for axes, name in zip(grid[:, 0], ("marker: loss", "marker: gradient"), strict=True):
        axes.set_ylabel(name, fontsize=9)
    classes = maps[0].classes if maps else ()
    handles = [
        Line2D([], [], color=_colour(label), marker=_marker(label), linestyle="", label=f"labelled {name}")
        for label, name in enumerate(classes)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(classes), frameon=False, fontsize=9)
    write_whole(path, lambda fresh: figure.savefig(fresh, format=path.suffix[1:] or "png", dpi=110))


def background(probs: Float[np.ndarray, "h w k"]) -> Float[np.ndarray, "h w 3"]:
    """The likeliest class's colour, fading to white where no class is likelier than another."""
    from matplotlib.colors import to_rgb

    classes = probs.shape[-1]
    palette = np.array([to_rgb(_colour(label)) for label in range(classes)])
    sure = ((probs.max(axis=-1) - 1 / classes) / (1 - 1 / classes)).clip(0, 1)[..., None]
    painted: Float[np.ndarray, "h w 3"] = 1 - 0.6 * sure * (1 - palette[probs.argmax(axis=-1)])
    return painted


def areas(values: Float[np.ndarray, "n"], labels: Int64[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """Marker areas: within each class from the least to the most; all the least where they do not differ."""
    scaled = np.zeros(len(values))
    for label in np.unique(labels):
        of_class = labels == label
        least, most = values[of_class].min(), values[of_class].max()
        if most > least:
            scaled[of_class] = (values[of_class] - least) / (most - least)
    sized: Float[np.ndarray, n] = _LEAST + (_MOST - _LEAST) * scaled
    return sized


def _draw(axes: "Axes", shown: DecisionMap, values: Float32[np.ndarray, "n"]) -> None:
    axes.imshow(background(shown.probs), extent=shown.extent, origin="lower", aspect="auto")
    sizes = areas(values, shown.labels)
    for label in np.unique(shown.labels[shown.labels != IGNORE]).tolist():
        mine = shown.labels == label
        axes.scatter(
            shown.points[mine, 0],
            shown.points[mine, 1],
            s=sizes[mine],
            marker=_marker(label),
            facecolor=_colour(label),
            edgecolor="white",
            linewidth=0.4,
            alpha=0.75,
        )
    axes.set_xlim(shown.extent[:2])
    axes.set_ylim(shown.extent[2:])
    axes.set_xticks([])
    axes.set_yticks([])


def _colour(label: int) -> str:
    return COLOURS[label % len(COLOURS)]


def _marker(label: int) -> str:
    return MARKERS[label % len(MARKERS)]
