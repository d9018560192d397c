"""The pictures of the noise gallery, all of the same photo: python -m docs.gallery [NAME ...]."""

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from truemask.data import open_dataset
from truemask.data.dataset import Dataset
from truemask.data.views import AsSemantic
from truemask.files import write_whole
from truemask.noise import NOISES, changes, corrupt, parse
from truemask.report.layout import grid
from truemask.report.pictures import Picture, changes_picture, overlay
from truemask.types import Labels, Task

PICTURES = Path(__file__).parent / "pictures" / "noises"
PHOTO, ROW, ZOOM = "scenes:train=40,val=1,test=1,size=128", 34, 2
DIGITS, SHOWN, COLUMNS = "digits", 24, 8
_SEEDS = 50
_COLOURS = 96
"""Of a picture: flat fills need few, and a page of fifty pictures should load at once."""


def main(*names: str) -> None:
    """Draw the noises named, or all of them and the photo as it was labelled."""
    photo = open_dataset(PHOTO).split("train")
    digits = open_dataset(DIGITS).split("train")
    views: dict[Task, Dataset] = {Task.SEMANTIC: AsSemantic(photo), Task.INSTANCE: photo}
    if not names:
        cells = [
            overlay(view.image(ROW), view.labels(ROW), view.problem, zoom=ZOOM) for view in views.values()
        ]
        _save(grid([cells], column_titles=["label map", "objects"]), "none")
    for name in names or NOISES:
        of_photo = [view for task, view in views.items() if task in NOISES[name].tasks]
        picture = _of_photo(name, of_photo) if of_photo else _of_digits(name, digits)
        _save(picture, name)


def picture_of(name: str) -> Path:
    """Where the picture of a noise lies."""
    return PICTURES / f"{name}.png"


def _of_photo(name: str, views: Sequence[Dataset]) -> Picture:
    """The noisy labels of the photo and what was changed: as a label map, as objects, or both."""
    cells, titles = [], []
    for view in views:
        image, before = view.image(ROW), view.labels(ROW)
        after = _changed(name, view, ROW)
        cells.append(overlay(image, after, view.problem, zoom=ZOOM))
        cells.append(changes_picture(image, before, after, view.problem, zoom=ZOOM))
        kind = "label map" if view.problem.task == Task.SEMANTIC else "objects"
        titles += [f"{kind}, noisy", f"{kind}, what changed"]
    return grid([cells], column_titles=titles)


def _of_digits(name: str, digits: Dataset) -> Picture:
    """Images with their noisy classes."""
    cells = [
        changes_picture(
            digits.image(row), digits.labels(row), _changed(name, digits, row, 1), digits.problem, zoom=12
        )
        for row in range(SHOWN)
    ]
    return grid([cells[at : at + COLUMNS] for at in range(0, SHOWN, COLUMNS)])


def _changed(name: str, view: Dataset, row: int, seeds: int = _SEEDS) -> Labels:
    """The labels with the noise's example, under the first seed that changes any of them."""
    before, spec = view.labels(row), parse(NOISES[name].example)
    for seed in range(seeds):
        after = corrupt(before, spec, problem=view.problem, seed=seed, key=view.keys[row])
        if len(changes(before, after, view.keys[row], view.problem)):
            return after
    return after


def _save(picture: Picture, name: str) -> None:
    flat = Image.fromarray(picture).quantize(_COLOURS, dither=Image.Dither.NONE)
    write_whole(picture_of(name), lambda fresh: flat.save(fresh, format="PNG", optimize=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
