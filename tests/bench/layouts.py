"""Tiny data sets in the layouts in which VOC, COCO and Cityscapes come: two objects on each image."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

SIDE = 64
BOXES = ((6, 8, 28, 26), (32, 30, 26, 28))
"""Of the two objects: left, top, width and height in pixels."""

COCO_GAPS = frozenset({12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
"""Numbers up to 90 that stand for no class of COCO."""

Splits = Mapping[str, Sequence[str]]


def voc(root: Path, splits: Splits) -> Path:
    """VOC2012: photos, coloured maps of objects and classes, lists. Objects are an aeroplane and a cat."""
    for split, keys in splits.items():
        _write_text(root / "ImageSets" / "Segmentation" / f"{split}.txt", "\n".join(keys) + "\n")
        for key in keys:
            _write_image(root / "JPEGImages" / f"{key}.jpg", key)
            _write_map(root / "SegmentationClass" / f"{key}.png", (1, 8))
            _write_map(root / "SegmentationObject" / f"{key}.png", (1, 2))
    return root


def coco(root: Path, splits: Splits, names: Sequence[str]) -> Path:
    """COCO 2017: photos and a file of objects for each split. Those are of the first and the last class."""
    ids = [number for number in range(1, 91) if number not in COCO_GAPS]
    categories = [{"id": number, "name": name} for number, name in zip(ids, names, strict=True)]
    for split, keys in splits.items():
        images = [{"id": int(key), "file_name": f"{key}.jpg", "height": SIDE, "width": SIDE} for key in keys]
        objects = [
            {
                "id": 10 * int(key) + place,
                "image_id": int(key),
                "category_id": ids[-place],
                "bbox": [x, y, w, h],
                "area": w * h,
                "iscrowd": 0,
                "segmentation": [[x, y, x + w, y, x + w, y + h, x, y + h]],
            }
            for key in keys
            for place, (x, y, w, h) in enumerate(BOXES)
        ]
        said = {"images": images, "annotations": objects, "categories": categories}
        _write_text(root / "annotations" / f"instances_{split}2017.json", json.dumps(said))
        for key in keys:
            _write_image(root / f"{split}2017" / f"{key}.jpg", key)
    return root


def cityscapes(root: Path, splits: Splits) -> Path:
    """Cityscapes: photos by city, polygons, maps of classes and objects. Those are a person and a car.

    As in the real one the test set has labels that say nothing.
    """
    for split, keys in {**splits, "test": ["berlin_000000_000000"]}.items():
        for key in keys:
            city = key.split("_")[0]
            _write_image(root / "leftImg8bit" / split / city / f"{key}_leftImg8bit.png", key)
            stem = root / "gtFine" / split / city / f"{key}_gtFine"
            empty = split == "test"
            _write_map(Path(f"{stem}_labelIds.png"), (3, 3) if empty else (24, 26))
            _write_map(Path(f"{stem}_instanceIds.png"), (3, 3) if empty else (24000, 26000))
            objects = [
                {"label": label, "polygon": [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]}
                for label, (x, y, w, h) in zip(("person", "car"), BOXES, strict=True)
            ]
            said = {"imgHeight": SIDE, "imgWidth": SIDE, "objects": [] if empty else objects}
            _write_text(Path(f"{stem}_polygons.json"), json.dumps(said))
    return root


def _write_map(path: Path, values: tuple[int, int]) -> None:
    """A map with one value in each box, with a palette if the values are small enough."""
    pixels = np.zeros((SIDE, SIDE), np.uint16 if max(values) > 255 else np.uint8)
    for value, (x, y, w, h) in zip(values, BOXES, strict=True):
        pixels[y : y + h, x : x + w] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    if max(values) > 255 or "gtFine" in path.name:
        cv2.imwrite(str(path), pixels)
        return
    image = Image.fromarray(pixels, mode="P")
    image.putpalette(list(_colours()))
    image.save(path)


def _colours() -> Iterator[int]:
    """VOC's palette: the bits of a value, three at a time, are the high bits of red, green and blue."""
    for value in range(256):
        for channel in range(3):
            yield sum(((value >> (3 * bit + channel)) & 1) << (7 - bit) for bit in range(3))


def _write_image(path: Path, key: str) -> None:
    """A photo on which the objects can be seen."""
    pixels = np.random.default_rng(len(key)).integers(90, 130, (SIDE, SIDE, 3), np.uint8)
    for shade, (x, y, w, h) in zip((20, 230), BOXES, strict=True):
        pixels[y : y + h, x : x + w] = shade
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
