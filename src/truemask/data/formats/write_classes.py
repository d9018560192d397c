"""Writing class sets: npz files and folders of images."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Integer

from truemask.data.dataset import Dataset
from truemask.data.files import link_or_copy
from truemask.data.formats.class_arrays import ClassArrays, load_arrays
from truemask.data.formats.class_folder import ClassFolder
from truemask.data.formats.source_file import file_name, put_image
from truemask.data.splits import Splits
from truemask.types import IGNORE, BadInput, Labels


def write_class_arrays(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of opened npz files with new labels under the split's usual name; JPEG files are linked.

    Of a labels.npz only the labels in use are kept, so that the copy opens with them.
    """
    new: dict[Path, dict[str, np.ndarray]] = {}
    for split, data in source.splits.items():
        assert isinstance(data, ClassArrays)
        where = data.source
        if where.labels != where.images:
            link_or_copy(where.images, folder / where.images.name)
        kept = load_arrays(where.labels) if where.labels == where.images else {}
        new.setdefault(where.labels, kept)[where.array] = _class_ids(data, relabelled.get(split))
    for path, arrays in new.items():
        np.savez_compressed(folder / path.name, allow_pickle=False, **arrays)
    _write_names(source, folder)


def write_as_class_arrays(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any classification data set as one npz with x, y and keys of each split.

    Raises:
        BadInput: if its images are not all of one size.
    """
    arrays: dict[str, np.ndarray] = {}
    for split, data in source.splits.items():
        prefix = "" if split == "all" else f"{split}_"
        images = [data.image(row) for row in range(len(data))]
        if len({image.shape for image in images}) > 1:
            raise BadInput(f"{data.name}, {split}: an npz holds images of one size; resize them")
        arrays[f"{prefix}x"] = np.stack(images)
        arrays[f"{prefix}y"] = _class_ids(data, relabelled.get(split))
        arrays[f"{prefix}keys"] = np.array(data.keys)
    np.savez_compressed(folder / "data.npz", allow_pickle=False, **arrays)
    _write_names(source, folder)


def write_class_folder(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of an opened class folder, each image in the folder of its new class.

    Raises:
        BadInput: if a label is IGNORE, which no folder stands for.
    """
    for split, data in source.splits.items():
        assert isinstance(data, ClassFolder)
        home = folder if split == "all" else folder / split
        for name in data.problem.classes:
            (home / name).mkdir(parents=True)
        for row, class_id in enumerate(_class_ids(data, relabelled.get(split))):
            if class_id == IGNORE:
                raise BadInput(f"{data.images[row]}: its new label is IGNORE, which no folder stands for")
            suffix = data.images[row].suffix
            link_or_copy(data.images[row], home / data.problem.classes[class_id] / (data.keys[row] + suffix))
    _write_names(source, folder)


def write_as_class_folder(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any classification data set as a folder of images per class.

    Raises:
        BadInput: if a label is IGNORE, which no folder stands for.
    """
    for split, data in source.splits.items():
        home = folder if split == "all" else folder / split
        for name in data.problem.classes:
            (home / name).mkdir(parents=True)
        for row, class_id in enumerate(_class_ids(data, relabelled.get(split))):
            if class_id == IGNORE:
                raise BadInput(
                    f"{data.name}, {data.keys[row]}: its label is IGNORE, which no folder stands for"
                )
            put_image(data, row, home / data.problem.classes[class_id] / file_name(data, row))
    _write_names(source, folder)


def _class_ids(data: Dataset, given: Iterable[Labels] | None) -> Integer[np.ndarray, "n"]:
    rows = range(len(data))
    labels = map(data.labels, rows) if given is None else given
    return np.array([label for _, label in zip(rows, labels, strict=True)], dtype=np.uint8)


def _write_names(source: Splits, folder: Path) -> None:
    # Written even where the source has none: noise may empty the last class, and then it would be forgotten.
    (folder / "classes.json").write_text(json.dumps(source.problem.classes) + "\n", encoding="utf-8")
