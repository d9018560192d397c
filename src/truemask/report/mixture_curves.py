"""The figure of risk against the weight of the given label: measured, and as Proposition 1 has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from truemask.files import write_whole
from truemask.structure.mixture_risks import LABEL_WEIGHTS, MixtureRisks
from truemask.structure.risk_hedging import mixed_risk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".png", ".svg", ".pdf")
_MEASURED, _RULE, _INK, _FAINT = "#0b6bb8", "#c2540a", "#1f2430", "#d5d9e0"


@dataclass(frozen=True)
class Panel:
    """One noise and one share of clean labels.

    Args:
        noise: its spec.
        trusted: share of the rows that the teacher learnt.
        risks: one a seed.
    """

    noise: str
    trusted: float
    risks: Sequence[MixtureRisks]


def save_mixture_curves(panels: Sequence[Panel], columns: int, path: Path) -> None:
    """Write the panels, `columns` to a row, as the suffix of `path` says: png, svg or pdf."""
    from matplotlib.figure import Figure  # late: it takes half a second

    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(2.7 * columns + 0.6, 2.1 * rows + 0.7), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey="row")
    for axes, panel in zip(grid.ravel(), panels, strict=False):
        _draw(axes, panel)
    for axes in grid[-1]:
        axes.set_xlabel("weight of the given label", fontsize=8, color=_INK)
    for axes in grid[:, 0]:
        axes.set_ylabel("risk", fontsize=8, color=_INK)
    figure.legend(
        *grid[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=2, frameon=False, fontsize=8
    )
    write_whole(path, lambda fresh: figure.savefig(fresh, format=path.suffix[1:], dpi=150))


def _draw(axes: "Axes", panel: Panel) -> None:
    measured = np.array([risks.risks() for risks in panel.risks])
    found = [risks.compute() for risks in panel.risks]
    label, teacher, rule, best = (
        float(np.mean([one[name] for one in found]))
        for name in ("label_risk", "teacher_risk", "weight_by_rule", "weight_best")
    )
    curve = measured.mean(axis=0)
    promised = np.array([mixed_risk(float(weight), label, teacher) for weight in LABEL_WEIGHTS])
    axes.fill_between(
        LABEL_WEIGHTS, measured.min(axis=0), measured.max(axis=0), color=_MEASURED, alpha=0.18, linewidth=0
    )
    axes.plot(LABEL_WEIGHTS, curve, color=_MEASURED, linewidth=1.8, label="measured (band: all seeds)")
    axes.plot(
        LABEL_WEIGHTS, promised, color=_RULE, linewidth=1.4, linestyle=(0, (4, 2)), label="Proposition 1"
    )
    at_best, at_rule = np.interp([best, rule], LABEL_WEIGHTS, curve)
    axes.plot(best, at_best, "o", color=_MEASURED, markersize=5, clip_on=False, label="least risk, measured")
    axes.plot(
        rule, at_rule, "D", color=_RULE, markersize=5, clip_on=False, label="measured at the rule's weight"
    )
    axes.set_title(f"{panel.noise}, {panel.trusted:.3g} clean", loc="left", fontsize=8.5, color=_INK)
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=8, colors=_INK, length=0)
    axes.grid(axis="y", color=_FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
