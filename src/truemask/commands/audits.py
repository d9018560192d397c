"""Audits by each kind of evidence: folds trained for them, stored predictions, the dynamics of a run."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from truemask.audit import AuditResult, score_audit
from truemask.audit.calibration import Calibration
from truemask.audit.findings import resting_on
from truemask.audit.stream import Stream
from truemask.bench.sources import Source
from truemask.commands.auditing_objects import audit_found, score_found
from truemask.commands.calibrating import Again
from truemask.commands.errors_put_in import kinds_put_in
from truemask.commands.images_by_key import ImagesOf
from truemask.commands.judging import Kept, again_by, audit_labels
from truemask.commands.runs import must_speak_of, plan_for
from truemask.commands.stored_predictions import (
    HERE,
    Work,
    audit_stored,
    in_parity,
    labelled,
    notes_on,
    tell_forecast,
)
from truemask.data.as_objects import AsObjects
from truemask.data.dataset import Dataset
from truemask.data.predictions import Prediction, open_predictions
from truemask.progress import watch
from truemask.training import Recipe
from truemask.training.folds import train_folds
from truemask.training.label_dynamics import read_dynamics
from truemask.training.trained import turns_of
from truemask.types import BadInput, Task

Unit = tuple[str, Any, np.ndarray]


@dataclass(frozen=True)
class Audited:
    """An audit, the data set whose rows it speaks of, and its scores, where the truth is known.

    `stream` gives the labels and predictions once more. `again` audits the same images with other labels by
    the same predictions, where that can be done. `told` has all findings with their probability, where the
    audit was calibrated.
    """

    result: AuditResult
    units: Dataset
    scores: dict[str, float]
    stream: Stream = tuple
    again: Again | None = None
    calibration: Calibration | None = None
    told: AuditResult | None = None


def audit_dataset(
    dataset: Dataset,
    out: Path,
    *,
    method: str = "ce",
    knobs: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    folds: int = 2,
    work: Work = HERE,
    turned: bool = False,
    truth: Dataset | None = None,
    kinds: Collection[str] = (),
    show: bool = True,
) -> Audited:
    """Train folds in `out/folds`, and audit every given label by networks that never saw it."""
    plan = plan_for(dataset, settings or {})
    if turned:
        turns_of(plan, dataset.problem)  # refused before any work
    recipe = Recipe(dataset=dataset, method=method, knobs=knobs or {}, plan=plan)
    trained = train_folds(recipe, folds, out / "folds", show=show)
    if dataset.problem.task == Task.INSTANCE:
        found = watch("audit: objects", trained.predict(), len(dataset), show=show)
        audited = _audit_objects(dataset, found, trained.judge_objects(), out, truth)

        kept = Kept(trained.predict)

        def again(other: Dataset, _: int) -> AuditResult:
            return audit_found(other, kept(), replace(trained, dataset=other).judge_objects())

        return replace(audited, again=again)
    predict = partial(trained.predict, turned=turned)
    audited = _audit(dataset, predict, out, truth, work=work, kinds=kinds, show=show)
    return replace(audited, again=again_by(predict))


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
    stored = open_predictions(path, dataset)
    if stored.problem is not None:
        must_speak_of(dataset, stored.problem, path)
    notes = notes_on(stored, dataset)
    if dataset.problem.task == Task.INSTANCE:
        if not work.plain:
            raise BadInput(
                "--jobs, --ray and --parity are for label maps and classes of images: leave them out"
            )
        found = watch("audit: objects", stored, len(stored), show=show)
        audited = _audit_objects(dataset, found, None, out, truth, notes=notes)
        return replace(audited, again=lambda other, _: audit_found(other, stored, None))
    result = replace(audit_stored(source, dataset, stored, work, out, show=show), notes=notes)
    result.write(out)
    scores = {} if truth is None else scores_against(result, dataset, truth, kinds_put_in(source))
    whole = partial(labelled, dataset, stored, stored.keys)
    return Audited(result, dataset, scores, whole, again_by(lambda: stored))


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
    return _audit(
        judged, lambda: dynamics.predict(judged, evidence), out, truth, rests_on="label_dynamics", show=show
    )


def _audit(
    dataset: Dataset,
    predict: Callable[[], Iterable[Prediction]],
    out: Path,
    truth: Dataset | None,
    *,
    work: Work = HERE,
    kinds: Collection[str] = (),
    rests_on: str | None = None,
    show: bool,
) -> Audited:
    units = AsObjects(dataset) if dataset.problem.task == Task.INSTANCE else dataset
    rows = {key: row for row, key in enumerate(units.keys)}
    passes = iter(("thresholds", "findings", "outlines", "segments"))

    def stream() -> Iterator[Unit]:
        for one in predict():
            if one.key not in rows:
                raise BadInput(f"a prediction is about {one.key!r}, which {dataset.name} does not have")
            assert one.probs is not None
            yield one.key, units.labels(rows[one.key]), one.probs

    def watched() -> Iterator[Unit]:
        return watch(f"audit: {next(passes)}", stream(), len(units), show=show)

    tell_forecast(stream, units, len(units), work=work, show=show)
    objects = dataset.problem.task == Task.INSTANCE
    if work.parity:
        result = in_parity(stream, units, len(units), work, show=show)
    else:
        result = audit_labels(watched, units.problem, objects=objects, images=ImagesOf(units))
    if rests_on is not None:
        result = replace(result, findings=resting_on(result.findings, rests_on))
    result.write(out)
    scores = {} if truth is None else scores_against(result, units, truth, kinds)
    return Audited(result, units, scores, stream)


def _audit_objects(
    dataset: Dataset,
    found: Iterable[Prediction],
    judged: Iterable[Prediction] | None,
    out: Path,
    truth: Dataset | None,
    *,
    notes: tuple[str, ...] = (),
) -> Audited:
    result = replace(audit_found(dataset, found, judged), notes=notes)
    result.write(out)
    return Audited(result, dataset, {} if truth is None else score_found(result, dataset, truth))


def scores_against(
    result: AuditResult, units: Dataset, truth: Dataset, kinds: Collection[str] = ()
) -> dict[str, float]:
    """`score_audit` of what was audited and whose truth is known.

    Args:
        result: of an audit of label maps, or of classes of images or objects.
        units: that were audited.
        truth: with their true labels.
        kinds: of errors that were put in; none: not known.
    """
    return score_audit(result, _pairs(units, truth, result), kinds=kinds)


def _pairs(units: Dataset, truth: Dataset, result: AuditResult) -> Iterator[tuple[str, Any, Any]]:
    """Key, given and true labels of every unit that was audited and whose truth is known."""
    true_units = AsObjects(truth) if truth.problem.task == Task.INSTANCE else truth
    true_rows = {key: row for row, key in enumerate(true_units.keys)}
    audited = set(result.images["image"].to_pylist())
    for row, key in enumerate(units.keys):
        if key in true_rows and key in audited:
            yield key, units.labels(row), true_units.labels(true_rows[key])
