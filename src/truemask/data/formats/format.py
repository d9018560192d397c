"""What FORMATS says about a format."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from truemask.data.dataset import Dataset
from truemask.data.splits import Splits
from truemask.types import Labels, Task

Write = Callable[[Splits, Mapping[str, Iterable[Labels]], Path], None]
"""Fills an empty folder with a data set whose splits have new labels, row by row, where some are given."""

LOSSES: Mapping[str, str] = {
    "splits": "which split an image is in",
    "keys": "the names of images, where they are no names of files",
    "numbers": "the names of images: they become numbers",
    "size": "images of different sizes, or of sizes that the format does not know",
    "colour": "colours: images are grey, or become coloured",
    "names": "the names of the classes",
    "ignore": "IGNORE",
    "empty": "images without objects",
    "order": "the order of an image's objects",
    "ids": "the ids of objects",
    "crowd": "which annotations stand for a crowd",
    "unknown": "objects of unknown class",
    "boxes": "boxes that differ from the tight one",
    "overlap": "what lies beneath another object",
    "blank": "objects without a pixel",
    "classes": "the classes of objects: they are objects of one class",
    "polygon": "pixels: masks become outlines",
}
"""Kinds of loss by name, and what is gone. "Not held" is another matter: such labels are refused."""


@dataclass(frozen=True)
class Format:
    """A way for a data set to lie on disk.

    Args:
        looks_like: what there is to see, for people whose data set was not recognised.
        tasks: which labels it can hold.
        sniff: whether a path looks like it; cheap, and raises nothing.
        open: the data set at a path, given which labels and which task are meant.
        rows: the class of its splits, which `write` relies on.
        write: a copy of a data set that was opened in this format, with new labels, all else linked.
        write_as: any data set of one of the tasks in this format.
        loses: what `write_as` cannot keep, out of LOSSES; what is not named comes back equal.
        polygons: masks are written as outlines alone; `polygons.polygon_loss` measures what that costs.
    """

    looks_like: str
    tasks: frozenset[Task]
    sniff: Callable[[Path], bool]
    open: Callable[[Path, str | None, Task | None], Splits]
    rows: type[Dataset]
    write: Write
    write_as: Write
    loses: frozenset[str] = frozenset()
    polygons: bool = False

    def __post_init__(self) -> None:
        assert self.loses <= LOSSES.keys(), self.loses - LOSSES.keys()
