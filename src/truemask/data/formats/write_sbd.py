"""Writing the layout of SBD: MATLAB files that did not change are linked, others keep their other fields."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from truemask.data.files import link_or_copy
from truemask.data.formats.class_object_maps import maps_of
from truemask.data.formats.linked_folder import link_files, link_folder
from truemask.data.formats.sbd import (
    CLASSES,
    HOME,
    IMAGES,
    OBJECTS,
    STRUCTS,
    SbdSplit,
    read_struct,
    segmentation_of,
)
from truemask.data.formats.source_file import file_name, put_image
from truemask.data.formats.voc_classes import write_voc_classes
from truemask.data.splits import Splits
from truemask.types import IGNORE, Instances, Labels

_MOST_OBJECTS = 2**16 - 1


def write_sbd(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of an opened SBD data set with new labels; files that did not change are linked.

    New label maps go to cls/ and leave inst/ as it is. New objects go to both: pixels that are of no object
    any more become background. Boundaries stay as they were.
    """
    for split, labels in relabelled.items():
        data = source.splits[split]
        assert isinstance(data, SbdSplit)
        for row, new in zip(range(len(data)), labels, strict=True):
            _write_labels(data, row, new, folder / HOME)
    # Only then, because an image may be in several lists: what was linked must not be written to.
    for data in source.splits.values():
        assert isinstance(data, SbdSplit)
        for image in data.files.images:
            if not (folder / HOME / IMAGES / image.name).exists():
                link_or_copy(image, folder / HOME / IMAGES / image.name)
        for kind in (CLASSES, OBJECTS):
            link_folder(data.files.home / kind, folder / HOME / kind)
        link_files(data.files.home, folder / HOME, (".txt",))


def write_as_sbd(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any semantic or instance data set in the layout of SBD.

    Other classes than VOC's stand in labelmap.txt. Of objects that overlap, small ones cover large ones;
    crowds are left out. Boxes and ids are not kept. Boundaries are not written.
    """
    home = folder / HOME
    for kind in (IMAGES, CLASSES, OBJECTS):
        (home / kind).mkdir(parents=True, exist_ok=True)
    write_voc_classes(home, source.problem)
    for split, data in source.splits.items():
        keys = []
        given = relabelled.get(split, map(data.labels, range(len(data))))
        for row, labels in zip(range(len(data)), given, strict=True):
            image = home / IMAGES / file_name(data, row)
            put_image(data, row, image)
            keys.append(image.stem)
            name = f"{image.stem}.mat"
            if isinstance(labels, Instances):
                values, classes = maps_of(labels, None, _MOST_OBJECTS, image.stem, home / OBJECTS / name)
                held = {"Segmentation": _narrow(values), "Categories": _categories(values, classes)}
                _write_struct(home / OBJECTS / name, OBJECTS, held)
            else:
                assert isinstance(labels, np.ndarray)
                classes = labels
            present = _present(classes)
            _write_struct(
                home / CLASSES / name, CLASSES, {"Segmentation": classes, "CategoriesPresent": present}
            )
        (home / f"{split}.txt").write_text("".join(f"{key}\n" for key in keys), encoding="utf-8")


def _write_labels(data: SbdSplit, row: int, labels: Labels, home: Path) -> None:
    before = data.labels(row)
    if not isinstance(labels, Instances):
        assert isinstance(labels, np.ndarray)
        assert isinstance(before, np.ndarray)
        if not np.array_equal(labels, before):
            target = home / CLASSES / f"{data.keys[row]}.mat"
            _write_classes(data, row, data.table.to_values(labels, target), target)
        return
    assert isinstance(before, Instances)
    key, target = data.keys[row], home / OBJECTS / f"{data.keys[row]}.mat"
    old, shown_before = maps_of(before, None, _MOST_OBJECTS, key, target)
    new, shown = maps_of(labels, None, _MOST_OBJECTS, key, target)
    if np.array_equal(old, new) and np.array_equal(shown_before, shown):
        return
    values = data.table.to_values(shown, target)
    held = read_struct(data.files.mat(OBJECTS, row), OBJECTS)
    held |= {"Segmentation": _narrow(new), "Categories": _categories(new, values, held["Categories"])}
    _write_struct(target, OBJECTS, held)
    source = data.files.mat(CLASSES, row)
    if source.is_file():
        classes = segmentation_of(read_struct(source, CLASSES), source)
        changed = np.where(shown != shown_before, values, classes)
        if not np.array_equal(changed, classes):
            _write_classes(data, row, changed, home / CLASSES / target.name)


def _write_classes(data: SbdSplit, row: int, values: np.ndarray, target: Path) -> None:
    held = read_struct(data.files.mat(CLASSES, row), CLASSES)
    held |= {"Segmentation": _narrow(values)}
    if "CategoriesPresent" in held:
        held |= {"CategoriesPresent": _present(values)}
    _write_struct(target, CLASSES, held)


def _categories(values: np.ndarray, classes: np.ndarray, before: np.ndarray | None = None) -> np.ndarray:
    """The class of each object's number, as a column; numbers that are not used keep what they had."""
    shown, first = np.unique(values, return_index=True)
    kept = np.zeros(0) if before is None else before.ravel()
    column = np.full(max(int(shown.max(initial=0)), len(kept)), IGNORE, dtype=np.uint16)
    column[: len(kept)] = kept
    column[shown[shown > 0] - 1] = classes.ravel()[first[shown > 0]]
    return _narrow(column[:, None])


def _present(classes: np.ndarray) -> np.ndarray:
    found = np.unique(classes)
    column: np.ndarray = found[(found != 0) & (found != IGNORE)].astype(np.uint8)[:, None]
    return column


def _narrow(values: np.ndarray) -> np.ndarray:
    narrow: np.ndarray = values.astype(np.uint8 if values.max(initial=0) < 256 else np.uint16)
    return narrow


def _write_struct(path: Path, kind: str, held: Mapping[str, Any]) -> None:
    from scipy.io import savemat  # late: it takes a quarter of a second to import

    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {STRUCTS[kind]: dict(held)}, do_compression=True)
