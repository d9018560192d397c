"""Writing MNIST's idx files: packed as they came, so that the same labels give the same bytes."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from truemask.data.dataset import Dataset
from truemask.data.files import link_or_copy
from truemask.data.formats.class_file import CLASS_FILES
from truemask.data.formats.idx import IdxSplit
from truemask.data.splits import Splits
from truemask.types import BadInput, Labels


def write_idx(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of opened idx files with new labels; files of labels that did not change are linked."""
    for split, data in source.splits.items():
        assert isinstance(data, IdxSplit)
        images, labels = data.files.images, data.files.labels
        link_or_copy(images, folder / images.name)
        new, old = _class_ids(data, relabelled.get(split)), _class_ids(data, None)
        if np.array_equal(new, old):
            link_or_copy(labels, folder / labels.name)
        else:
            _write_bytes(folder / labels.name, _coded(new))
        for name in CLASS_FILES:
            if (images.parent / name).is_file() and not (folder / name).exists():
                link_or_copy(images.parent / name, folder / name)
    _write_names(source, folder)


def write_as_idx(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any classification data set of images of one size as plain idx files, names in classes.json.

    Raises:
        BadInput: if the images of a split are not all of one size.
    """
    if source.problem.points:
        raise BadInput(f"{source.name}: idx files hold images here; these are points")
    for split, data in source.splits.items():
        stem = "t10k" if split == "test" else split
        images = [data.image(row) for row in range(len(data))]
        if len({image.shape for image in images}) > 1:
            raise BadInput(f"{data.name}, {split}: an idx file holds images of one size; resize them")
        stacked = np.stack(images) if images else np.zeros((0, 1, 1, source.problem.channels), dtype=np.uint8)
        stacked = stacked[..., 0] if source.problem.channels == 1 else stacked
        ids = _class_ids(data, relabelled.get(split))
        (folder / f"{stem}-images-idx{stacked.ndim}-ubyte").write_bytes(_coded(stacked))
        (folder / f"{stem}-labels-idx1-ubyte").write_bytes(_coded(ids))
    _write_names(source, folder)


def _coded(values: UInt8[np.ndarray, "..."]) -> bytes:
    return bytes([0, 0, 8, values.ndim]) + np.array(values.shape, dtype=">u4").tobytes() + values.tobytes()


def _write_bytes(path: Path, content: bytes) -> None:
    # Without a time in the header: the same labels are the same file on any day.
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def _class_ids(data: Dataset, given: Iterable[Labels] | None) -> UInt8[np.ndarray, "n"]:
    rows = range(len(data))
    labels = map(data.labels, rows) if given is None else given
    return np.array([label for _, label in zip(rows, labels, strict=True)], dtype=np.uint8)


def _write_names(source: Splits, folder: Path) -> None:
    # Written even where the source has none: noise may empty the last class, and then it would be forgotten.
    if not any((folder / name).exists() for name in CLASS_FILES):
        said = json.dumps(source.problem.classes) + "\n"
        (folder / "classes.json").write_text(said, encoding="utf-8")
