"""Numbers for people: each with what it means; undefined is a dash."""

import math
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table as Grid


def print_numbers(title: str, values: Mapping[str, float], meaning: Callable[[str], str]) -> None:
    """Print a table of numbers, in the order given; then one of those that are a class's, `METRIC/CLASS`."""
    grid = Grid(title=title, title_justify="left")
    for column in ("metric", "value", "what it means"):
        grid.add_column(column, overflow="fold")
    for name, value in values.items():
        if "/" not in name:
            grid.add_row(name, _text(value), meaning(name))
    Console().print(grid)
    by_class = [name.partition("/")[::2] for name in values if "/" in name]
    if by_class:
        _print_classes(values, list(dict.fromkeys(metric for metric, _ in by_class)), by_class)


def _print_classes(
    values: Mapping[str, float], metrics: Sequence[str], by_class: Sequence[tuple[str, str]]
) -> None:
    grid = Grid("class", *metrics)
    for label in dict.fromkeys(label for _, label in by_class):
        grid.add_row(label, *(_text(values.get(f"{metric}/{label}", math.nan)) for metric in metrics))
    Console().print(grid)


def _text(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"
