"""`bench run`, `show` and `check`: cells without a result, the table of those with one, what cannot run."""

from functools import partial
from pathlib import Path

from truemask.bench.cells import cells
from truemask.bench.check import check
from truemask.bench.experiment import run_cell
from truemask.bench.launch import launch
from truemask.bench.results import read_results
from truemask.bench.tables import Table, read_table
from truemask.data.embedded import EMBEDDED
from truemask.report.table_markdown import write_table
from truemask.types import BadInput


def table_at(name: str, at: str | None) -> Table:
    """The table of a name, on its own data set or at another place."""
    table = read_table(name)
    return table if at is None else table.elsewhere(at)


def run_table(
    name: str, results: Path, jobs: int, only: str | None, *, at: str | None, dataset: str | None
) -> bool:
    """Run what is missing of a table; True if nothing failed.

    Args:
        name: of the table, or its file.
        results: folder of all results.
        jobs: processes at a time.
        only: run the cells whose name contains this.
        at: one of the table's other places.
        dataset: where the data set lies on this machine; results keep the name that the table has for it.
    """
    table = table_at(name, at)
    every = cells(table)
    wanted = [cell for cell in every if only is None or only in str(cell)]
    if not wanted:
        raise BadInput(f"no cell of {table.name} has {only!r} in its name; they look like {every[0]}")
    check(table)
    run = partial(run_cell, places=_places(table, dataset))
    outcome = launch(wanted, run, results, jobs=jobs, metric=table.metric)
    print(f"{len(outcome.finished)} cells run, {outcome.skipped} were there, {len(outcome.failed)} failed")
    show_table(name, results, at=at)
    return not outcome.failed


def show_table(name: str, results: Path, *, at: str | None) -> None:
    """Print a table as Markdown, and keep it beside its results."""
    print(write_table(table_at(name, at), results).read_text())


def check_table(name: str, results: Path, *, at: str | None) -> None:
    """Check a table, all of its places or one, and say how many trainings there are and are done."""
    table = read_table(name)
    places = [None, *table.at] if at is None else [at]
    for place in places:
        one = table if place is None else table.elsewhere(place)
        check(one)
        every = cells(one)
        done, stale = read_results(results, every)
        print(
            f"{one.name}: {len(every)} trainings on {one.dataset}, {len(done)} done"
            + (f", {len(stale)} done under other settings" if stale else "")
        )


def _places(table: Table, dataset: str | None) -> dict[str, str]:
    if dataset is None:
        return {}
    if table.dataset.partition(":")[0] in EMBEDDED:
        raise BadInput(
            f"--dataset says where {table.dataset} lies, but that is made, not read; to ask the question "
            "elsewhere, give the table an [at.NAME], or copy it"
        )
    return {table.dataset: dataset}
