"""`noise hedging`: train teachers on few clean labels, and see which mixture with noisy ones is best."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from truemask.bench.noisy import corrupted
from truemask.bench.sources import Source
from truemask.bench.trusted import set_apart
from truemask.commands.runs import plan_for
from truemask.data.dataset import Dataset
from truemask.files import write_json
from truemask.progress import watch
from truemask.report.mixture_curves import FORMATS, Panel, save_mixture_curves
from truemask.structure.mixture_risks import MixtureRisks
from truemask.training import Prediction, Recipe, train
from truemask.types import BadInput, Task

_COLUMNS = ("label_risk", "teacher_risk", "covariance", "promised", "risk_by_rule", "risk_best")
_WEIGHTS = ("weight_by_rule", "weight_best")


@dataclass(frozen=True)
class Mixtures:
    """What was measured with one teacher under one noise.

    Args:
        noise: its spec.
        trusted: share of the rows that the teacher learnt.
        seed: of noise, rows and teacher.
        risks: on all other rows.
    """

    noise: str
    trusted: float
    seed: int
    risks: MixtureRisks


def hedging_verb(
    source: Source,
    specs: Sequence[str],
    shares: Sequence[float],
    settings: Mapping[str, Any],
    out: Path,
    *,
    seeds: int,
    show: bool,
) -> list[Mixtures]:
    """Measure, print, and write a figure and, beside it, the numbers as JSON.

    Raises:
        BadInput: the figure's format is not known, objects, or a share outside (0, 1).
    """
    if out.suffix not in FORMATS:
        raise BadInput(f"{out}: a figure is written as {', '.join(FORMATS)}")
    wrong = [share for share in shares if not 0 < share < 1]
    if wrong:
        raise BadInput(f"--trusted is a share of the images between 0 and 1; got {wrong[0]}")
    clean = source.to_train()
    if clean.problem.task == Task.INSTANCE:
        raise BadInput(f"{clean.name}: mixtures of labels are of images or pixels, not of objects")
    found = list(mixtures(clean, specs, shares, settings, seeds=seeds, show=show))
    panels = [
        Panel(spec, share, [one.risks for one in found if (one.noise, one.trusted) == (spec, share)])
        for spec in specs
        for share in shares
    ]
    save_mixture_curves(panels, len(shares), out)
    print_mixtures(panels)
    rows = [
        {"noise": one.noise, "trusted": one.trusted, "seed": one.seed} | one.risks.compute() for one in found
    ]
    numbers = out.with_suffix(".json")
    write_json(numbers, {"data": source.where, "mixtures": rows})
    print(f"{out}: the curves; {numbers}: every number")
    return found


def mixtures(
    clean: Dataset,
    specs: Sequence[str],
    shares: Sequence[float],
    settings: Mapping[str, Any],
    *,
    seeds: int,
    show: bool = False,
) -> Iterator[Mixtures]:
    """A teacher for each share and seed; its mixtures with the labels of each noise.

    The teacher learns from the trusted rows alone, by cross entropy, in as many steps as all rows would have
    taken. Risks are measured on the rows that it did not learn.
    """
    runs = [(share, seed) for share in shares for seed in range(seeds)]
    for share, seed in watch("train teachers", runs, len(runs), show=show):
        others, trusted = set_apart(clean, clean, share, seed)
        said = list(_teacher(trusted, len(clean), dict(settings) | {"seed": seed}, others))
        for spec in specs:
            # All rows are corrupted, so that a noise that looks at the whole set does what it does in tables.
            noisy, _ = corrupted(clean, spec, seed)
            given = {key: row for row, key in enumerate(noisy.keys)}
            risks = MixtureRisks()
            for one in said:
                assert one.probs is not None
                answers = (noisy.labels(given[one.key]), others.labels(one.row))
                risks.add(one.probs, *(np.asarray(answer, np.uint8) for answer in answers))
            yield Mixtures(spec, share, seed, risks)


def print_mixtures(panels: Sequence[Panel]) -> None:
    """Means over seeds, one line a panel; weights with the smallest and the largest of a seed."""
    grid = Grid(title="risk: mean squared distance to the truth", title_justify="left")
    for name in ("noise", "trusted", *_COLUMNS, *_WEIGHTS):
        grid.add_column(name, overflow="fold")
    for panel in panels:
        found = [risks.compute() for risks in panel.risks]
        means = [f"{np.mean([one[name] for one in found]):.3f}" for name in _COLUMNS]
        spans = [
            f"{np.mean(of):.2f} ({min(of):.2f}-{max(of):.2f})"
            for of in ([one[name] for one in found] for name in _WEIGHTS)
        ]
        grid.add_row(panel.noise, f"{panel.trusted:g}", *means, *spans)
    Console(width=160).print(grid)


def _teacher(
    trusted: Dataset, rows: int, settings: Mapping[str, Any], others: Dataset
) -> Iterator[Prediction]:
    plan = plan_for(trusted, settings)
    plan = replace(plan, repeats=plan.repeats * max(1, round(rows / len(trusted))))
    with tempfile.TemporaryDirectory() as folder:
        recipe = Recipe(dataset=trusted, plan=plan)
        trained = train(recipe, Path(folder) / "teacher", show=False, tensorboard=False)
        yield from trained.predict(others)
