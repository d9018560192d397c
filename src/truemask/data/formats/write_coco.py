"""Writing COCO files: annotations that did not change are carried over value by value."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from truemask import rle
from truemask.data.dataset import Dataset
from truemask.data.files import link_or_copy
from truemask.data.formats.coco import ANNOTATIONS, IMAGES, INSTANCES, CocoSplit
from truemask.data.formats.coco_file import Entry, read_json
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
            target.write_text(json.dumps(_relabelled(data, relabelled[split])), encoding="utf-8")
        else:
            link_or_copy(data.columns.path, target)


def write_as_coco(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any instance data set in COCO's layout: category ids are class ids, image ids count from 1."""
    categories = [{"id": i, "name": name} for i, name in enumerate(source.problem.classes) if i]
    for split, data in source.splits.items():
        rows = range(len(data))
        images: list[Entry] = []
        annotations: list[Entry] = []
        given = relabelled.get(split, map(data.labels, rows))
        for row, objects in zip(rows, given, strict=True):
            assert isinstance(objects, Instances)
            name = file_name(data, row)
            put_image(data, row, folder / (IMAGES if split == "all" else split) / name)
            height, width = objects.size
            images.append({"id": row + 1, "file_name": name, "height": height, "width": width})
            annotations += [_annotation(objects, i, row + 1, range(256)) for i in range(len(objects))]
        if len({a["id"] for a in annotations}) < len(annotations):
            raise BadInput(f"{data.name}, {split}: two objects have one id; in a COCO file they differ")
        stem = INSTANCES if split == "all" else f"{ANNOTATIONS}/{INSTANCES}_{split}"
        path = folder / f"{stem}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        said = {"images": images, "annotations": annotations, "categories": categories}
        path.write_text(json.dumps(said), encoding="utf-8")


def _relabelled(data: CocoSplit, given: Iterable[Labels]) -> Entry:
    """The file's content with the objects of each image as given."""
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
            if id_ in old:
                edits[id_] = _edit(before, old[id_], after, i, category_ids)
            else:
                image_id = int(data.columns.image_ids[row])
                added.append(_annotation(after, i, image_id, category_ids))
    said = read_json(data.columns.path)
    kept = [{**a, **edits.get(a["id"], {})} for a in said["annotations"] if a["id"] not in gone]
    _check_ids(data, kept, added)
    return {**said, "annotations": kept + added}


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


def _check_ids(data: Dataset, kept: Sequence[Entry], added: Sequence[Entry]) -> None:
    seen = {a["id"] for a in kept}
    for annotation in added:
        if annotation["id"] in seen:
            raise BadInput(f"{data.name}, {data.split}: two objects have the id {annotation['id']}")
        seen.add(annotation["id"])
