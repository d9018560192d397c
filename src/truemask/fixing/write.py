"""Writes a data set with fixed labels, in the format that it came in."""

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from truemask.data.splits import Splits
from truemask.data.write import write_dataset
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
    label files that changed (hidden, in `.undo`), so that `undo` gives back exactly what there was.

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
            write_dataset(splits, {}, as_given)
            files = keep_originals(as_given, folder)
        finally:
            shutil.rmtree(plain)
        records.append(record_of(fixer, tuple(rules), weighed, files))
        write_record(records[0], fixes_table(fixer), folder)

    write_dataset(splits, {fixer.dataset.split: labels or fixer.labels()}, out, finish=finish)
    return records[0]
