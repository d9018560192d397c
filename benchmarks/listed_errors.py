"""Errors that people found in published labels, and listed: where, and of what kind."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from faster_coco_eval import mask as coco_mask

from truemask.data.dataset import Dataset
from truemask.data.formats.id_maps import first_id
from truemask.types import Instances

OUTLINES = ("boundary_over", "boundary_under", "shifted")
ALIKE: dict[str, tuple[str, ...]] = {
    "missing": ("missing",),
    "spurious": ("spurious", "duplicate"),
    "swapped": ("swapped",),
    "merged": ("merged",),
    "split": ("split",),
    "hole": ("hole",),
    "outline": OUTLINES,
}
"""Kinds of listed errors, and the kinds of findings that say so."""
_NUCLEI = {"boundary": "outline", "reshape": "outline", "oversplit": "split"}
_CARPARTS = {"class": "swapped", "boundary": "outline", "gross-boundary": "outline"}
"""What the lists call kinds, where they call them otherwise."""


@dataclass(frozen=True)
class Listed:
    """An error.

    Args:
        image: key.
        kind: see ALIKE.
        code: COCO run-length code of the given objects that are wrong, or of the one that is missing.
    """

    image: str
    kind: str
    code: bytes


def of_nuclei(folder: Path, given: Dataset, fixed: Dataset) -> list[Listed]:
    """The errors of nuclei-dsb2018, whose lists name objects by their values in the maps."""
    errors = []
    for row in _rows(folder / "events.csv"):
        before = row["orig_ids"]
        objects = _objects(given if before else fixed, row["image"])
        values = (objects.ids - first_id(row["image"])).tolist()
        named = [values.index(int(value)) for value in (before or row["fixed_ids"]).split(";")]
        errors.append(Listed(row["image"], _NUCLEI.get(row["type"], row["type"]), union(objects, named)))
    return errors


def of_carparts(folder: Path, given: Dataset, fixed: Dataset) -> list[Listed]:
    """The errors of carparts, whose lists name objects by their place in the image's list."""
    errors = []
    for row in _rows(folder / "events_v1_v2.csv"):
        key = Path(row["image"]).stem
        objects = _objects(given if row["a_idx"] else fixed, key)
        place = int(row["a_idx"] or row["b_idx"])
        errors.append(Listed(key, _CARPARTS.get(row["type"], row["type"]), objects.masks[place]))
    return errors


def removed_images(folder: Path) -> frozenset[str]:
    """Keys of nuclei's images that were taken out, because nothing can be learnt from their labels."""
    rows = _rows(folder / "images.csv")
    return frozenset(row["image"] for row in rows if row["removed_from_fixed"] == "1")


def union(objects: Instances, rows: Iterable[int]) -> bytes:
    """The code of several objects as one."""
    height, width = objects.size
    codes = [{"size": [height, width], "counts": objects.masks[row]} for row in rows]
    return bytes(coco_mask.merge(codes)["counts"])


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as lines:
        return [*csv.DictReader(lines)]


def _objects(dataset: Dataset, key: str) -> Instances:
    labels = dataset.labels([*dataset.keys].index(key))
    assert isinstance(labels, Instances)
    return labels
