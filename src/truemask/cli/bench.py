"""`truemask bench`: tables of results."""

from pathlib import Path
from typing import Annotated

import typer

bench_app = typer.Typer(help="Tables of results that anyone can run again.", no_args_is_help=True)

TableArgument = Annotated[str, typer.Argument(help="a TOML file, or the name of one in tables/")]
ResultsOption = Annotated[Path, typer.Option(help="folder of all results")]
AtOption = Annotated[str | None, typer.Option("--at", help="the table's question on another data set")]


@bench_app.command("run")
def bench_run(
    table: TableArgument,
    jobs: Annotated[int, typer.Option(help="processes at a time, one thread each", min=1)] = 1,
    results: ResultsOption = Path("tables/results"),
    only: Annotated[
        str | None, typer.Option(help="run only cells whose name contains this, such as 'sce ·'")
    ] = None,
    at: AtOption = None,
    dataset: Annotated[
        str | None, typer.Option(help="where the table's data set lies on this machine")
    ] = None,
) -> None:
    """Run the cells of a table that have no result yet."""
    from truemask.commands.tables import run_table

    if not run_table(table, results, jobs, only, at=at, dataset=dataset):
        raise typer.Exit(1)


@bench_app.command("show")
def bench_show(
    table: TableArgument, results: ResultsOption = Path("tables/results"), at: AtOption = None
) -> None:
    """Render a table from the results that are there, as Markdown."""
    from truemask.commands.tables import show_table

    show_table(table, results, at=at)


@bench_app.command("check")
def bench_check(
    table: TableArgument, results: ResultsOption = Path("tables/results"), at: AtOption = None
) -> None:
    """Check a table before hours go into it, with all of its other places, and count what is done."""
    from truemask.commands.tables import check_table

    check_table(table, results, at=at)


@bench_app.command("pack")
def bench_pack(table: TableArgument, results: ResultsOption = Path("tables/results")) -> None:
    """Put the results of all seeds of a row and noise into one file, for tables of many small cells."""
    from truemask.commands.packing import pack_table

    pack_table(table, results)
