"""A results table as Markdown: mean ± standard deviation (n), what is missing, what the numbers are worth."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from truemask.bench.cells import cells
from truemask.bench.keys import CLEAN
from truemask.bench.results import Result, mean_and_sd, read_results
from truemask.bench.tables import Table
from truemask.files import write_text
from truemask.metrics import meaning
from truemask.report.table_notes import MISSING, command_of, notes, provenance, sources

Grid = Mapping[tuple[str, str], Sequence[Result]]
"""Results of each (row, noise), one per seed that is done."""


@dataclass(frozen=True)
class Summary:
    """One entry of a table: mean and sample standard deviation over n seeds; NaN where undefined."""

    mean: float
    sd: float
    n: int

    def __str__(self) -> str:
        if self.n == 0:
            return MISSING
        spread = "" if math.isnan(self.sd) else f" ± {self.sd:.3f}"
        return f"{self.mean:.3f}{spread} ({self.n})"


def summarise(results: Iterable[Result], metric: str) -> Summary:
    """Mean, standard deviation and count of a metric over results."""
    return Summary(*mean_and_sd(result.metrics.get(metric, math.nan) for result in results))


def clear_winner(column: Mapping[str, Summary], *, better: str = "higher") -> str | None:
    """The best row of a column, if it leads the next by more than their pooled standard deviation.

    None where that cannot be said: fewer than two rows with two seeds each, or too close.
    """
    sign = 1 if better == "higher" else -1
    known = {row: entry for row, entry in column.items() if not math.isnan(entry.sd)}
    if len(known) < 2:
        return None
    first, second = sorted(known, key=lambda row: -sign * known[row].mean)[:2]
    ahead = sign * (known[first].mean - known[second].mean)
    pooled = math.sqrt((known[first].sd ** 2 + known[second].sd ** 2) / 2)
    return first if ahead > pooled else None


def render(table: Table, results: Sequence[Result], *, stale: int = 0, command: str | None = None) -> str:
    """The whole page of a table: its question, its numbers, and everything needed to judge and rerun them.

    Args:
        table: the question.
        results: the answers that are there.
        stale: how many answers were left out since they were made under other settings.
        command: what reruns the table; `truemask bench run` with its name by default.
    """
    grid = {
        (row, noise): [r for r in results if (r.cell.row, r.cell.noise) == (row, noise)]
        for noise in table.noise
        for row in table.methods
    }
    blocks = [f"# {table.title}", table.question]
    for metric in (table.metric, *table.also):
        said = meaning(metric)
        blocks += [_heading(table, metric), f"{said[0].upper()}{said[1:]}.", _grid(table, grid, metric)]
    blocks += [
        "## How to read it",
        _bullets(notes(table, results, stale)),
        "## Published, and what differs",
        _bullets(sources(table.published)),
        "## Run it again",
        f"```sh\n{command or command_of(table)}\n```",
        provenance(results),
    ]
    if not table.published:
        blocks.remove("## Published, and what differs")
    return "\n\n".join(block for block in blocks if block) + "\n"


def write_table(table: Table, results: Path, *, command: str | None = None) -> Path:
    """Render a table from the results on disk into RESULTS/<table>/table.md; returns where."""
    there, stale = read_results(results, cells(table))
    path = results / table.name / "table.md"
    write_text(path, render(table, there, stale=len(stale), command=command))
    return path


def _heading(table: Table, metric: str) -> str:
    bound = " (an upper bound: chosen on the test labels)" if _is_bound(table, metric) else ""
    return f"## `{metric}`{bound}"


def _is_bound(table: Table, metric: str) -> bool:
    return table.select == "oracle" or "oracle" in metric


def _grid(table: Table, grid: Grid, metric: str) -> str:
    columns = {
        noise: {row: summarise(grid[row, noise], metric) for row in table.rows_under(noise)}
        for noise in table.noise
    }
    bold: set[tuple[str | None, str]] = set()
    if metric == table.metric and not _is_bound(table, metric):
        for noise, column in columns.items():
            compared = {row: entry for row, entry in column.items() if row not in table.train_on}
            bold.add((clear_winner(compared, better=table.better), noise))
    lines = [
        _line(["method", *(_column(table, noise) for noise in table.noise)]),
        _line(["---", *["---:"] * len(table.noise)]),
        _line(["*labels changed*", *(_realised(table, grid, noise) for noise in table.noise)]),
    ]
    for row in table.methods:
        entries = [str(columns[noise].get(row, MISSING)) for noise in table.noise]
        marked = [
            f"**{entry}**" if (row, noise) in bold else entry
            for noise, entry in zip(table.noise, entries, strict=True)
        ]
        lines.append(_line([_name(table, grid, row), *marked]))
        if metric == table.metric:
            lines += _published_lines(table, row)
    lines += _oracle_lines(table, grid, metric)
    if metric == table.metric:
        others = {row for published in table.published for row in published.values} - set(table.methods)
        for row in sorted(others):
            lines += _published_lines(table, row)
    return "\n".join(lines)


def _name(table: Table, grid: Grid, row: str) -> str:
    given_clean = any(result.clean_labels for noise in table.noise for result in grid[row, noise])
    return f"`{row}`" + (" †" if given_clean else "") + (" ‡" if row in table.train_on else "")


def _as_given(table: Table) -> bool:
    """Whether the labels to learn from are other ones than those to test on, even if no noise is added."""
    return table.labels is not None and table.test_labels not in {None, table.labels}


def _column(table: Table, noise: str) -> str:
    if noise != CLEAN:
        return f"`{noise}`"
    return f"`{table.labels}` as given" if _as_given(table) else "clean"


def _realised(table: Table, grid: Grid, noise: str) -> str:
    if noise == CLEAN and _as_given(table):  # What is wrong in them was not made here, and not counted.
        return MISSING
    rows = [row for row in table.methods if row not in table.train_on]
    rates = [result.realised_rate for row in rows for result in grid[row, noise]]
    mean, _, n = mean_and_sd(rates)
    return f"*{mean:.1%}*" if n else MISSING


def _published_lines(table: Table, row: str) -> list[str]:
    return [
        _line(
            [
                f"*{row}, published [{number}]*",
                *(
                    f"*{published.values[row][noise]:.3f}*" if noise in published.values[row] else MISSING
                    for noise in table.noise
                ),
            ]
        )
        for number, published in enumerate(table.published, start=1)
        if row in published.values
    ]


def _oracle_lines(table: Table, grid: Grid, metric: str) -> list[str]:
    """The best of several rows, seed by seed; only of metrics whose better side the table knows."""
    if metric != table.metric and "oracle" not in metric:
        return []
    pick = max if table.better == "higher" else min
    lines = []
    for name, rows in table.oracle_of.items():
        entries = []
        for noise in table.noise:
            values = [
                {r.cell.seed: r.metrics.get(metric, math.nan) for r in grid[row, noise]} for row in rows
            ]
            shared = [seed for seed in table.seeds if all(seed in of_row for of_row in values)]
            best = [pick(of_row[seed] for of_row in values) for seed in shared]
            entries.append(f"*{Summary(*mean_and_sd(best))}*" if shared else MISSING)
        lines.append(_line([f"*{name}, picked on the test labels*", *entries]))
    return lines


def _line(entries: Sequence[str]) -> str:
    return "| " + " | ".join(entries) + " |"


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
