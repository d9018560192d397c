"""Learning curves from the `metrics.csv` of run folders, as figures for files and for pages."""

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from truemask.files import write_whole
from truemask.types import BadInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Role = Literal["ceiling", "baseline", "method", "other"]
"""What a run is there for: trained on clean labels, cross entropy on noisy ones, a robust method, or else."""


@dataclass(frozen=True)
class Stroke:
    """How the line of a role looks; `dashes` so that colour is not all that tells lines apart."""

    colour: str
    dashes: tuple[float, ...]


STROKES: Mapping[Role, Stroke] = {
    "ceiling": Stroke("#6b7280", (4.0, 2.0)),
    "baseline": Stroke("#c2540a", ()),
    "method": Stroke("#0b6bb8", ()),
    "other": Stroke("#7a4fa3", (1.0, 1.4)),
}
_INK, _FAINT = "#1f2430", "#d5d9e0"

PAGE_COLOURS: Mapping[str, str] = {
    **{stroke.colour: f"var(--{role})" for role, stroke in STROKES.items()},
    _INK: "var(--ink)",
    _FAINT: "var(--line)",
}
"""In a page, colours are its own, so that figures turn dark with it."""

WIDTH_IN, HEIGHT_IN = 5.2, 2.8
_MARGIN_IN = {"left": 0.5, "bottom": 0.45, "top": 0.32}
_CHARACTER_IN = 0.068
"""Room for a character of the labels at the ends of the lines, which stand in the right margin."""
_LABEL_GAP = 0.095
"""Distance between the labels at the ends of the lines, as a share of the axes' height."""


@dataclass(frozen=True)
class Curve:
    """One number of one run, epoch by epoch.

    Args:
        label: stands at the end of the line.
        epochs: counted from 1.
        values: NaN where there is none.
        role: its look.
        stages: epoch and name of each stage after the first.
    """

    label: str
    epochs: Sequence[float]
    values: Sequence[float]
    role: Role = "other"
    stages: Sequence[tuple[float, str]] = ()

    @property
    def drawn(self) -> bool:
        """Whether there is anything to draw."""
        return any(not math.isnan(value) for value in self.values)


@dataclass(frozen=True)
class Panel:
    """One set of axes: the same number of several runs.

    Args:
        title: above the axes.
        curves: in them.
        across: what the horizontal axis counts.
    """

    title: str
    curves: Sequence[Curve]
    across: str = "epoch"


def read_history(run: Path) -> dict[str, list[str]]:
    """Columns of a run's `metrics.csv` as text, one entry an epoch, "" where there is none.

    Raises:
        BadInput: the file is missing.
    """
    path = run / "metrics.csv"
    if not path.is_file():
        raise BadInput(f"{path}: no such file; a run folder has one from its first epoch on")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        return {name: [row[name] or "" for row in rows] for name in reader.fieldnames or ()}


def curve_of(run: Path, column: str, label: str, role: Role = "other") -> Curve:
    """A column of a run's history; a curve without points where the run has no such column.

    Raises:
        BadInput: the run has no history.
    """
    history = read_history(run)
    values = [_number(text) for text in history.get(column, [])]
    numbered = [str(epoch) for epoch in range(1, len(values) + 1)]
    epochs = [_number(text) for text in history.get("epoch", numbered)][: len(values)]
    names = history.get("stage", [])[: len(values)]
    stages = [(epochs[at], names[at]) for at in range(1, len(names)) if names[at] != names[at - 1]]
    return Curve(label, epochs, values, role, stages)


def draw(panels: Sequence[Panel]) -> "Figure":
    """A figure of panels side by side; each line is named at its end, with its last value."""
    from matplotlib.figure import Figure  # here: it takes a second to import

    panels = panels or [Panel("", ())]
    figure = Figure(figsize=(WIDTH_IN * len(panels), HEIGHT_IN))
    for place, panel in enumerate(panels):
        figure.add_axes(_box(place, len(panels), right_in=_room_for_labels(panels)))
        _draw_panel(figure.axes[-1], panel)
    return figure


def as_svg(figure: "Figure") -> str:
    """The figure as an SVG element for a page, in the page's colours and fonts."""
    from matplotlib import rc_context

    text = io.StringIO()
    # Text stays text (the page's font, selectable); ids and date are fixed: same curves, same bytes.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "truemask"}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    for colour, variable in PAGE_COLOURS.items():
        svg = svg.replace(colour, variable)
    svg = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    return re.sub(r"font-family: [^;\"]+; ", "", svg)


