"""`noise matrix`: what a transition matrix does, and what follows for learning from such labels."""

from pathlib import Path

import numpy as np
import typer
from jaxtyping import Float64
from rich.console import Console
from rich.table import Table as Grid

from truemask.noise import NOISES, Draws, Spec, check, parse, read_manifest
from truemask.noise.manifest import MANIFEST
from truemask.noise.matrix_text import is_file, is_written_out, read_matrix
from truemask.noise.verdicts import verdicts
from truemask.types import BadInput, Problem, Task

_WIDEST = 12
"""Columns of a matrix that is printed whole; of a wider one each row's largest chances are."""
_LARGEST = 4
_STYLES = {"good": "green", "warning": "yellow", "error": "bold red"}


def print_matrix(what: str, *, classes: str | None, task: Task, seed: int) -> None:
    """Print a matrix, or that of a spec, with its verdicts; exit code 1 if it is no transition matrix.

    Raises:
        BadInput: if it cannot be read, a noise of the spec has no matrix, or names of classes are missing.
    """
    if is_file(what) or is_written_out(what):
        transition = read_matrix(what)
        names = _names(classes) or _of_manifest(what) or tuple(map(str, range(len(transition))))
    else:
        problem = _problem(_names(classes), task, what)
        transition, names = _of_spec(parse(what), problem, seed), problem.classes
        if task == Task.INSTANCE:
            transition, names = transition[1:, 1:], names[1:]
    rows, columns = transition.shape
    if columns not in (rows, rows + 1):
        raise BadInput(
            f"{what} has {rows} rows and {columns} columns; a transition matrix has as many columns as rows, "
            f"or one more for IGNORE"
        )
    if len(names) != rows:
        raise BadInput(f"{what} has {rows} rows, but there are {len(names)} classes: {', '.join(names)}")
    console = Console()
    console.print(_grid(transition, names))
    grid = Grid(title="what it means", title_justify="left")
    for column in ("check", "found", "means"):
        grid.add_column(column, overflow="fold")
    found = verdicts(transition, names)
    for one in found:
        grid.add_row(one.check, one.found, one.means, style=_STYLES[one.severity])
    console.print(grid)
    if any(one.severity == "error" for one in found):
        raise typer.Exit(1)


def _of_spec(spec: Spec, problem: Problem, seed: int) -> Float64[np.ndarray, "k m"]:
    """One matrix for all steps, in their order; what is IGNORE stays so."""
    check(spec, problem)
    k = problem.num_classes
    done = np.eye(k + 1)
    for place, step in enumerate(spec.steps):
        row = NOISES.get(step.name)
        if row is None or row.transition is None:
            having = ", ".join(name for name, noise in sorted(NOISES.items()) if noise.transition)
            raise BadInput(
                f"{step.name} looks at more than the true class, so it has no transition matrix; there is: "
                f"{having}"
            )
        transition = row.transition(problem, Draws(seed, "", place), **step.knobs())
        whole = np.eye(k + 1)
        whole[:k] = 0
        whole[:k, : transition.shape[1]] = transition
        done = done @ whole
    return done[:k] if done[:k, k].any() else done[:k, :k]


def _problem(names: tuple[str, ...] | None, task: Task, what: str) -> Problem:
    if names is None:
        raise BadInput(
            f"the matrix of {what} depends on the classes: add --classes cat,dog,fox or --classes 10"
        )
    if task == Task.INSTANCE and names[0] != "background":
        names = ("background", *names)
    return Problem(task, names, background=0 if names[0] == "background" else None)


def _names(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    if text.isdecimal():
        return tuple(map(str, range(int(text))))
    return tuple(name.strip() for name in text.split(","))


def _of_manifest(what: str) -> tuple[str, ...] | None:
    path = Path(what)
    return read_manifest(path.parent).classes if path.name == MANIFEST else None


def _grid(transition: Float64[np.ndarray, "k m"], names: tuple[str, ...]) -> Grid:
    grid = Grid(title="P(given | true)", title_justify="left")
    given = (*names, "IGNORE")[: transition.shape[1]]
    if len(given) <= _WIDEST:
        for column in ("true", *given):
            grid.add_column(column, overflow="fold")
        for name, chances in zip(names, transition, strict=True):
            grid.add_row(name, *(f"{chance:.3g}" for chance in chances))
        return grid
    for column in ("true", "stays", f"becomes (the {_LARGEST} likeliest)"):
        grid.add_column(column, overflow="fold")
    for row, (name, chances) in enumerate(zip(names, transition, strict=True)):
        order = np.argsort(-chances, kind="stable").tolist()
        others = [place for place in order if place != row and chances[place]]
        goes = [f"{given[place]} {chances[place]:.3g}" for place in others[:_LARGEST]]
        more = [f"{len(others) - _LARGEST} more"] if len(others) > _LARGEST else []
        grid.add_row(name, f"{chances[row]:.3g}", ", ".join(goes + more))
    return grid
