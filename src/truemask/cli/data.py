"""`truemask data`: data sets."""

from pathlib import Path
from typing import Annotated

import typer

from truemask.cli.options import LabelsOption, QuietOption, SourceArgument, SplitOption, TaskOption

data_app = typer.Typer(
    help="Look at data sets, check, convert and download them, and make the embedded ones.",
    no_args_is_help=True,
)


@data_app.command("list")
def data_list() -> None:
    """Embedded data sets, and the formats that are read from disk."""
    from truemask.commands.showing import print_data_list

    print_data_list()


@data_app.command("show")
def data_show(
    source: SourceArgument,
    labels: LabelsOption = None,
    task: TaskOption = None,
    out: Annotated[
        Path | None, typer.Option(help="contact sheet to write; default: NAME-sheet.png here")
    ] = None,
    images: Annotated[int, typer.Option(help="images on the sheet", min=1)] = 12,
    split: SplitOption = None,
) -> None:
    """Classes, counts and sizes of a data set, and a contact sheet."""
    from truemask.bench.sources import Source
    from truemask.commands.showing import show_data

    show_data(Source(source, labels, task, split), out, images)


@data_app.command("make")
def data_make(
    name: Annotated[str, typer.Argument(help="an embedded name, such as organelles:train=200,seed=1")],
    out: Annotated[Path, typer.Argument(help="folder to make")],
) -> None:
    """Write an embedded data set to disk in its natural format."""
    from truemask.data import open_dataset, write_dataset

    splits = open_dataset(name)
    write_dataset(splits, {}, out)
    counts = ", ".join(f"{split} {len(dataset)}" for split, dataset in splits.splits.items())
    print(f"{out}: {splits.name} as {open_dataset(out).format}: {counts}")


@data_app.command("check")
def data_check(
    source: SourceArgument,
    labels: LabelsOption = None,
    task: TaskOption = None,
    split: SplitOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="every finding as JSON, for machines")] = False,
    most: Annotated[int, typer.Option("--show", help="findings printed of each rule", min=0)] = 5,
    quiet: QuietOption = False,
) -> None:
    """What is wrong with a label set: broken files, classes, masks, boxes, duplicates, leaks between splits.

    Ends with exit code 1 if there are errors; warnings and notes are no errors.
    """
    from truemask.bench.sources import Source
    from truemask.commands.checking import check_source

    if not check_source(Source(source, labels, task, split), as_json=as_json, most=most, show=not quiet):
        raise typer.Exit(1)


@data_app.command("get")
def data_get(
    name: Annotated[str | None, typer.Argument(help="which one; without a name, all are listed")] = None,
    out: Annotated[Path | None, typer.Option(help="folder to make; default: NAME here")] = None,
    taken_from: Annotated[
        Path | None, typer.Option("--from", help="files that you have already, packed or unpacked")
    ] = None,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="take files of another size or checksum, too")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Download a published data set from its owners, check and unpack it; again to go on after a break."""
    from truemask.commands.getting import get_dataset

    get_dataset(name, out, taken_from, checked=not unchecked, show=not quiet)


@data_app.command("convert")
def data_convert(
    source: SourceArgument,
    out: Annotated[Path, typer.Argument(help="folder to make")],
    format: Annotated[str, typer.Option("--format", help="`truemask data list` names them")],
    labels: LabelsOption = None,
    task: TaskOption = None,
    split: SplitOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write SOURCE in another format: images linked, labels exact wherever the format can hold them."""
    from truemask.bench.sources import Source
    from truemask.commands.converting import convert

    convert(Source(source, labels, task, split), out, format, show=not quiet)
