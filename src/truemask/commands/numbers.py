"""Numbers for people: each with what it means; undefined is a dash."""

import math
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table as Grid


def print_numbers(title: str, values: Mapping[str, float], meaning: Callable[[str], str]) -> None:
    """Print a table of numbers, in the order given."""
    grid = Grid(title=title, title_justify="left")
    for column in ("metric", "value", "what it means"):
        grid.add_column(column, overflow="fold")
    for name, value in values.items():
        grid.add_row(name, "-" if math.isnan(value) else f"{value:.4f}", meaning(name))
    Console().print(grid)
