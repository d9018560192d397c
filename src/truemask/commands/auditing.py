"""`audit`: the evidence that was asked for, its audit, what it is worth, and a page."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from truemask.audit import AUDIT_SCORES
from truemask.audit.instances import INSTANCE_AUDIT_SCORES
from truemask.bench.sources import Source
from truemask.commands.audits import Audited, audit_dataset, audit_predictions, audit_run, scores_against
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
from truemask.commands.numbers import print_numbers
from truemask.commands.own_groups import read_groups
from truemask.commands.runs import must_speak_of
from truemask.commands.stored_predictions import HERE, Work
from truemask.commands.suspicion import forget_pixels, must_have_pixels, write_pixels
from truemask.data.dataset import Dataset
from truemask.progress import watch
from truemask.report.audit_page import audit_page, write_audit_page
from truemask.report.blocks import Step
from truemask.report.diagnosis_section import diagnosis_section
from truemask.report.diagnosis_words import Statement, statements
from truemask.types import BadInput, Task

_LEFT_BY_AUDITS = ("folds", "audit.json", "findings.parquet", "images.parquet")
"""Of which one or another is there as soon as an audit has begun to write."""


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
    pixels: bool = False,
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
    if pixels:
        must_have_pixels(dataset.problem, parity=work.parity is not None)
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
        forget_calibration(out)
        if calibrate != "off":
            again = (lambda other, number: trained(other, number).result) if calibrate == "full" else None
            audited = _calibrated(audited, dataset, out, again, calibrate, precision, settings)
            if audited.told is not None and clean is not None and dataset.problem.task == Task.CLASSIFICATION:
                # Calibration by likelihood finds other labels.
                audited = replace(audited, scores=scores_against(audited.told, audited.units, clean))
        forget_pixels(out)
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
    _print(audited, said, clean)
    if pixels:
        print(f"{write_pixels(audited, out, show=show)}: how suspect each pixel is, 0 to 255")
    print(f"{write_audit_page(page, out)}: the findings, with pictures; findings.parquet has all of them")


def _print(audited: Audited, said: Sequence[Statement], clean: Dataset | None) -> None:
    for line in audited.result.summary():
        print(line)
    if audited.calibration is not None:
        print_calibration(audited.calibration)
    for one in said:
        print(one)
    if clean is not None:
        meanings = INSTANCE_AUDIT_SCORES | AUDIT_SCORES
        print_numbers(f"against the labels of {clean.name}", audited.scores, meanings.__getitem__)


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
        dataset, audited.result, again, mode=mode, precision=precision, seed=seed, stream=audited.stream
    )
    cut = write_calibrated(result, calibration, out)
    return replace(audited, result=cut, calibration=calibration, told=result)
