"""Polygon files of Cityscapes: changed objects change there too, all others stay value by value."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from truemask.data.formats.cityscapes_ids import GROUP, PER_CLASS, IdTable
from truemask.data.formats.object_edits import edits_of
from truemask.data.formats.polygons import outline
from truemask.types import IGNORE, BadInput, Instances

Shape = dict[str, Any]


@dataclass(frozen=True)
class Polygons:
    """A polygon file.

    Args:
        said: all that it holds.
        shapes: its objects, back to front.
        values: for each what its pixels show in instanceIds.png; None for what is not drawn or not known.
    """

    said: dict[str, Any]
    shapes: Sequence[Shape]
    values: Sequence[int | None]


def read_polygons(path: Path, table: IdTable) -> Polygons:
    """A polygon file with the numbers of its objects: those of a class count from 0, in the file's order.

    Raises:
        BadInput: if the file cannot be read.
    """
    try:
        said = json.loads(path.read_bytes())
        shapes = said["objects"]
        if not all(isinstance(shape["label"], str) for shape in shapes):
            raise BadInput(f"{path}: has an object whose label is no name; correct it")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(f"{path}: cannot be read as polygons ({error}); replace or remove the file") from error
    return Polygons(said, shapes, _numbered(shapes, table))


def change_polygons(
    polygons: Polygons, before: Instances, after: Instances, shown: Sequence[int], table: IdTable, path: Path
) -> tuple[dict[str, Any], dict[int, int]] | None:
    """The content of the file after a change of objects, and the value that each object then has by its id.

    An object of another class has another label, one with another mask has its outline on pixel edges (tools
    that fill polygons with their border see up to a pixel more), one that is gone is removed, and new ones
    come last. Objects of unknown class are removed. None where the file does not tell the objects of
    instanceIds.png apart.

    Args:
        shown: the value of each object before.
    """
    ids = dict(zip(before.ids.tolist(), shown, strict=True))
    places: dict[int, list[int]] = {value: [] for value in ids.values()}
    for place, value in enumerate(polygons.values):
        if value in places:
            places[value].append(place)
    if not all(places.values()):
        return None
    edits = edits_of(before, after)
    shapes: list[Shape | None] = list(polygons.shapes)
    bearer: dict[int, int] = {place: id_ for id_, value in ids.items() for place in places[value]}
    for id_ in edits.gone:
        _remove(shapes, places[ids[id_]])
    for id_, edit in edits.changed.items():
        new = _shape(after, edit.at, table, path)
        here = places[ids[id_]]
        if new is None:
            _remove(shapes, here)
        elif edit.new_mask:
            shapes[here[0]] = {**polygons.shapes[here[0]], **new}
            _remove(shapes, here[1:])
        else:
            for place in here:
                shapes[place] = {**polygons.shapes[place], "label": new["label"]}
    for at in edits.added:
        if new := _shape(after, at, table, path):
            bearer[len(shapes)] = int(after.ids[at])
            shapes.append(new)
    kept = [(place, shape) for place, shape in enumerate(shapes) if shape is not None]
    left = [shape for _, shape in kept]
    values = zip(kept, _numbered(left, table), strict=True)
    numbers = {bearer[place]: value for (place, _), value in values if place in bearer and value is not None}
    return {**polygons.said, "objects": left}, numbers


def _remove(shapes: list[Shape | None], places: Sequence[int]) -> None:
    for place in places:
        shapes[place] = None


def _shape(objects: Instances, at: int, table: IdTable, path: Path) -> Shape | None:
    """The polygon of an object; None where there is none to draw."""
    if objects.classes[at] == IGNORE:
        return None
    ring = outline(objects.masks[at], objects.size).tolist()
    name = table.names[table.thing(int(objects.classes[at]), path)]
    return {"label": name + GROUP * bool(objects.crowd[at]), "polygon": ring} if ring else None


def _numbered(shapes: Sequence[Shape], table: IdTable) -> list[int | None]:
    kinds = {name: kind for kind, name in table.names.items()}
    counts: dict[int, int] = {}
    values: list[int | None] = []
    for shape in shapes:
        label = shape["label"]
        group = label not in kinds and label.endswith(GROUP)
        kind = kinds.get(label.removesuffix(GROUP) if group else label)
        number = counts.get(kind, 0) if kind is not None else 0
        if kind is None or shape.get("deleted") or number == PER_CLASS:
            values.append(None)
        elif group or kind not in table.counted:
            values.append(kind)
        else:
            values.append(kind * PER_CLASS + number)
            counts[kind] = number + 1
    return values
