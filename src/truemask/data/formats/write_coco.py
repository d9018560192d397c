"""Writing COCO files: annotations that did not change are carried over value by value."""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import TextIO

import numpy as np

from truemask import rle
from truemask.data.dataset import Dataset
from truemask.data.files import link_or_copy
from truemask.data.formats.coco import ANNOTATIONS, IMAGES, INSTANCES, CocoSplit
from truemask.data.formats.coco_annotations import Entry
from truemask.data.formats.coco_file import HOLDS
from truemask.data.formats.json_stream import Kind, Piece, encoding_of, pieces
from truemask.data.formats.source_file import file_name, put_image
from truemask.data.splits import Splits
from truemask.types import IGNORE, BadInput, Instances, Labels


def write_coco(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of an opened COCO file or folder with new objects.

    An annotation is known by its id. One whose class, mask and box are as they were stays as it is; one that
    changed keeps its other fields; one that is gone is left out; new ones come at the end.
    """
    for split, data in source.splits.items():
        assert isinstance(data, CocoSplit)
        for name in data.columns.file_names:
            link_or_copy(data.images / name, folder / data.images.relative_to(data.root) / name)
        target = folder / data.columns.path.relative_to(data.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        if split in relabelled:
            _write_relabelled(data, relabelled[split], target)
        else:
            link_or_copy(data.columns.path, target)


def write_as_coco(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any instance data set in COCO's layout: category ids are class ids, image ids count from 1."""
    categories = [{"id": i, "name": name} for i, name in enumerate(source.problem.classes) if i]
    for split, data in source.splits.items():
        stem = INSTANCES if split == "all" else f"{ANNOTATIONS}/{INSTANCES}_{split}"
        path = folder / f"{stem}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        given = relabelled.get(split, map(data.labels, range(len(data))))
        with path.open("w", encoding="utf-8") as stream:
            stream.write('{"annotations": [')
            images = _write_rows(data, given, folder / (IMAGES if split == "all" else split), stream)
            stream.write(f'], "images": {json.dumps(images)}, "categories": {json.dumps(categories)}}}')


def _write_rows(data: Dataset, given: Iterable[Labels], images: Path, stream: TextIO) -> list[Entry]:
    """Put the images in their folder and the annotations into the stream; the entries of the images."""
    entries: list[Entry] = []
    ids = array("q")
    for row, objects in zip(range(len(data)), given, strict=True):
        assert isinstance(objects, Instances)
        name = file_name(data, row)
        put_image(data, row, images / name)
        height, width = objects.size
        entries.append({"id": row + 1, "file_name": name, "height": height, "width": width})
        for i in range(len(objects)):
            annotation = _annotation(objects, i, row + 1, range(256)) | {"bbox": _xywh(objects.boxes[i])}
            stream.write(", " * bool(ids) + json.dumps(annotation))
            ids.append(int(objects.ids[i]))
    if len(np.unique(ids)) < len(ids):
        raise BadInput(f"{data.name}, {data.split}: two objects have one id; in a COCO file they differ")
    return entries


def _write_relabelled(data: CocoSplit, given: Iterable[Labels], target: Path) -> None:
    """The file with the objects of each image as given; what did not change stays to the byte."""
    category_ids = (0, *data.columns.category_ids)
    edits: dict[int, Entry] = {}
    gone: set[int] = set()
    added: list[Entry] = []
    for row, after in zip(range(len(data)), given, strict=True):
        before = data.columns.objects(row)
        assert isinstance(after, Instances)
        old = {int(i): position for position, i in enumerate(before.ids)}
        gone |= old.keys() - set(after.ids.tolist())
        for i, id_ in enumerate(after.ids.tolist()):
            if id_ not in old:
                added.append(_annotation(after, i, int(data.columns.image_ids[row]), category_ids))
            elif edit := _edit(before, old[id_], after, i, category_ids):
                edits[id_] = edit
    _check_ids(data, gone, added)
    path = data.columns.path
    with target.open("w", encoding=encoding_of(path), errors="surrogatepass", newline="") as stream:
        for text in _edited(pieces(path, HOLDS), edits, gone, added):
            stream.write(text)


def _edited(
    file: Iterable[Piece], edits: Mapping[int, Entry], gone: Set[int], added: Sequence[Entry]
) -> Iterator[str]:
    """The file's text with some annotations changed, without others, and with new ones at the end."""
    left, between = 0, ", "  # annotations so far, and what stands between two of them
    for kind, key, value, lead, text in file:
        if key != ANNOTATIONS or kind not in {Kind.ENTRY, Kind.CLOSE}:
            yield lead + text
        elif kind == Kind.CLOSE:
            for i, entry in enumerate(added, start=left):
                yield between * (i > 0) + json.dumps(entry)
            yield text
        else:
            between = lead if "," in lead else between
            if value["id"] in gone:
                continue
            yield lead if left else lead.replace(",", "", 1)  # the first of the list may be gone
            yield json.dumps({**value, **edits[value["id"]]}) if value["id"] in edits else text
            left += 1


def _edit(before: Instances, i: int, after: Instances, j: int, category_ids: Sequence[int]) -> Entry:
    """The fields of an annotation that an object's change concerns."""
    edit: Entry = {}
    if before.classes[i] != after.classes[j]:
        edit.update(_class_fields(int(after.classes[j]), category_ids))
        if before.classes[i] == IGNORE:
            edit["ignore"] = 0
    if before.crowd[i] != after.crowd[j]:
        edit["iscrowd"] = int(after.crowd[j])
    if not _same_mask(before, i, after, j):
        edit.update(_mask_fields(after, j))
    elif not np.array_equal(before.boxes[i], after.boxes[j]):
        edit["bbox"] = _xywh(after.boxes[j])
    return edit


def _same_mask(before: Instances, i: int, after: Instances, j: int) -> bool:
    if before.masks[i] == after.masks[j]:
        return True
    # One mask has many codes: what counts is the pixels.
    old, new = rle.unpack((before.masks[i], after.masks[j]), before.size)
    return np.array_equal(old, new)


def _annotation(objects: Instances, i: int, image_id: int, category_ids: Sequence[int]) -> Entry:
    return {
        "id": int(objects.ids[i]),
        "image_id": image_id,
        "category_id": category_ids[1],  # where the class is unknown; COCO has no id for that
        **_class_fields(int(objects.classes[i]), category_ids),
        "iscrowd": int(objects.crowd[i]),
        **_mask_fields(objects, i),
    }


def _class_fields(class_id: int, category_ids: Sequence[int]) -> Entry:
    return {"ignore": 1} if class_id == IGNORE else {"category_id": category_ids[class_id]}


def _mask_fields(objects: Instances, i: int) -> Entry:
    code = objects.masks[i]
    return {
        "segmentation": {"size": list(objects.size), "counts": code.decode()},
        "bbox": _xywh(rle.boxes((code,), objects.size)[0]),
        "area": int(rle.areas((code,), objects.size)[0]),
    }


def _xywh(box: np.ndarray) -> list[float]:
    x0, y0, x1, y1 = box.tolist()
    return [x0, y0, x1 - x0, y1 - y0]


def _check_ids(data: CocoSplit, gone: Set[int], added: Sequence[Entry]) -> None:
    ids = [entry["id"] for entry in added]
    held = np.isin(ids, data.columns.ids).tolist()
    fresh: set[int] = set()
    for id_, in_use in zip(ids, held, strict=True):
        if id_ in fresh or (in_use and id_ not in gone):
            raise BadInput(f"{data.name}, {data.split}: two objects have the id {id_}")
        fresh.add(id_)
