"""The answers: one small JSON file per cell, written last, so its existence means that the cell is done."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError

from truemask.bench.cells import Cell
from truemask.bench.record import Record, one_line
from truemask.files import write_text
from truemask.noise import parse
from truemask.types import BadInput

Number = Annotated[
    float,
    BeforeValidator(lambda value: math.nan if value is None else value),
    PlainSerializer(lambda value: None if math.isnan(value) else value, when_used="json"),
]
"""A metric's value; NaN where undefined, which JSON spells null."""


class Result(Record):
    """What one training of a table gave. No host names, no paths of a machine: it is committed.

    Args:
        cell: what was asked.
        metrics: on clean test labels, by name.
        realised_rate: share of the training labels that the noise changed.
        clean_labels: the method was given rows whose labels were declared verified.
        wall_s: seconds from the first look at the data to the last metric.
        cpu_s: seconds of processor time in them.
        epochs: passes over the training rows.
        parameters: of all networks, trainable.
        versions: of the packages that make numbers.
        commit: of truemask, with "+" where files were changed after it; empty where not known.
        finished: date, as 2025-01-31.
    """

    cell: Cell
    metrics: dict[str, Number]
    realised_rate: Number
    clean_labels: bool = False
    wall_s: float = Field(ge=0)
    cpu_s: float = Field(ge=0)
    epochs: int = Field(ge=0)
    parameters: int = Field(ge=0)
    versions: dict[str, str]
    commit: str
    finished: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")


def result_path(results: Path, cell: Cell) -> Path:
    """Where the result of a cell lies."""
    return results / cell.table / cell.row / parse(cell.noise).slug / f"{cell.seed}.json"


def write_result(results: Path, result: Result) -> Path:
    """Write a result whole or not at all; returns where."""
    path = result_path(results, result.cell)
    write_text(path, result.model_dump_json(indent=2) + "\n")
    return path


def read_result(path: Path) -> Result:
    """The result in a file.

    Raises:
        BadInput: the file is missing, or is not a result.
    """
    if not path.is_file():
        raise BadInput(f"{path}: no such result")
    try:
        return Result.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise BadInput(f"{path}: not a result: {one_line(error, Result)}; remove it and run again") from error


def read_results(results: Path, cells: Iterable[Cell]) -> tuple[list[Result], list[Cell]]:
    """Results of those cells that have one, and the cells whose result was made under other settings.

    A stale result answers another question (the plan, a knob or the data set was changed since), so it is
    not among the results.
    """
    fresh, stale = [], []
    for cell in cells:
        path = result_path(results, cell)
        if not path.is_file():
            continue
        result = read_result(path)
        if result.cell == cell:
            fresh.append(result)
        else:
            stale.append(cell)
    return fresh, stale


def is_done(results: Path, cell: Cell) -> bool:
    """Whether the cell has a result that was made under the settings it has now."""
    path = result_path(results, cell)
    return path.is_file() and read_result(path).cell == cell


def mean_and_sd(values: Iterable[float]) -> tuple[float, float, int]:
    """Mean, sample standard deviation and number of the defined values; NaN where there are too few."""
    defined = [value for value in values if not math.isnan(value)]
    n = len(defined)
    mean = math.fsum(defined) / n if n else math.nan
    if n < 2:
        return mean, math.nan, n
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in defined) / (n - 1)), n
