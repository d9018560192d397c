"""`audit --calibrate`: how far each list of an audit can be trusted.

By errors put into the same labels; of classes of images, by the likelihood of the labels (see `by_channel`).
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from math import isnan
from pathlib import Path

import numpy as np
import pyarrow as pa

from truemask.audit import AuditResult, write_findings
from truemask.audit.calibration import CALIBRATION, Calibration, ListCalibration, Trial, calibrate, within
from truemask.audit.calibration.by_channel import calibrate_classes
from truemask.audit.calibration.calibration import Interval
from truemask.audit.stream import Stream
from truemask.commands.injecting import planned, trial
from truemask.data.dataset import Dataset
from truemask.data.relabelled import Relabelled
from truemask.seeds import seed_for
from truemask.types import BadInput, Task

Again = Callable[[Dataset, int], AuditResult]
"""Audits the same images with other labels; the number tells trials apart."""

UNCUT = "findings-uncut.parquet"
UNCHECKED = "unchecked"
"""Folder with findings and calibration as they were before a spot check."""


def calibrated(
    dataset: Dataset,
    result: AuditResult,
    again: Again,
    *,
    mode: str,
    precision: float | None,
    seed: int,
    stream: Stream | None = None,
) -> tuple[AuditResult, Calibration]:
    """The audit with `p_wrong` of its findings, and what is to be expected of its lists.

    Args:
        dataset: that was audited.
        result: of the audit.
        again: `fast`: by the same predictions; `full`: by networks that learn from the other labels.
        mode: `fast` or `full`.
        precision: where lists are to be cut; None: nowhere.
        seed: of the errors that are put in.
        stream: given labels and predictions once more. With it, classes of images are calibrated by their
            likelihood, which takes no other audit, unless networks are to be trained.
    """
    if dataset.problem.task == Task.CLASSIFICATION and mode == "fast" and stream is not None:
        calibration, told = calibrate_classes(result, stream, precision=precision)
        return told, calibration
    injection = planned(dataset, result)
    if injection is None:
        return result, calibrate(result.findings, [], mode=mode, specs=[], precision=precision)[0]
    trials = []
    for number in range(injection.trials if mode == "fast" else 1):
        labels, errors = trial(dataset, injection, seed_for("calibration", dataset.name, seed, number))
        trials.append(Trial(errors, again(Relabelled(dataset, labels), number).findings))
    specs = [str(spec) for _, spec in injection.steps]
    calibration, findings = calibrate(result.findings, trials, mode=mode, specs=specs, precision=precision)
    return replace(result, findings=findings), calibration


def write_calibrated(result: AuditResult, calibration: Calibration, out: Path) -> AuditResult:
    """Write calibration.json and the findings with `p_wrong`; returns the audit with lists that are cut.

    Where a precision was asked for, findings.parquet has what is within it, and UNCUT has all.
    """
    calibration.write(out)
    findings = result.findings
    if calibration.precision is not None:
        write_findings(findings, out / UNCUT)
        kept = within(findings, calibration.precision) if calibration.lists else np.zeros(len(findings), bool)
        findings = _ranked(findings.filter(pa.array(kept)))
    else:
        (out / UNCUT).unlink(missing_ok=True)
    result = replace(result, findings=findings)
    result.write(out)
    return result


def forget_calibration(out: Path) -> None:
    """Remove what an earlier audit of the folder left: it says nothing about other findings."""
    for name in (CALIBRATION, UNCUT):
        (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / UNCHECKED, ignore_errors=True)


def _ranked(findings: pa.Table) -> pa.Table:
    """With ranks that count from 1 within each level again."""
    levels = findings["level"].to_pylist()
    seen: dict[str, int] = {}
    ranks = []
    for level in levels:
        seen[level] = seen.get(level, 0) + 1
        ranks.append(seen[level])
    at = findings.schema.get_field_index("rank")
    return findings.set_column(at, findings.schema.field(at), pa.array(ranks, pa.int64()))


def must_be_mode(mode: str, precision: float | None, *, trains: bool) -> None:
    """Refuse what is no mode, or no precision, before anything is trained.

    Raises:
        BadInput: if so.
    """
    if mode not in ("off", "fast", "full"):
        raise BadInput(f"--calibrate is off, fast or full; got {mode!r}")
    if mode == "full" and not trains:
        raise BadInput(
            "--calibrate full trains networks on labels with errors; stored predictions allow fast"
        )
    if precision is None:
        return
    if not 0 < precision <= 1:
        raise BadInput(f"--precision is a share of findings above 0 and up to 1; got {precision}")
    if mode == "off":
        raise BadInput("--precision needs a calibrated audit: add --calibrate fast")


def print_calibration(calibration: Calibration) -> None:
    """Print what is to be expected of each list, a line each."""
    if not calibration.specs and not calibration.lists:
        print("not calibrated: no list is long enough, or errors like those of none can be made")
        return
    print(f"calibrated by {calibration.rests_on}; with 90 % intervals:")
    for one in calibration.lists:
        print(f"  {one.level} {one.kind}: {list_text(one, calibration.precision, calibration.at_most)}")
    if calibration.at_most and calibration.lists:
        print("  sure mistakes of the networks count as errors here: truemask spot-check tells, in minutes")
    for why, others in calibration.uncalibrated_by_reason.items():
        named = ", ".join(f"{one.level} {one.kind} ({one.findings:,})" for one in others)
        print(f"  not calibrated: {named}: {why}")


def list_text(one: ListCalibration, precision: float | None = None, at_most: bool = False) -> str:
    """What is to be expected of a list, in words; `at_most`: see `Calibration.at_most`."""
    errors, low, high = one.errors
    most = "at most " if at_most else ""
    said = f"of {one.findings:,} findings {most}{share_text(one.whole.precision)} are errors"
    known = not isnan(errors)
    if known:
        said += (
            f", and they are {share_text(one.whole.recall)} of all {most}{errors:,.0f} "
            f"({low:,.0f} to {high:,.0f}) of the kind"
        )
    if precision is None:
        return said
    if one.cut is None:
        return f"{said}; none are kept: no part of the list is {precision:.0%} errors"
    kept = f"{said}; {one.cut.findings:,} are kept, {most}{share_text(one.cut.precision)} of them errors"
    return f"{kept}, {share_text(one.cut.recall)} of all" if known else kept


def share_text(values: Interval) -> str:
    """An estimated share with its interval, in per cent."""
    if isnan(values[0]):
        return "an unknown share"
    return f"{values[0]:.0%} ({values[1]:.0%} to {values[2]:.0%})"
