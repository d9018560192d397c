"""`data get`: a published data set from its owners, and what came."""

from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from truemask.data.download import DOWNLOADS, get


def get_dataset(
    name: str | None, out: Path | None, taken_from: Path | None, *, checked: bool, show: bool
) -> None:
    """Download, unpack and open a data set, and print what it holds; without a name, what there is.

    Raises:
        BadInput: if there is no such name, a file cannot be had or is another, or a login is needed.
    """
    if name is None:
        _print_downloads()
        return
    splits = get(name, out or Path(name), taken_from=taken_from, checked=checked, show=show)
    counts = ", ".join(f"{split} {len(data)}" for split, data in splits.splits.items())
    problem = splits.problem
    print(
        f"{splits.path}: {name} as {splits.format}, {problem.task}, {problem.num_classes} classes: {counts}"
    )


def _print_downloads() -> None:
    grid = Grid(title="truemask data get NAME", title_justify="left")
    for column in ("name", "what it is", "to download", "checked by"):
        grid.add_column(column, overflow="fold")
    for name, source in DOWNLOADS.items():
        sizes = [archive.size for archive in source.archives]
        known = sum(size or 0 for size in sizes)
        total = f"{known / 1e9:,.2f} GB" + " and more" * (None in sizes) if known else "-"
        kinds = sorted({(a.checksum or "size or CRC").partition(":")[0] for a in source.archives})
        grid.add_row(
            name, source.what, total + "; by login" * bool(source.login), source.checked or ", ".join(kinds)
        )
    Console().print(grid)
