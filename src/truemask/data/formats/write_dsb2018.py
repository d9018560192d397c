"""Writing sets of nuclei: the files of nuclei that did not change are linked."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from truemask import rle
from truemask.data.files import folders_in, link_or_copy
from truemask.data.formats.dsb2018 import IMAGES, MASKS, STAGE, NucleiSplit, is_home
from truemask.data.formats.linked_folder import link_files, link_folder
from truemask.data.formats.object_edits import edits_of
from truemask.data.formats.source_file import file_name, put_image
from truemask.data.image_file import write_map
from truemask.data.splits import Splits
from truemask.types import IGNORE, BadInput, Instances, Labels


def write_dsb2018(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of an opened set of nuclei with new masks; those that did not change keep their file.

    Raises:
        BadInput: if a nucleus that is new or changed is a crowd or of unknown class.
    """
    for split, data in source.splits.items():
        assert isinstance(data, NucleiSplit)
        stage = folder / f"{STAGE}{split}"
        given = iter(relabelled.get(split, ()))
        for row, home in enumerate(data.files.folders):
            link_folder(home / IMAGES, stage / home.name / IMAGES)
            masks = stage / home.name / MASKS
            masks.mkdir()
            if split in relabelled:
                _write_masks(data, row, next(given), masks)
            else:
                link_folder(home / MASKS, masks)
        for home in data.files.unlabelled:
            link_folder(home, stage / home.name)
        link_files(data.files.home, stage, (".txt", ".md"))
    for home in folders_in(source.path) if source.path is not None else ():
        if home.name.startswith(STAGE) and not is_home(home):
            link_folder(home, folder / home.name)  # a test set without masks


def write_as_dsb2018(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any instance data set with a file per object, in the order of the objects.

    Crowds and objects of unknown class are left out; classes and ids are not kept.
    """
    for split, data in source.splits.items():
        stage = folder / f"{STAGE}{split}"
        stage.mkdir()
        given = relabelled.get(split, map(data.labels, range(len(data))))
        for row, objects in zip(range(len(data)), given, strict=True):
            assert isinstance(objects, Instances)
            name = Path(file_name(data, row))
            put_image(data, row, stage / name.stem / IMAGES / name)
            masks = stage / name.stem / MASKS
            masks.mkdir()
            kept = [code for i, code in enumerate(objects.masks) if _complaint(objects, i) is None]
            for number, code in enumerate(kept):
                _write_mask(masks / f"{number:06d}.png", code, objects.size)


def _write_masks(data: NucleiSplit, row: int, after: Labels, folder: Path) -> None:
    assert isinstance(after, Instances)
    before = data.labels(row)
    assert isinstance(before, Instances)
    edits = edits_of(before, after)
    for at in (*edits.added, *(edit.at for edit in edits.changed.values())):
        if complaint := _complaint(after, at):
            raise BadInput(
                f"{data.keys[row]}: object {after.ids[at]} {complaint}, for which a set of nuclei has no "
                "word; remove it, or write the data set as coco"
            )
    for id_, path in data.masks(row).items():
        if id_ in edits.changed and edits.changed[id_].new_mask:
            _write_mask(folder / f"{path.stem}.png", after.masks[edits.changed[id_].at], after.size)
        elif id_ not in edits.gone:
            link_or_copy(path, folder / path.name)
    for at in edits.added:
        _write_mask(folder / f"{int(after.ids[at]):016x}.png", after.masks[at], after.size)


def _complaint(objects: Instances, i: int) -> str | None:
    if objects.crowd[i]:
        return "is a crowd"
    return "is of unknown class" if objects.classes[i] == IGNORE else None


def _write_mask(path: Path, code: bytes, size: tuple[int, int]) -> None:
    write_map(path, rle.unpack([code], size)[0].astype(np.uint8) * 255)
