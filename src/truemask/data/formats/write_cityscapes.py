"""Writing Cityscapes: the maps that changed are written anew where they changed, all else is linked."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Integer, UInt8, UInt16
from PIL import Image

from truemask.data.formats.cityscapes import FINE, IMAGES, CityscapesSplit, Place
from truemask.data.formats.cityscapes_ids import PER_CLASS, IdTable, write_id_table
from truemask.data.formats.cityscapes_polygons import change_polygons, read_polygons
from truemask.data.formats.id_maps import first_id, paint_values
from truemask.data.formats.linked_folder import link_files, link_folder
from truemask.data.formats.source_file import file_name, put_image
from truemask.data.image_file import UNREADABLE, reason, write_map
from truemask.data.splits import Splits
from truemask.types import IGNORE, BadInput, Instances, Labels

_CITY = re.compile(r"([^_]+)_\d{6}_\d{6}")
_TEXTS = (".txt", ".md", ".json")


def write_cityscapes(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of an opened Cityscapes data set with new labels; files that did not change are linked.

    Pixels that change do so in labelIds.png, and in instanceIds.png, labelTrainIds.png and color.png where
    they lie beside. A pixel with a new class is of no object any more; one that lost its object is unlabeled.
    Of new objects the polygons change too, where they tell the objects apart; with new label maps they stay.

    Raises:
        BadInput: if a class has more than 1,000 objects in an image, or a file beside is broken.
    """
    for split, data in source.splits.items():
        assert isinstance(data, CityscapesSplit)
        root, target = data.home.root, folder / data.home.labels
        if split in relabelled:
            for row, labels in zip(range(len(data)), relabelled[split], strict=True):
                place = data.places[row]
                there = folder / place.labels.relative_to(root)
                there.mkdir(parents=True, exist_ok=True)
                if isinstance(labels, Instances):
                    _write_objects(data, row, labels, there)
                else:
                    assert isinstance(labels, np.ndarray)
                    _write_classes(data, row, labels, there)
        link_folder(root / data.home.labels / split, target / split)
        link_folder(root / IMAGES / split, folder / IMAGES / split)
        link_files(root, folder, _TEXTS)


