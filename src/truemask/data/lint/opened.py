"""Any data set that opens, row by row: what its reader refuses, and objects and maps that cannot be right."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.lint.finding import Finding
from truemask.data.lint.objects import Objects
from truemask.data.lint.pictures import Picture
from truemask.data.splits import Splits
from truemask.progress import watch
from truemask.types import IGNORE, BadInput, Instances, Labels


def check_opened(splits: Splits, pictures: list[Picture], *, show: bool) -> Iterator[Finding]:
    """Findings about the labels of every row; `pictures` fills with the images."""
    ids: dict[int, str] = {}
    for split, data in splits.splits.items():
        objects = Objects()
        for row, key in watch(f"labels {split}", enumerate(data.keys), len(data), show=show):
            file = _name(data, row)
            if not data.problem.points:
                read: Callable[[], np.ndarray] = partial(data.image, row)
                pictures.append(Picture(split, file, data.file(row), read))
            try:
                labels = data.labels(row)
            except BadInput as error:
                yield Finding(file, "", "unreadable", str(error).removeprefix(f"{file}: "))
                continue
            yield from _check_labels(data, row, labels, objects)
            if isinstance(labels, Instances):
                for id_ in labels.ids.tolist():
                    if id_ in ids:
                        yield Finding(file, f"object {id_}", "id-twice", f"also in {ids[id_]}")
                    ids[id_] = key


def _check_labels(data: Dataset, row: int, labels: Labels, objects: Objects) -> Iterator[Finding]:
    file, classes = _name(data, row), data.problem.num_classes
    if isinstance(labels, Instances):
        if not len(labels):
            yield Finding(file, "", "image-without-objects", "has no object")
        for i, id_ in enumerate(labels.ids.tolist()):
            class_id = int(labels.classes[i])
            where = (file, f"object {id_}")
            if class_id != IGNORE and not 0 < class_id < classes:
                yield Finding(*where, "class-unknown", f"class {class_id} of {classes - 1}")
            box = labels.boxes[i].tolist()
            yield from objects.check(where, data.keys[row], labels.masks[i], labels.size, class_id, box)
        return
    if isinstance(labels, np.ndarray) and labels.shape != data.size(row):
        said = f"labels of {labels.shape}, image of {data.size(row)} px"
        yield Finding(file, "", "size-mismatch", said)
    values = np.unique(labels)
    for value in values[(values >= classes) & (values != IGNORE)].tolist():
        yield Finding(file, f"value {value}", "class-unknown", f"there are {classes} classes")
    if values.tolist() == [IGNORE]:
        yield Finding(file, "", "label-blank", "says IGNORE everywhere")


def _name(data: Dataset, row: int) -> str:
    path = data.file(row)
    return f"{data.split}, {data.keys[row]}" if path is None else str(path)
