"""`bench pack`: the results of all seeds of a row and noise in one file."""

from pathlib import Path

from truemask.bench.cells import cells
from truemask.bench.results import pack
from truemask.bench.tables import read_table


def pack_table(name: str, results: Path) -> None:
    """Pack what is there of a table's results, and say how many files that saved."""
    table = read_table(name)
    moved = pack(results, cells(table))
    print(f"{results / table.name}: {moved} results moved into one file for each row and noise")
