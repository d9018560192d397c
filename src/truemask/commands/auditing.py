"""`audit`: predictions that never saw the labels they judge, confident learning, findings, and a page."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from truemask.audit import AUDIT_SCORES, AuditResult, confident_learning, score_audit
from truemask.bench.sources import Source
from truemask.commands.numbers import print_numbers
from truemask.commands.runs import must_speak_of, plan_for
from truemask.commands.stored_predictions import (
    HERE,
    Work,
    audit_stored,
    in_parity,
    notes_on,
    tell_forecast,
)
from truemask.data.as_objects import AsObjects
from truemask.data.dataset import Dataset
from truemask.data.predictions import Prediction, open_predictions
from truemask.progress import watch
from truemask.report.audit_page import audit_page, write_audit_page
from truemask.report.blocks import Step
from truemask.training import Recipe
from truemask.training.folds import train_folds
from truemask.training.label_dynamics import read_dynamics
from truemask.types import BadInput, Task

Unit = tuple[str, Any, np.ndarray]


@dataclass(frozen=True)
class Audited:
    """An audit, and the data set whose rows it speaks of: for instances, the objects."""

    result: AuditResult
    units: Dataset
    scores: dict[str, float]


def audit_dataset(
    dataset: Dataset,
    out: Path,
    *,
    method: str = "ce",
    knobs: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    folds: int = 2,
    work: Work = HERE,
    truth: Dataset | None = None,
    show: bool = True,
) -> Audited:
    """Train folds in `out/folds`, and audit every given label by networks that never saw it."""
    plan = plan_for(dataset, settings or {})
    recipe = Recipe(dataset=dataset, method=method, knobs=knobs or {}, plan=plan)
    trained = train_folds(recipe, folds, out / "folds", show=show)
    of_objects = dataset.problem.task == Task.INSTANCE
    predict = trained.judge_objects if of_objects else trained.predict
    return _audit(dataset, predict, out, truth, work=work, show=show)


def audit_predictions(
    source: Source,
    path: Path,
    out: Path,
    *,
    work: Work = HERE,
    truth: Dataset | None = None,
    show: bool = True,
) -> Audited:
    """Audit by predictions from files, which must not come from a network that saw the labels."""
    dataset = source.to_train()
    if dataset.problem.task == Task.INSTANCE:
        raise BadInput(
            f"{path}: stored predictions of objects cannot audit class labels yet; leave "
            "--predictions out, and folds are trained"
        )
    stored = open_predictions(path, dataset)
    if stored.problem is not None:
        must_speak_of(dataset, stored.problem, path)
    for note in notes_on(stored, dataset):
        print(note)
    result = audit_stored(source, dataset, stored, work, out, show=show)
    result.write(out)
    scores = {} if truth is None else score_audit(result, _pairs(dataset, truth, result))
    return Audited(result, dataset, scores)


def audit_run(
    dataset: Dataset,
    run: Path,
    out: Path,
    *,
    evidence: str = "margin",
    truth: Dataset | None = None,
    show: bool = True,
) -> Audited:
    """Audit by how a run took the labels it learnt from: one of `train --watch-labels`; see DYNAMICS."""
    dynamics = read_dynamics(run)
    judged = dynamics.judged(dataset)
    if len(judged) < len(dataset):
        print(f"{run} held out {len(dataset) - len(judged)} of {len(dataset)} images: they are not judged")
    return _audit(judged, lambda: dynamics.predict(judged, evidence), out, truth, show=show)


def audit_source(
    source: Source,
    out: Path,
    *,
    method: str,
    knobs: Mapping[str, Any],
    settings: Mapping[str, Any],
    folds: int,
    predicted: Path | None,
    work: Work = HERE,
    run: Path | None = None,
    truth: Source | None,
    command: str,
    show: bool,
) -> None:
    """Audit what the command line names; print the summary and where the page is."""
    dataset = source.to_train()
    clean = None if truth is None else truth.to_train()
    if clean is not None:
        must_speak_of(clean, dataset.problem, dataset.name)
        if not set(clean.keys) & set(dataset.keys):
            raise BadInput(f"--truth: {clean.name} ({clean.split}) has no image that {dataset.name} has")
    if predicted is None and not work.here:
        raise BadInput("--jobs and --ray share out stored predictions: name them with --predictions")
    with _folder_of_audits(out):
        if run is not None:
            if predicted is not None:
                raise BadInput("--run and --predictions are two kinds of evidence; name one")
            audited = audit_run(dataset, run, out, truth=clean, show=show)
        elif predicted is not None:
            audited = audit_predictions(source, predicted, out, work=work, truth=clean, show=show)
        else:
            _read_once(dataset, show=show)
            audited = audit_dataset(
                dataset,
                out,
                method=method,
                knobs=knobs,
                settings=settings,
                folds=folds,
                work=work,
                truth=clean,
                show=show,
            )
    page = audit_page(
        audited.result,
        audited.units,
        scores=audited.scores or None,
        steps=[Step("The audit of this page.", command)],
    )
    for line in audited.result.summary():
        print(line)
    if clean is not None:
        print_numbers(f"against the labels of {clean.name}", audited.scores, AUDIT_SCORES.__getitem__)
    print(f"{write_audit_page(page, out)}: the findings, with pictures; findings.parquet has all of them")


@contextmanager
def _folder_of_audits(out: Path) -> Iterator[None]:
    """Refuse a folder that holds something else; where input is bad, leave only folds that were trained."""
    holds_audit = any((out / part).exists() for part in ("folds", "audit.json"))
    if out.is_dir() and any(out.iterdir()) and not holds_audit:
        raise BadInput(f"{out} is not empty and holds no audit; choose another --out")
    try:
        yield
    except BadInput:
        for folder in (out / "folds", out):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        raise


def _read_once(dataset: Dataset, *, show: bool) -> None:
    """Meet files that cannot be read now: training would meet some of them only in its last fold."""
    for row in watch(f"read {dataset.name}", range(len(dataset)), len(dataset), show=show):
        dataset.image(row)
        dataset.labels(row)


def _audit(
    dataset: Dataset,
    predict: Callable[[], Iterable[Prediction]],
    out: Path,
    truth: Dataset | None,
    *,
    work: Work = HERE,
    show: bool,
) -> Audited:
    units = AsObjects(dataset) if dataset.problem.task == Task.INSTANCE else dataset
    rows = {key: row for row, key in enumerate(units.keys)}
    passes = iter(("thresholds", "findings"))

    def stream() -> Iterator[Unit]:
        for one in predict():
            if one.key not in rows:
                raise BadInput(f"a prediction is about {one.key!r}, which {dataset.name} does not have")
            assert one.probs is not None
            yield one.key, units.labels(rows[one.key]), one.probs

    def watched() -> Iterator[Unit]:
        return watch(f"audit: {next(passes)}", stream(), len(units), show=show)

    tell_forecast(stream, units, len(units), show=show)
    objects = dataset.problem.task == Task.INSTANCE
    if work.parity:
        result = in_parity(stream, units, len(units), work, show=show)
    else:
        result = confident_learning(watched, units.problem, objects=objects)
    result.write(out)
    scores = {} if truth is None else score_audit(result, _pairs(units, truth, result))
    return Audited(result, units, scores)


def _pairs(units: Dataset, truth: Dataset, result: AuditResult) -> Iterator[tuple[str, Any, Any]]:
    """Key, given and true labels of every unit that was audited and whose truth is known."""
    true_units = AsObjects(truth) if truth.problem.task == Task.INSTANCE else truth
    true_rows = {key: row for row, key in enumerate(true_units.keys)}
    audited = set(result.images["image"].to_pylist())
    for row, key in enumerate(units.keys):
        if key in true_rows and key in audited:
            yield key, units.labels(row), true_units.labels(true_rows[key])
