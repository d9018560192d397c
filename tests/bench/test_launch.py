import io
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator

import bench_standins as runs
import pytest
from rich.console import Console

from truemask.bench.cells import cells
from truemask.bench.launch import launch
from truemask.bench.results import is_done, read_results, result_path, write_result
from truemask.types import BadInput


@pytest.fixture
def told() -> Console:
    return Console(file=io.StringIO(), width=200)


def said(console: Console) -> str:
    return console.file.getvalue()


def test_every_missing_cell_is_run_and_written(table, tmp_path, told):
    outcome = launch(cells(table), runs.good, tmp_path, metric="accuracy", console=told)
    assert (outcome.skipped, len(outcome.finished), outcome.failed) == (0, 8, [])
    assert {r.cell.seed: r.metrics["accuracy"] for r in read_results(tmp_path, cells(table))[0]} == {
        0: 0.5,
        1: 0.6,
    }
    assert "gce_flat · symmetric:0.4 · seed 1  accuracy 0.600" in said(told)


def test_done_cells_are_skipped_and_stale_ones_run_again(table, tmp_path, told):
    first, second, *rest = cells(table)
    write_result(tmp_path, runs.good(first))
    write_result(tmp_path, runs.good(second.model_copy(update={"dataset": "moons"})))
    outcome = launch(cells(table), runs.good, tmp_path, console=told)
    assert outcome.skipped == 1
    assert [result.cell for result in outcome.finished] == [second, *rest]


def test_nothing_to_do_is_no_work(table, tmp_path, told):
    launch(cells(table), runs.good, tmp_path, console=told)
    outcome = launch(cells(table), runs.gce_breaks, tmp_path, jobs=2, console=told)
    assert (outcome.skipped, outcome.finished, outcome.failed) == (8, [], [])


def test_workers_have_one_thread_each_and_this_process_keeps_its_own(table, tmp_path, told, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    outcome = launch(cells(table), runs.says_its_threads, tmp_path, jobs=2, console=told)
    assert {result.versions["threads"] for result in outcome.finished} == {"1"}
    assert len({result.versions["pid"] for result in outcome.finished} - {str(os.getpid())}) in (1, 2)
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert all(is_done(tmp_path, cell) for cell in cells(table))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_cell_that_breaks_is_told_and_the_others_go_on(table, tmp_path, told, jobs):
    outcome = launch(cells(table), runs.gce_breaks, tmp_path, jobs=jobs, console=told)
    assert len(outcome.finished) == 4
    assert {failure.cell.row for failure in outcome.failed} == {"gce", "gce_flat"}
    assert {failure.reason for failure in outcome.failed} == {"RuntimeError: no convergence"}
    assert said(told).count("FAILED: RuntimeError: no convergence") == 4
    assert said(told).count("Traceback") == 1
    assert not result_path(tmp_path, outcome.failed[0].cell).exists()


def test_a_refusal_is_one_line_without_a_traceback(table, tmp_path, told):
    outcome = launch(cells(table), runs.gce_refuses, tmp_path, console=told)
    assert {failure.reason for failure in outcome.failed} == {"no method called 'gce'"}
    assert "Traceback" not in said(told)


def test_a_killed_worker_costs_its_own_cell_only(table, tmp_path, told):
    outcome = launch(cells(table), runs.gce_is_killed, tmp_path, jobs=2, console=told)
    assert len(outcome.finished) == 6
    assert {(failure.cell.row, failure.cell.seed) for failure in outcome.failed} == {("gce", 0), ("gce", 1)}
    assert "killed by SIGKILL; out of memory?" in outcome.failed[0].reason


def test_ctrl_c_keeps_what_is_done_and_the_same_call_goes_on(table, tmp_path, told):
    with pytest.raises(KeyboardInterrupt):
        launch(cells(table), runs.interrupted_at_gce, tmp_path, console=told)
    assert "stopped: 2 of 8 cells are done; the same command goes on from there" in said(told)
    outcome = launch(cells(table), runs.good, tmp_path, console=told)
    assert (outcome.skipped, len(outcome.finished)) == (2, 6)


@pytest.fixture
def heeds_ctrl_c() -> Iterator[None]:
    """A shell that starts tests in the background has them ignore the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_the_workers(table, tmp_path, told, heeds_ctrl_c):
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        launch(cells(table), runs.never_ends, tmp_path, jobs=2, console=told)
    assert multiprocessing.active_children() == []
    assert "stopped: 0 of 8 cells are done" in said(told)


def test_no_jobs_are_refused(table, tmp_path):
    with pytest.raises(BadInput, match="1 or more; got 0"):
        launch(cells(table), runs.good, tmp_path, jobs=0)
