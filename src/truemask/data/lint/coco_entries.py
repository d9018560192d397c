"""COCO files entry by entry, broken ones included: what `read_coco` refuses at the first is listed here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from truemask.data.formats.coco import coco_files, image_folder
from truemask.data.formats.coco_file import HOLDS
from truemask.data.formats.coco_masks import MaskStore, fits
from truemask.data.formats.json_stream import Kind, pieces
from truemask.data.image_file import image_size, is_image
from truemask.data.lint.finding import Finding
from truemask.data.lint.objects import Objects
from truemask.data.lint.pictures import Picture, picture_of
from truemask.progress import watch
from truemask.types import IGNORE, BadInput

_KINDS = ("images", "annotations", "categories")
_LEAST_AREA = 0.01
_FURTHEST_OUT_PX = 2.0


@dataclass
class Listed:
    """What a file lists, as far as it can be understood.

    Args:
        file: the COCO file.
        names, sizes: of images, by id.
        categories: names by id.
        annotations: how many there are.
        labelled: ids of images that have an annotation.
    """

    file: Path
    names: dict[int, str] = field(default_factory=dict)
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    categories: dict[int, str] = field(default_factory=dict)
    annotations: int = 0
    labelled: set[int] = field(default_factory=set)


def check_coco(
    path: Path, labels: str | None, split: str | None, pictures: list[Picture], *, show: bool
) -> Iterator[Finding]:
    """Findings about the COCO files at a path; `pictures` fills with their images.

    Raises:
        BadInput: if it is not clear which files are meant.
    """
    files = coco_files(path, labels)
    chosen = {name: file for name, file in files.items() if split in (None, name)}
    if not chosen:
        raise BadInput(f"{path} has no split called {split!r}; there is: {', '.join(files)}")
    folders: dict[Path, set[str]] = {}
    for name, file in chosen.items():
        listed = Listed(file)
        try:
            yield from _check_lists(listed)
            yield from _check_annotations(listed, show=show)
        except BadInput as error:
            yield Finding(str(file), "", "unreadable", str(error).removeprefix(f"{file}: "))
            continue
        yield from _check_images(listed, name, pictures, folders)
    if split is None:
        yield from _unlisted(folders)


def _check_lists(listed: Listed) -> Iterator[Finding]:
    """Images and categories, and whether there are all lists."""
    file, there = str(listed.file), set[str]()
    for kind, key, entry, _, _ in pieces(listed.file, HOLDS):
        if key not in _KINDS or kind not in {Kind.OPEN, Kind.ENTRY}:
            continue
        there.add(key)
        if kind == Kind.OPEN:
            continue
        if key == "annotations":
            listed.annotations += 1
        elif key == "images":
            yield from _check_image(listed, file, entry)
        else:
            yield from _check_category(listed, file, entry)
    for key in _KINDS:
        if key not in there:
            yield Finding(file, "", "entry-broken", f"has no list of {key}; {HOLDS}")


def _check_image(listed: Listed, file: str, entry: Any) -> Iterator[Finding]:
    id_ = _id(entry)
    name, height, width = (
        (entry.get(key) for key in ("file_name", "height", "width")) if id_ is not None else (None,) * 3
    )
    if id_ is None or not isinstance(name, str) or not name or not fits(height, width):
        needs = "an id, a file_name and a height and width in pixels"
        yield Finding(file, f"image {_named(entry)}", "entry-broken", f"an image needs {needs}")
        return
    if id_ in listed.names:
        yield Finding(file, f"image {id_}", "id-twice", f"also of {listed.names[id_]}")
        return
    assert isinstance(height, int)
    assert isinstance(width, int)
    listed.names[id_], listed.sizes[id_] = name, (height, width)


def _check_category(listed: Listed, file: str, entry: Any) -> Iterator[Finding]:
    id_ = _id(entry)
    name = entry.get("name") if isinstance(entry, dict) else None
    if id_ is None or not isinstance(name, str) or not name:
        yield Finding(file, f"category {_named(entry)}", "entry-broken", "a category needs an id and a name")
        return
    if id_ in listed.categories:
        yield Finding(file, f"category {id_}", "id-twice", f"also of {listed.categories[id_]}")
        return
    if id_ == 0:
        yield Finding(file, "category 0", "category-zero", f"it is called {name}")
    listed.categories[id_] = name


def _check_annotations(listed: Listed, *, show: bool) -> Iterator[Finding]:
    file, ids, objects = str(listed.file), set[int](), Objects()
    for entry in watch("annotations", _entries(listed.file), listed.annotations, show=show):
        id_ = _id(entry)
        where = (file, f"annotation {_named(entry)}")
        if id_ is None:
            yield Finding(*where, "entry-broken", "an annotation needs a whole number as id")
            continue
        if id_ in ids:
            yield Finding(*where, "id-twice", "another annotation has it, too")
        ids.add(id_)
        yield from _check_annotation(listed, where, entry, objects)


def _entries(file: Path) -> Iterator[Any]:
    for kind, key, entry, _, _ in pieces(file, HOLDS):
        if key == "annotations" and kind == Kind.ENTRY:
            yield entry


def _check_annotation(
    listed: Listed, where: tuple[str, str], entry: Mapping[str, Any], objects: Objects
) -> Iterator[Finding]:
    image_id, category_id = entry.get("image_id"), entry.get("category_id")
    if not isinstance(category_id, int) or category_id not in listed.categories:
        known = f"{len(listed.categories)} categories are listed"
        yield Finding(*where, "class-unknown", f"category_id {category_id!r}; {known}")
    if not isinstance(image_id, int) or image_id not in listed.sizes:
        yield Finding(*where, "reference-broken", f"image_id {image_id!r}")
        return
    listed.labelled.add(image_id)
    size = listed.sizes[image_id]
    box = entry.get("bbox")
    good_box = _xyxy(box)
    if box is not None and good_box is None:
        yield Finding(*where, "box-broken", f"bbox {_short(box)} is not x, y, width, height in pixels")
    store = MaskStore()
    try:
        store.add(entry.get("segmentation"))
        if wrong := store.first_wrong(np.array([size], dtype=np.int64)):
            raise BadInput(wrong[1])
        code = store.packed(0, size)
    except (BadInput, ValueError, RuntimeError) as error:
        yield Finding(*where, "mask-broken", str(error))
        return
    outline = None
    if isinstance(entry["segmentation"], list):
        yield from _check_polygons(where, entry["segmentation"], size)
        outline = _outline(entry["segmentation"])
    class_id = IGNORE if entry.get("ignore") else category_id
    yield from objects.check(where, image_id, code, size, class_id, good_box, outline)


def _check_polygons(
    where: tuple[str, str], polygons: Sequence[Sequence[float]], size: tuple[int, int]
) -> Iterator[Finding]:
    for number, polygon in enumerate(polygons, start=1):
        points = np.array(polygon, dtype=np.float64).reshape(-1, 2)
        which = f"polygon {number} of {len(polygons)}"
        x, y = (points - points[0]).T
        if abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2 < _LEAST_AREA:
            yield Finding(*where, "mask-degenerate", f"{which} has no area")
        out = max(float(-points.min()), float((points - np.array(size[::-1])).max()))
        if out > _FURTHEST_OUT_PX:
            yield Finding(*where, "mask-outside", f"{which} reaches {out:.0f} px out of the image")


def _outline(polygons: Sequence[Sequence[float]]) -> list[float]:
    """x0, y0, x1, y1 of all points."""
    x, y = ([value for polygon in polygons for value in polygon[axis::2]] for axis in (0, 1))
    return [min(x), min(y), max(x), max(y)]


def _check_images(
    listed: Listed, split: str, pictures: list[Picture], folders: dict[Path, set[str]]
) -> Iterator[Finding]:
    if not listed.names:
        return
    folder = image_folder(list(listed.names.values()), listed.file)
    folders.setdefault(folder, set()).update(listed.names.values())
    for id_, name in listed.names.items():
        path, where = folder / name, (str(listed.file), f"image {name}")
        if not path.is_file():
            yield Finding(*where, "image-missing", f"is not in {folder}")
            continue
        pictures.append(picture_of(split, path))
        try:
            size = image_size(path)
        except BadInput:
            continue  # told when the pictures are looked at
        if size != listed.sizes[id_]:
            height, width = listed.sizes[id_]
            said = f"the image has {size[0]} x {size[1]} px, its entry {height} x {width}"
            yield Finding(*where, "size-mismatch", said)
        if id_ not in listed.labelled:
            yield Finding(*where, "image-without-objects", "has no annotation")


def _unlisted(folders: Mapping[Path, set[str]]) -> Iterator[Finding]:
    """Images that lie beside those of the files, and that no file lists."""
    for folder, names in folders.items():
        homes = {(folder / name).parent for name in names}
        for home in sorted(home for home in homes if home.is_dir()):
            listed = {str(folder / name) for name in names}
            for path in sorted(home.iterdir()):
                if is_image(path) and str(path) not in listed:
                    yield Finding(str(path), "", "image-unlabelled", "no COCO file that was read lists it")


def _id(entry: Any) -> int | None:
    """The entry's id, if it is a whole number of 64 bits."""
    value = entry.get("id") if isinstance(entry, dict) else None
    return value if isinstance(value, int) and -(2**63) <= value < 2**63 else None


def _named(entry: Any) -> str:
    return _short(entry.get("id") if isinstance(entry, dict) else entry)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _xyxy(box: Any) -> tuple[float, float, float, float] | None:
    """The corners of x, y, width, height; None where they are no box."""
    if not isinstance(box, list) or len(box) != 4:
        return None
    if not all(isinstance(value, int | float) and abs(value) < 1e6 for value in box):
        return None
    x, y, width, height = map(float, box)
    return (x, y, x + width, y + height) if width >= 0 and height >= 0 else None
