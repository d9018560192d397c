"""`spot-check`: a reviewer decides about a sample of an audit's findings, which calibrates its lists."""

import shlex
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc

from truemask.audit import AuditResult, read_audit, read_findings, write_findings
from truemask.audit.calibration import Calibration, calibrate_reviewed, read_calibration, to_review
from truemask.bench.sources import Source
from truemask.commands.calibrating import UNCHECKED, UNCUT, print_calibration, write_calibrated
from truemask.commands.diagnosing import diagnosed, write_diagnosis
from truemask.commands.fixing import FINDINGS
from truemask.commands.own_groups import read_groups
from truemask.data.as_objects import AsObjects
from truemask.data.dataset import Dataset
from truemask.data.files import whole_folder
from truemask.fixing.decisions import read_decisions
from truemask.report.audit_page import audit_page, write_audit_page
from truemask.report.blocks import Step
from truemask.report.diagnosis_section import diagnosis_section
from truemask.report.diagnosis_words import statements
from truemask.report.html import write_page
from truemask.report.spot_check_page import spot_check_page
from truemask.types import BadInput, Task

PAGE = "spot-check.html"
WHOLE_MAPS = "image"
"""Level of findings about whole label maps, which are no one thing to decide about."""


def draw_sample(source: Source, audit: Path, *, each: int, seed: int, show: bool) -> None:
    """Write the page on which somebody decides about findings, and say what to do with the decisions."""
    result, _ = unchecked_audit(audit)
    dataset = _audited(source, result)
    findings = result.findings
    if dataset.problem.task != Task.CLASSIFICATION:
        findings = findings.filter(pc.not_equal(findings["level"], WHOLE_MAPS))
    if not len(findings):
        raise BadInput(f"{audit} has no findings to decide about")
    sample = findings.take(to_review(findings, each, seed=seed))
    where, folder = shlex.quote(str(source.where)), shlex.quote(str(audit))
    again = f"truemask spot-check {where} {folder} --decisions decisions.jsonl"
    steps = [
        Step("Save the decisions, and let them tell how far each list can be trusted.", again),
        Step(
            "Fix as much of each list as is right nine times in ten, and nothing that you said is right.",
            f"truemask fix {where} {folder} --accept precision=0.9 --out FIXED",
        ),
    ]
    write_page(spot_check_page(sample, dataset, steps, show=show), audit / PAGE)
    lists = len(set(zip(sample["level"].to_pylist(), sample["kind"].to_pylist(), strict=True)))
    of = "one list" if lists == 1 else f"{lists} lists"
    print(f"{audit / PAGE}: {len(sample):,} findings of {of} to decide about; then:")
    print(f"  {again}")


def take_decisions(
    source: Source, audit: Path, decisions: Path, *, precision: float | None, groups: Path | None
) -> None:
    """Calibrate an audit's lists by decisions, print what is to be expected of them, and write its page anew.

    The audit's own calibration is kept: other decisions, or more of them, start from it.

    Raises:
        BadInput: if there are not enough decisions about the findings of any list.
    """
    result, before = unchecked_audit(audit)
    dataset = _audited(source, result)
    own = None if groups is None else read_groups(groups, dataset)
    said = read_decisions(decisions, result.problem.classes)
    words = {finding: one.word != "reject" for finding, one in said.items()}
    calibration, told = calibrate_reviewed(result.findings, words, precision=precision, before=before)
    if not calibration.lists:
        raise BadInput(f"{decisions}: no list of {audit} can be calibrated by these decisions")
    if dataset.problem.task != Task.CLASSIFICATION:
        asked = tuple(one for one in calibration.uncalibrated if one.level != WHOLE_MAPS)
        calibration = replace(calibration, uncalibrated=asked)
    _keep_unchecked(result, before, audit)
    result = replace(result, findings=told)
    cut = write_calibrated(result, calibration, audit)
    diagnosis, known = diagnosed(dataset, result, calibration, own)
    sentences = statements(diagnosis, known, unit=result.unit)
    write_diagnosis(sentences, audit)
    page = audit_page(cut, dataset, diagnosis=diagnosis_section(diagnosis, sentences))
    print_calibration(calibration)
    print(f"{write_audit_page(page, audit)}: the audit with them; findings.parquet has p_wrong")


def unchecked_audit(audit: Path) -> tuple[AuditResult, Calibration | None]:
    """An audit as it was before any spot check, with all findings, those too that a precision had cut off."""
    result, kept = read_audit(audit), audit / UNCHECKED
    home = kept if kept.is_dir() else audit
    table = next(path for path in (home / UNCUT, home / FINDINGS) if path.is_file())
    return replace(result, findings=read_findings(table)), read_calibration(home)


def _keep_unchecked(result: AuditResult, calibration: Calibration | None, audit: Path) -> None:
    if (audit / UNCHECKED).is_dir():
        return
    with whole_folder(audit / UNCHECKED) as fresh:
        write_findings(result.findings, fresh / FINDINGS)
        if calibration is not None:
            calibration.write(fresh)


def _audited(source: Source, result: AuditResult) -> Dataset:
    """The data set whose rows an audit speaks of."""
    dataset = source.to_train()
    of_objects = dataset.problem.task == Task.INSTANCE and result.problem.task == Task.CLASSIFICATION
    dataset = AsObjects(dataset) if of_objects else dataset
    if (dataset.problem.task, dataset.problem.classes) != (result.problem.task, result.problem.classes):
        raise BadInput(f"the audit is about other classes, or another task, than {dataset.name}")
    return dataset