def write_curves(panels: Sequence[Panel], path: Path) -> None:
    """Write the panels as SVG, PNG or PDF, by the ending of `path`; whole or not at all.

    Raises:
        BadInput: another ending.
    """
    kinds = (".svg", ".png", ".pdf")
    if path.suffix not in kinds:
        raise BadInput(f"{path}: curves are written as {', '.join(kinds)}")
    figure = draw(panels)
    write_whole(path, lambda fresh: figure.savefig(fresh, format=path.suffix[1:], dpi=160))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _room_for_labels(panels: Sequence[Panel]) -> float:
    longest = max((len(curve.label) for panel in panels for curve in panel.curves), default=0)
    return min(0.2 + _CHARACTER_IN * (longest + len(" 0.000")), WIDTH_IN / 2)


def _box(place: int, count: int, right_in: float) -> tuple[float, float, float, float]:
    """Left, bottom, width, height of a panel's axes, as shares of the figure."""
    width, height = WIDTH_IN * count, HEIGHT_IN
    return (
        (place * WIDTH_IN + _MARGIN_IN["left"]) / width,
        _MARGIN_IN["bottom"] / height,
        (WIDTH_IN - _MARGIN_IN["left"] - right_in) / width,
        (height - _MARGIN_IN["bottom"] - _MARGIN_IN["top"]) / height,
    )


def _draw_panel(axes: "Axes", panel: Panel) -> None:
    axes.set_title(panel.title, loc="left", fontsize=10.5, color=_INK, pad=7)
    axes.set_xlabel(panel.across, fontsize=9, color=_INK)
    axes.tick_params(labelsize=9, colors=_INK, length=0)
    axes.locator_params(axis="x", integer=True, nbins=6)
    axes.grid(axis="y", color=_FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(_FAINT)
    drawn = [curve for curve in panel.curves if curve.drawn]
    for curve in drawn:
        stroke = STROKES[curve.role]
        (line,) = axes.plot(curve.epochs, curve.values, color=stroke.colour, linewidth=1.8)
        if stroke.dashes:
            line.set_dashes(stroke.dashes)
        _mark_stages(axes, curve)
    _name_lines(axes, drawn)


def _mark_stages(axes: "Axes", curve: Curve) -> None:
    for epoch, name in curve.stages:
        axes.axvline(epoch - 0.5, color=_FAINT, linewidth=1, dashes=(2, 2))
        at = (epoch - 0.5, 0.02)
        axes.annotate(
            name,
            at,
            (3, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=8.5,
            color=_INK,
        )


def _name_lines(axes: "Axes", curves: Sequence[Curve]) -> None:
    """Label and last value of each line beside its end, moved apart where they would overlap."""
    low, high = axes.get_ylim()
    ends = [next(value for value in reversed(curve.values) if not math.isnan(value)) for curve in curves]
    heights = spread([(end - low) / (high - low) for end in ends], _LABEL_GAP)
    for curve, end, height in zip(curves, ends, heights, strict=True):
        axes.text(
            1.03,
            height,
            f"{curve.label} {end:.3f}",
            transform=axes.transAxes,
            fontsize=9,
            va="center",
            color=STROKES[curve.role].colour,
        )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """The heights, moved apart in order until neighbours are `gap` apart, around where they were.

    >>> spread([0.5, 0.5, 0.9], 0.1)
    [0.45, 0.55, 0.9]
    """
    order = sorted(range(len(heights)), key=lambda at: heights[at])
    groups: list[list[int]] = []
    centres: list[float] = []
    for at in order:
        groups.append([at])
        centres.append(heights[at])
        # A group that reaches into the one below joins it; the two then sit around their common mean.
        while len(groups) > 1 and centres[-1] - centres[-2] < gap * (len(groups[-1]) + len(groups[-2])) / 2:
            top = groups.pop()
            centres.pop()
            groups[-1] += top
            centres[-1] = sum(heights[member] for member in groups[-1]) / len(groups[-1])
    placed = [0.0] * len(heights)
    for group, centre in zip(groups, centres, strict=True):
        for place, member in enumerate(group):
            placed[member] = round(centre + gap * (place - (len(group) - 1) / 2), 6)
    return placed
