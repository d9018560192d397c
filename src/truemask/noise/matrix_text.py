"""Transition matrices as people have them: written out in a spec, in a file, or measured by a corruption."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from truemask.noise.knobs import number_text
from truemask.noise.transition import validate
from truemask.types import BadInput, Problem, Task

_ENDINGS = (".csv", ".npy", ".json")
_WRITTEN_OUT = re.compile(r"[\d.eE\s/;-]*[/;][\d.eE\s/;-]*")


@dataclass(frozen=True)
class Matrix:
    """A transition matrix in a spec. Wherever it was read from, its text is the matrix written out.

    >>> str(Matrix.parse("0.90/.1; 0.2/0.8"))
    '0.9/0.1;0.2/0.8'
    """

    rows: tuple[tuple[float, ...], ...]

    @classmethod
    def parse(cls, text: str) -> "Matrix":
        """Read `0.9/0.1;0.2/0.8`, or a .csv, .npy or .json file, or the manifest.json of a corruption.

        Raises:
            BadInput: if it is none of these, or no transition matrix.
        """
        numbers = read_matrix(text)
        validate(numbers)
        return cls(tuple(tuple(row) for row in numbers.tolist()))

    def __str__(self) -> str:
        return ";".join("/".join(number_text(chance) for chance in row) for row in self.rows)

    def over(self, problem: Problem) -> Float64[np.ndarray, "k m"]:
        """The matrix over the classes of a problem; one without a row for the background leaves that alone.

        Raises:
            BadInput: if it is over another number of classes, or changes an object list's background.
        """
        numbers, k = np.array(self.rows), problem.num_classes
        if len(numbers) == k - 1 and problem.background is not None:
            numbers = np.insert(numbers, problem.background, 0.0, axis=0)
            numbers = np.insert(numbers, problem.background, 0.0, axis=1)
            numbers[problem.background, problem.background] = 1
        if len(numbers) != k:
            or_without = "" if problem.background is None else f", or {k - 1} without the background"
            raise BadInput(
                f"the transition matrix has {len(numbers)} rows, the problem {k} classes{or_without}: "
                f"{', '.join(problem.classes)}"
            )
        if problem.task == Task.INSTANCE and (numbers[0, 0] != 1 or numbers[1:, 0].any()):
            raise BadInput(
                "the transition matrix of objects leaves the background alone: a first row 1/0/0/... and 0 "
                "in the first column, or neither of them; use miss to leave objects out"
            )
        return numbers


def read_matrix(text: str) -> Float64[np.ndarray, "k m"]:
    """The numbers of a matrix that is written out or lies in a file, whether they make sense or not.

    Raises:
        BadInput: if there is no such file, or no table of numbers in it.
    """
    if is_file(text):
        return _table(_from_file(Path(text)), text)
    if not is_written_out(text):
        raise BadInput(
            f"{text!r} is no transition matrix: write it out, row by row, as in 0.9/0.1;0.2/0.8, or name a "
            f"{', '.join(_ENDINGS)} file (in a spec its path has neither a comma nor a plus in it)"
        )
    return _table([row.split("/") for row in text.split(";")], text)


def is_file(text: str) -> bool:
    """Whether a text names a file that a matrix may be in."""
    return text.lower().endswith(_ENDINGS)


def is_written_out(text: str) -> bool:
    """Whether a text looks like `0.9/0.1;0.2/0.8`."""
    return _WRITTEN_OUT.fullmatch(text) is not None


def _from_file(path: Path) -> Any:
    if not path.is_file():
        raise BadInput(
            f"no file {str(path)!r} to read a transition matrix from; in a spec a path has neither a comma "
            f"nor a plus in it, which separate knobs and noises there"
        )
    if path.suffix.lower() == ".csv":
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        return [line.split(",") for line in lines if line.strip()]
    try:
        if path.suffix.lower() == ".npy":
            return np.load(path, allow_pickle=False)
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise BadInput(f"{path} cannot be read as {path.suffix.lower()}: {error}") from error
    return _of_manifest(content, path) if isinstance(content, dict) else content


def _of_manifest(content: dict[str, Any], path: Path) -> Any:
    """Its realised matrix; a class that did not occur stays. IGNORE's column is left out if it is empty."""
    rows = content.get("transition")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadInput(f"{path} is no manifest of a corruption and no list of rows: it has no 'transition'")
    realised = [
        [float(column == place) for column in range(len(row))] if None in row else row
        for place, row in enumerate(rows)
    ]
    lossless = all(row[-1] == 0 for row in realised if row)
    return [row[:-1] for row in realised] if lossless else realised


def _table(content: Any, where: str) -> Float64[np.ndarray, "k m"]:
    try:
        table = np.array(content, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise BadInput(
            f"the transition matrix of {where} is no table of numbers, rows of one length without names: "
            f"{str(error).split('. ')[0]}"
        ) from error
    if table.ndim != 2 or table.shape[0] < 2:
        raise BadInput(
            f"the transition matrix of {where} has the shape {table.shape}; it has a row for each true "
            f"class, two or more, and a column for each given one"
        )
    return table
