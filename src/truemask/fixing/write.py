"""Writes a data set with fixed labels, in the format that it came in."""

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from truemask.data.dataset import Dataset
from truemask.data.splits import Splits
from truemask.data.views import Subset
from truemask.data.write import without_ignore, write_dataset
from truemask.fixing.doubts import write_doubts
from truemask.fixing.fixer import Fixer
from truemask.fixing.record import FixRecord, fixes_table, record_of, write_record
from truemask.fixing.undo import keep_originals
from truemask.types import Labels


def write_fixed(
    splits: Splits, fixer: Fixer, rules: Sequence[str], out: Path, labels: Iterable[Labels] | None = None
) -> FixRecord:
    """A copy of the data set with the fixer's labels, the account of them, and weights of labels in doubt.

    Other splits, and all labels that no accepted finding touches, are as they were. With them go the given
    label files that changed (hidden, in `.undo`), so that `undo` gives back exactly what there was. Images
    without a class are left out of formats that have no place for them, such as folders of classes.

    Args:
        splits: the data set.
        fixer: of one of its splits.
        rules: that findings were accepted by.
        out: folder to make.
        labels: the fixer's, where somebody watches them go by.

    Raises:
        BadInput: if `out` is not empty, the findings are about other labels, or the format cannot hold a
            label.
    """
    records: list[FixRecord] = []

    def finish(folder: Path) -> None:
        weighed = write_doubts(fixer, folder)
        plain = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=folder.parent))
        try:
            as_given = plain / "given"
            write_dataset(splits, {}, as_given, format=_format(splits, fixer))
            files = keep_originals(as_given, folder)
        finally:
            shutil.rmtree(plain)
        records.append(record_of(fixer, tuple(rules), weighed, files))
        write_record(records[0], fixes_table(fixer), folder)

    split, fixed = fixer.dataset.split, labels or fixer.labels()
    kept = splits
    if without_ignore(fixer.dataset):
        every = [*fixed]
        rows = sorted({*range(len(every))} - {*fixer.left_out})
        if fixer.left_out:
            some: dict[str, Dataset] = {**splits.splits, split: Subset(fixer.dataset, rows)}
            kept = replace(splits, splits=some)
        fixed = [every[row] for row in rows]
    write_dataset(kept, {split: fixed}, out, finish=finish, format=_format(splits, fixer))
    return records[0]


def _format(splits: Splits, fixer: Fixer) -> str | None:
    """A part of a data set would be written in another format, were none named."""
    return splits.format if fixer.left_out else None
