"""`demo`: the whole way of the data on what comes with the package, and a page that shows it."""

import time
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from truemask import __version__
from truemask.bench.sources import Source
from truemask.commands.audits import audit_dataset
from truemask.commands.corrupt import corrupt_source
from truemask.commands.demo_chapters import CHAPTERS, Chapter, Places
from truemask.commands.demo_part import part_of, tile_of
from truemask.commands.demo_pictures import first_rows, pictures_of
from truemask.data import Dataset, open_dataset, write_dataset
from truemask.report.blocks import Tile
from truemask.report.demo_page import DemoPage, Part, write_demo_page
from truemask.training import Recipe, Trained, default_plan, score, train
from truemask.types import BadInput


def run_demo(out: Path, *, seed: int) -> None:
    """Make data, corrupt, train three times, audit, for each chapter; print the tables, write the page."""
    if out.is_dir() and any(out.iterdir()):
        raise BadInput(f"{out} is not empty; remove it, or choose another --out")
    started = time.perf_counter()
    parts = [_play(chapter, out, seed) for chapter in CHAPTERS]
    seconds = time.perf_counter() - started
    page = DemoPage(
        lead="Labels were corrupted on purpose, networks learnt from them, and an audit looked for what is "
        "wrong. Every number is on clean test labels that no run has seen.",
        tiles=[tile for _, tiles in parts for tile in tiles],
        parts=[part for part, _ in parts],
        facts=[f"truemask {__version__}", f"seed {seed}", f"{seconds:.0f} s"],
    )
    report = out / "report.html"
    write_demo_page(page, report)
    for part, _ in parts:
        _print(part)
    print(f"{seconds:.0f} s; pictures, curves and commands: {report}")


def _play(chapter: Chapter, out: Path, seed: int) -> tuple[Part, list[Tile]]:
    console = Console()
    places = Places(out, chapter.name)
    console.rule(f"{chapter.title} ({chapter.kicker})")
    write_dataset(open_dataset(f"{chapter.source},seed={seed}"), {}, places.clean)
    corrupt_source(Source(str(places.clean)), chapter.noise, places.noisy, seed=seed, show=True)
    clean, noisy = open_dataset(places.clean), open_dataset(places.noisy)
    test = clean.split("test")
    learn = {"clean": clean.split("train"), "ce": noisy.split("train"), "robust": noisy.split("train")}
    runs, values = {}, {}
    for run, dataset in learn.items():
        method = chapter.robust if run == "robust" else "ce"
        runs[run] = _train(chapter, method, dataset, test, places.run(run), seed)
        values[run] = score(runs[run].predict(test), test)
    audited = audit_dataset(
        noisy.split("train"),
        places.audit,
        settings={**chapter.settings, "seed": seed},
        truth=clean.split("train"),
    )
    shown = pictures_of(chapter.robust, runs, audited, clean.split("train"), noisy.split("train"))
    return part_of(chapter, places, values, audited, shown, test), [tile_of(chapter, values, test)]


def _train(
    chapter: Chapter, method: str, dataset: Dataset, test: Dataset, folder: Path, seed: int
) -> Trained:
    plan = default_plan(dataset.problem).changed({**chapter.settings, "seed": seed})
    # A third of the test images is enough for the curves.
    few = first_rows(test, 12)
    recipe = Recipe(dataset=dataset, method=method, plan=plan, monitors={"test": few})
    return train(recipe, folder, tensorboard=False)


def _print(part: Part) -> None:
    for title, table in ((part.title, part.results), ("audit of its noisy labels", part.audit)):
        if table is None:
            continue
        grid = Grid(title=title, title_justify="left")
        for column in ("", *(measure.name for measure in table.measures)):
            grid.add_column(column, justify="left" if not column else "right")
        for row in table.rows:
            grid.add_row(row.label, *(m.text(row.values.get(m.name)) for m in table.measures))
        Console().print(grid)
    for line in part.verdict:
        print(line)
