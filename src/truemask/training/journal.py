"""What a run writes while it goes: metrics per epoch, as CSV and for TensorBoard."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from truemask.files import write_text

Row = dict[str, float | int | str]


class Journal:
    """Rows of numbers, one an epoch, in `metrics.csv` (rewritten whole) and TensorBoard files.

    Args:
        folder: of the run.
        history: rows of the epochs that a resumed run has behind it.
        tensorboard: write event files too.
    """

    def __init__(self, folder: Path, history: Iterable[Row] = (), *, tensorboard: bool = True) -> None:
        self.rows: list[Row] = list(history)
        self._file = folder / "metrics.csv"
        self._events = None
        if tensorboard:
            from torch.utils.tensorboard import SummaryWriter  # a second to import

            self._events = SummaryWriter(str(folder / "tensorboard"), purge_step=len(self.rows))

    def add(self, row: Row) -> None:
        """Append an epoch."""
        self.rows.append(row)
        write_text(self._file, as_csv(self.rows))
        if self._events is not None:
            for name, value in row.items():
                if isinstance(value, float):
                    self._events.add_scalar(name, value, int(row["epoch"]))

    def close(self) -> None:
        """Finish the event file."""
        if self._events is not None:
            self._events.close()


def as_csv(rows: list[Row]) -> str:
    """Rows under the union of their names, in order of first appearance; empty where a row has no value."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
