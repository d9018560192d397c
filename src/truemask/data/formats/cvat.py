"""CVAT for images 1.1: annotations.xml with images/ beside.

Objects are polygons, boxes, ellipses (both may be turned) and masks; polylines, points, cuboids,
skeletons and tags have no area and are none. Shapes of one label and one group_id other than 0 are one
object. A shape whose attribute `iscrowd` is true is a crowd, one whose attribute `ignore` is true of
unknown class. Polygons are filled as COCO fills them: the pixels whose centre is inside.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.files import split_order
from truemask.data.formats.cvat_file import FILE, Entry, entries_of, labels_of, looks, read_tree
from truemask.data.formats.cvat_shapes import groups_of, pack_group
from truemask.data.formats.found import Found, as_instances, check_ids_differ
from truemask.data.formats.parts import Group
from truemask.data.formats.places import own_file
from truemask.data.image_file import read_image
from truemask.data.splits import Splits
from truemask.data.views import AsSemantic
from truemask.types import IGNORE, BadInput, Instances, Labels, Problem, Task

IMAGES = "images"


@final
class CvatSplit(Dataset):
    """The images of one subset of a CVAT file, in its order, with their objects.

    Args:
        path: of the file; images lie below its folder.
        entries: the images, by key.
        images: their files.
        groups: the objects of each, as shapes.
        objects: the objects of each.
    """

    def __init__(
        self,
        name: str,
        split: str,
        problem: Problem,
        path: Path,
        entries: Sequence[Entry],
        images: Sequence[Path],
        groups: Sequence[Sequence[Group]],
        objects: Sequence[Instances],
    ) -> None:
        self.name, self.split, self.problem, self.path = name, split, problem, path
        self.keys = [entry.key for entry in entries]
        self.names = [(entry.subset, entry.name) for entry in entries]
        self.images, self.groups, self.objects = images, groups, objects

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w 3".

        Raises:
            BadInput: if the file cannot be read, or has another size than the CVAT file says.
        """
        image = read_image(self.images[row], channels=3)
        height, width = self.size(row)
        if image.shape[:2] != (height, width):
            raise BadInput(
                f"{self.images[row]}: the image has {image.shape[0]} x {image.shape[1]} px, {self.path.name} "
                f"says {height} x {width}; its shapes cannot be placed"
            )
        return image

    def labels(self, row: int) -> Labels:
        """The objects of the image, in the order of their first shapes."""
        return self.objects[row]

    def file(self, row: int) -> Path | None:
        """The image's file."""
        return self.images[row]

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, as the file says."""
        return self.objects[row].size


def sniff(path: Path) -> bool:
    """Whether it is a CVAT file, or a folder with one called annotations.xml."""
    file = _file(path)
    return file.suffix.lower() == ".xml" and looks(file)


def open_cvat(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of a CVAT file: its subsets, or everything.

    Classes are the labels that the file declares, in its order; in a file that declares none, those of its
    shapes in the order of the alphabet. Images are looked for in images/, in the subset's folder there, and
    beside the file.

    Raises:
        BadInput: naming image and shape, if one is wrong, or an image is gone.
    """
    if task == Task.CLASSIFICATION:
        raise BadInput(f"{path}: a CVAT file has objects here; open it as instance or semantic")
    if labels is not None:
        raise BadInput(f"{path}: a CVAT file has one set of labels, not {labels!r}")
    file = _file(path)
    root = read_tree(file)
    entries = entries_of(file, root)
    groups = [_groups(file, entry) for entry in entries]
    used = {group.label for found in groups for group in found}
    declared = labels_of(root) or sorted(used)
    if not declared:
        raise BadInput(f"{file}: declares no label, and has no shape; declare its labels")
    problem = Problem(Task.INSTANCE, ("background", *declared), background=0)
    numbers = {label: i for i, label in enumerate(problem.classes) if i}
    images = [_image_of(file, entry) for entry in entries]
    objects = [_objects(file, entry, found, numbers) for entry, found in zip(entries, groups, strict=True)]
    name = file.parent.resolve().name
    opened = {}
    for split in sorted({entry.split for entry in entries}, key=split_order):
        rows = [row for row, entry in enumerate(entries) if entry.split == split]
        check_ids_differ(str(file), (objects[row] for row in rows))
        opened[split] = CvatSplit(
            name,
            split,
            problem,
            file,
            entries=[entries[row] for row in rows],
            images=[images[row] for row in rows],
            groups=[groups[row] for row in rows],
            objects=[objects[row] for row in rows],
        )
    splits: Mapping[str, Dataset] = opened
    if task == Task.SEMANTIC:
        splits = {split: AsSemantic(data) for split, data in opened.items()}
    return Splits(name, "cvat", splits, path)


def _file(path: Path) -> Path:
    return path / FILE if path.is_dir() else path


def _groups(path: Path, entry: Entry) -> list[Group]:
    try:
        return groups_of(list(entry.element), entry.split, entry.key)
    except BadInput as error:
        raise BadInput(f"{path}: image {entry.name}: {error}") from error


def _objects(path: Path, entry: Entry, groups: Sequence[Group], numbers: Mapping[str, int]) -> Instances:
    shapes = list(entry.element)
    found = []
    for group in groups:
        if group.label not in numbers:
            raise BadInput(f"{path}: image {entry.name}: no label {group.label!r} is declared; declare it")
        try:
            mask = pack_group(shapes, group, entry.size)
        except BadInput as error:
            raise BadInput(f"{path}: image {entry.name}: {error}") from error
        found.append(Found(group.id, IGNORE if group.unknown else numbers[group.label], mask, group.crowd))
    return as_instances(found, entry.size)


def _image_of(path: Path, entry: Entry) -> Path:
    home = path.parent
    subset = [home / IMAGES / entry.subset] if entry.subset else []
    places = [place / entry.name for place in (*subset, home / IMAGES, home)]
    for place in (*places, home / IMAGES / Path(entry.name).name):
        if (found := own_file(place, home)) is not None:
            return found
    raise BadInput(f"{path}: image {entry.name} is not in {IMAGES}; bring it back or remove its entry")
