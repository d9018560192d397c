"""What opening a data set gives: its splits by name, and where they came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from truemask.data.dataset import Dataset
from truemask.types import BadInput, Problem


@dataclass(frozen=True)
class Splits:
    """A data set: one `Dataset` per split, all of one problem.

    Args:
        name: of the data set; names seeds.
        format: a key of `FORMATS`: how it lies on disk, and how `write_dataset` writes it.
        splits: by name (`train`, `val`, `test`), or `all` alone where the source has none.
        path: the file or folder that was opened; None where nothing lies on disk.
    """

    name: str
    format: str
    splits: Mapping[str, Dataset]
    path: Path | None = None

    def __post_init__(self) -> None:
        if not self.splits:
            raise BadInput(f"{self.name}: a data set needs at least one split")

    @property
    def problem(self) -> Problem:
        """What is to be learned; the same for every split."""
        return next(iter(self.splits.values())).problem

    @property
    def default_train(self) -> str:
        """The split to train on, or to corrupt, when none is named: `train`, else `all`, else the first."""
        for name in ("train", "all"):
            if name in self.splits:
                return name
        return next(iter(self.splits))

    def split(self, name: str) -> Dataset:
        """The split of that name.

        Raises:
            BadInput: if there is none.
        """
        if name not in self.splits:
            raise BadInput(f"{self.name} has no split called {name!r}; there is: {', '.join(self.splits)}")
        return self.splits[name]
