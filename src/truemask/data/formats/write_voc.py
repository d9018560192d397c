"""Writing Pascal VOC: maps that did not change keep their file, new ones are PNG files with a palette."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from truemask.data.files import link_or_copy
from truemask.data.formats.class_maps import write_ids
from truemask.data.formats.class_object_maps import maps_of
from truemask.data.formats.colours import standard_palette
from truemask.data.formats.linked_folder import link_files, link_folder
from truemask.data.formats.source_file import file_name, put_image
from truemask.data.formats.voc import CLASSES, IMAGES, LISTS, OBJECTS, VocSplit
from truemask.data.formats.voc_classes import VOID, write_voc_classes
from truemask.data.image_file import is_colour, palette_of, write_map
from truemask.data.splits import Splits
from truemask.types import Instances, Labels, Task

_REST = ("Annotations", "ImageSets")
_TEXTS = (".txt", ".md", ".xml", ".json")


def write_voc(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of an opened VOC data set with new labels; maps that did not change keep their file.

    New label maps go to SegmentationClass/ and leave SegmentationObject/ as it is. New objects go to both:
    a pixel that is of no object any more becomes background, one that no object gained keeps its class.

    Raises:
        BadInput: if an image has more than 254 objects.
    """
    for split, labels in relabelled.items():
        data = source.splits[split]
        assert isinstance(data, VocSplit)
        for row, new in zip(range(len(data)), labels, strict=True):
            _write_labels(data, row, new, folder)
    # Only then, because an image may be in several lists: what was linked must not be written to.
    for data in source.splits.values():
        assert isinstance(data, VocSplit)
        root = data.files.root
        for image in data.files.images:
            _link(image, folder / IMAGES / image.name)
        for kind, paths in ((CLASSES, data.files.classes), (OBJECTS, data.files.objects)):
            for path in paths:
                if not (folder / kind / f"{path.stem}.png").exists():
                    _link(path, folder / kind / path.name)
        for name in _REST:
            link_folder(root / name, folder / name)
        if data.problem.task == Task.SEMANTIC:
            link_folder(root / OBJECTS, folder / OBJECTS)
        link_files(root, folder, _TEXTS)


def write_as_voc(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any semantic or instance data set in VOC's layout, with its standard colours.

    Other classes than VOC's stand in labelmap.txt. Of objects that overlap, small ones cover large ones;
    crowds become void. Boxes and ids are not kept.

    Raises:
        BadInput: if an image has more than 254 objects, or a class has a name for which there is no line.
    """
    table = write_voc_classes(folder, source.problem)
    palette = standard_palette()
    kinds = (CLASSES, OBJECTS) if source.problem.task == Task.INSTANCE else (CLASSES,)
    for kind in (IMAGES, LISTS, *kinds):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for split, data in source.splits.items():
        keys = []
        given = relabelled.get(split, map(data.labels, range(len(data))))
        for row, labels in zip(range(len(data)), given, strict=True):
            image = folder / IMAGES / file_name(data, row)
            put_image(data, row, image)
            keys.append(image.stem)
            target = folder / CLASSES / f"{image.stem}.png"
            if isinstance(labels, Instances):
                path = folder / OBJECTS / target.name
                values, ids = maps_of(labels, VOID, VOID - 1, image.stem, path)
                write_map(path, values.astype(np.uint8), palette)
            else:
                assert isinstance(labels, np.ndarray)
                ids = labels
            write_map(target, table.to_values(ids, target), palette)
        text = "".join(f"{key}\n" for key in keys)
        (folder / LISTS / f"{split}.txt").write_text(text, encoding="utf-8")


def _write_labels(data: VocSplit, row: int, labels: Labels, folder: Path) -> None:
    before = data.class_map(row)
    after = labels
    if isinstance(labels, Instances):
        after = _write_objects(data, row, labels, before, folder / OBJECTS)
    assert isinstance(after, np.ndarray)
    source = data.files.classes[row]
    if not np.array_equal(after, before):
        target = folder / CLASSES / f"{source.stem}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        write_ids(target, after, data.table, like=source)


def _write_objects(
    data: VocSplit, row: int, objects: Instances, classes: np.ndarray, folder: Path
) -> np.ndarray:
    """Write the map of objects if it changed; the map of classes that goes with it."""
    source, key = data.files.objects[row], data.keys[row]
    target = folder / f"{source.stem}.png"
    old = data.labels(row)
    assert isinstance(old, Instances)
    before, shown_before = maps_of(old, VOID, VOID - 1, key, source)
    after, shown_after = maps_of(objects, VOID, VOID - 1, key, target)
    if not np.array_equal(before, after):
        folder.mkdir(parents=True, exist_ok=True)
        palette = standard_palette() if is_colour(source) else palette_of(source)
        write_map(target, after.astype(np.uint8), palette)
    # Only what the new objects change: the file may say more about other pixels.
    changed: np.ndarray = np.where(shown_after != shown_before, shown_after, classes)
    return changed


def _link(source: Path, target: Path) -> None:
    if not target.exists():
        link_or_copy(source, target)
