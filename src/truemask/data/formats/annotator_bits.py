"""Binary masks by several annotators, packed into the bits of one file: x.png, x_crowd.png, x_gold.png.

Made for BU-BIL (Gurari et al., WACV 2015): `x_crowd.png` has a bit for each worker, `x_experts.png` one for
each expert that `index.csv` names, other files beside an image are single masks. It is no row of FORMATS: one
of several label sets is seen at a time, and none could be written back.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.image_file import channels_of, image_size, read_image, read_map
from truemask.data.splits import Splits
from truemask.types import BadInput, Labels, Problem, Task

CLASSES = ("background", "object")
CROWD, EXPERTS, INDEX = "crowd", "experts", "index.csv"
WORKERS = 7
"""Of the crowd, whose bits come first."""


@final
class BitMasks(Dataset):
    """The masks of one annotator, or a single one; rows are the images that have it.

    Args:
        files: image, file of the mask, and which bit of it counts; None: every value above 0.
    """

    def __init__(
        self, name: str, problem: Problem, keys: Sequence[str], files: Sequence[tuple[Path, Path, int | None]]
    ) -> None:
        self.name, self.split, self.problem, self.keys = name, "all", problem, keys
        self._files = files

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w c"."""
        return read_image(self._files[row][0], self.problem.channels)

    def labels(self, row: int) -> Labels:
        """The annotator's mask: 1 on the object.

        Raises:
            BadInput: if the mask is not of the image's size.
        """
        _, path, bit = self._files[row]
        values = read_map(path)
        if values.shape != self.size(row):
            raise BadInput(f"{path}: {values.shape} px; its image has {self.size(row)} px")
        return ((values > 0) if bit is None else (values >> bit & 1)).astype(np.uint8)

    def file(self, row: int) -> Path | None:
        """The image's file."""
        return self._files[row][0]

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, from the header."""
        return image_size(self._files[row][0])


def sniff(path: Path) -> bool:
    """Whether there is an index, and masks of a crowd beside images."""
    return path.is_dir() and (path / INDEX).is_file() and any(path.glob(f"*/*_{CROWD}.png"))


def open_annotator_bits(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The images with the masks of one annotator, or of a single mask, by its name.

    Raises:
        BadInput: no label set is named, or there is none of that name.
    """
    if task not in (None, Task.SEMANTIC):
        raise BadInput(f"{path}: masks of annotators open as semantic, not as {task}")
    sets = _label_sets(path)
    if labels is None or labels not in sets:
        said = "choose one" if labels is None else f"none is called {labels!r}"
        raise BadInput(f"{path} has labels of {len(sets)} annotators; {said}: {', '.join(sets)}")
    keys, files = zip(*sorted(sets[labels].items()), strict=True)
    name = f"{path.resolve().name}/{labels}"
    problem = Problem(Task.SEMANTIC, CLASSES, channels_of([file[0] for file in files]), background=0)
    return Splits(name, "annotator-bits", {"all": BitMasks(name, problem, keys, files)}, path)


def label_names(path: Path) -> list[str]:
    """Which label sets there are: `crowd-1` and on, the experts' names, and single masks such as `gold`."""
    return list(_label_sets(path))


def _label_sets(path: Path) -> Mapping[str, dict[str, tuple[Path, Path, int | None]]]:
    experts = _expert_names(path / INDEX)
    sets: dict[str, dict[str, tuple[Path, Path, int | None]]] = {}
    for mask in sorted(path.glob("*/*_*.png")):
        stem, _, kind = mask.stem.rpartition("_")
        image = mask.with_name(f"{stem}.png")
        if not image.is_file():
            continue
        key = f"{mask.parent.name}-{stem}"
        if kind == CROWD:
            bits = {f"{CROWD}-{bit + 1}": bit for bit in range(WORKERS)}
        elif kind == EXPERTS:
            bits = {name: bit for bit, name in enumerate(experts.get(key, ()))}
        else:
            sets.setdefault(kind, {})[key] = (image, mask, None)
            continue
        for name, bit in bits.items():
            sets.setdefault(name, {})[key] = (image, mask, bit)
    return dict(sorted(sets.items()))


def _expert_names(index: Path) -> dict[str, tuple[str, ...]]:
    """Which expert each bit is, by image; the index has an `id` and `expert_names` parted by |."""
    with index.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    missing = {"id", "expert_names"} - set(rows[0] if rows else ())
    if missing:
        raise BadInput(f"{index}: no column {', '.join(sorted(missing))}; an index of annotators has both")
    return {row["id"].replace("/", "-"): tuple(row["expert_names"].split("|")) for row in rows}
