"""`theory budget`: the label budget's prediction against networks trained on more and more images."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float64
from rich.console import Console
from rich.table import Table as Grid

from truemask.bench.cells import cells
from truemask.bench.results import Result, mean_and_sd, read_results
from truemask.bench.sources import Source
from truemask.bench.tables import read_table
from truemask.noise.transition import symmetric
from truemask.structure.label_budget import LabelBudget, label_budget, looks_of
from truemask.types import BadInput

TABLES = ("labels-needed-002", "labels-needed-008", "labels-needed-032", "labels-needed-128")
FITTED_AT = 0.3
"""The flip rate whose runs say how many looks there are; all other rates are predicted from it."""
SUCCESS = 0.9
"""Training succeeded if its Dice is at least this share of the best mean on clean labels."""


@dataclass(frozen=True)
class Trained:
    """Runs of one flip rate and one number of images.

    Args:
        rate: share of labels flipped.
        images: learnt from.
        pixels: of each true class in them.
        dice: on clean test labels at the threshold 0.5, mean over seeds.
        seeds: how many.
    """

    rate: float
    images: int
    pixels: Float64[np.ndarray, "k"]
    dice: float
    seeds: int

    def budget(self, looks: float) -> LabelBudget:
        """What was to be expected of it."""
        return label_budget(symmetric(len(self.pixels), self.rate), self.pixels, self.images, looks=looks)


@dataclass(frozen=True)
class Comparison:
    """Predictions and what came of them.

    Args:
        looks: fitted at `FITTED_AT`.
        enough: Dice from which on training succeeded.
        runs: all that were trained.
    """

    looks: float
    enough: float
    runs: Sequence[Trained]

    def right(self, run: Trained) -> bool:
        """Whether the run did what the budget says."""
        return (run.dice >= self.enough) == run.budget(self.looks).enough

    @property
    def judged(self) -> list[Trained]:
        """Runs that the fit has not seen."""
        return [run for run in self.runs if run.rate != FITTED_AT]


def print_budgets(results: Path) -> None:
    """Print prediction and outcome of every rate and size that has results.

    Raises:
        BadInput: if there are no results to compare, or none at the rate that is fitted.
    """
    found = compare(trained_in(results))
    grid = Grid(title="Labels needed: predicted and found", title_justify="left")
    for column in (
        "flipped",
        "images",
        "worth of a label",
        "labels there / needed",
        "predicted",
        "Dice",
        "found",
        "",
    ):
        grid.add_column(column, justify="right" if column != "" else "left")
    for run in found.runs:
        budget = run.budget(found.looks)
        grid.add_row(
            f"{run.rate:.0%}",
            f"{run.images:,}",
            f"{budget.worth:.2g}",
            f"{budget.margin:.2g}",
            "enough" if budget.enough else "too few",
            f"{run.dice:.3f}",
            "enough" if run.dice >= found.enough else "too few",
            "fitted" if run.rate == FITTED_AT else "" if found.right(run) else "wrong",
            end_section=run is found.runs[-1],
        )
    console = Console(highlight=False)
    console.print(grid)
    right = sum(found.right(run) for run in found.judged)
    margins = [run.budget(found.looks).margin for run in found.runs]
    seeds = sorted({run.seeds for run in found.runs})
    plural = "seed" if seeds == [1] else "seeds"
    console.print(
        f"{right} of {len(found.judged)} predictions are right (looks = {found.looks:,.0f}, fitted at "
        f"{FITTED_AT:.0%}; success: Dice from {found.enough:.3f} on, {SUCCESS:.0%} of the best on clean "
        "labels; "
        f"{' to '.join(map(str, seeds))} {plural}). Rank correlation of labels there / needed and Dice: "
        f"{rank_correlation(margins, [run.dice for run in found.runs]):.2f}.",
        markup=False,
    )


def trained_in(results: Path) -> list[Trained]:
    """Means over seeds of every rate and number of images that the four tables have results of.

    Raises:
        BadInput: if there is none.
    """
    runs = []
    for name in TABLES:
        found, _ = read_results(results, cells(read_table(name)))
        runs += [
            _mean([one for one in found if one.cell.noise == noise])
            for noise in dict.fromkeys(one.cell.noise for one in found)
        ]
    if not runs:
        raise BadInput(f"{results} has no results of {TABLES[0]}; make them: truemask bench run {TABLES[0]}")
    return sorted(runs, key=lambda run: (run.rate, run.images))


def compare(runs: Sequence[Trained]) -> Comparison:
    """Fit the number of looks at one rate, to judge the predictions at all others.

    Raises:
        BadInput: if there are no runs on clean labels, or the fitted rate does not show where success begins.
    """
    clean = [run.dice for run in runs if not run.rate]
    if not clean:
        raise BadInput("nothing was trained on clean labels yet, so nobody knows what success is")
    enough = SUCCESS * max(clean)
    fitted = [run for run in runs if run.rate == FITTED_AT]
    failed = [run.budget(1).labels for run in fitted if run.dice < enough]
    succeeded = [run.budget(1).labels for run in fitted if run.dice >= enough]
    if not failed or not succeeded:
        raise BadInput(
            f"of the runs at {FITTED_AT:.0%} {len(succeeded)} succeeded and {len(failed)} failed: the fit "
            "needs both"
        )
    worth = fitted[0].budget(1).worth
    return Comparison(looks_of(math.sqrt(max(failed) * min(succeeded)), worth), enough, runs)


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's, with the mean rank for ties; NaN for a constant."""
    from scipy.stats import rankdata  # late: it takes half a second

    ranks = np.stack([rankdata(one), rankdata(other)])
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    lengths = np.sqrt((centred**2).sum(axis=1)).prod()
    return float((centred[0] * centred[1]).sum() / lengths) if lengths else math.nan


def _mean(found: Sequence[Result]) -> Trained:
    cell = found[0].cell
    dice, _, seeds = mean_and_sd(one.metrics["dice_dataset"] for one in found)
    rate = 0.0 if cell.noise == "none" else float(cell.noise.removeprefix("flip:"))
    pixels, images = _pixels(cell.dataset)
    return Trained(rate, images, np.array(pixels, dtype=np.float64), dice, seeds)


@lru_cache(maxsize=8)
def _pixels(dataset: str) -> tuple[tuple[int, ...], int]:
    """Pixels of each class in a data set's training labels, and how many images have them."""
    clean = Source(dataset).to_train()
    counts = sum(
        np.bincount(np.asarray(clean.labels(row)).ravel(), minlength=256)[: clean.problem.num_classes]
        for row in range(len(clean))
    )
    return tuple(np.asarray(counts).tolist()), len(clean)
