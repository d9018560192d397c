"""The picture of docs/why/cifar-pu.md, from committed results: python -m docs.annotated_share."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from truemask.bench.cells import cells
from truemask.bench.results import read_results
from truemask.bench.tables import read_table
from truemask.files import write_whole
from truemask.noise import parse

ROOT = Path(__file__).parents[1]
TABLES: Mapping[str, str] = {"cifar-pu": "CIFAR-10, 1,500 images", "digits-pu": "digits, 1,250 images"}
LINES: Mapping[str, tuple[str, str, str]] = {
    "ce": ("#c2540a", "-", "o"),
    "weighted": ("#0b6bb8", "-", "s"),
    "exponential": ("#2e8b57", "-", "^"),
    "bootstrap": ("#7a4fa3", "--", "D"),
    "elkan_noto": ("#8a6d1d", "--", "P"),
    "nnpu": ("#1f2430", ":", "v"),
    "nnpu_sigmoid": ("#b3366f", ":", "<"),
}
"""Colour, stroke and marker of each row."""
FEWER = "fewer images, all labels right"
Points = dict[float, list[float]]


def main(path: Path = ROOT / "docs" / "pictures" / "cifar-pu.png") -> None:
    """Balanced accuracy against the share of the positives that are annotated; bands from seed to seed."""
    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    panels = figure.subplots(1, len(TABLES), squeeze=False)[0]
    for axes, (name, title) in zip(panels, TABLES.items(), strict=True):
        for row, points in _lines(name).items():
            colour, stroke, marker = LINES.get(row, ("#6b7280", "-.", "x"))
            shares = sorted(points)
            values = [np.array(points[share]) for share in shares]
            axes.plot(
                shares,
                [of.mean() for of in values],
                stroke,
                color=colour,
                marker=marker,
                label=row,
                markersize=5,
            )
            low, high = [of.min() for of in values], [of.max() for of in values]
            axes.fill_between(shares, low, high, color=colour, alpha=0.12, linewidth=0)
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_xlabel("share of the positive images that are annotated", fontsize=9)
        axes.set_ylabel("balanced accuracy", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=8.5
    )
    write_whole(path, lambda fresh: figure.savefig(fresh, format="png", dpi=130))


def _lines(name: str) -> dict[str, Points]:
    """Values of all seeds by row and share annotated; rows that drop images are one line."""
    found, _ = read_results(ROOT / "tables" / "results", cells(read_table(ROOT / "tables" / f"{name}.toml")))
    lines: dict[str, Points] = {}
    for one in found:
        row, missing = one.cell.row, sum(float(step.knobs()["rate"]) for step in parse(one.cell.noise).steps)
        line, share = (row, 1 - missing) if row in LINES else (FEWER, int(row.removeprefix("pn_")) / 100)
        lines.setdefault(line, {}).setdefault(round(share, 2), []).append(one.metrics["balanced_accuracy"])
    return lines


if __name__ == "__main__":
    main()
