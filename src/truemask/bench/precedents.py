"""What tables of results say about noise like a data set's: what it costs, and which method helps."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

import numpy as np

import truemask
from truemask.bench.results import Result, read_result
from truemask.bench.tables import Table, read_table
from truemask.noise import parse
from truemask.types import BadInput, Task

BASELINE = "ce"

_SWAPS = (
    "flip symmetric inclusive asymmetric pair permutation consistent superclass confident matrix misclassify",
    "swap",
)
_OUTLINES = "dilate erode dilate_or_erode shift markov elastic simplify jitter affine coarse holes"
_FAMILIES: Mapping[str, frozenset[str]] = {
    "swapped": frozenset(" ".join(_SWAPS).split()),
    "missing": frozenset({"miss"}),
    "outline": frozenset(_OUTLINES.split()),
}
"""Noises that make errors of one sort."""

_OF_KIND = {"swapped": "swapped", "missing": "missing"}


@dataclass(frozen=True)
class Level:
    """Scores of one row of a table under one noise.

    Args:
        noise: its spec.
        rate: realised share of wrong labels.
        scores: one a seed.
    """

    noise: str
    rate: float
    scores: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over seeds."""
        return fmean(self.scores)

    @property
    def spread(self) -> float:
        """Sample standard deviation over seeds; 0 of one."""
        return stdev(self.scores) if len(self.scores) > 1 else 0.0


@dataclass(frozen=True)
class Precedent:
    """A table about the same task and the same sort of errors.

    Args:
        table: its name.
        dataset: that it is about.
        metric: that it shows first.
        higher: whether more of it is better.
        rows: method to its levels, by rate; the baseline's begin without noise.
    """

    table: str
    dataset: str
    metric: str
    higher: bool
    rows: Mapping[str, tuple[Level, ...]]

    def loss_at(self, rate: float) -> float | None:
        """How much worse the baseline was at this rate than without noise, between measured rates in line.

        None beyond the highest rate that was measured.
        """
        levels = self.rows[BASELINE]
        if rate > levels[-1].rate:
            return None
        at = float(np.interp(rate, [level.rate for level in levels], [level.mean for level in levels]))
        return (levels[0].mean - at) * (1 if self.higher else -1)

    def best_near(self, rate: float) -> tuple[str, Level, Level]:
        """The best method under the noise whose rate is nearest, its level, and the baseline's."""
        base = min(self.rows[BASELINE][1:], key=lambda level: abs(level.rate - rate))
        at = {
            row: level for row, levels in self.rows.items() for level in levels if level.noise == base.noise
        }
        row = max(at, key=lambda name: at[name].mean * (1 if self.higher else -1))
        return row, at[row], base


def tables_here() -> Path | None:
    """The folder of tables: of the working directory, or of the checkout that truemask runs from."""
    for root in (Path.cwd(), Path(truemask.__file__).parents[2]):
        if (root / "tables" / "results").is_dir():
            return root / "tables"
    return None


def precedents(tables: Path, task: Task, kind: str, *, background: bool = True) -> list[Precedent]:
    """Tables with results about this task and errors like this kind (`audit.KINDS`), by name.

    Rows that got clean labels, or learnt from others than the table's, are left out. A table counts if its
    baseline ran without noise and with some.

    Args:
        tables: their folder.
        task: that is learnt.
        kind: of error.
        background: whether some class means nothing; else tables about such a class do not count.
    """
    family = _OF_KIND.get(kind, "outline")
    found = []
    for folder in sorted(path for path in (tables / "results").iterdir() if path.is_dir()):
        one = _read(tables, folder, task, family)
        if one is not None and (background or "background=" not in one.dataset):
            found.append(one)
    return found


def _read(tables: Path, folder: Path, task: Task, family: str) -> Precedent | None:
    name, _, place = folder.name.partition("@")
    try:
        table = read_table(tables / f"{name}.toml")
        table = table.elsewhere(place) if place else table
    except BadInput:
        return None  # results whose question is gone answer none
    cells: dict[str, dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for result in _results(folder):
        fits = _task_of(result) == task and _family_of(result.cell.noise) in ("none", family)
        if fits and not result.clean_labels and table.metric in result.metrics:
            cells[result.cell.row][result.cell.noise].append(result)
    rows = {row: _levels(noises, table) for row, noises in cells.items() if row not in table.train_on}
    base = rows.get(BASELINE, ())
    if len(base) < 2 or base[0].rate:
        return None
    return Precedent(table.name, table.dataset, table.metric, table.better == "higher", rows)


def _results(folder: Path) -> Iterator[Result]:
    for path in sorted(folder.rglob("*.json")):
        yield read_result(path)


def _levels(noises: Mapping[str, list[Result]], table: Table) -> tuple[Level, ...]:
    levels = [
        Level(noise, fmean(r.realised_rate for r in results), tuple(r.metrics[table.metric] for r in results))
        for noise, results in noises.items()
    ]
    return tuple(sorted(levels, key=lambda level: level.rate))


def _task_of(result: Result) -> Task:
    if "mask_ap" in result.metrics:
        return Task.INSTANCE
    return Task.SEMANTIC if "miou_dataset" in result.metrics else Task.CLASSIFICATION


def _family_of(noise: str) -> str:
    steps = parse(noise).steps
    if not steps:
        return "none"
    names = {step.name for step in steps}
    return next((family for family, members in _FAMILIES.items() if names <= members), "other")
