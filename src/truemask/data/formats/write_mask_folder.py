"""Writing mask folders: new label maps, everything else linked as it is."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from truemask.data.files import link_or_copy
from truemask.data.formats.class_file import CLASS_FILES, ClassTable, write_class_table
from truemask.data.formats.class_maps import read_ids, write_ids
from truemask.data.formats.colours import COLOUR_FILES
from truemask.data.formats.id_maps import to_map
from truemask.data.formats.mask_folder import IMAGES, LABELS, MaskFolder, whole_of
from truemask.data.formats.source_file import file_name, put_image
from truemask.data.image_file import read_map, write_map
from truemask.data.splits import Splits
from truemask.types import Instances, Labels, Task


def write_mask_folder(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of an opened mask folder with new labels; labels that did not change keep their file.

    The labels go to `labels/`, whatever their folder was called, with the class file of the source.
    """
    for split, data in source.splits.items():
        assert isinstance(data, MaskFolder)
        home = folder / split if split != "all" else folder
        for image in (*data.files.images, *data.files.unlabelled):
            link_or_copy(image, home / IMAGES / image.name)
        (home / LABELS).mkdir(parents=True, exist_ok=True)
        if split in relabelled:
            for row, labels in zip(range(len(data)), relabelled[split], strict=True):
                _write_labels(data, row, labels, home / LABELS)
        else:
            for path in data.files.labels:
                link_or_copy(path, home / LABELS / path.name)
        _write_classes(data, folder)


def write_as_mask_folder(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any semantic data set as a mask folder: ids as values, IGNORE as 255, classes in meta.json."""
    for split, data in source.splits.items():
        home = folder / split if split != "all" else folder
        for kind in (IMAGES, LABELS):
            (home / kind).mkdir(parents=True, exist_ok=True)
        rows = range(len(data))
        given = relabelled.get(split, map(data.labels, rows))
        for row, labels in zip(rows, given, strict=True):
            assert isinstance(labels, np.ndarray)
            image = home / IMAGES / file_name(data, row)
            put_image(data, row, image)
            write_map(home / LABELS / f"{image.stem}.png", labels)
    names = source.problem.classes
    write_class_table(folder, ClassTable(names, tuple(range(len(names))), task=Task.SEMANTIC))


def _write_labels(data: MaskFolder, row: int, labels: Labels, folder: Path) -> None:
    source = data.files.labels[row]
    target = folder / f"{source.stem}.png"
    if isinstance(labels, Instances):
        values = to_map(labels, data.keys[row], data.table.ignore, target)
        if np.array_equal(values, read_map(source)):
            link_or_copy(source, folder / source.name)
        else:
            write_map(target, values)
        return
    assert isinstance(labels, np.ndarray)
    if np.array_equal(labels, read_ids(source, data.table)):
        link_or_copy(source, folder / source.name)
    else:
        write_ids(target, labels, data.table, like=source)


def _write_classes(data: MaskFolder, folder: Path) -> None:
    """The source's class files, or one that says what was read without one."""
    whole = whole_of(data.files.home)
    said = [whole / name for name in (*CLASS_FILES, *COLOUR_FILES) if (whole / name).is_file()]
    if not said:
        write_class_table(folder, data.table)
    for path in said:
        if not (folder / path.name).exists():
            link_or_copy(path, folder / path.name)
