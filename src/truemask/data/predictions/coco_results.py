"""COCO results: a JSON list of found objects, each with image_id, category_id, score, and a mask or a box."""

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from truemask import rle
from truemask.data.dataset import Dataset
from truemask.data.formats.coco import CocoSplit
from truemask.data.formats.coco_masks import MaskStore
from truemask.data.predictions.prediction import Found
from truemask.data.predictions.stored import StoredPredictions
from truemask.data.views import Subset
from truemask.types import BadInput, Task


def sniff(path: Path) -> bool:
    """Whether it is a JSON file, by its name."""
    return path.is_file() and path.suffix.lower() == ".json"


def open_coco_results(file: Path, dataset: Dataset) -> StoredPredictions:
    """The objects found in each image of a data set; none in images that the file does not name.

    Ids are those of the data set's COCO file. Of a data set in another format, an image's id is its key, or
    the number that the key is; a category's is its class id.

    Raises:
        BadInput: if the file is no list of results, or names what the data set does not have.
    """
    if dataset.problem.task != Task.INSTANCE:
        raise BadInput(f"{file}: found objects say nothing about {dataset.problem.task} labels")
    try:
        entries = json.loads(file.read_bytes())
    except ValueError as error:
        raise BadInput(f"{file}: is no JSON ({error})") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadInput(f"{file}: COCO results are a list of found objects; this is none")
    images, classes = _images(dataset), _classes(dataset)
    by_key: dict[str, list[int]] = defaultdict(list)
    for at, entry in enumerate(entries):
        by_key[_known(file, at, entry, "image_id", images)].append(at)
        _known(file, at, entry, "category_id", classes)
    sizes = {key: dataset.size(row) for row, key in enumerate(dataset.keys)}
    read = partial(_read, file, entries, by_key, classes, sizes)
    return StoredPredictions(file, [*dataset.keys], read)


def _read(
    file: Path,
    entries: list[dict[str, Any]],
    by_key: Mapping[str, list[int]],
    classes: Mapping[Any, int],
    sizes: Mapping[str, tuple[int, int]],
    key: str,
) -> Found:
    size = sizes[key]
    places = by_key.get(key, [])
    try:
        scores = np.array([float(entries[at]["score"]) for at in places], np.float32)
        order = np.argsort(-scores, kind="stable")
        best = [entries[places[i]] for i in order]
        masks = np.stack([_mask(entry, size) for entry in best]) if best else np.zeros((0, *size), bool)
        boxes = np.array([_box(entry, mask) for entry, mask in zip(best, masks, strict=True)], np.float32)
    except (KeyError, TypeError, ValueError, RuntimeError, BadInput) as error:
        raise BadInput(
            f"{file}: the results of image {key!r} cannot be used ({type(error).__name__}: {error}); each "
            "needs a score, and a segmentation or a bbox"
        ) from error
    labels = np.array([classes[entry["category_id"]] for entry in best], np.int64)
    return Found(boxes.reshape(-1, 4), labels, scores[order], masks)


def _mask(entry: Mapping[str, Any], size: tuple[int, int]) -> np.ndarray:
    """The object's mask; without one, its box filled."""
    if not entry.get("segmentation"):
        x, y, width, height = (float(value) for value in entry["bbox"])
        mask = np.zeros(size, bool)
        mask[max(0, round(y)) : max(0, round(y + height)), max(0, round(x)) : max(0, round(x + width))] = True
        return mask
    store = MaskStore()
    store.add(entry["segmentation"])
    return np.asarray(rle.unpack([store.packed(0, size)], size)[0])


def _box(entry: Mapping[str, Any], mask: np.ndarray) -> tuple[float, float, float, float]:
    if entry.get("bbox") is None:
        x0, y0, x1, y1 = rle.boxes(rle.pack(mask[None]), mask.shape)[0].tolist()
        return x0, y0, x1, y1
    x, y, width, height = (float(value) for value in entry["bbox"])
    return x, y, x + width, y + height


def _known(file: Path, at: int, entry: Mapping[str, Any], name: str, known: Mapping[Any, Any]) -> Any:
    value = entry.get(name)
    if not isinstance(value, int | str) or value not in known:
        raise BadInput(f"{file}: result {at} has {name} {value!r}, which the data set does not list")
    return known[value]


def _images(dataset: Dataset) -> dict[int | str, str]:
    """The key of each image, by what results may call it."""
    keys: dict[int | str, str] = {key: key for key in dataset.keys}
    whole = _whole(dataset)
    if isinstance(whole, CocoSplit):
        ids = zip(whole.columns.image_ids.tolist(), whole.keys, strict=True)
        return keys | {id_: key for id_, key in ids if key in keys}
    return keys | {int(key): key for key in dataset.keys if key.isdecimal()}


def _classes(dataset: Dataset) -> dict[int | str, int]:
    whole = _whole(dataset)
    if isinstance(whole, CocoSplit):
        return {id_: at for at, id_ in enumerate(whole.columns.category_ids, start=1)}
    return {id_: id_ for id_ in range(1, dataset.problem.num_classes)}


def _whole(dataset: Dataset) -> Dataset:
    """The data set that this is a part of."""
    return _whole(dataset.dataset) if isinstance(dataset, Subset) else dataset
