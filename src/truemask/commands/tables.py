"""`bench run` and `bench show`: cells that have no result yet, and the table of those that have."""

from pathlib import Path

from truemask.bench.cells import cells
from truemask.bench.check import check
from truemask.bench.experiment import run_cell
from truemask.bench.launch import launch
from truemask.bench.tables import read_table
from truemask.report.table_markdown import write_table
from truemask.types import BadInput


def run_table(name: str, results: Path, jobs: int, only: str | None) -> bool:
    """Run what is missing of a table; True if nothing failed."""
    table = read_table(name)
    every = cells(table)
    wanted = [cell for cell in every if only is None or only in str(cell)]
    if not wanted:
        raise BadInput(f"no cell of {name} has {only!r} in its name; they look like {every[0]}")
    check(table)
    outcome = launch(wanted, run_cell, results, jobs=jobs, metric=table.metric)
    print(f"{len(outcome.finished)} cells run, {outcome.skipped} were there, {len(outcome.failed)} failed")
    show_table(name, results)
    return not outcome.failed


def show_table(name: str, results: Path) -> None:
    """Print a table as Markdown, and keep it beside its results."""
    print(write_table(read_table(name), results).read_text())
