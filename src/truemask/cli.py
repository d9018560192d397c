"""The command line: files and names in, files out, in the order of the data.

Everything heavy is imported inside the command that needs it, so that help answers at once.
"""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from truemask.words import BadInput, Task

app = typer.Typer(
    name="truemask",
    help="Learn image segmentation from labels that cannot be trusted: corrupt, train, audit, benchmark.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
data_app = typer.Typer(
    help="Look at data sets, check, convert and download them, and make the embedded ones.",
    no_args_is_help=True,
)
bench_app = typer.Typer(help="Tables of results that anyone can run again.", no_args_is_help=True)
noise_app = typer.Typer(help="What label noise is like, before it is made and after.", no_args_is_help=True)
theory_app = typer.Typer(
    help="What is claimed of noisy label maps, as experiments that may fail.", no_args_is_help=True
)
app.add_typer(data_app, name="data")
app.add_typer(noise_app, name="noise")
app.add_typer(bench_app, name="bench")
app.add_typer(theory_app, name="theory")

SourceArgument = Annotated[str, typer.Argument(help="a folder, a COCO file, an npz, or an embedded name")]
LabelsOption = Annotated[
    str | None, typer.Option("--labels", help="which label folder or array, where there are several")
]
TaskOption = Annotated[
    Task | None, typer.Option("--task", help="where the labels can serve more than one task")
]
SplitOption = Annotated[str | None, typer.Option("--split", help="train, val, test, ...")]
HoldoutOption = Annotated[
    float | None,
    typer.Option(
        "--holdout",
        help="share of the images kept aside for testing, the same in every version of the labels",
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", help="same seed, same result")]
MethodOption = Annotated[str, typer.Option("--method", help="how to learn: `truemask methods` lists them")]
WithOption = Annotated[
    list[str] | None, typer.Option("--with", help="a knob of the method, such as q=0.5; may be repeated")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="a setting of the plan, such as lr=0.001; may be repeated")
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="no progress bars")]


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="folder to make")] = Path("truemask-demo"),
    seed: SeedOption = 0,
) -> None:
    """The whole way in a few minutes, on embedded data: corrupt, train, audit, and a page to look at."""
    from truemask.commands.demo import run_demo

    run_demo(out, seed=seed)


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


@app.command()
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


@app.command()
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
    diagnose: Annotated[
        bool, typer.Option("--diagnose", help="look after every epoch at how the given labels are taken")
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
    plan = {name: value for name, value in direct.items() if value is not None} | _pairs("--set", settings)
    train_verb(
        Source(source, labels, task, split, holdout),
        method,
        _pairs("--with", knobs),
        plan | {"seed": seed},
        None if out == Path() else out,
        test=None if test is None else Source(test, labels, task, None, holdout),
        trusted=None if trusted is None else Source(trusted, labels, task),
        truth=None if truth is None else Source(truth, None, task, split, holdout),
        diagnose=diagnose,
        devices=devices,
        resume=resume,
        show=not quiet,
    )


@app.command()
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


@app.command()
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


@app.command()
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


@app.command()
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


@app.command()
def dynamics(
    run: Annotated[Path, typer.Argument(help="the folder of a run trained with --diagnose or --truth")],
    out: Annotated[
        Path | None, typer.Option(help="figure to write: png, svg or pdf; default: dynamics.png in RUN")
    ] = None,
) -> None:
    """Draw how a run took its labels: losses of right and wrong ones, what it learnt by heart, and when."""
    from truemask.commands.dynamics import dynamics_verb

    dynamics_verb(run, out)


@app.command()
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


@app.command()
def audit(
    source: SourceArgument,
    out: Annotated[Path, typer.Option(help="folder to make")] = Path("truemask-audit"),
    method: MethodOption = "ce",
    folds: Annotated[int, typer.Option(help="networks, each blind to a part of the labels", min=2)] = 2,
    predictions: Annotated[
        Path | None, typer.Option(help="a folder that `predict` wrote, instead of training folds")
    ] = None,
    truth: Annotated[str | None, typer.Option(help="clean labels, to score the audit with")] = None,
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

    direct = {"network": network, "epochs": epochs, "size_px": size_px, "crop_px": crop_px}
    plan = {name: value for name, value in direct.items() if value is not None} | _pairs("--set", settings)
    audit_source(
        Source(source, labels, task, split),
        out,
        method=method,
        knobs=_pairs("--with", knobs),
        settings=plan | {"seed": seed},
        folds=folds,
        predicted=predictions,
        truth=None if truth is None else Source(truth, None, task, split),
        command=shlex.join(["truemask", *sys.argv[1:]]),
        show=not quiet,
    )


@app.command()
def methods(name: Annotated[str | None, typer.Argument(help="one of them, with its knobs")] = None) -> None:
    """The methods there are, the tasks they work on, and their knobs."""
    from truemask.commands.showing import print_methods

    print_methods(name)


@app.command()
def networks() -> None:
    """The networks there are, and what for."""
    from truemask.commands.showing import print_networks

    print_networks()


@app.command()
def noises() -> None:
    """The noises there are, and what a spec looks like."""
    from truemask.commands.showing import print_noises

    print_noises()


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
        _pairs("--set", settings),
        out,
        seeds=seeds,
        show=not quiet,
    )


@theory_app.command("check")
def theory_check(seed: SeedOption = 0) -> None:
    """Lemmas 1 and 2 and theorems 1 and 2 on meta-structures, each put to the test."""
    from truemask.commands.theory import print_theory

    print_theory(seed=seed)


@theory_app.command("figure")
def theory_figure(
    out: Annotated[Path, typer.Option(help="figure to write: png, svg or pdf")] = Path("figure6.png"),
    flip: Annotated[float, typer.Option(help="share of the labels flipped in the middle column")] = 0.3,
    seed: SeedOption = 0,
) -> None:
    """A circle in a rectangle: true labels, flipped ones, random ones; their matrices and densities."""
    from truemask.commands.theory import draw_figure

    draw_figure(out, flip=flip, seed=seed)


@theory_app.command("budget")
def theory_budget(
    results: Annotated[Path, typer.Option(help="folder of all results")] = Path("tables/results"),
) -> None:
    """The label budget against networks trained on more and more images: where it is right, and where not."""
    from truemask.commands.label_budgets import print_budgets

    print_budgets(results)


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


def _pairs(option: str, texts: list[str] | None) -> dict[str, Any]:
    """name=value texts of a repeatable option as a mapping."""
    pairs: dict[str, Any] = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise BadInput(f"{option} takes name=value, such as {option} lr=0.001; got {text!r}")
        pairs[name.strip().replace("-", "_")] = value.strip()
    return pairs


def main() -> None:
    """Entry point: what a user got wrong, or the disk refused, is one line on stderr and exit code 2."""
    try:
        app()
    except BadInput as error:
        line = str(error)
    except OSError as error:
        if error.filename is None:
            raise
        line = f"{error.filename2 or error.filename}: {error.strerror}"
    else:
        return
    print(f"truemask: {line}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
