"""`truemask noise`: what label noise is like."""

from pathlib import Path
from typing import Annotated

import typer

from truemask.cli.options import (
    LabelsOption,
    QuietOption,
    SeedOption,
    SetOption,
    SourceArgument,
    SplitOption,
    TaskOption,
    pairs,
)
from truemask.words import Task

noise_app = typer.Typer(help="What label noise is like, before it is made and after.", no_args_is_help=True)


@noise_app.command("matrix")
def noise_matrix(
    what: Annotated[
        str,
        typer.Argument(
            help="a .csv, .npy or .json file, a corruption's manifest.json, a matrix such as "
            "0.9/0.1;0.2/0.8, or a noise spec"
        ),
    ],
    classes: Annotated[
        str | None, typer.Option(help="names, such as background,cat,dog, or how many there are")
    ] = None,
    task: Annotated[
        Task, typer.Option(help="what a spec is applied to; objects have a background before the classes")
    ] = Task.CLASSIFICATION,
    seed: SeedOption = 0,
) -> None:
    """A transition matrix, and what it means for whoever learns from such labels."""
    from truemask.commands.noising import print_matrix

    print_matrix(what, classes=classes, task=task, seed=seed)


@noise_app.command("estimate")
def noise_estimate(
    noisy: Annotated[str, typer.Argument(help="the labels as given: a folder, a COCO file, an npz")],
    clean: Annotated[str, typer.Argument(help="the same images with the labels as they should be")],
    labels: Annotated[
        str | None, typer.Option("--labels", help="which labels of NOISY, where there are several")
    ] = None,
    clean_labels: Annotated[str | None, typer.Option(help="which labels of CLEAN")] = None,
    task: TaskOption = None,
    split: SplitOption = None,
    out: Annotated[
        Path | None, typer.Option(help="folder for estimate.json and spec.txt, the noise that is like it")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Measure how NOISY differs from CLEAN, and write a noise spec that makes CLEAN like NOISY."""
    from truemask.bench.sources import Source
    from truemask.commands.estimating import estimate

    estimate(
        Source(noisy, labels, task, split), Source(clean, clean_labels, task, split), out, show=not quiet
    )


@noise_app.command("hedging")
def noise_hedging(
    source: SourceArgument,
    specs: Annotated[list[str], typer.Argument(help="noise specs, such as symmetric:0.4")],
    trusted: Annotated[
        list[float] | None,
        typer.Option(help="share of the images with clean labels, for a teacher; may be repeated"),
    ] = None,
    seeds: Annotated[int, typer.Option(help="teachers of each share", min=1)] = 3,
    settings: SetOption = None,
    out: Annotated[
        Path, typer.Option(help="figure to write: png, svg or pdf; the numbers go beside it, as JSON")
    ] = Path("hedging.png"),
    labels: LabelsOption = None,
    task: TaskOption = None,
    split: SplitOption = None,
    quiet: QuietOption = False,
) -> None:
    """Measure how far noisy labels, mixed with what a teacher says, are from the truth in SOURCE."""
    from truemask.bench.sources import Source
    from truemask.commands.hedging import hedging_verb

    hedging_verb(
        Source(source, labels, task, split),
        specs,
        trusted or [0.1],
        pairs("--set", settings),
        out,
        seeds=seeds,
        show=not quiet,
    )
