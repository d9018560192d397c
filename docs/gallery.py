"""The pictures of the noise gallery, all of the same photo: python -m docs.gallery [NAME ...]."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from truemask.bench.galleries import corrupted_set
from truemask.data import Subset, open_dataset
from truemask.data.dataset import Dataset
from truemask.data.views import AsSemantic
from truemask.files import write_whole
from truemask.noise import EVERY_NOISE, changes, corrupt, parse
from truemask.report.drawing import rim, tint
from truemask.report.layout import grid, stacked
from truemask.report.palette import ADDED
from truemask.report.pictures import Picture, changes_picture, overlay
from truemask.types import Labels, Task

PICTURES = Path(__file__).parent / "pictures" / "noises"
PHOTO, ROW, ZOOM = "scenes:train=40,val=1,test=1,size=128", 34, 2
DIGITS, DIGITS_ROWS, SHOWN, COLUMNS, DIGITS_ZOOM = "digits", 400, 20, 10, 9


def _row(true: int) -> str:
    """Two objects in three keep their class, the others go to the seven other ones alike."""
    return "".join("/0.65" if given == true else "/0.05" for given in range(8))


SHOWN_AS: Mapping[str, str] = {
    "matrix": "matrix:1" + "/0" * 8 + "".join(f";0{_row(i)}" for i in range(8)),
    "open-set": "open-set:0.4,from=scenes",
    "cross-domain": "cross-domain:0.3,from=organelles",
}
"""Specs for noises whose example is for other classes, or would not be seen."""
STRIP = (
    ("flip", "dilate", "markov", "jitter", "box", "coarse"),
    ("miss", "split", "spurious", "misclassify", "holes", "annotator"),
)
"""Shown together in the README, row by row."""
_SEEDS = 50
_COLOURS = 96
"""Of a picture: flat fills need few, and a page of fifty pictures should load at once."""


def main(*names: str) -> None:
    """Draw the noises named, or all of them and the photo as it was labelled."""
    photo = open_dataset(PHOTO).split("train")
    digits = Subset(open_dataset(DIGITS).split("train"), range(DIGITS_ROWS))
    views: dict[Task, Dataset] = {Task.SEMANTIC: AsSemantic(photo), Task.INSTANCE: photo}
    if not names:
        truth = [overlay(one.image(ROW), one.labels(ROW), one.problem, zoom=ZOOM) for one in views.values()]
        _save(grid([truth], column_titles=["label map", "objects"]), "none")
        _save(_strip(views[Task.SEMANTIC]), "strip")
    for name in names or EVERY_NOISE:
        of_photo = [view for task, view in views.items() if task in EVERY_NOISE[name].tasks]
        _save(_of_photo(name, of_photo) if of_photo else _of_digits(name, digits), name)


def spec_of(name: str) -> str:
    """What a noise is shown with."""
    return SHOWN_AS.get(name, EVERY_NOISE[name].example)


def _strip(view: Dataset) -> Picture:
    """Some noises side by side, each under its name."""
    rows = []
    for names in STRIP:
        cells = [
            overlay(view.image(ROW), labels, view.problem, zoom=ZOOM)
            for labels in (_changed(name, view) for name in names)
            if labels is not None
        ]
        rows.append(grid([cells], column_titles=names))
    return stacked(rows, margin_px=0)


def _of_photo(name: str, views: Sequence[Dataset]) -> Picture:
    """The noisy labels of the photo and what was changed: as a label map, as objects, or both."""
    cells, titles = [], []
    for view in views:
        image, before = view.image(ROW), view.labels(ROW)
        after = _changed(name, view)
        if after is None:  # such as two regions of one class that touch: in a map they were one before
            continue
        cells.append(overlay(image, after, view.problem, zoom=ZOOM))
        cells.append(changes_picture(image, before, after, view.problem, zoom=ZOOM))
        kind = "label map" if view.problem.task == Task.SEMANTIC else "objects"
        titles += [f"{kind}, noisy", f"{kind}, what changed"]
    return grid([cells], column_titles=titles)


def _changed(name: str, view: Dataset) -> Labels | None:
    """The noisy labels under the first seed that changes any of them."""
    before, key = view.labels(ROW), view.keys[ROW]
    for seed in range(_SEEDS):
        after = corrupt(before, parse(spec_of(name)), problem=view.problem, seed=seed, key=key)
        if len(changes(before, after, key, view.problem)):
            return after
    return None


def _of_digits(name: str, digits: Dataset) -> Picture:
    """Images with the class that they came to bear; those from elsewhere, and copies, framed."""
    noisy, ledger = corrupted_set(digits, parse(spec_of(name)), seed=1)
    rows = {key: row for row, key in enumerate(digits.keys)}
    cells = []
    for row in range(SHOWN):
        true = digits.labels(rows[ledger.after.origins[row]])
        foreign = ledger.after.donors[row] is not None
        given = noisy.labels(row)
        image = noisy.image(row)
        cell = (
            _framed(overlay(image, given, digits.problem, zoom=DIGITS_ZOOM))
            if foreign
            else changes_picture(image, true, given, digits.problem, zoom=DIGITS_ZOOM)
        )
        is_copy = ledger.after.keys[row] not in rows
        cells.append(_framed(cell) if is_copy else cell)
    return grid([cells[at : at + COLUMNS] for at in range(0, SHOWN, COLUMNS)])


def _framed(cell: Picture) -> Picture:
    tint(cell, rim(np.pad(np.ones((cell.shape[0] - 2, cell.shape[1] - 2), bool), 1), 3), ADDED, 1)
    return cell


def _save(picture: Picture, name: str) -> None:
    flat = Image.fromarray(picture).quantize(_COLOURS, dither=Image.Dither.NONE)
    write_whole(PICTURES / f"{name}.png", lambda fresh: flat.save(fresh, format="PNG", optimize=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
