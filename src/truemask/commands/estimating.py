"""`noise estimate`: how two label sets of the same images differ, and a spec of noise that is like it."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as Grid

from truemask.bench.sources import Source
from truemask.data.dataset import Dataset
from truemask.files import write_json, write_text
from truemask.noise.twin import Tally, report_of
from truemask.progress import watch
from truemask.types import BadInput

ESTIMATE, SPEC = "estimate.json", "spec.txt"
_MOST_PAIRS = 20
"""Mix-ups that are printed; the file has all."""


def estimate(noisy: Source, clean: Source, out: Path | None, *, show: bool) -> dict[str, Any]:
    """Compare the images that both have, print tables, and write the numbers and the spec.

    Raises:
        BadInput: if the two are not labels of one problem, or share no image.
    """
    given, true = noisy.to_train(), clean.to_train()
    rows = rows_of_both(given, true)
    tally = Tally(true.problem)
    for given_row, true_row, key in watch(f"compare with {true.name}", rows, len(rows), show=show):
        tally.add(given.labels(given_row), true.labels(true_row), key)
    report = {"noisy": given.name, "clean": true.name} | report_of(tally)
    print_estimate(report)
    if out is not None:
        write_text(out / SPEC, report["spec"] + "\n")
        write_json(out / ESTIMATE, report)
        print(
            f"{out}: {ESTIMATE} has every number; to make such labels: "
            f'truemask corrupt {clean.where} "$(cat {out / SPEC})" OUT'
        )
    return report


def print_estimate(report: dict[str, Any]) -> None:
    """Print what was measured: kinds, classes, sizes, mix-ups, outlines, the spec."""
    console = Console()
    print(f"{report['images']:,} images of both; {report['differ']:,} of them differ")
    if "kinds" in report:
        grid = Grid(title="what became of the true segments, and what was added", title_justify="left")
        grid.add_column("")
        seen = [kind for kind, pair in report["kinds"].items() if pair["count"]]
        for kind in seen:
            grid.add_column(kind, justify="right")
        grid.add_row("all", *_cells(report["kinds"], seen), style="bold", end_section=True)
        for size, pairs in report["by_size"].items():
            # Wrong classes are not counted by size.
            grid.add_row(size, *_cells({**pairs, "wrong class": {"count": 0, "of": 0}}, seen))
        grid.add_section()
        for label, pairs in report["by_class"].items():
            grid.add_row(label, *_cells(pairs, seen))
        console.print(grid)
        _print_outlines(report["outlines"], report["swaps"])
    _print_mix_ups(console, report["classes"], report["confused"])
    print("noise like it:")
    print(report["spec"])


def _cells(pairs: dict[str, dict[str, int]], kinds: list[str]) -> list[str]:
    shown = [pairs[kind] for kind in kinds]
    return [f"{pair['count']:,} ({pair['count'] / pair['of']:.1%})" if pair["of"] else "-" for pair in shown]


def _print_outlines(found: dict[str, Any], swaps: int) -> None:
    if swaps:
        print(f"{swaps:,} pairs of segments have each other's class")
    if found["redrawn"]:
        print(
            f"outlines: {found['redrawn']:,} of {found['compared']:,} redrawn; bias {found['bias_px']:+.2f} "
            f"px (too large: +), from thing to thing {found['bias_sd_px']:.2f} px, jitter "
            f"{found['jitter_px']:.2f} px"
        )
    elif found["compared"]:
        print(f"outlines: none of {found['compared']:,} redrawn")


def _print_mix_ups(console: Console, classes: list[str], confused: list[list[int]]) -> None:
    pairs = sorted(
        (-count, true, given, count / sum(row))
        for true, row in enumerate(confused)
        for given, count in enumerate(row)
        if count and true != given
    )
    if not pairs:
        return
    grid = Grid(title="classes taken for others", title_justify="left")
    for column in ("true", "given as", "times", "of that class"):
        grid.add_column(column, justify="right" if column in ("times", "of that class") else "left")
    for count, true, given, share in pairs[:_MOST_PAIRS]:
        grid.add_row(classes[true], classes[given], f"{-count:,}", f"{share:.1%}")
    if len(pairs) > _MOST_PAIRS:
        grid.caption = f"and {len(pairs) - _MOST_PAIRS:,} rarer ones"
    console.print(grid)


def rows_of_both(noisy: Dataset, clean: Dataset) -> list[tuple[int, int, str]]:
    """Row of the noisy set, row of the clean one and key of every image that both have.

    Raises:
        BadInput: if the two are not labels of one problem, or share no image.
    """
    if noisy.problem.task != clean.problem.task or noisy.problem.classes != clean.problem.classes:
        raise BadInput(
            f"{noisy.name} has {noisy.problem.task} labels of {len(noisy.problem.classes)} classes, "
            f"{clean.name} {clean.problem.task} ones of {len(clean.problem.classes)}; "
            f"{_first_difference(noisy.problem.classes, clean.problem.classes)}"
            f"only labels of one problem can be compared"
        )
    places = {key: row for row, key in enumerate(noisy.keys)}
    rows = [(places[key], row, key) for row, key in enumerate(clean.keys) if key in places]
    if not rows:
        raise BadInput(
            f"{noisy.name} ({noisy.split}) and {clean.name} ({clean.split}) have no image in common: images "
            f"are matched by name, here {noisy.keys[0] if len(noisy) else 'none'!r} and "
            f"{clean.keys[0] if len(clean) else 'none'!r}"
        )
    return rows


def _first_difference(noisy: tuple[str, ...], clean: tuple[str, ...]) -> str:
    for place, (one, other) in enumerate(zip(noisy, clean, strict=False)):
        if one != other:
            return f"class {place} is {one!r} and {other!r}; "
    return ""
