"""Runs the cells of a table that have no result yet: here one by one, or in several processes."""

import multiprocessing
import signal
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from truemask.bench.cells import Cell
from truemask.bench.results import Result, not_done, write_result
from truemask.one_thread import one_thread
from truemask.types import BadInput

Run = Callable[[Cell], Result]
"""Trains and tests one cell. Shows no progress of its own; importable by name, as spawned processes need."""


@dataclass(frozen=True)
class Failure:
    """A cell that came to nothing: one line for the list, and the whole story."""

    cell: Cell
    reason: str
    story: str = ""


@dataclass
class Outcome:
    """What a launch did.

    Args:
        skipped: cells that had a result before.
        finished: results made now.
        failed: cells that came to nothing, with the reason.
    """

    skipped: int = 0
    finished: list[Result] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)


def launch(
    cells: Sequence[Cell],
    run: Run,
    results: Path,
    *,
    jobs: int = 1,
    metric: str | None = None,
    console: Console | None = None,
) -> Outcome:
    """Run the cells without a result, in `jobs` processes of one thread each (1: here, with all threads).

    Each result is written as soon as it is there; a cell that fails is listed and the others go on; after
    Ctrl-C or a crash the same call goes on where it stopped.

    Args:
        cells: what to run, in this order.
        run: trains and tests one cell.
        results: folder of all results.
        jobs: processes at a time.
        metric: shown in the line that each finished cell prints.
        console: where lines and the progress bar go; standard error by default.

    Raises:
        BadInput: fewer than one job.
    """
    if jobs < 1:
        raise BadInput(f"--jobs is the number of processes, 1 or more; got {jobs}")
    missing = not_done(results, cells)
    outcome = Outcome(skipped=len(cells) - len(missing))
    jobs = min(jobs, len(missing))
    attempts = _here(missing, run, results) if jobs <= 1 else _in_workers(missing, run, results, jobs)
    board = _Board(console or Console(stderr=True), total=len(missing), jobs=max(jobs, 1), metric=metric)
    with board, closing(attempts):
        try:
            for attempt in attempts:
                board.show(attempt)
                if isinstance(attempt, Failure):
                    outcome.failed.append(attempt)
                elif isinstance(attempt, Result):
                    outcome.finished.append(attempt)
        except KeyboardInterrupt:
            done = outcome.skipped + len(outcome.finished)
            board.say(f"stopped: {done} of {len(cells)} cells are done; the same command goes on from there")
            raise
    return outcome


Attempt = Cell | Result | Failure
"""A cell is being run; a cell is done; a cell came to nothing."""


def _here(cells: Iterable[Cell], run: Run, results: Path) -> Generator[Attempt, None, None]:
    for cell in cells:
        yield cell
        yield _attempt(cell, run, results)


def _attempt(cell: Cell, run: Run, results: Path) -> Result | Failure:
    try:
        result = run(cell)
        write_result(results, result)
    except BadInput as error:
        return Failure(cell, str(error))
    except Exception as error:  # Whatever breaks one cell is listed with it, and must not cost the others.
        reason = "".join(traceback.format_exception_only(error)).splitlines()[0]
        return Failure(cell, reason, traceback.format_exc())
    return result


@dataclass
class _Worker:
    process: SpawnProcess
    line: Connection
    cell: Cell | None = None


def _in_workers(cells: Sequence[Cell], run: Run, results: Path, jobs: int) -> Generator[Attempt, None, None]:
    """Not a process pool of the standard library: there, one worker killed for memory ends them all."""
    waiting = list(reversed(cells))
    busy: list[_Worker] = []
    idle: list[_Worker] = []
    try:
        while waiting or busy:
            while waiting and len(busy) < jobs:
                worker = idle.pop() if idle else _start(run, results)
                worker.cell = waiting.pop()
                busy.append(worker)
                worker.line.send(worker.cell)
                yield worker.cell
            answered = wait([worker.line for worker in busy])
            for worker in [worker for worker in busy if worker.line in answered]:
                attempt, alive = _answer(worker)
                busy.remove(worker)
                if alive:
                    idle.append(worker)
                yield attempt
    finally:
        for worker in busy:
            worker.process.terminate()
        for worker in busy + idle:
            worker.line.close()
            worker.process.join()


def _start(run: Run, results: Path) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, run, results))
    with one_thread():
        process.start()
    theirs.close()
    return _Worker(process, ours)


def _work(line: Connection, run: Run, results: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError):  # the table was finished, or killed; results are on disk
        while True:
            line.send(_attempt(line.recv(), run, results))


def _answer(worker: _Worker) -> tuple[Result | Failure, bool]:
    """What a worker has to say, and whether it can take another cell."""
    assert worker.cell is not None
    try:
        answer: Result | Failure = worker.line.recv()
    except EOFError:
        worker.process.join()
        code = worker.process.exitcode or 0
        end = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        hint = "; out of memory? fewer --jobs need less" if code == -signal.SIGKILL else ""
        return Failure(worker.cell, f"its process {end}{hint}"), False
    return answer, True


class _Board:
    """The progress bar, and a line per cell above it."""

    def __init__(self, console: Console, *, total: int, jobs: int, metric: str | None) -> None:
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("cells"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self.task = self.progress.add_task("cells", total=total, note="")
        self.total, self.jobs, self.metric = total, jobs, metric
        self.started: dict[str, float] = {}
        self.done = self.failed = 0
        self.spent_s = 0.0
        self.told: set[str] = set()

    def __enter__(self) -> None:
        self.progress.start()

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def say(self, text: str) -> None:
        self.progress.console.print(text, highlight=False, markup=False)

    def show(self, attempt: Attempt) -> None:
        if isinstance(attempt, Cell):
            self.started[str(attempt)] = time.monotonic()
        else:
            spent_s = time.monotonic() - self.started.pop(str(attempt.cell))
            self.spent_s += spent_s
            self.done += 1
            self.failed += isinstance(attempt, Failure)
            self.say(self._line(attempt, spent_s))
            if isinstance(attempt, Failure) and attempt.reason not in self.told:
                self.told.add(attempt.reason)
                self.say(attempt.story)
        self.progress.update(self.task, completed=self.done, note=self._note())

    def _line(self, attempt: Result | Failure, spent_s: float) -> str:
        if isinstance(attempt, Failure):
            return f"{attempt.cell}: FAILED: {attempt.reason}"
        value = attempt.metrics.get(self.metric) if self.metric else None
        number = f"  {self.metric} {value:.3f}" if value is not None else ""
        return f"{attempt.cell}{number}  {spent_s:.0f} s"

    def _note(self) -> str:
        notes = [f"{len(self.started)} running"]
        if self.failed:
            notes.append(f"{self.failed} failed")
        left = self.total - self.done
        if self.done and left:
            eta = timedelta(seconds=round(self.spent_s / self.done * left / self.jobs))
            notes.append(f"about {eta} left")
        return " · ".join(notes)
