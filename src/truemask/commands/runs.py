"""`train`, `predict`, `evaluate`: what they do, and the lines that they print about it."""

import json
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from truemask.bench.sources import Source
from truemask.commands.dynamics import summary
from truemask.commands.numbers import print_numbers
from truemask.data.dataset import Dataset
from truemask.data.files import whole_folder
from truemask.data.trust import read_trust
from truemask.files import write_json
from truemask.metrics import meaning
from truemask.progress import watch
from truemask.training import Plan, Prediction, Recipe, Trained, default_plan, headline, load_run, score
from truemask.training import train as train_run
from truemask.training.run import needs_val
from truemask.training.saved import read_predictions, write_predictions
from truemask.types import BadInput, Problem, Task

CROP_PX = 128
"""Side of the windows that training draws from label maps of several sizes, unless told otherwise."""


def plan_for(dataset: Dataset, settings: Mapping[str, Any]) -> Plan:
    """The task's default plan with the user's settings; crops where images differ in size."""
    plan = default_plan(dataset.problem).changed(settings)
    if dataset.problem.task != Task.SEMANTIC or plan.crop_px is not None:
        return plan
    sizes = {dataset.size(row) for row in range(len(dataset))}
    return replace(plan, crop_px=CROP_PX) if len(sizes) > 1 else plan


def train_verb(
    source: Source,
    method: str,
    knobs: Mapping[str, Any],
    settings: Mapping[str, Any],
    out: Path | None,
    *,
    test: Source | None,
    trusted: Source | None,
    truth: Source | None = None,
    weights: Path | None = None,
    diagnose: bool = False,
    watch_labels: bool = False,
    devices: int,
    resume: bool,
    show: bool,
) -> Trained:
    """Train, and say what on, with what, how long, and where the run is."""
    dataset = source.to_train()
    watched = {} if test is None else {"test": test.to_test()}
    verified = None if trusted is None else trusted.to_train()
    clean = None if truth is None else truth.to_train()
    for other in (*watched.values(), *(one for one in (verified, clean) if one is not None)):
        must_speak_of(other, dataset.problem, dataset.name)
    trust = None if weights is None else read_trust(weights)
    if trust is not None:
        trust.must_be_about(dataset)
    plan = plan_for(dataset, settings)
    folder = out or Path("runs") / f"{dataset.name}-{method}-{plan.seed}"
    recipe = Recipe(
        dataset=dataset,
        method=method,
        knobs=knobs,
        plan=plan,
        trusted=verified,
        weights=trust,
        monitors=watched,
        diagnose=diagnose,
        truth=clean,
        watch_labels=watch_labels,
        notes={"source": source.where, "manifest": _manifest_of(source)},
    )
    trained = train_run(recipe, folder, resume=resume, devices=devices, show=show)
    done = json.loads((folder / "done.json").read_text())
    parameters = sum(p.numel() for network in trained.networks.values() for p in network.parameters())
    print(
        f"{folder}: {method} on {len(dataset)} images of {dataset.name} ({dataset.split}), "
        f"{trained.plan.network} with {parameters / 1e6:.2f} M weights, {trained.plan.epochs} epochs, "
        f"{done['seconds']:.0f} s ({done['cpu_seconds']:.0f} s of CPU)"
    )
    if watch_labels:
        print(f"truemask audit {source.where} --run {folder}: what the run saw of each label, as evidence")
    if diagnose or clean is not None:
        for line in summary(folder):
            print(line)
        if clean is None and not needs_val(trained.method, trained.plan):
            print("no warning without --truth or held-out labels (--set val_share=0.1)")
    return trained


def predict_verb(run: Path, source: Source, out: Path, *, show: bool) -> None:
    """Predict every image of the source, and say how many. The folder appears whole or not at all."""
    trained = load_run(run)
    dataset = source.to_test()
    started = time.perf_counter()
    with whole_folder(out) as folder:
        predicted = watch(f"predict {dataset.name}", trained.predict(dataset), len(dataset), show=show)
        count = write_predictions(predicted, trained.problem, folder)
    print(
        f"{out}: predictions of {run} for {count} images of {dataset.name} ({dataset.split}), "
        f"{time.perf_counter() - started:.1f} s"
    )


def evaluate_verb(predicted: Path, source: Source, out: Path | None, *, show: bool) -> dict[str, float]:
    """Score, print each number with its meaning, the headline first."""
    truth = source.to_test()
    stream = _predictions_of(predicted, truth)
    values = score(watch(f"evaluate on {truth.name}", stream, len(truth), show=show), truth)
    first = headline(truth.problem)
    ordered = sorted(values, key=lambda name: ("/" in name, name != first))
    title = f"{predicted} on {truth.name} ({truth.split}, {len(truth)} images)"
    print_numbers(title, {name: values[name] for name in ordered}, meaning)
    if out is not None:
        write_json(out, {name: None if math.isnan(value) else value for name, value in values.items()})
    return values


def must_speak_of(dataset: Dataset, problem: Problem, whose: object) -> None:
    """Refuse a data set that has other classes, or another task, than those of `whose` problem."""
    if (dataset.problem.task, dataset.problem.classes) != (problem.task, problem.classes):
        raise BadInput(
            f"{whose} knows {problem.task} classes {', '.join(problem.classes)}; {dataset.name} has "
            f"{dataset.problem.task} classes {', '.join(dataset.problem.classes)}; they must be the same"
        )


def _predictions_of(predicted: Path, truth: Dataset) -> Iterator[Prediction]:
    """One prediction for each row of the truth: by a run, made now, or from a folder that `predict` wrote."""
    if (predicted / "config.json").is_file():
        trained = load_run(predicted)
        must_speak_of(truth, trained.problem, predicted)
        return trained.predict(truth)
    problem, stored = read_predictions(predicted)
    must_speak_of(truth, problem, predicted)
    return _in_rows(stored, truth, predicted)


def _in_rows(stored: Iterable[Prediction], truth: Dataset, folder: Path) -> Iterator[Prediction]:
    """Stored predictions with the rows that they have in the truth, all of which must have one."""
    rows = {key: row for row, key in enumerate(truth.keys)}
    for one in stored:
        if one.key not in rows:
            raise BadInput(
                f"{folder} speaks of {one.key!r}, which {truth.name} ({truth.split}) does not have; "
                "evaluate against the data set and split that were predicted"
            )
        row = rows.pop(one.key)
        _check_size(one, truth.size(row), folder, truth)
        yield replace(one, row=row)
    if rows:
        raise BadInput(
            f"{folder} has no prediction for {len(rows)} of {len(truth)} images of {truth.name} "
            f"({truth.split}), such as {next(iter(rows))!r}; predict that data set and split first"
        )


def _check_size(one: Prediction, size: tuple[int, int], folder: Path, truth: Dataset) -> None:
    planes = one.probs if one.found is None else one.found.masks
    if planes is not None and planes.ndim == 3 and planes.shape[1:] != size:
        raise BadInput(
            f"{folder / one.key}.npz: a prediction of {planes.shape[1]} x {planes.shape[2]} px; the image in "
            f"{truth.name} has {size[0]} x {size[1]}; predict that data set first"
        )


def _manifest_of(source: Source) -> str | None:
    """Where the manifest lies of the noise that the source's labels carry, if `corrupt` made them."""
    path = Path(source.where)
    folder = path if path.is_dir() else path.parent
    return "manifest.json" if (folder / "manifest.json").is_file() else None
