"""LabelMe folders: one JSON file an image, with its shapes.

Objects are polygons, rectangles, circles and masks; points and lines have no area and are none, and
neither is what is labelled `_background_`. Shapes of one label and one group_id are one object; one
labelled `__ignore__` is of unknown class, one with the flag `iscrowd` a crowd. Polygons are filled as
COCO fills them: the pixels whose centre is inside. LabelMe's own raster also has the pixels that the
outline touches.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.files import folders_in, split_name, split_order
from truemask.data.formats.found import Found, as_instances, check_ids_differ
from truemask.data.formats.labelme_file import Entry, embedded, image_beside, looks, read_entry
from truemask.data.formats.labelme_shapes import BACKGROUND, IGNORED
from truemask.data.image_file import is_image, read_image
from truemask.data.splits import Splits
from truemask.data.views import AsSemantic
from truemask.types import IGNORE, BadInput, Instances, Labels, Problem, Task

NAMES = "labels.txt"


@final
class LabelMeSplit(Dataset):
    """One split of a LabelMe folder, one row a file.

    Args:
        root: the folder of the data set.
        unlabelled: images without a file: no rows, but carried over.
    """

    def __init__(
        self,
        name: str,
        split: str,
        problem: Problem,
        root: Path,
        entries: Mapping[str, Entry],
        unlabelled: Sequence[Path],
    ) -> None:
        self.name, self.split, self.problem, self.root = name, split, problem, root
        self.keys, self.entries = list(entries), list(entries.values())
        self.unlabelled = unlabelled
        numbers = {label: i for i, label in enumerate(problem.classes) if i}
        self.objects = [_instances(entry, numbers) for entry in self.entries]

    def image(self, row: int) -> np.ndarray:
        """The image, uint8 "h w 3".

        Raises:
            BadInput: if it cannot be read, or has another size than its file says.
        """
        entry = self.entries[row]
        image = embedded(entry.path) if entry.image is None else read_image(entry.image, channels=3)
        if image.shape[:2] != entry.size:
            raise BadInput(
                f"{entry.path}: says {entry.size[0]} x {entry.size[1]} px, its image has {image.shape[0]} x "
                f"{image.shape[1]}; its shapes cannot be placed"
            )
        return image

    def labels(self, row: int) -> Labels:
        """The objects of the image, in the order of their first shapes."""
        return self.objects[row]

    def file(self, row: int) -> Path | None:
        """The image's file; None where it is embedded alone."""
        return self.entries[row].image

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, as the file says."""
        return self.entries[row].size


def sniff(path: Path) -> bool:
    """Whether it is a folder with LabelMe files, in itself or one level down."""
    return path.is_dir() and any(looks(file) for home in _homes(path) for file in sorted(home.glob("*.json")))


def open_labelme(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of a LabelMe folder: its folders train, val and test, or everything.

    Classes are the lines of labels.txt, or else all labels in the order of the alphabet.

    Raises:
        BadInput: naming file and shape, if one is wrong or of no class, or an image is gone.
    """
    if task == Task.CLASSIFICATION:
        raise BadInput(f"{path}: a LabelMe folder has objects; open it as instance or semantic")
    if labels is not None:
        raise BadInput(f"{path}: a LabelMe folder has one set of labels, not {labels!r}")
    name = path.resolve().name
    found: dict[str, dict[str, Entry]] = {}
    unlabelled: dict[str, list[Path]] = {}
    for home in _homes(path):
        split = split_name(home.name) if home != path else None
        prefix = "" if split or home == path else f"{home.name}/"
        entries = found.setdefault(split or "all", {})
        for file in sorted(home.glob("*.json")):
            if looks(file) or image_beside(file) is not None:
                key = prefix + file.stem
                entries[key] = read_entry(file, path, split or "all", key)
        about = {entry.image for entry in entries.values()}
        strays = [image for image in sorted(home.iterdir()) if is_image(image) and image not in about]
        unlabelled.setdefault(split or "all", []).extend(strays)
    problem = Problem(Task.INSTANCE, ("background", *_names(path, found)), background=0)
    opened = {
        split: LabelMeSplit(name, split, problem, path, found[split], unlabelled[split])
        for split in sorted(found, key=split_order)
    }
    for data in opened.values():
        check_ids_differ(name, data.objects)
    splits: Mapping[str, Dataset] = opened
    if task == Task.SEMANTIC:
        splits = {split: AsSemantic(data) for split, data in opened.items()}
    return Splits(name, "labelme", splits, path)


def _homes(path: Path) -> list[Path]:
    """The folder, and those directly inside that hold LabelMe files."""
    inside = [home for home in folders_in(path) if any(looks(file) for file in sorted(home.glob("*.json")))]
    return [path, *inside] if any(looks(file) for file in sorted(path.glob("*.json"))) else inside


def _names(path: Path, found: Mapping[str, Mapping[str, Entry]]) -> Sequence[str]:
    """Classes: the lines of labels.txt, or the labels that are there."""
    special = {IGNORED, BACKGROUND}
    entries = [entry for entries in found.values() for entry in entries.values()]
    used = {group.label: entry.path for entry in entries for group in entry.groups}
    if not (path / NAMES).is_file():
        names = sorted(used.keys() - special)
        if not names:
            raise BadInput(f"{path}: no shape says which classes there are; name them in {NAMES}, one a line")
        return names
    try:
        lines = (path / NAMES).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path / NAMES}: cannot be read as text") from error
    names = [line.strip() for line in lines if line.strip() and line.strip() not in special]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInput(f"{path / NAMES}: names the class {twice} twice; remove a line")
    for label in sorted(used.keys() - special - set(names)):
        raise BadInput(f"{used[label]}: a shape is labelled {label!r}, which is not in {NAMES}; add it there")
    return names


def _instances(entry: Entry, numbers: Mapping[str, int]) -> Instances:
    found = [
        Found(group.id, IGNORE if group.unknown else numbers[group.label], mask, group.crowd)
        for group, mask in zip(entry.groups, entry.masks, strict=True)
    ]
    return as_instances(found, entry.size)
