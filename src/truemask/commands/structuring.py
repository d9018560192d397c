"""`structure`: how the labels of a set lie and hang together, and what mistakes leave of that."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from truemask import __version__
from truemask.bench.sources import Source
from truemask.commands.estimating import rows_of_both
from truemask.data.dataset import Dataset
from truemask.data.views import AsSemantic
from truemask.files import write_json
from truemask.progress import watch
from truemask.report.blocks import Picture, PictureRow, Step
from truemask.report.drawing import as_rgb, enlarged
from truemask.report.pictures import overlay
from truemask.report.shade import shaded
from truemask.report.structure_page import (
    StructureFound,
    structure_page,
    summary,
    topology_table,
    write_structure_page,
)
from truemask.structure.density import local_shares
from truemask.structure.distinguish import condition, effective_classes, rank, seen, total_variation
from truemask.structure.label_budget import label_budget
from truemask.structure.label_structure import LabelStructure
from truemask.structure.mixture import check_mixture
from truemask.structure.windows import Window
from truemask.types import BadInput, Task

PAGE, NUMBERS = "structure.html", "structure.json"
SHOWN, CHECKED = 3, 24
"""Images with pictures on the page; images that densities are checked on, pixel by pixel."""

CHECK = Window("gaussian", 4)
"""For whether mistakes are scattered: narrower ones see little but chance, wider ones blur outlines away."""

Rows = list[tuple[int, int | None, str]]


def structure_verb(source: Source, truth: Source | None, out: Path, *, command: str, show: bool) -> Path:
    """Measure, print the summary, and write the page and the numbers; returns the page.

    Raises:
        BadInput: if the labels are of whole images, or truth is of another problem or of other images.
    """
    given = _maps(source.to_train())
    true = None if truth is None else _maps(truth.to_train())
    rows: Rows = [(row, None, key) for row, key in enumerate(given.keys)]
    if true is not None:
        rows = list(rows_of_both(given, true))
    structure = LabelStructure(given.problem.num_classes)
    for row, true_row, _ in watch(f"measure {given.name}", rows, len(rows), show=show):
        structure.add(_map(given, row), None if true is None else _map(true, true_row))
    found = _found(given, true, rows, structure)
    _print(found)
    steps = [Step("Make this page again.", command)]
    if true is None:
        steps.append(
            Step(
                "Compare with better labels of the same images.",
                f"truemask structure {source.where} --truth BETTER",
            )
        )
    else:
        steps.append(Step("Find which labels are wrong.", f"truemask audit {source.where}"))
    page = structure_page(found, steps=steps, facts=[f"truemask {__version__}", f"{len(rows):,} images"])
    write_structure_page(page, out / PAGE)
    write_json(out / NUMBERS, numbers(found))
    print(f"{out / PAGE}: pictures and tables; {NUMBERS} has every number")
    return out / PAGE


def numbers(found: StructureFound) -> dict[str, Any]:
    """Everything that was measured, for machines; undefined is null."""
    structure, names = found.structure, found.problem.classes
    table = topology_table(found)
    given = {row.label: dict(row.values) for row in table.rows if not row.note}
    content: dict[str, Any] = {
        "labels": found.name,
        "images": structure.images,
        "window": {"shape": found.window.shape, "bandwidth_px": found.window.bandwidth_px},
        "speckle": structure.covariance.speckle(),
        "speckle_rate": structure.covariance.speckle_rate(),
        "classes": given,
    }
    if found.rms_z is not None and found.budget is not None:
        transition = structure.transition
        areas = np.array([one.area_px for one in structure.true], dtype=np.float64)
        content["truth"] = {
            "classes": {row.label: dict(row.values) for row in table.rows if row.note},
            "wrong_share": structure.wrong_share,
            "transition": seen(transition).tolist(),
            "rank": rank(transition, smallest=1e-3),
            "condition": condition(transition),
            "effective_classes": effective_classes(transition, areas),
            "total_variation": total_variation(transition).tolist(),
            "mixture_rms_z": found.rms_z,
            "bias_px": {name: structure.outlines.bias_px(place) for place, name in enumerate(names)},
            "label_worth": found.budget.worth,
            "images_needed": found.budget.images_needed,
        }
    cleaned: dict[str, Any] = _without_nan(content)
    return cleaned


def _maps(dataset: Dataset) -> Dataset:
    if dataset.problem.task == Task.CLASSIFICATION:
        raise BadInput(
            f"{dataset.name}: its labels are of whole images, and structure is about where labels lie; it "
            "needs "
            "label maps or objects"
        )
    if not len(dataset):
        raise BadInput(f"{dataset.name}, {dataset.split}: there is no image in it; choose another --split")
    return AsSemantic(dataset) if dataset.problem.task == Task.INSTANCE else dataset


def _map(dataset: Dataset, row: int | None) -> np.ndarray:
    assert row is not None
    return np.asarray(dataset.labels(row), dtype=np.uint8)


def _found(given: Dataset, true: Dataset | None, rows: Rows, structure: LabelStructure) -> StructureFound:
    window = structure.covariance.best_window("gaussian")
    rms_z, budget = None, None
    if true is not None:
        step = max(1, len(rows) // CHECKED)
        squares = [_rms_z(given, true, rows[at], structure) ** 2 for at in range(0, len(rows), step)]
        known = [square for square in squares if not math.isnan(square)]
        rms_z = math.sqrt(sum(known) / len(known)) if known else math.nan
        pixels = np.array([one.area_px for one in structure.true], dtype=np.float64)
        budget = label_budget(structure.transition, pixels, structure.images)
    found = StructureFound(given.name, given.problem, structure, window, [], [], rms_z, budget)
    columns, pictures = _pictures(given, true, rows, found)
    return StructureFound(given.name, given.problem, structure, window, pictures, columns, rms_z, budget)


def _rms_z(
    given: Dataset, true: Dataset, row: tuple[int, int | None, str], structure: LabelStructure
) -> float:
    noisy, truth = _map(given, row[0]), _map(true, row[1])
    return check_mixture(noisy, truth, structure.transition, CHECK).rms_z


def _pictures(
    given: Dataset, true: Dataset | None, rows: Rows, found: StructureFound
) -> tuple[list[str], list[PictureRow]]:
    """Images, labels and densities of the class that most labels are of beside the background."""
    others = [one for one in found.shown if one != given.problem.background]
    focus = max(others or found.shown or [0], key=lambda one: found.structure.given[one].area_px)
    name = given.problem.classes[focus]
    columns = ["image", "labels", f"density of {name}"]
    if true is not None:
        columns += ["truth", f"true density of {name}"]
    shown = []
    for row, true_row, key in rows[:SHOWN]:
        image = given.image(row)
        zoom = max(1, 256 // max(image.shape[:2]))
        pictures = [Picture(as_rgb(enlarged(image, zoom)))]
        for dataset, place in ((given, row), (true, true_row)):
            if dataset is None:
                continue
            labels = _map(dataset, place)
            density = local_shares(labels, given.problem.num_classes, found.window)[focus]
            pictures += [
                Picture(overlay(image, labels, given.problem, zoom=zoom)),
                Picture(shaded(density, zoom=zoom)),
            ]
        shown.append(PictureRow(key, pictures))
    return columns, shown


def _print(found: StructureFound) -> None:
    console = Console(highlight=False)
    table = topology_table(found)
    grid = Grid(title=f"{found.name}: {found.structure.images:,} label maps", title_justify="left")
    grid.add_column("class", overflow="fold")
    for measure in table.measures:
        grid.add_column(measure.name, justify="right", overflow="fold")
    for row in table.rows:
        label = f"{row.label}, {row.note}" if row.note else row.label
        grid.add_row(label, *(m.text(row.values.get(m.name)) for m in table.measures))
    console.print(grid)
    for heading, sentences in summary(found).items():
        console.print(f"[bold]{heading}[/bold]")
        for sentence in sentences:
            console.print(f"  {sentence}", markup=False)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_nan(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value
