"""Commands that make labels worse, look at them, and judge them."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from truemask.cli.options import (
    LabelsOption,
    MethodOption,
    QuietOption,
    SeedOption,
    SetOption,
    SourceArgument,
    SplitOption,
    TaskOption,
    WithOption,
    pairs,
)


def corrupt(
    source: SourceArgument,
    spec: Annotated[str, typer.Argument(help="what to do to the labels, such as miss:0.3+symmetric:0.2")],
    out: Annotated[Path, typer.Argument(help="folder to make")],
    seed: SeedOption = 0,
    split: SplitOption = None,
    labels: LabelsOption = None,
    task: TaskOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write a noisy copy of SOURCE in its own format, with a manifest of what was done.

    Only the training split is touched, unless --split names another.
    """
    from truemask.bench.sources import Source
    from truemask.commands.corrupt import corrupt_source

    corrupt_source(Source(source, labels, task, split), spec, out, seed=seed, show=not quiet)


def structure(
    source: SourceArgument,
    truth: Annotated[str | None, typer.Option(help="better labels of the same images")] = None,
    out: Annotated[Path, typer.Option(help="folder to make")] = Path("truemask-structure"),
    labels: LabelsOption = None,
    truth_labels: Annotated[str | None, typer.Option(help="which labels of TRUTH")] = None,
    task: TaskOption = None,
    split: SplitOption = None,
    quiet: QuietOption = False,
) -> None:
    """How the labels of SOURCE lie and hang together, and what mistakes leave of that, as a page."""
    from truemask.bench.sources import Source
    from truemask.commands.structuring import structure_verb

    structure_verb(
        Source(source, labels, task, split),
        None if truth is None else Source(truth, truth_labels, task, split),
        out,
        command=shlex.join(["truemask", *sys.argv[1:]]),
        show=not quiet,
    )


def annotators(
    where: Annotated[Path, typer.Argument(help="images/ with a folder of labels for each annotator beside")],
    names: Annotated[str, typer.Option(help="whose labels: a pattern of folder names")] = "*",
    how: Annotated[str, typer.Option(help="the consensus of the others: majority or staple")] = "majority",
    truth: Annotated[str | None, typer.Option(help="a folder of labels to compare the ranking with")] = None,
    out: Annotated[Path | None, typer.Option(help="write the ranking here, too, as JSON")] = None,
    quiet: QuietOption = False,
) -> None:
    """Rank the annotators of one data set by how far the others agree with each."""
    from truemask.commands.annotators import annotators_verb, fusion_named

    annotators_verb(where, names, how=fusion_named(how), truth=truth, out=out, show=not quiet)


def audit_images(
    source: SourceArgument,
    run: Annotated[Path | None, typer.Option(help="a run whose features say what lies alone")] = None,
    out: Annotated[Path, typer.Option(help="file to write")] = Path("image_findings.parquet"),
    labels: LabelsOption = None,
    task: TaskOption = None,
    split: SplitOption = None,
    quiet: QuietOption = False,
) -> None:
    """Find images of SOURCE that are there twice, leak into another split, or lie alone."""
    from truemask.bench.sources import Source
    from truemask.commands.image_findings import image_findings_verb

    image_findings_verb(Source(source, labels, task, split), run, out, show=not quiet)


def audit(
    source: SourceArgument,
    out: Annotated[Path, typer.Option(help="folder to make")] = Path("truemask-audit"),
    method: MethodOption = "ce",
    folds: Annotated[int, typer.Option(help="networks, each blind to a part of the labels", min=2)] = 2,
    predictions: Annotated[
        Path | None,
        typer.Option(
            help="instead of training folds: what `predict` wrote, .npz, .npy or .png an image, a .npy or "
            "zarr with a row an image, or COCO results"
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(help="processes, for --predictions", min=1)] = 1,
    ray: Annotated[bool, typer.Option("--ray", help="Ray tasks, for --predictions")] = False,
    parity: Annotated[str | None, typer.Option(help="answer as this tool does: cleanlab")] = None,
    downsample: Annotated[int, typer.Option(help="of --parity: judge cells of so many px", min=1)] = 1,
    run: Annotated[
        Path | None,
        typer.Option(help="a run of `train --watch-labels` on these labels, instead of training folds"),
    ] = None,
    turned: Annotated[
        bool, typer.Option("--tta", help="judge by the mean over all flips and turns that training draws")
    ] = False,
    truth: Annotated[str | None, typer.Option(help="clean labels, to score the audit with")] = None,
    calibrate: Annotated[
        str,
        typer.Option(
            help="off, fast or full: put errors into the labels, and see where the audit ranks them (fast: "
            "of classes of images, by their likelihood); full trains networks on them, too"
        ),
    ] = "off",
    precision: Annotated[
        float | None,
        typer.Option(help="with --calibrate: keep findings as far as this share of them is expected wrong"),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(
            help="where else errors may pile up: a CSV file with the column key (image, or IMAGE#ID), and "
            "one for each way to divide the labels, such as annotator"
        ),
    ] = None,
    pixels: Annotated[
        bool, typer.Option("--pixels", help="write how suspect each pixel of label maps is, too, as pictures")
    ] = False,
    network: Annotated[str, typer.Option(help="`truemask networks` lists them")] = "auto",
    epochs: Annotated[int | None, typer.Option(help="passes over the training images", min=1)] = None,
    size_px: Annotated[int | None, typer.Option(help="reduce images to this longest side")] = None,
    crop_px: Annotated[int | None, typer.Option(help="train on square crops of this side")] = None,
    knobs: WithOption = None,
    settings: SetOption = None,
    seed: SeedOption = 0,
    labels: LabelsOption = None,
    task: TaskOption = None,
    split: SplitOption = None,
    quiet: QuietOption = False,
) -> None:
    """Find the given labels of SOURCE that are probably wrong, and write findings and a page."""
    from truemask.bench.sources import Source
    from truemask.commands.auditing import audit_source
    from truemask.commands.stored_predictions import Work

    direct = {"network": network, "epochs": epochs, "size_px": size_px, "crop_px": crop_px}
    plan = {name: value for name, value in direct.items() if value is not None} | pairs("--set", settings)
    audit_source(
        Source(source, labels, task, split),
        out,
        method=method,
        knobs=pairs("--with", knobs),
        settings=plan | {"seed": seed},
        folds=folds,
        predicted=predictions,
        run=run,
        turned=turned,
        work=Work(jobs=jobs, ray=ray, parity=parity, downsample=downsample),
        truth=None if truth is None else Source(truth, None, task, split),
        calibrate=calibrate,
        precision=precision,
        groups=groups,
        pixels=pixels,
        command=shlex.join(["truemask", *sys.argv[1:]]),
        show=not quiet,
    )
