"""What there is to choose from, and what a data set looks like: tables for the terminal, and a sheet."""

import inspect
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from truemask.bench.sources import Source
from truemask.data import FORMATS, summarise
from truemask.data.embedded import EMBEDDED
from truemask.data.splits import Splits
from truemask.report.contact_sheet import contact_sheet
from truemask.report.layout import save_png
from truemask.types import Task


def print_data_list() -> None:
    """Embedded data sets with their options, and the formats that are read from disk."""
    grid = _grid("embedded data sets", "name", "what it is", "options")
    for name, make in EMBEDDED.items():
        options = [f"{p.name}={p.default}" for p in inspect.signature(make).parameters.values()]
        grid.add_row(name, _first_line(make), ",".join(options) or "-")
    Console().print(grid)
    grid = _grid("formats on disk", "format", "how it lies there")
    for name, row in FORMATS.items():
        grid.add_row(name, row.looks_like)
    Console().print(grid)


def show_data(source: Source, out: Path | None, images: int) -> None:
    """Sizes and counts of every split (or of the one that was named), and a contact sheet."""
    splits = source.open()
    dataset = splits.split(source.split or splits.default_train)
    shown = [source.split] if source.split else list(splits.splits)
    problem = splits.problem
    print(f"{splits.name}: {problem.task}, format {splits.format}, {problem.num_classes} classes")
    for name in shown:
        _print_split(splits, name)
    rows = np.linspace(0, len(dataset) - 1, min(images, len(dataset))).astype(int).tolist()
    sheet = out or Path(f"{splits.name}-sheet.png")
    save_png(contact_sheet(dataset, rows), sheet)
    print(f"{sheet}: {len(rows)} images of {dataset.split}, with their labels")


def print_methods(name: str | None) -> None:
    """All methods and the tasks they work on, or the knobs of one."""
    from truemask.methods import METHODS, knobs_of

    if name is not None:
        grid = _grid(name, "knob", "default", "type", "what it does")
        for knob in knobs_of(name):
            grid.add_row(knob.name, str(knob.default), " or ".join(knob.kinds), knob.says)
        print(inspect.getdoc(METHODS[name]))
        Console().print(grid)
        return
    grid = _grid("methods", "method", *Task, "what it does")
    for method, made in METHODS.items():
        grid.add_row(method, *("yes" if task in made.tasks else "-" for task in Task), _first_line(made))
    Console().print(grid)


def print_networks() -> None:
    """All networks and the tasks they are for."""
    from truemask.networks import NETWORKS

    grid = _grid("networks", "network", "tasks", "what it is")
    for name, row in NETWORKS.items():
        grid.add_row(name, ", ".join(sorted(row.tasks)), row.description)
    Console().print(grid)


def print_noises() -> None:
    """All noises with an example spec each."""
    from truemask.noise import EVERY_NOISE

    grid = _grid(
        "noises; join several with +, as in miss:0.3+symmetric:0.2", "spec", "tasks", "formula", "source"
    )
    for row in EVERY_NOISE.values():
        grid.add_row(row.example, ", ".join(sorted(row.tasks)), row.formula, row.source)
    Console().print(grid)


def _print_split(splits: Splits, name: str) -> None:
    summary = summarise(splits.split(name))
    sizes = " / ".join(f"{h}x{w}" for h, w in (summary.smallest, summary.median, summary.largest))
    unlabelled = f", {summary.unlabelled} without labels" if summary.unlabelled else ""
    unit = {Task.CLASSIFICATION: "images", Task.SEMANTIC: "pixels", Task.INSTANCE: "objects"}[
        splits.problem.task
    ]
    title = (
        f"{name}: {summary.images} images{unlabelled}; height x width {sizes} (smallest / median / largest); "
        f"{summary.ignored_share:.1%} of {unit} say nothing"
    )
    grid = _grid(title, "id", "class", unit, "share", "images with it")
    total = sum(summary.units.values()) or 1
    ids = {label: i for i, label in enumerate(splits.problem.classes)}
    for label, count in summary.units.items():
        grid.add_row(
            str(ids[label]), label, f"{count:,}", f"{count / total:.1%}", f"{summary.images_with[label]:,}"
        )
    Console().print(grid)


def _grid(title: str, *columns: str) -> Grid:
    grid = Grid(title=title, title_justify="left")
    for column in columns:
        grid.add_column(column, overflow="fold")
    return grid


def _first_line(documented: object) -> str:
    return (inspect.getdoc(documented) or "").split("\n", maxsplit=1)[0]
