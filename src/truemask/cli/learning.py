"""Commands that train networks, and look at what they learnt."""

from pathlib import Path
from typing import Annotated

import typer

from truemask.cli.options import (
    HoldoutOption,
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


def demo(
    out: Annotated[Path, typer.Option(help="folder to make")] = Path("truemask-demo"),
    seed: SeedOption = 0,
) -> None:
    """The whole way in a few minutes, on embedded data: corrupt, train, audit, and a page to look at."""
    from truemask.commands.demo import run_demo

    run_demo(out, seed=seed)


def train(
    source: SourceArgument,
    method: MethodOption = "ce",
    out: Annotated[Path, typer.Option(help="the run's folder; default: runs/SOURCE-METHOD-SEED")] = Path(),
    network: Annotated[str, typer.Option(help="`truemask networks` lists them")] = "auto",
    epochs: Annotated[int | None, typer.Option(help="passes over the training images", min=1)] = None,
    batch_size: Annotated[int | None, typer.Option(help="images per step", min=1)] = None,
    size_px: Annotated[int | None, typer.Option(help="reduce images to this longest side")] = None,
    crop_px: Annotated[int | None, typer.Option(help="train on square crops of this side")] = None,
    knobs: WithOption = None,
    settings: SetOption = None,
    test: Annotated[
        str | None, typer.Option(help="a data set to score after every epoch, for the curves")
    ] = None,
    trusted: Annotated[
        str | None, typer.Option(help="verified labels, for methods that ask for some")
    ] = None,
    truth: Annotated[
        str | None, typer.Option(help="clean labels of the same images, for the diagnosis and nothing else")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="how far each label is to be trusted: a folder that `fix` wrote")
    ] = None,
    diagnose: Annotated[
        bool, typer.Option("--diagnose", help="look after every epoch at how the given labels are taken")
    ] = False,
    watch_labels: Annotated[
        bool, typer.Option("--watch-labels", help="note how each label is taken, for `audit --run`")
    ] = False,
    seed: SeedOption = 0,
    labels: LabelsOption = None,
    task: TaskOption = None,
    split: SplitOption = None,
    holdout: HoldoutOption = None,
    devices: Annotated[int, typer.Option(help="processes that share every batch", min=1)] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="go on where a killed run stopped")] = False,
    quiet: QuietOption = False,
) -> None:
    """Learn from the given labels of SOURCE, and leave a run folder."""
    from truemask.bench.sources import Source
    from truemask.commands.runs import train_verb

    direct = {
        "network": network,
        "epochs": epochs,
        "batch_size": batch_size,
        "size_px": size_px,
        "crop_px": crop_px,
    }
    plan = {name: value for name, value in direct.items() if value is not None} | pairs("--set", settings)
    train_verb(
        Source(source, labels, task, split, holdout),
        method,
        pairs("--with", knobs),
        plan | {"seed": seed},
        None if out == Path() else out,
        test=None if test is None else Source(test, labels, task, None, holdout),
        trusted=None if trusted is None else Source(trusted, labels, task),
        truth=None if truth is None else Source(truth, None, task, split, holdout),
        weights=weights,
        diagnose=diagnose,
        watch_labels=watch_labels,
        devices=devices,
        resume=resume,
        show=not quiet,
    )


def predict(
    run: Annotated[Path, typer.Argument(help="a run's folder")],
    source: SourceArgument,
    out: Annotated[Path, typer.Option(help="folder to make")],
    labels: LabelsOption = None,
    task: TaskOption = None,
    split: SplitOption = None,
    holdout: HoldoutOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write a run's predictions for SOURCE: probabilities or objects, one file an image."""
    from truemask.bench.sources import Source
    from truemask.commands.runs import predict_verb

    predict_verb(run, Source(source, labels, task, split, holdout), out, show=not quiet)


def evaluate(
    predicted: Annotated[Path, typer.Argument(help="a run's folder, or a folder that `predict` wrote")],
    truth: SourceArgument,
    out: Annotated[Path | None, typer.Option(help="write the numbers as JSON, too")] = None,
    labels: LabelsOption = None,
    task: TaskOption = None,
    split: SplitOption = None,
    holdout: HoldoutOption = None,
    quiet: QuietOption = False,
) -> None:
    """Score predictions against the labels of TRUTH: its test split, where it has one."""
    from truemask.bench.sources import Source
    from truemask.commands.runs import evaluate_verb

    evaluate_verb(predicted, Source(truth, labels, task, split, holdout), out, show=not quiet)


def losses(
    run: Annotated[Path, typer.Argument(help="a run's folder")],
    source: SourceArgument,
    truth: Annotated[str, typer.Option(help="the clean labels of the same images")],
    out: Annotated[Path, typer.Option(help="figure to write: png, svg or pdf")] = Path("losses.png"),
    gamma: Annotated[float, typer.Option(help="cross entropy in nats to count the labels above")] = 6.0,
    labels: LabelsOption = None,
    task: TaskOption = None,
    split: SplitOption = None,
    quiet: QuietOption = False,
) -> None:
    """Draw how hard the right and the wrong labels of SOURCE are for a run's network, apart."""
    from truemask.bench.sources import Source
    from truemask.commands.label_losses import losses_verb

    losses_verb(
        run,
        Source(source, labels, task, split),
        Source(truth, None, task, split),
        out,
        gamma=gamma,
        show=not quiet,
    )


def decision(
    runs: Annotated[list[Path], typer.Argument(help="folders of runs on points of two features")],
    source: Annotated[
        str | None, typer.Option(help="points and labels to draw; default: what each run learnt from")
    ] = None,
    out: Annotated[Path, typer.Option(help="figure to write: png, svg or pdf")] = Path("decision.png"),
    split: SplitOption = None,
) -> None:
    """Draw what runs decide over a plane, with their training points as large as their loss and gradient."""
    from truemask.bench.sources import Source
    from truemask.commands.decision import decision_verb

    decision_verb(runs, None if source is None else Source(source, None, None, split), out)


def dynamics(
    run: Annotated[Path, typer.Argument(help="the folder of a run trained with --diagnose or --truth")],
    out: Annotated[
        Path | None, typer.Option(help="figure to write: png, svg or pdf; default: dynamics.png in RUN")
    ] = None,
) -> None:
    """Draw how a run took its labels: losses of right and wrong ones, what it learnt by heart, and when."""
    from truemask.commands.dynamics import dynamics_verb

    dynamics_verb(run, out)
