"""`audit`: predictions that never saw the labels they judge, confident learning, findings, and a page."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from truemask.audit import AUDIT_SCORES, AuditResult, score_audit
from truemask.audit.calibration import Calibration
from truemask.audit.findings import resting_on
from truemask.audit.instances import INSTANCE_AUDIT_SCORES
from truemask.bench.sources import Source
from truemask.commands.auditing_objects import audit_found, score_found
from truemask.commands.calibrating import (
    Again,
    calibrated,
    forget_calibration,
    must_be_mode,
    print_calibration,
    write_calibrated,
)
from truemask.commands.diagnosing import diagnosed, write_diagnosis
from truemask.commands.errors_put_in import kinds_put_in
from truemask.commands.images_by_key import ImagesOf
from truemask.commands.judging import Kept, again_by, audit_labels
from truemask.commands.numbers import print_numbers
from truemask.commands.own_groups import read_groups
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
from truemask.report.diagnosis_section import diagnosis_section
from truemask.report.diagnosis_words import statements
from truemask.training import Recipe
from truemask.training.folds import train_folds
from truemask.training.label_dynamics import read_dynamics
from truemask.training.trained import turns_of
from truemask.types import BadInput, Task

Unit = tuple[str, Any, np.ndarray]

_LEFT_BY_AUDITS = ("folds", "audit.json", "findings.parquet", "images.parquet")
"""Of which one or another is there as soon as an audit has begun to write."""


@dataclass(frozen=True)
class Audited:
    """An audit, the data set whose rows it speaks of, and its scores, where the truth is known.

    `again` audits the same images with other labels by the same predictions, where that can be done. `told`
    has all findings with their probability, where the audit was calibrated.
    """

    result: AuditResult
    units: Dataset
    scores: dict[str, float]
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
    kinds = kinds_put_in(source)
    scores = {} if truth is None else score_audit(result, _pairs(dataset, truth, result), kinds=kinds)
    return Audited(result, dataset, scores, again_by(lambda: stored))


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


def audit_source(
    source: Source,
    out: Path,
    *,
    method: str,
    knobs: Mapping[str, Any],
    settings: Mapping[str, Any],
    folds: int,
    predicted: Path | None,
    run: Path | None = None,
    turned: bool = False,
    work: Work = HERE,
    truth: Source | None,
    calibrate: str = "off",
    precision: float | None = None,
    groups: Path | None = None,
    command: str,
    show: bool,
) -> None:
    """Audit what the command line names; print the summary and where the page is."""
    must_be_mode(calibrate, precision, trains=predicted is None and run is None)
    dataset = source.to_train()
    clean = None if truth is None else truth.to_train()
    if clean is not None:
        must_speak_of(clean, dataset.problem, dataset.name)
        if not set(clean.keys) & set(dataset.keys):
            raise BadInput(f"--truth: {clean.name} ({clean.split}) has no image that {dataset.name} has")
    own = None if groups is None else read_groups(groups, dataset)
    _must_fit_evidence(predicted, run, work, turned=turned)
    if work.parity and calibrate != "off":
        raise BadInput("--calibrate judges this tool's own audit: leave it or --parity out")

    def trained(on: Dataset, number: int | None) -> Audited:
        return audit_dataset(
            on,
            out if number is None else out / "calibration" / f"trial-{number}",
            method=method,
            knobs=knobs,
            settings=settings,
            folds=folds,
            work=work,
            turned=turned,
            truth=clean if number is None else None,
            kinds=kinds_put_in(source),
            show=show,
        )

    with _folder_of_audits(out):
        if run is not None:
            audited = audit_run(dataset, run, out, truth=clean, show=show)
        elif predicted is not None:
            audited = audit_predictions(source, predicted, out, work=work, truth=clean, show=show)
        else:
            _read_once(dataset, show=show)
            audited = trained(dataset, None)
        if calibrate != "off":
            again = (lambda other, number: trained(other, number).result) if calibrate == "full" else None
            audited = _calibrated(audited, dataset, out, again, calibrate, precision, settings)
        else:
            forget_calibration(out)
    diagnosis, known = diagnosed(dataset, audited.told or audited.result, audited.calibration, own)
    said = statements(diagnosis, known, unit=audited.result.unit)
    write_diagnosis(said, out)
    page = audit_page(
        audited.result,
        audited.units,
        scores=audited.scores or None,
        diagnosis=diagnosis_section(diagnosis, said),
        steps=[Step("The audit of this page.", command)],
    )
    for line in audited.result.summary():
        print(line)
    if audited.calibration is not None:
        print_calibration(audited.calibration)
    for one in said:
        print(one)
    if clean is not None:
        meanings = INSTANCE_AUDIT_SCORES | AUDIT_SCORES
        print_numbers(f"against the labels of {clean.name}", audited.scores, meanings.__getitem__)
    print(f"{write_audit_page(page, out)}: the findings, with pictures; findings.parquet has all of them")


def _must_fit_evidence(predicted: Path | None, run: Path | None, work: Work, *, turned: bool) -> None:
    """Refuse options that say of what evidence is to be taken, where they do not go together."""
    if run is not None and predicted is not None:
        raise BadInput("--run and --predictions are two kinds of evidence; name one")
    if predicted is None and not work.here:
        raise BadInput("--jobs and --ray share out stored predictions: name them with --predictions")
    if turned and (predicted is not None or run is not None):
        raise BadInput("--tta turns what folds predict: leave out --run and --predictions, or --tta")


@contextmanager
def _folder_of_audits(out: Path) -> Iterator[None]:
    """Refuse a folder that holds something else; where input is bad, leave only folds that were trained."""
    holds_audit = any((out / part).exists() for part in _LEFT_BY_AUDITS)
    # An audit that was killed may have left files under temporary names, which are hidden.
    if out.is_dir() and any(not path.name.startswith(".") for path in out.iterdir()) and not holds_audit:
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
    scores = {} if truth is None else score_audit(result, _pairs(units, truth, result), kinds=kinds)
    return Audited(result, units, scores)


def _calibrated(
    audited: Audited,
    dataset: Dataset,
    out: Path,
    trained: Again | None,
    mode: str,
    precision: float | None,
    settings: Mapping[str, Any],
) -> Audited:
    """The audit with its calibration, written; by the same predictions, where no networks are trained."""
    again = trained or audited.again
    if again is None:
        raise BadInput("--calibrate needs predictions that can judge other labels, too: not --run")
    seed = int(settings.get("seed", 0))
    result, calibration = calibrated(
        dataset, audited.result, again, mode=mode, precision=precision, seed=seed
    )
    cut = write_calibrated(result, calibration, out)
    return replace(audited, result=cut, calibration=calibration, told=result)


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


def _pairs(units: Dataset, truth: Dataset, result: AuditResult) -> Iterator[tuple[str, Any, Any]]:
    """Key, given and true labels of every unit that was audited and whose truth is known."""
    true_units = AsObjects(truth) if truth.problem.task == Task.INSTANCE else truth
    true_rows = {key: row for row, key in enumerate(true_units.keys)}
    audited = set(result.images["image"].to_pylist())
    for row, key in enumerate(units.keys):
        if key in true_rows and key in audited:
            yield key, units.labels(row), true_units.labels(true_rows[key])
