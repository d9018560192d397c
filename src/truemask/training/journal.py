"""What a run writes while it goes: metrics per epoch as CSV and TensorBoard, and a bar for people."""

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from truemask.files import write_text

Row = dict[str, float | int | str]
Item = TypeVar("Item")


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
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415: a second to import

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


class Bar:
    """One line of progress that a run advances and annotates."""

    def __init__(self, progress: Progress | None, task: TaskID | None) -> None:
        self._progress, self._task = progress, task

    def advance(self, note: str) -> None:
        """One step further; `note` says how it goes."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, advance=1, note=note)


@contextmanager
def progress_bar(title: str, total: int, done: int = 0, *, show: bool = True) -> Iterator[Bar]:
    """A bar with count, time gone, time left and a note."""
    if not show:
        yield Bar(None, None)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, refresh_per_second=4) as progress:
        yield Bar(progress, progress.add_task(title, total=total, completed=done, note=""))


def watch(title: str, items: Iterable[Item], total: int, *, show: bool = True) -> Iterator[Item]:
    """The items, while a bar counts them."""
    with progress_bar(title, total, show=show) as bar:
        for item in items:
            yield item
            bar.advance("")
