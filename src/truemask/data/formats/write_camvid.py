"""Writing CamVid: label maps that did not change keep their file, in colours or ids as they were."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from truemask.data.files import link_or_copy
from truemask.data.formats.camvid import ANNOTATED, SEGNET_CLASSES, CamvidSplit
from truemask.data.formats.class_file import ClassTable, write_class_table
from truemask.data.formats.class_maps import read_ids, write_ids
from truemask.data.formats.linked_folder import link_files, link_folder
from truemask.data.formats.source_file import file_name, put_image
from truemask.data.image_file import write_map
from truemask.data.splits import Splits
from truemask.types import Labels

_TEXTS = (".txt", ".json", ".md")


def write_camvid(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of an opened CamVid data set with new labels; label maps that did not change keep their file."""
    for split, data in source.splits.items():
        assert isinstance(data, CamvidSplit)
        root = data.files.root
        given = relabelled.get(split, [None] * len(data))
        for row, labels in zip(range(len(data)), given, strict=True):
            image, label = data.files.images[row], data.files.labels[row]
            link_or_copy(image, folder / image.relative_to(root))
            target = folder / label.relative_to(root)
            if labels is None or np.array_equal(np.asarray(labels), read_ids(label, data.table)):
                link_or_copy(label, target)
            else:
                assert isinstance(labels, np.ndarray)
                target.parent.mkdir(parents=True, exist_ok=True)
                write_ids(target.with_suffix(".png"), labels, data.table, like=label)
        for home in data.files.homes:
            (folder / home.relative_to(root)).mkdir(parents=True, exist_ok=True)
        photos, labels_home = data.files.homes
        link_folder(photos, folder / photos.relative_to(root))  # those without a label come along
        link_files(labels_home, folder / labels_home.relative_to(root), (".txt",))
        link_files(root, folder, _TEXTS)


def write_as_camvid(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any semantic data set in the layout of SegNet's CamVid.

    Other classes than SegNet's 11 stand in meta.json; IGNORE is then 255, not 11.
    """
    names = source.problem.classes
    own = names == SEGNET_CLASSES
    table = ClassTable(names, tuple(range(len(names))), ignore=len(names) if own else 255)
    if not own:
        write_class_table(folder, table)
    for split, data in source.splits.items():
        for kind in (split, f"{split}{ANNOTATED}"):
            (folder / kind).mkdir()
        lines = []
        given = relabelled.get(split, map(data.labels, range(len(data))))
        for row, labels in zip(range(len(data)), given, strict=True):
            assert isinstance(labels, np.ndarray)
            image = folder / split / file_name(data, row)
            put_image(data, row, image)
            target = folder / f"{split}{ANNOTATED}" / f"{image.stem}.png"
            write_map(target, table.to_values(labels, target))
            lines.append(f"{split}/{image.name} {split}{ANNOTATED}/{target.name}\n")
        (folder / f"{split}.txt").write_text("".join(lines), encoding="utf-8")
