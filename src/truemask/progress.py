"""Bars for anything that takes long: count, time gone, time left, and a note."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

Item = TypeVar("Item")


class Bar:
    """One line of progress that work advances and annotates."""

    def __init__(self, progress: Progress | None, task: TaskID | None) -> None:
        self._progress, self._task = progress, task

    def advance(self, note: str) -> None:
        """One step further; `note` says how it goes."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, advance=1, note=note)

    def say(self, line: str) -> None:
        """A line above the bar, which stays."""
        if self._progress is not None:
            self._progress.console.print(line, highlight=False, markup=False)


@contextmanager
def progress_bar(title: str, total: int, done: int = 0, *, show: bool = True) -> Iterator[Bar]:
    """A bar on standard error; `show=False`: none."""
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
    with Progress(*columns, refresh_per_second=4, console=Console(stderr=True)) as progress:
        yield Bar(progress, progress.add_task(title, total=total, completed=done, note=""))


def watch(title: str, items: Iterable[Item], total: int, *, show: bool = True) -> Iterator[Item]:
    """The items, while a bar counts them."""
    with progress_bar(title, total, show=show) as bar:
        for item in items:
            yield item
            bar.advance("")


class Transfer:
    """One line of progress that counts bytes."""

    def __init__(self, progress: Progress | None, task: TaskID | None) -> None:
        self._progress, self._task = progress, task

    def begin(self, done: int, total: int | None) -> None:
        """So many bytes are there already, of so many; None: nobody knows."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total)

    def add(self, count: int) -> None:
        """So many bytes more."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, advance=count)


@contextmanager
def transfer_bar(title: str, total: int | None, *, show: bool = True) -> Iterator[Transfer]:
    """Bytes, their rate and the time left, on standard error; `show=False`: none."""
    if not show:
        yield Transfer(None, None)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, refresh_per_second=4, console=Console(stderr=True)) as progress:
        yield Transfer(progress, progress.add_task(title, total=total))
