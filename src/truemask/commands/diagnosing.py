"""The diagnosis at the end of an audit: joins findings, labels, calibration and tables of results."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from truemask.audit import AuditResult
from truemask.audit.calibration import Calibration
from truemask.audit.diagnosis import Diagnosis, diagnose
from truemask.bench.precedents import Precedent, precedents, tables_here
from truemask.commands.label_groups import Own, groups_of
from truemask.data.dataset import Dataset
from truemask.files import write_json
from truemask.report.blocks import Statement

DIAGNOSIS = "diagnosis.json"


def diagnosed(
    dataset: Dataset, result: AuditResult, calibration: Calibration | None, own: Own | None = None
) -> tuple[Diagnosis, list[Precedent] | None]:
    """The diagnosis of an audit, and the tables about noise of its main kind; None without any tables.

    Args:
        dataset: that was audited.
        result: of the audit, with all its findings.
        calibration: of its lists.
        own: the user's groups, to look for where errors pile up.
    """
    found = diagnose(result, calibration, [*groups_of(dataset, result, own or {})])
    tables = tables_here()
    main = next(iter(found.nature.kinds), None)
    if tables is None:
        return found, None
    if main is None:
        return found, []
    has_nothing = dataset.problem.background is not None
    return found, precedents(tables, dataset.problem.task, main, background=has_nothing)


def write_diagnosis(said: Sequence[Statement], out: Path) -> None:
    """Write diagnosis.json: topic, sentence and what it rests on, of each statement."""
    write_json(out / DIAGNOSIS, {"statements": [asdict(one) for one in said]})
