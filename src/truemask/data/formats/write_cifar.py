"""Writing CIFAR's batches: in a file whose labels change, these bytes change and no others."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.files import link_or_copy
from truemask.data.formats.cifar import META_10, META_100, OTHER, SIDE_PX, TRAIN, CifarSplit
from truemask.data.formats.cifar100_classes import COARSE_CLASSES, COARSE_OF, FINE_CLASSES
from truemask.data.formats.pickles import Byte, read_pickle
from truemask.data.formats.write_pickles import write_pickle
from truemask.data.splits import Splits
from truemask.types import IGNORE, BadInput, Labels

_BATCHES = 5


def write_cifar(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of opened batches with new labels of the kind in use; batches that did not change are linked.

    Raises:
        BadInput: if a batch does not hold its labels as single bytes.
    """
    for split, data in source.splits.items():
        assert isinstance(data, CifarSplit)
        given = _class_ids(data, relabelled.get(split))
        first = 0
        for batch in data.batches:
            new = given[first : first + len(batch.labels)]
            first += len(batch.labels)
            target = folder / batch.path.name
            if np.array_equal(new, batch.labels):
                link_or_copy(batch.path, target)
            else:
                target.write_bytes(_patched(batch.path, data.kind, new))
    home = next(iter(source.splits.values()))
    assert isinstance(home, CifarSplit)
    for meta in (META_10, META_100):
        path = home.batches[0].path.parent / meta
        if path.is_file():
            link_or_copy(path, folder / meta)


def write_as_cifar(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any classification data set of images of 32 x 32 px as batches; grey images become coloured.

    A set of CIFAR-100's fine classes is written as CIFAR-100 is, with coarse labels; any other as CIFAR-10.

    Raises:
        BadInput: if its images have another size.
    """
    names = source.problem.classes
    if source.problem.points:
        raise BadInput(f"{source.name}: CIFAR holds images; these are points")
    of_100 = names == FINE_CLASSES
    for split, data in source.splits.items():
        ids = _class_ids(data, relabelled.get(split))
        rows = np.arange(len(data))
        if of_100:
            (folder / split).write_bytes(_batch_100(data, rows, ids, f"{split} batch 1 of 1"))
        elif split == "train":
            for i, part in enumerate(np.array_split(rows, _BATCHES), start=1):
                said = f"training batch {i} of {_BATCHES}"
                (folder / f"{TRAIN}{i}").write_bytes(_batch_10(data, part, ids, said))
        else:
            (folder / f"{split}{OTHER}").write_bytes(_batch_10(data, rows, ids, f"{split} batch 1 of 1"))
    meta = {b"label_names": _coded(names)}
    if of_100:
        meta = {b"fine_label_names": _coded(names), b"coarse_label_names": _coded(COARSE_CLASSES)}
    (folder / (META_100 if of_100 else META_10)).write_bytes(write_pickle(meta))


def _patched(path: Path, kind: str, new: np.ndarray) -> bytes:
    """The file with other labels in the bytes where its labels stand."""
    content = path.read_bytes()
    given = read_pickle(content, path)[kind]
    if not isinstance(given, list) or not all(isinstance(label, Byte) for label in given):
        raise BadInput(f"{path}: its {kind} are not a list of single bytes; write it as class-arrays instead")
    patched = bytearray(content)
    for label, class_id in zip(given, new.tolist(), strict=True):
        patched[label.at] = class_id
    return bytes(patched)


def _class_ids(data: Dataset, given: Iterable[Labels] | None) -> np.ndarray:
    rows = range(len(data))
    labels = map(data.labels, rows) if given is None else given
    return np.array([label for _, label in zip(rows, labels, strict=True)], dtype=np.uint8)


def _batch_10(data: Dataset, rows: np.ndarray, ids: np.ndarray, said: str) -> bytes:
    return write_pickle(
        {
            b"batch_label": said.encode(),
            b"labels": ids[rows].tolist(),
            b"data": _images(data, rows),
            b"filenames": _coded([f"{data.keys[row]}.png" for row in rows]),
        }
    )


def _batch_100(data: Dataset, rows: np.ndarray, ids: np.ndarray, said: str) -> bytes:
    coarse = [COARSE_CLASSES.index(COARSE_OF[name]) for name in FINE_CLASSES]
    return write_pickle(
        {
            b"filenames": _coded([f"{data.keys[row]}.png" for row in rows]),
            b"batch_label": said.encode(),
            b"fine_labels": ids[rows].tolist(),
            b"coarse_labels": [IGNORE if label == IGNORE else coarse[label] for label in ids[rows].tolist()],
            b"data": _images(data, rows),
        }
    )


def _images(data: Dataset, rows: np.ndarray) -> np.ndarray:
    """The images plane by plane, "n 3072"."""
    values = np.zeros((len(rows), 3, SIDE_PX, SIDE_PX), dtype=np.uint8)
    for i, row in enumerate(rows.tolist()):
        if data.size(row) != (SIDE_PX, SIDE_PX):
            height, width = data.size(row)
            raise BadInput(
                f"{data.name}, {data.keys[row]}: has {height} x {width} px; CIFAR holds images of "
                f"{SIDE_PX} x {SIDE_PX} px, resize it"
            )
        values[i] = data.image(row).transpose(2, 0, 1)
    return values.reshape(len(rows), 3 * SIDE_PX**2)


def _coded(names: Iterable[str]) -> list[bytes]:
    return [name.encode("utf-8") for name in names]
