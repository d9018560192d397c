"""Writing CVAT's XML: shapes that did not change are carried over value by value."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from truemask.data.files import link_or_copy
from truemask.data.formats.cvat import IMAGES, CvatSplit
from truemask.data.formats.cvat_file import FILE, entries_of, read_tree
from truemask.data.formats.cvat_shapes import CROWD, ID, UNKNOWN, groups_of, set_attribute, set_mask
from truemask.data.formats.found import known_class
from truemask.data.formats.object_edits import Edit, edits_of
from truemask.data.formats.parts import Group
from truemask.data.formats.source_file import file_name, link_once, put_image
from truemask.data.splits import Splits
from truemask.types import BadInput, Instances, Labels

_NO_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_cvat(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of an opened CVAT file with new objects; a file without a change is linked.

    Where an object's class changed, so do the labels of its shapes; one with a new mask becomes one
    `mask` in the place of its first shape; new ones come at the end of their image. All else stays, in
    its order. A shape that would not be known again by what it covers says its id in the attribute
    `truemask_id`.

    Raises:
        BadInput: if a class is none of the source's.
    """
    first = next(iter(source.splits.values()))
    assert isinstance(first, CvatSplit)
    root = read_tree(first.path)
    elements = {(entry.subset, entry.name): entry.element for entry in entries_of(first.path, root)}
    changed = False
    for split, data in source.splits.items():
        assert isinstance(data, CvatSplit)
        for image in data.images:
            link_once(image, folder / image.relative_to(data.path.parent))
        if split in relabelled:
            for row, labels in zip(range(len(data)), relabelled[split], strict=True):
                changed |= _relabel(data, row, labels, elements[data.names[row]])
    if changed:
        _write(root, folder / FILE)
    else:
        link_or_copy(first.path, folder / FILE)


def write_as_cvat(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any instance data set as a CVAT file: masks as `mask`, splits as subsets, ids as `truemask_id`.

    Boxes are not kept apart from masks; everything else of an object is.

    Raises:
        BadInput: if a name is one that XML or CVAT cannot hold.
    """
    classes = source.problem.classes
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    task = SubElement(SubElement(root, "meta"), "task")
    SubElement(task, "name").text = _held(source.name)
    SubElement(task, "mode").text = "annotation"
    labels = SubElement(task, "labels")
    for name in classes[1:]:
        if not name or classes[1:].count(name) > 1:
            raise BadInput(f"a class called {name!r} cannot stand among CVAT's labels (again); rename it")
        label = SubElement(labels, "label")
        SubElement(label, "name").text = _held(name)
        SubElement(label, "attributes")
    number = 0
    for split, data in source.splits.items():
        home = folder / IMAGES if split == "all" else folder / IMAGES / split
        rows = range(len(data))
        for row, objects in zip(rows, relabelled.get(split, map(data.labels, rows)), strict=True):
            assert isinstance(objects, Instances)
            image = home / file_name(data, row)
            put_image(data, row, image)
            subset = {} if split == "all" else {"subset": _held(split)}
            height, width = map(str, objects.size)
            said = {"id": str(number), "name": _held(image.name), **subset, "width": width, "height": height}
            element = SubElement(root, "image", said)
            element.extend(_shape(objects, i, classes) for i in range(len(objects)))
            number += 1
    ElementTree.indent(root)
    _write(root, folder / FILE)


def _relabel(data: CvatSplit, row: int, after: Labels, element: Element) -> bool:
    """Change the shapes of an image; whether there was anything to change."""
    assert isinstance(after, Instances)
    edits = edits_of(data.objects[row], after)
    if not edits:
        return False
    shapes, classes = list(element), data.problem.classes
    dropped: set[int] = set()
    for group in data.groups[row]:
        edit = edits.changed.get(group.id)
        if group.id in edits.gone:
            dropped.update(group.members)
        elif edit is not None:
            dropped.update(group.members[1:] if edit.new_mask else ())
            members = [shapes[i] for i in group.members if i not in dropped]
            for shape in members:
                _edit(shape, edit, after, classes)
            if edit.new_class:
                others = [s for i, s in enumerate(shapes) if i not in dropped and s not in members]
                _keep_apart(members, others)
    for i in sorted(dropped):
        element.remove(shapes[i])
    for at in edits.added:
        _append(element, _shape(after, at, classes))
    ids = [group.id for group in data.groups[row] if group.id not in edits.gone]
    _know_again(element, [*ids, *(int(after.ids[at]) for at in edits.added)], data, row)
    return True


def _edit(shape: Element, edit: Edit, after: Instances, classes: Sequence[str]) -> None:
    if edit.new_mask:
        set_mask(shape, after.masks[edit.at], after.size)
    if edit.new_class:
        name = known_class(int(after.classes[edit.at]), classes)
        if name is not None:
            shape.set("label", name)
        set_attribute(shape, UNKNOWN, name is None)
    if edit.new_crowd:
        set_attribute(shape, CROWD, bool(after.crowd[edit.at]))


def _keep_apart(members: Sequence[Element], others: Sequence[Element]) -> None:
    """A new group_id for an object that its new label would join to another one of the same group_id."""
    group, label = members[0].get("group_id"), members[0].get("label")
    if group is not None and any((s.get("group_id"), s.get("label")) == (group, label) for s in others):
        used = {s.get("group_id") for s in (*members, *others)}
        fresh = next(str(i) for i in range(1, len(used) + 2) if str(i) not in used)
        for shape in members:
            shape.set("group_id", fresh)


def _shape(objects: Instances, i: int, classes: Sequence[str]) -> Element:
    name = known_class(int(objects.classes[i]), classes)
    shape = Element(
        "mask", {"label": classes[1] if name is None else name, "source": "manual", "occluded": "0"}
    )
    set_mask(shape, objects.masks[i], objects.size)
    shape.set("z_order", "0")
    shape.set(ID, str(int(objects.ids[i])))
    if objects.crowd[i]:
        set_attribute(shape, CROWD, holds=True)
    if name is None:
        set_attribute(shape, UNKNOWN, holds=True)
    return shape


def _know_again(element: Element, ids: Sequence[int], data: CvatSplit, row: int) -> None:
    """Give the id to shapes where a reader would not find it."""
    shapes = list(element)
    groups: Sequence[Group] = groups_of(shapes, data.split, data.keys[row])
    for group, id_ in zip(groups, ids, strict=True):
        if group.id != id_:
            shapes[group.members[0]].set(ID, str(id_))


def _append(element: Element, shape: Element) -> None:
    """Add a shape at the end, on a line of its own where the others have theirs."""
    if len(element):
        shape.tail = element[-1].tail
        element[-1].tail = element.text
    element.append(shape)


def _held(text: str) -> str:
    if _NO_XML.search(text):
        raise BadInput(f"{text!r} has a letter that XML cannot hold; rename it")
    return text


def _write(root: Element, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
