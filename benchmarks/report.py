"""What a benchmark leaves: a table in Markdown on the screen, and benchmarks/results/NAME.json."""

import importlib.metadata
import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("truemask", "numpy", "torch")
"""Versions that every result names."""

Cell = float | int | str | None
Row = Mapping[str, Cell]


@dataclass(frozen=True)
class Goal:
    """What a number should come to.

    Args:
        what: is measured.
        bound: it should be at least (or at most) this.
        measured: what it is.
        at_least: which of the two.
    """

    what: str
    bound: float
    measured: float
    at_least: bool

    @property
    def met(self) -> bool:
        """Whether it is so."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def __str__(self) -> str:
        side = "at least" if self.at_least else "at most"
        verdict = "met" if self.met else "MISSED"
        return f"- {self.what}: {number(self.measured)}; goal: {side} {number(self.bound)}: {verdict}"


def publish(
    name: str,
    title: str,
    rows: Sequence[Row],
    *,
    settings: Mapping[str, Cell],
    goals: Sequence[Goal] = (),
    packages: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> None:
    """Print a result, and keep it in `benchmarks/results/NAME.json`.

    Args:
        name: of the file.
        title: above the table.
        rows: column to value; all rows have the same columns.
        settings: sizes and repetitions that the numbers hang on.
        goals: and whether they are met.
        packages: whose versions matter besides `PACKAGES`.
        notes: a line each, below the table.
    """
    machine = describe_machine([*PACKAGES, *packages])
    print(f"## {title}\n")
    print(markdown(rows))
    print("\n".join(["", *map(str, goals), *(f"- {note}" for note in notes)]))
    print(f"\n{', '.join(f'{key} {value}' for key, value in {**machine, **settings}.items())}")
    content = {
        "benchmark": name,
        "machine": machine,
        "settings": dict(settings),
        "rows": [dict(row) for row in rows],
        "goals": [{**asdict(goal), "met": goal.met} for goal in goals],
        "notes": list(notes),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def describe_machine(packages: Sequence[str]) -> dict[str, Cell]:
    """What the numbers may depend on: processor, cores, versions, date. Names nobody's machine."""
    machine: dict[str, Cell] = {"cpu": _cpu_model(), "cores": os.cpu_count()}
    machine["python"] = platform.python_version()
    machine |= {package: importlib.metadata.version(package) for package in packages}
    machine["date"] = datetime.now(UTC).date().isoformat()
    return machine


def markdown(rows: Sequence[Row]) -> str:
    """Rows as a table; numbers with three digits that say something, to the right."""
    columns = list(rows[0])
    texts = [[_text(row[column]) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    is_number = [not isinstance(rows[0][column], str) for column in columns]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, is_number, strict=True)
        ]
        return f"| {' | '.join(padded)} |"

    rules = [
        "-" * (width - 1) + (":" if right else "-") for width, right in zip(widths, is_number, strict=True)
    ]
    return "\n".join([line(columns), line(rules), *map(line, texts)])


def number(value: float) -> str:
    """Three significant digits, without an exponent."""
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    return cell if isinstance(cell, str) else number(cell)


def _cpu_model() -> str:
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
