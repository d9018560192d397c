"""Writing LabelMe folders: shapes that did not change are carried over value by value."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from truemask.data.files import SPLITS, link_or_copy
from truemask.data.formats.found import known_class
from truemask.data.formats.json_file import dump_json
from truemask.data.formats.labelme import NAMES, LabelMeSplit
from truemask.data.formats.labelme_file import shapes_in
from truemask.data.formats.labelme_shapes import (
    BACKGROUND,
    CROWD,
    ID,
    IGNORED,
    Shape,
    groups_of,
    mask_shape,
)
from truemask.data.formats.object_edits import Edit, edits_of
from truemask.data.formats.source_file import file_name, link_once, put_image
from truemask.data.splits import Splits
from truemask.types import BadInput, Instances, Labels

_TAKEN = frozenset({IGNORED, BACKGROUND})


def write_labelme(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of an opened LabelMe folder with new objects; files without a change are linked.

    Where an object's class changed, so do the labels of its shapes; one with a new mask becomes one shape
    of kind `mask`, in the place of its first; new ones come at the end. Everything else in the file
    stays, in its order. A shape that would not be known again by what it covers says its id in
    `truemask_id`.

    Raises:
        BadInput: if a class is none of the source's.
    """
    for split, data in source.splits.items():
        assert isinstance(data, LabelMeSplit)
        given = iter(relabelled.get(split, ()))
        for image in data.unlabelled:
            link_once(image, folder / image.relative_to(data.root))
        for row, entry in enumerate(data.entries):
            if entry.image is not None:
                place = entry.image.relative_to(os.path.normpath(data.root))
                link_once(entry.image, folder / place)
            target = folder / entry.path.relative_to(data.root)
            content = _relabelled(data, row, next(given)) if split in relabelled else None
            if content is None:
                link_or_copy(entry.path, target)
            else:
                dump_json(target, content, indent=2)
        _write_names(data.problem.classes, data.root / NAMES, folder)


def write_as_labelme(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any instance data set as a LabelMe folder: masks as shapes of kind `mask`, ids in `truemask_id`.

    Boxes are not kept apart from masks; everything else of an object is.

    Raises:
        BadInput: if a class is called what labels.txt cannot hold.
    """
    classes = source.problem.classes
    _write_names(classes, None, folder)
    for split, data in source.splits.items():
        if split not in (*SPLITS, "all"):
            raise BadInput(
                f"{source.name}: LabelMe folders have no split {split!r}; it has {', '.join(SPLITS)}"
            )
        home = folder if split == "all" else folder / split
        rows = range(len(data))
        given = relabelled.get(split, map(data.labels, rows))
        for row, objects in zip(rows, given, strict=True):
            assert isinstance(objects, Instances)
            image = home / file_name(data, row)
            put_image(data, row, image)
            content: dict[str, Any] = {
                "version": "5.5.0",
                "flags": {},
                "shapes": [_shape(objects, i, classes) for i in range(len(objects))],
                "imagePath": image.name,
                "imageData": None,
                "imageHeight": objects.size[0],
                "imageWidth": objects.size[1],
            }
            dump_json(home / f"{image.stem}.json", content, indent=2)


def _relabelled(data: LabelMeSplit, row: int, after: Labels) -> dict[str, Any] | None:
    """The content of a changed file; None where nothing changed."""
    assert isinstance(after, Instances)
    before = data.labels(row)
    assert isinstance(before, Instances)
    edits = edits_of(before, after)
    if not edits:
        return None
    entry, classes = data.entries[row], data.problem.classes
    said, shapes = shapes_in(entry.path)
    kept = dict(enumerate(shapes))
    for group in entry.groups:
        edit = edits.changed.get(group.id)
        if group.id in edits.gone:
            left: Sequence[int] = ()
        else:
            left = group.members[:1] if edit and edit.new_mask else group.members
        for i in set(group.members) - set(left):
            del kept[i]
        if edit:
            kept.update({i: _edited(kept[i], edit, after, classes) for i in left})
            if edit.new_class:
                _keep_apart(kept, left)
    new = [*kept.values(), *(_shape(after, at, classes) for at in edits.added)]
    ids = [group.id for group in entry.groups if group.id not in edits.gone]
    ids += [int(after.ids[at]) for at in edits.added]
    return {**said, "shapes": _known_again(new, ids, data.split, data.keys[row])}


def _edited(shape: Shape, edit: Edit, after: Instances, classes: Sequence[str]) -> Shape:
    changed = dict(shape)
    if edit.new_mask:
        changed.update(mask_shape(after.masks[edit.at], after.size))
    if edit.new_class:
        changed["label"] = _label(after, edit.at, classes)
    if edit.new_crowd:
        flags = changed.get("flags")
        changed["flags"] = {**(flags if isinstance(flags, dict) else {}), CROWD: bool(after.crowd[edit.at])}
    return changed


def _keep_apart(kept: dict[int, Shape], members: Sequence[int]) -> None:
    """A new group_id for an object that its new label would join to another one of the same group_id."""
    first = kept[members[0]]
    joins = (first.get("group_id"), first["label"])
    others = [shape for i, shape in kept.items() if i not in members]
    if joins[0] is not None and any((s.get("group_id"), s.get("label")) == joins for s in others):
        used = [s["group_id"] for s in kept.values() if isinstance(s.get("group_id"), int)]
        fresh = max(used, default=0) + 1
        kept.update({i: {**kept[i], "group_id": fresh} for i in members})


def _shape(objects: Instances, i: int, classes: Sequence[str]) -> Shape:
    return {
        "label": _label(objects, i, classes),
        **mask_shape(objects.masks[i], objects.size),
        "group_id": None,
        "description": "",
        "flags": {CROWD: True} if objects.crowd[i] else {},
        ID: int(objects.ids[i]),
    }


def _label(objects: Instances, i: int, classes: Sequence[str]) -> str:
    return known_class(int(objects.classes[i]), classes) or IGNORED


def _known_again(shapes: list[Shape], ids: Sequence[int], split: str, key: str) -> list[Shape]:
    """The shapes, where needed with the id that a reader would not find."""
    groups = groups_of(shapes, split, key)
    for group, id_ in zip(groups, ids, strict=True):
        if group.id != id_:
            first = group.members[0]
            shapes[first] = {**shapes[first], ID: id_}
    return shapes


def _write_names(classes: Sequence[str], given: Path | None, folder: Path) -> None:
    """labels.txt as it was, or one that says the classes, so that they keep their numbers."""
    target = folder / NAMES
    if target.exists():
        return
    if given is not None and given.is_file():
        link_or_copy(given, target)
        return
    names = classes[1:]
    wrong = [n for n in names if n != n.strip() or not n or not n.isprintable() or n in _TAKEN]
    wrong += [n for n in names if names.count(n) > 1]
    if wrong:
        raise BadInput(f"a class called {wrong[0]!r} cannot stand in LabelMe's {NAMES}; rename it")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join((IGNORED, BACKGROUND, *names)) + "\n", encoding="utf-8")
