"""`fix`: accepted findings become labels, with an account of each; what is left in doubt becomes weights."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.table import Table as Grid

from truemask.audit.findings import SCHEMA, read_findings
from truemask.bench.sources import Source
from truemask.data.splits import Splits
from truemask.data.trust import UNITS_FILE, WEIGHTS
from truemask.fixing import Fixer, FixRecord, Rule, judge, parse_rule, undo, write_fixed
from truemask.fixing.rule import classes_of
from truemask.fixing.uncalibrated import WAY_OUT, Unchosen, must_choose, unchosen
from truemask.fixing.unchecked import must_be_checked
from truemask.progress import watch
from truemask.types import BadInput, Task

FINDINGS = "findings.parquet"
UNITS = {Task.SEMANTIC: "pixels", Task.INSTANCE: "objects", Task.CLASSIFICATION: "images"}


def fix_source(
    source: Source, findings: Path, rules: Sequence[str], out: Path | None, *, dry: bool, show: bool
) -> FixRecord | None:
    """Write the fixed copy and say what was done; `dry`: only say what would be.

    Raises:
        BadInput: if a rule cannot be read, the findings are about other labels, or there is nowhere to write.
    """
    if out is None and not dry:
        raise BadInput("fix writes a new data set: name its folder with --out, or look first with --dry-run")
    parsed = [parse_rule(text) for text in rules]
    table = load_findings(findings)
    audit = findings if findings.is_dir() else findings.parent
    left = unchosen(table, parsed, audit)
    must_choose(left, parsed)
    must_be_checked(parsed, audit)
    splits = source.open()
    fixer = fixer_of(splits, source.split, table, parsed)
    labels = watch(f"fix {fixer.dataset.name}", fixer.labels(), len(fixer.dataset), show=show)
    if dry or out is None:
        for _ in labels:
            pass
        print_changes(fixer)
        _print_unchosen(left)
        return None
    record = write_fixed(splits, fixer, rules, out, labels)
    print_changes(fixer)
    _print_unchosen(left)
    _print_account(record, out)
    return record


def undo_fix(source: Source, out: Path | None) -> None:
    """Write the data set as it was before the fix, and say so."""
    if out is None:
        raise BadInput("undo writes a new data set: name its folder with --out")
    record = undo(Path(source.where), out)
    print(
        f"{out}: {record.data} ({record.split}) as it was given, {record.units:,} "
        f"{UNITS[record.task]} in {record.images:,} images as they were before the fix"
    )


def fixer_of(splits: Splits, split: str | None, findings: pa.Table, rules: Sequence[Rule]) -> Fixer:
    """What is to be done to one split: the one to train on, unless another is named."""
    name = split or splits.default_train
    elsewhere = {key for other, data in splits.splits.items() if other != name for key in data.keys}
    return Fixer(splits.split(name), findings, judge(findings, rules), elsewhere)


def load_findings(path: Path) -> pa.Table:
    """The findings of an audit's folder, or of a file.

    Raises:
        BadInput: if there are none, or the file has other columns.
    """
    file = path / FINDINGS if path.is_dir() else path
    if not file.is_file():
        raise BadInput(f"{path} has no {FINDINGS}; name the folder that `truemask audit` made, or the file")
    try:
        table = read_findings(file)
    except pa.ArrowInvalid as error:
        raise BadInput(f"{file} is no Parquet file: {error}") from error
    absent = [name for name in SCHEMA.names if name not in table.column_names]
    if absent:
        raise BadInput(f"{file}: has no column {absent[0]}; findings of another version: audit again")
    return table


def print_changes(fixer: Fixer) -> None:
    """A table of what the accepted findings change, by action, kind and classes."""
    names = classes_of(fixer.findings)
    columns = [fixer.findings[name].to_pylist() for name in ("kind", "given", "proposed")]
    found: Counter[tuple[str, ...]] = Counter()
    changed, applied = found.copy(), found.copy()
    for row, outcome in fixer.outcomes.items():
        kind, given, proposed = (column[row] for column in columns)
        about = (fixer.actions[row], kind, _classes(given, proposed, names))
        found[about] += 1
        applied[about] += outcome.outcome == "applied"
        changed[about] += outcome.changed
    grid = Grid(title="findings that are accepted", title_justify="left")
    for name in ("action", "kind", "given > proposed"):
        grid.add_column(name, overflow="fold")
    for name in ("accepted", "applied", UNITS[fixer.dataset.problem.task]):
        grid.add_column(name, justify="right")
    for key in sorted(found, key=lambda key: (-changed[key], key)):
        grid.add_row(*key, *(f"{count[key]:,}" for count in (found, applied, changed)))
    if found:
        Console().print(grid)
    for line in _stories(fixer):
        print(line)


def _stories(fixer: Fixer) -> list[str]:
    """In plain words: how many, and what was not done and why."""
    total, accepted = len(fixer.findings), len(fixer.outcomes)
    lines = [
        f"{accepted + fixer.left_alone:,} of {total:,} findings are accepted, {len(fixer.applied()):,} "
        f"applied to {fixer.images_changed:,} images of {fixer.dataset.name} ({fixer.dataset.split})."
    ]
    if fixer.left_out:
        key = fixer.dataset.keys[fixer.left_out[0]]
        lines.append(
            f"{len(fixer.left_out):,} images have no class any more, such as {key}: no folder stands for "
            "that, so they are left out; --undo brings them back."
        )
    if fixer.left_alone:
        lines.append(
            f"{fixer.left_alone:,} are about other splits, which stay as they are: --split names one."
        )
    conflicts = [one for one in fixer.outcomes.values() if one.outcome == "conflict"]
    if conflicts:
        first = conflicts[0]
        lines.append(
            f"{len(conflicts):,} gave way to a better ranked finding about the same labels, such as "
            f"{first.id} to {first.why}."
        )
    reasons = Counter(one.why for one in fixer.outcomes.values() if one.outcome == "impossible")
    lines += [f"{count:,} could not be applied: {why}." for why, count in reasons.most_common()]
    rejected = int(fixer.verdicts.rejected.sum())
    return lines + [f"{rejected:,} were rejected by a reviewer: their labels stay."] * bool(rejected)


def _print_unchosen(left: Unchosen | None) -> None:
    if left is not None:
        count = sum(left.lists.values())
        print(f"{count:,} findings are of lists without a calibration, and no precision: {left}; {WAY_OUT}")


def _print_account(record: FixRecord, out: Path) -> None:
    print(
        f"{out}: {record.units:,} {UNITS[record.task]} changed; fix.json and fixes.parquet say which and "
        f"why; truemask fix {out} --undo --out NEW takes it back"
    )
    if record.weighed:
        print(
            f"{out}/{WEIGHTS}: how far labels in doubt can be trusted, in {record.weighed:,} images; "
            f"truemask train {out} --weights {out} uses it{_of_pixels(record, out)}"
        )


def _of_pixels(record: FixRecord, out: Path) -> str:
    """What weights of objects leave to those of pixels."""
    if record.task != Task.INSTANCE or not any((out / WEIGHTS).rglob("*.png")):
        return ""
    if (out / WEIGHTS / UNITS_FILE).is_file():
        return " for objects, and with --task semantic for pixels, those of objects that may be missing too"
    return " with --task semantic: objects that may be missing are doubts about pixels alone"


def _classes(given: int | None, proposed: int | None, names: Sequence[str]) -> str:
    said = ["-" if one is None else names[one] for one in (given, proposed)]
    return said[0] if given == proposed else " > ".join(said)
