"""A results table as Markdown: mean ± standard deviation (n), what is missing, what the numbers are worth."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from truemask.bench.cells import cells
from truemask.bench.keys import CLEAN, Published
from truemask.bench.results import Result, mean_and_sd, read_results
from truemask.bench.tables import Table
from truemask.files import write_text
from truemask.metrics import meaning

SELECTION = {
    "last": "the last epoch is tested; nothing is chosen on test labels",
    "noisy_val": "the epoch that does best on held-out rows **with the labels they were given** is tested",
    "oracle": "the epoch that does best on the clean test labels: **an upper bound, never a result**",
}
MISSING = "-"

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
        command: what reruns the table; the name with `truemask bench run` by default.
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
        _bullets(_notes(table, results, stale)),
        "## Published, and what differs",
        _bullets(_sources(table.published)),
        "## Run it again",
        f"```sh\n{command or f'uv run truemask bench run {table.name}'}\n```",
        _provenance(results),
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
        _line(["method", *(f"`{noise}`" if noise != CLEAN else "clean" for noise in table.noise)]),
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
    if metric == table.metric:
        others = {row for published in table.published for row in published.values} - set(table.methods)
        for row in sorted(others):
            lines += _published_lines(table, row)
    return "\n".join(lines)


def _name(table: Table, grid: Grid, row: str) -> str:
    given_clean = any(result.clean_labels for noise in table.noise for result in grid[row, noise])
    return f"`{row}`" + (" †" if given_clean else "") + (" ‡" if row in table.train_on else "")


def _realised(table: Table, grid: Grid, noise: str) -> str:
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


def _notes(table: Table, results: Sequence[Result], stale: int) -> list[str]:
    asked = len(cells(table))
    notes = [
        _data(table),
        "mean ± sample standard deviation over seeds (n seeds); labels changed: the share in fact.",
        f"Selection `{table.select}`: {SELECTION[table.select]}.",
    ]
    if table.select != "oracle":
        notes.append("Bold: leads the next row by more than their pooled standard deviation.")
    if any("oracle" in metric for metric in (table.metric, *table.also)):
        notes.append(
            "Metrics called oracle choose their threshold on the test labels: upper bounds, never results."
        )
    notes += _rows_apart(table, results)
    for row, settings in table.methods_with.items():
        notes += [
            f"`{row}`: `{knob}` = {setting.value}: {setting.why}." for knob, setting in settings.items()
        ]
    if table.plan:
        notes.append("Plan: " + ", ".join(f"{name} {value}" for name, value in table.plan.items()) + ".")
    for row, own in table.plan_with.items():
        notes += [f"`{row}`: plan {name} {setting.value}: {setting.why}." for name, setting in own.items()]
    if len(results) < asked:
        notes.append(f"{MISSING} is missing or undefined: {len(results)} of {asked} trainings are here.")
    if stale:
        notes.append(
            f"{stale} results were made under other settings than the table has now, and are left out."
        )
    return notes


def _data(table: Table) -> str:
    said = f"Data: `{table.dataset}`" + (f", labels `{table.labels}`" if table.labels else "")
    if table.holdout is not None:
        said += f"; {table.holdout:.0%} of the rows, by a hash of their keys, are kept aside for testing"
    if table.test or table.test_labels:
        places = [f"`{table.test}`"] if table.test else []
        places += [f"labels `{table.test_labels}`"] if table.test_labels else []
        said += f"; tested on {', '.join(places)}"
    return f"{said}."


def _rows_apart(table: Table, results: Sequence[Result]) -> list[str]:
    """Which rows learn from more than the others, or from something else."""
    notes = []
    if any(result.clean_labels for result in results):
        notes.append("† was given rows whose labels were declared clean.")
    if table.trusted:
        notes.append(
            f"Of the training rows, {table.trusted.share:.0%} have clean labels for the methods that ask for "
            f"such rows; the others learn from them as they were given: {table.trusted.why}."
        )
    if table.train_on:
        notes.append("‡ learns from other labels than the table's, and takes no part in the comparison.")
    for row, own in table.train_on.items():
        places = [f"`{own.dataset}`"] if own.dataset else []
        places += [f"labels `{own.labels}`"] if own.labels else []
        notes.append(f"`{row}` learns from {', '.join(places)}: {own.why}.")
    return notes


def _sources(published: Iterable[Published]) -> list[str]:
    return [
        f"[{number}] {entry.source}. "
        + (f"{entry.claim} " if entry.claim else "")
        + f"Differs: {entry.differs}"
        for number, entry in enumerate(published, start=1)
    ]


def _provenance(results: Sequence[Result]) -> str:
    if not results:
        return ""
    dates = sorted({result.finished for result in results})
    commits = sorted({result.commit for result in results if result.commit})
    versions = sorted(
        {f"{name} {version}" for result in results for name, version in result.versions.items()}
    )
    wall_s, _, _ = mean_and_sd(result.wall_s for result in results)
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    parts = [f"{len(results)} trainings, {wall_s:.0f} s each on average", when]
    parts += [f"commit {', '.join(commits)}"] if commits else []
    return "; ".join([*parts, ", ".join(versions)]) + "."


def _line(entries: Sequence[str]) -> str:
    return "| " + " | ".join(entries) + " |"


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