def write_as_cityscapes(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any semantic or instance data set in the layout of Cityscapes, without polygons and colours.

    Other classes than its own stand in meta.json. Of objects that overlap, small ones cover large ones;
    crowds of one class are one; crowds and objects of unknown class are left out. Ids stand in
    objectIds.json.

    Raises:
        BadInput: if there are more than 64 classes of objects, or 1,000 objects of a class in an image.
    """
    table = write_id_table(folder, source.problem)
    for split, data in source.splits.items():
        (folder / FINE / split).mkdir(parents=True)
        given = relabelled.get(split, map(data.labels, range(len(data))))
        for row, labels in zip(range(len(data)), given, strict=True):
            name = Path(file_name(data, row))
            city = match[1] if (match := _CITY.fullmatch(name.stem)) else split
            image = folder / IMAGES / split / city / f"{name.stem}_{IMAGES}{name.suffix}"
            put_image(data, row, image)
            place = Place(image, folder / FINE / split / city, f"{name.stem}_{FINE}")
            place.labels.mkdir(parents=True, exist_ok=True)
            if isinstance(labels, Instances):
                path = place.of("instanceIds.png")
                values = _free_values(labels, {}, table, set(), path)
                painted = paint_values(labels, values)
                kinds = [
                    table.nothing if class_id == IGNORE else table.thing(class_id, path)
                    for class_id in labels.classes.tolist()
                ]
                ids = paint_values(labels, np.array(kinds, dtype=np.uint16)).astype(np.uint8)
                write_map(path, painted)
                _write_ids(labels, values, first_id(name.stem), place.of("objectIds.json"))
            else:
                assert isinstance(labels, np.ndarray)
                ids = table.to_ids(labels, place.of("labelIds.png"))
            write_map(place.of("labelIds.png"), ids)


def _write_classes(data: CityscapesSplit, row: int, labels: UInt8[np.ndarray, "h w"], folder: Path) -> None:
    place = data.places[row]
    changed = labels != data.labels(row)
    if not changed.any():
        return
    ids = np.where(
        changed, data.table.to_ids(labels, place.of("labelIds.png")), data.map(row, "labelIds.png")
    )
    _write_maps(data, row, folder, changed, ids.astype(np.uint8))
    if place.of("instanceIds.png").is_file():
        old = data.map(row, "instanceIds.png")
        values = np.where(changed, ids, old).astype(old.dtype)
        write_map(folder / place.of("instanceIds.png").name, values)


def _write_objects(data: CityscapesSplit, row: int, objects: Instances, folder: Path) -> None:
    place, first = data.places[row], first_id(data.keys[row])
    before = data.labels(row)
    assert isinstance(before, Instances)
    if _same(before, objects):
        return
    raw, target = data.map(row, "instanceIds.png"), folder / place.of("instanceIds.png").name
    given = data.values(row)
    shown = [given.get(id_, id_ - first) for id_ in before.ids.tolist()]
    polygons, numbers = place.of("polygons.json"), None
    if polygons.is_file():
        found = read_polygons(polygons, data.table)
        if changed_polygons := change_polygons(found, before, objects, shown, data.table, polygons):
            said, numbers = changed_polygons
            if said != found.said:
                (folder / polygons.name).write_text(json.dumps(said, indent=4) + "\n", encoding="utf-8")
    if numbers is None:
        numbers = _kept(before, shown, objects)
    taken = set(np.unique(raw).tolist())
    values = _free_values(objects, numbers, data.table, taken, target)
    _write_ids(objects, values, first, folder / place.of("objectIds.json").name, always=bool(given))
    old = paint_values(before, np.array(shown, dtype=np.uint16))
    new = paint_values(objects, values)
    changed = old != new
    if not changed.any():
        return
    write_map(target, np.where(changed, new, raw).astype(np.uint16))
    if place.of("labelIds.png").is_file():
        kinds = np.where(new >= PER_CLASS, new // PER_CLASS, new)
        kinds = np.where(changed & (new == 0), data.table.nothing, kinds)
        was = data.map(row, "labelIds.png")
        ids = np.where(changed, kinds, was).astype(np.uint8)
        _write_maps(data, row, folder, ids != was, ids)


def _write_maps(
    data: CityscapesSplit,
    row: int,
    folder: Path,
    changed: Bool[np.ndarray, "h w"],
    ids: UInt8[np.ndarray, "h w"],
) -> None:
    """Write labelIds.png, and what shows the same beside, where pixels changed."""
    if not changed.any():
        return
    place, table = data.places[row], data.table
    write_map(folder / place.of("labelIds.png").name, ids)
    if place.of("labelTrainIds.png").is_file():
        classes = table.to_classes(ids, place.of("labelIds.png"))
        old = data.map(row, "labelTrainIds.png")
        write_map(
            folder / place.of("labelTrainIds.png").name, np.where(changed, classes, old).astype(np.uint8)
        )
    if place.of("color.png").is_file():
        colours = np.zeros((256, 3), dtype=np.uint8)
        colours[list(table.colours)] = list(table.colours.values())
        _recolour(place.of("color.png"), folder / place.of("color.png").name, changed, colours[ids])


def _recolour(
    source: Path, target: Path, changed: Bool[np.ndarray, "h w"], colours: UInt8[np.ndarray, "h w 3"]
) -> None:
    try:
        with Image.open(source) as image:
            pixels = np.array(image if image.mode in ("RGB", "RGBA") else image.convert("RGB"))
    except UNREADABLE as error:
        raise BadInput(
            f"{source}: cannot be read as an image ({reason(error)}); replace or remove it"
        ) from error
    if pixels.shape[:2] != changed.shape:
        raise BadInput(f"{source}: is not of the size of the label map beside; replace or remove it")
    pixels[changed, :3] = colours[changed]
    Image.fromarray(pixels).save(target, format="PNG")


def _kept(before: Instances, shown: list[int], after: Instances) -> dict[int, int]:
    """The values of the objects that are of the class that they were of."""
    old = {
        id_: (value, kind, crowd)
        for id_, value, kind, crowd in zip(
            before.ids.tolist(), shown, before.classes.tolist(), before.crowd.tolist(), strict=True
        )
    }
    new = zip(after.ids.tolist(), after.classes.tolist(), after.crowd.tolist(), strict=True)
    return {id_: old[id_][0] for id_, kind, crowd in new if id_ in old and old[id_][1:] == (kind, crowd)}


def _free_values(
    objects: Instances, known: Mapping[int, int], table: IdTable, taken: set[int], path: Path
) -> UInt16[np.ndarray, "n"]:
    """What each object shows in instanceIds.png: what is known, or the lowest number free for its class."""
    taken = taken | set(known.values())
    values = np.zeros(len(objects), dtype=np.uint16)
    for i, (id_, class_id) in enumerate(zip(objects.ids.tolist(), objects.classes.tolist(), strict=True)):
        if class_id == IGNORE:
            continue
        kind = table.thing(class_id, path)
        if objects.crowd[i]:
            values[i] = kind
        elif id_ in known:
            values[i] = known[id_]
        else:
            free = (value for value in range(kind * PER_CLASS, (kind + 1) * PER_CLASS) if value not in taken)
            value = next(free, None)
            if value is None:
                raise BadInput(
                    f"{path}: more than {PER_CLASS} objects of {table.names[kind]}; it holds no more"
                )
            taken.add(value)
            values[i] = value
    return values


def _write_ids(
    objects: Instances, values: Integer[np.ndarray, "n"], first: int, path: Path, *, always: bool = False
) -> None:
    """The ids that do not follow from the map; where all do, no file unless `always`."""
    ids = {
        str(value): id_
        for value, id_ in zip(values.tolist(), objects.ids.tolist(), strict=True)
        if value and id_ != first + value
    }
    if ids or always:  # an older file would otherwise be carried over
        path.write_text(json.dumps(ids) + "\n", encoding="utf-8")


def _same(before: Instances, after: Instances) -> bool:
    return (
        before.masks == after.masks
        and np.array_equal(before.classes, after.classes)
        and np.array_equal(before.ids, after.ids)
        and np.array_equal(before.crowd, after.crowd)
    )
