"""The answers: one small JSON file per cell, written last, so its existence means that the cell is done."""

import math
from collections.abc import Iterable, Iterator
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
    for cell, result in _answers(results, cells):
        if result is not None and result.cell == cell:
            fresh.append(result)
        elif result is not None:
            stale.append(cell)
    return fresh, stale


def not_done(results: Path, cells: Iterable[Cell]) -> list[Cell]:
    """The cells that have no result, or one that was made under other settings than they have now."""
    return [cell for cell, result in _answers(results, cells) if result is None or result.cell != cell]


def is_done(results: Path, cell: Cell) -> bool:
    """Whether the cell has a result that was made under the settings it has now."""
    return not not_done(results, [cell])


def packed_path(results: Path, cell: Cell) -> Path:
    """Where the result of a cell lies with those of the other seeds, once they were packed: a line each."""
    folder = result_path(results, cell).parent
    return folder.with_name(f"{folder.name}.jsonl")


def pack(results: Path, cells: Iterable[Cell]) -> int:
    """Put the results of all seeds of a row and noise into one file; returns how many results were moved.

    For tables of many small cells: a thousand files are slow to copy and to check out. A result made later
    lies in a file of its own again, which counts in place of the packed one.
    """
    packs: dict[Path, list[Result]] = {}
    for cell, result in _answers(results, cells):
        if result is not None:
            packs.setdefault(packed_path(results, cell), []).append(result)
    moved = 0
    for path, found in packs.items():
        loose = [alone for result in found if (alone := result_path(results, result.cell)).is_file()]
        if not loose:
            continue
        ours = {result.cell.seed for result in found}
        others = [result for result in _packed(path).values() if result.cell.seed not in ours]
        every = sorted([*found, *others], key=lambda result: result.cell.seed)
        write_text(path, "".join(result.model_dump_json() + "\n" for result in every))
        for alone in loose:
            alone.unlink()
        if not any(loose[0].parent.iterdir()):
            loose[0].parent.rmdir()
        moved += len(loose)
    return moved


def _answers(results: Path, cells: Iterable[Cell]) -> Iterator[tuple[Cell, Result | None]]:
    """Each cell with its result, if it has one, under whatever settings that was made."""
    packs: dict[Path, dict[int, Result]] = {}
    for cell in cells:
        alone, packed = result_path(results, cell), packed_path(results, cell)
        if alone.is_file():
            yield cell, read_result(alone)
            continue
        if packed not in packs:
            packs[packed] = _packed(packed)
        yield cell, packs[packed].get(cell.seed)


def _packed(path: Path) -> dict[int, Result]:
    """Results of a packed file by seed; none where there is no such file."""
    if not path.is_file():
        return {}
    try:
        found = [Result.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except ValidationError as error:
        raise BadInput(f"{path}: not results: {one_line(error, Result)}; remove it and run again") from error
    return {result.cell.seed: result for result in found}


def mean_and_sd(values: Iterable[float]) -> tuple[float, float, int]:
    """Mean, sample standard deviation and number of the defined values; NaN where there are too few."""
    defined = [value for value in values if not math.isnan(value)]
    n = len(defined)
    mean = math.fsum(defined) / n if n else math.nan
    if n < 2:
        return mean, math.nan, n
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in defined) / (n - 1)), n
