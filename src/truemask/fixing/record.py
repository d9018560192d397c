"""What was fixed, beside the fixed labels: `fix.json`, and `fixes.parquet` with a row for each finding.

Rows are the accepted findings; the columns are those of findings and, before them, `finding` (its name), who
or what accepted it, what came of it, how many units it changed, and why not if it was not applied.
"""

from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from truemask.files import write_text, write_whole
from truemask.fixing.fixer import Fixer
from truemask.types import BadInput, Task

RECORD = "fix.json"
FIXES = "fixes.parquet"
ORIGINALS = ".undo"
"""Hidden, because formats may take any other folder for a part of the data set."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Files(_Strict):
    """How the files of the fixed data set differ from those of the given one, by their names in it.

    Args:
        changed: have other content.
        added: were not there.
        removed: are no longer there.
    """

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class FixRecord(_Strict):
    """What was done to the labels of one split.

    Args:
        truemask: version that did it.
        data: name of the data set.
        split: of the data set.
        task: which unit bears a label.
        rules: what was accepted: each rule's text.
        given_hash: of the labels before; the same as in the manifest of a corruption.
        fixed_hash: of the labels after, without images that are left out.
        findings: how many there are.
        accepted: how many of them some rule or reviewer accepted.
        applied: how many of these changed the labels.
        conflicts: how many gave way to a better ranked one.
        impossible: how many could not be applied.
        left_alone: accepted ones about images of other splits.
        rejected: how many a reviewer found to be no errors.
        units: pixels, objects or images that got another label.
        images: how many have other labels, or are left out.
        left_out: how many have no class any more, where the format has no place for such images.
        weighed: images with labels in doubt, which have weights.
        files: what `undo` puts back.
    """

    truemask: str
    data: str
    split: str
    task: Task
    rules: tuple[str, ...]
    given_hash: str
    fixed_hash: str
    findings: int
    accepted: int
    applied: int
    conflicts: int
    impossible: int
    left_alone: int
    rejected: int
    units: int
    images: int
    left_out: int = 0
    weighed: int
    files: Files


def record_of(fixer: Fixer, rules: tuple[str, ...], weighed: int, files: Files) -> FixRecord:
    """The account of a fixer whose labels were all asked for."""
    outcomes = [one.outcome for one in fixer.outcomes.values()]
    given, fixed = fixer.hashes
    return FixRecord(
        truemask=version("truemask"),
        data=fixer.dataset.name,
        split=fixer.dataset.split,
        task=fixer.dataset.problem.task,
        rules=rules,
        given_hash=given,
        fixed_hash=fixed,
        findings=len(fixer.findings),
        accepted=sum(by is not None for by in fixer.verdicts.accepted_by),
        applied=outcomes.count("applied"),
        conflicts=outcomes.count("conflict"),
        impossible=outcomes.count("impossible"),
        left_alone=fixer.left_alone,
        rejected=int(fixer.verdicts.rejected.sum()),
        units=sum(one.changed for one in fixer.outcomes.values()),
        images=fixer.images_changed,
        left_out=len(fixer.left_out),
        weighed=weighed,
        files=files,
    )


def fixes_table(fixer: Fixer) -> pa.Table:
    """A row for each accepted finding of the split, in the order of the findings."""
    rows = sorted(fixer.outcomes)
    outcomes = [fixer.outcomes[row] for row in rows]
    account = pa.table(
        {
            "finding": pa.array([one.id for one in outcomes], pa.string()),
            "accepted_by": pa.array([fixer.verdicts.accepted_by[row] for row in rows], pa.string()),
            "outcome": pa.array([one.outcome for one in outcomes], pa.string()),
            "changed": pa.array([one.changed for one in outcomes], pa.int64()),
            "why": pa.array([one.why for one in outcomes], pa.string()),
        }
    )
    findings = fixer.findings.take(pa.array(rows, pa.int64()))
    columns = {name: table[name] for table in (account, findings) for name in table.column_names}
    return pa.table(columns).replace_schema_metadata(findings.schema.metadata)


def write_record(record: FixRecord, fixes: pa.Table, folder: Path) -> None:
    """Write `fixes.parquet` and, last, `fix.json`, each whole or not at all."""
    write_whole(folder / FIXES, lambda fresh: pq.write_table(fixes, fresh))
    write_text(folder / RECORD, record.model_dump_json(indent=2) + "\n")


def read_record(folder: Path) -> FixRecord:
    """What `write_record` wrote into the folder.

    Raises:
        BadInput: if there is none, or it is not one.
    """
    path = folder / RECORD
    if not path.is_file():
        raise BadInput(f"{folder} has no {RECORD}: it was not made by truemask fix")
    try:
        return FixRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise BadInput(f"{path} is no account of a fix: {where}: {first['msg']}") from error
