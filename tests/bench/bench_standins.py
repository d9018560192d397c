"""Stand-ins for training a cell, importable by name as spawned processes need."""

import os
import signal
import time

from truemask.bench.cells import Cell
from truemask.bench.results import Result
from truemask.types import BadInput


def result_of(cell: Cell, accuracy: float = 0.9, **changes: object) -> Result:
    fields = {
        "cell": cell,
        "metrics": {"accuracy": accuracy},
        "realised_rate": 0.0 if cell.noise == "none" else 0.41,
        "wall_s": 2.0,
        "cpu_s": 1.5,
        "epochs": 3,
        "parameters": 10,
        "versions": {"torch": "2.6"},
        "commit": "0123456789abcdef",
        "finished": "2025-01-31",
    }
    return Result(**{**fields, **changes})


def good(cell: Cell) -> Result:
    return result_of(cell, 0.5 + cell.seed / 10)


def says_its_threads(cell: Cell) -> Result:
    return result_of(
        cell, versions={"threads": os.environ.get("OMP_NUM_THREADS", ""), "pid": str(os.getpid())}
    )


def gce_breaks(cell: Cell) -> Result:
    if cell.method == "gce":
        raise RuntimeError("no convergence\nat all")
    return good(cell)


def gce_refuses(cell: Cell) -> Result:
    if cell.method == "gce":
        raise BadInput("no method called 'gce'")
    return good(cell)


def gce_is_killed(cell: Cell) -> Result:
    if cell.row == "gce":
        os.kill(os.getpid(), signal.SIGKILL)
    return good(cell)


def interrupted_at_gce(cell: Cell) -> Result:
    if cell.method == "gce":
        raise KeyboardInterrupt
    return good(cell)


def never_ends(cell: Cell) -> Result:
    time.sleep(600)
    return good(cell)
