"""Exports of Label Studio as JSON, with the images in the same folder.

Objects are labelled masks (brush), polygons, rectangles and ellipses; key points, choices and texts are
none. Of several annotations of a task the first that was not cancelled counts; a task without one has no
label, which is not the same as one without objects. A result whose meta says `iscrowd` is a crowd, one
whose meta says `ignore` of unknown class. Polygons are filled as COCO fills them: the pixels whose centre
is inside.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.files import split_order
from truemask.data.formats.class_file import read_class_names
from truemask.data.formats.found import Found, as_instances, check_ids_differ
from truemask.data.formats.label_studio_file import Task as Entry
from truemask.data.formats.label_studio_file import looks, size_of, tasks_of
from truemask.data.formats.label_studio_results import Region, pack_region, regions_of
from truemask.data.image_file import read_image
from truemask.data.splits import Splits
from truemask.data.views import AsSemantic
from truemask.types import IGNORE, BadInput, Instances, Labels, Problem, Task

KINDS = ("annotations", "predictions")


@final
class LabelStudioSplit(Dataset):
    """The labelled tasks of one split of an export, in its order.

    Args:
        path: of the export.
        kind: whether annotations or predictions are the labels.
        tasks: one a row.
        regions: the results that are objects, row by row.
        objects: of each row.
        unlabelled: images of tasks without a label: no rows, but carried over.
    """

    def __init__(
        self,
        name: str,
        split: str,
        problem: Problem,
        path: Path,
        kind: str,
        tasks: Sequence[Entry],
        regions: Sequence[Sequence[Region]],
        objects: Sequence[Instances],
        unlabelled: Sequence[Path],
    ) -> None:
        self.name, self.split, self.problem = name, split, problem
        self.path, self.kind, self.tasks = path, kind, tasks
        self.regions, self.objects, self.unlabelled = regions, objects, unlabelled
        self.keys = [task.key for task in tasks]

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w 3".

        Raises:
            BadInput: if the file cannot be read, or has another size than the export says.
        """
        image = read_image(self.tasks[row].image, channels=3)
        height, width = self.size(row)
        if image.shape[:2] != (height, width):
            raise BadInput(
                f"{self.tasks[row].image}: the image has {image.shape[0]} x {image.shape[1]} px, "
                f"{self.path.name} says {height} x {width}; its results cannot be placed"
            )
        return image

    def labels(self, row: int) -> Labels:
        """The objects of the image, in the order of the results."""
        return self.objects[row]

    def file(self, row: int) -> Path | None:
        """The image's file."""
        return self.tasks[row].image

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, as the export says."""
        return self.objects[row].size


def sniff(path: Path) -> bool:
    """Whether it is an export, or a folder with one."""
    return bool(_exports(path))


def open_label_studio(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of an export: what its tasks' data calls `split`, or everything.

    Classes are the names in classes.json or classes.txt beside the export, or else all labels in the
    order of the alphabet. An image is found by its path or by its name below the export's folder,
    whatever Label Studio puts before it (`/data/local-files/?d=`, `/data/upload/`, a bucket, eight digits
    and a dash).

    Args:
        labels: `predictions` to have those as labels instead of the annotations.

    Raises:
        BadInput: naming task and result, if one is wrong, no task has a label, or an image is gone.
    """
    if task == Task.CLASSIFICATION:
        raise BadInput(f"{path}: an export of Label Studio has objects here; open it as instance or semantic")
    if labels not in (None, *KINDS):
        raise BadInput(f"{path}: has no labels called {labels!r}; there is: {', '.join(KINDS)}")
    exports = _exports(path)
    if len(exports) > 1:
        listed = ", ".join(file.name for file in exports)
        raise BadInput(f"{path} has {len(exports)} exports ({listed}); open one of them")
    file, kind = exports[0], labels or KINDS[0]
    tasks = tasks_of(file, kind)
    labelled = [one for one in tasks if one.chosen is not None]
    if not labelled:
        raise BadInput(f"{file}: no task has {kind}; label one, or open it with other labels")
    regions = [_regions(file, one) for one in labelled]
    used = {region.label for found in regions for region in found}
    names = read_class_names(file.parent) or tuple(sorted(used))
    if not names:
        raise BadInput(f"{file}: no result says which classes there are; name them in classes.json")
    problem = Problem(Task.INSTANCE, ("background", *names), background=0)
    numbers = {label: i for i, label in enumerate(problem.classes) if i}
    objects = [_objects(file, one, found, numbers) for one, found in zip(labelled, regions, strict=True)]
    name = file.parent.resolve().name + (f"/{kind}" if kind != KINDS[0] else "")
    opened = {}
    for split in sorted({one.split for one in labelled}, key=split_order):
        rows = [row for row, one in enumerate(labelled) if one.split == split]
        check_ids_differ(str(file), (objects[row] for row in rows))
        opened[split] = LabelStudioSplit(
            name,
            split,
            problem,
            file,
            kind,
            tasks=[labelled[row] for row in rows],
            regions=[regions[row] for row in rows],
            objects=[objects[row] for row in rows],
            unlabelled=[one.image for one in tasks if one.chosen is None],
        )
    splits: Mapping[str, Dataset] = opened
    if task == Task.SEMANTIC:
        splits = {split: AsSemantic(data) for split, data in opened.items()}
    return Splits(name, "label-studio", splits, path)


def _exports(path: Path) -> list[Path]:
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    return [file for file in files if file.suffix.lower() == ".json" and looks(file)]


def _regions(path: Path, task: Entry) -> list[Region]:
    try:
        return regions_of(task.results, task.split, task.key)
    except BadInput as error:
        raise BadInput(f"{path}: image {task.key}: {error}") from error


def _objects(path: Path, task: Entry, regions: Sequence[Region], numbers: Mapping[str, int]) -> Instances:
    try:
        size = size_of(task)
    except BadInput as error:
        raise BadInput(f"{path}: image {task.key}: {error}") from error
    found = []
    for region in regions:
        where = f"{path}: image {task.key}: result {region.place} ({region.label})"
        if region.label not in numbers:
            raise BadInput(f"{where} is of no class in the class file; name it there")
        try:
            mask = pack_region(task.results[region.place], size)
        except BadInput as error:
            raise BadInput(f"{where} is no use: {error}; correct or remove it") from error
        found.append(
            Found(region.id, IGNORE if region.unknown else numbers[region.label], mask, region.crowd)
        )
    return as_instances(found, size)
