"""What stands around the numbers of a table: what they are worth, where others' come from, how to rerun."""

from collections.abc import Iterable, Sequence

from truemask.bench.cells import cells
from truemask.bench.keys import Published
from truemask.bench.results import Result, mean_and_sd
from truemask.bench.tables import Table

SELECTION = {
    "last": "the last epoch is tested; nothing is chosen on test labels",
    "noisy_val": "the epoch that does best on held-out rows **with the labels they were given** is tested",
    "oracle": "the epoch that does best on the clean test labels: **an upper bound, never a result**",
}
MISSING = "-"
"""Stands for a number that is not there or not defined."""


def command_of(table: Table) -> str:
    """What runs the table."""
    name, _, place = table.name.partition("@")
    return f"uv run truemask bench run {name}" + (f" --at {place}" if place else "")


def notes(table: Table, results: Sequence[Result], stale: int) -> list[str]:
    """How to read the numbers: data, selection, marks, and whatever somebody chose, with the reason."""
    asked = len(cells(table))
    told = [
        _data(table),
        "mean ± sample standard deviation over seeds (n seeds); labels changed: the share in fact.",
        f"Selection `{table.select}`: {SELECTION[table.select]}.",
    ]
    if table.select != "oracle":
        told.append("Bold: leads the next row by more than their pooled standard deviation.")
    if any("oracle" in metric for metric in (table.metric, *table.also)):
        told.append(
            "Metrics called oracle choose their threshold on the test labels: upper bounds, never results."
        )
    told += [
        f"*{name}*: of {', '.join(f'`{row}`' for row in rows)}, for each seed the one that is best **on the "
        "test labels**: an upper bound, never a result."
        for name, rows in table.oracle_of.items()
    ]
    told += _rows_apart(table, results)
    for row, settings in table.methods_with.items():
        told += [f"`{row}`: `{knob}` = {setting.value}: {setting.why}." for knob, setting in settings.items()]
    if table.plan:
        told.append("Plan: " + ", ".join(f"{name} {value}" for name, value in table.plan.items()) + ".")
    for row, own in table.plan_with.items():
        told += [f"`{row}`: plan {name} {setting.value}: {setting.why}." for name, setting in own.items()]
    if len(results) < asked:
        told.append(f"{MISSING} is missing or undefined: {len(results)} of {asked} trainings are here.")
    if stale:
        told.append(
            f"{stale} results were made under other settings than the table has now, and are left out."
        )
    return told


def _data(table: Table) -> str:
    said = f"Data: `{table.dataset}`" + (f", labels `{table.labels}`" if table.labels else "")
    if table.holdout is not None:
        said += f"; {table.holdout:.0%} of the rows, by a hash of their keys, are kept aside for testing"
    if table.test or table.test_split or table.test_labels:
        places = [f"`{table.test}`"] if table.test else []
        places += [f"split `{table.test_split}`"] if table.test_split else []
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


def sources(published: Iterable[Published]) -> list[str]:
    """Where the published numbers are from, numbered as beside them, and what differs there."""
    return [
        f"[{number}] {entry.source}. "
        + (f"{entry.claim} " if entry.claim else "")
        + f"Differs: {entry.differs}"
        for number, entry in enumerate(published, start=1)
    ]


def provenance(results: Sequence[Result]) -> str:
    """How many trainings, how long, when, by which versions; empty without results."""
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
