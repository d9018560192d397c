"""The Semantic Boundaries Dataset (Hariharan et al., ICCV 2011): dataset/{img,cls,inst}, train.txt, val.txt.

Labels are MATLAB files: cls/x.mat holds GTcls.Segmentation, a map of VOC's class ids, inst/x.mat holds
GTinst.Segmentation, a map of objects, and GTinst.Categories, the class of each. There is no void; 255 is
read and written as IGNORE all the same. Classes are VOC's, or those of a labelmap.txt beside.

What survives: label maps wholly. Of objects their pixels, classes and number; crowds are left out, one pixel
is of one object, ids hang on the image's name and the map's value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from truemask import rle
from truemask.data.formats.class_file import ClassTable
from truemask.data.formats.id_maps import check_ids_differ, first_id
from truemask.data.formats.image_rows import ImageRows
from truemask.data.formats.voc import splits_of
from truemask.data.formats.voc_classes import voc_problem, voc_table
from truemask.data.image_file import channels_of, is_image
from truemask.data.runs import pack_values
from truemask.data.splits import Splits
from truemask.types import IGNORE, BadInput, Instances, Labels, Problem, Task

IMAGES, CLASSES, OBJECTS = "img", "cls", "inst"
HOME = "dataset"
STRUCTS: Mapping[str, str] = {CLASSES: "GTcls", OBJECTS: "GTinst"}
"""By folder, what its files hold."""
_MOST_BYTES = 2**28


@dataclass(frozen=True)
class SbdFiles:
    """The files of one split, row by row; `home` is the folder that has img/."""

    home: Path
    keys: tuple[str, ...]
    images: tuple[Path, ...]

    def mat(self, kind: str, row: int) -> Path:
        """The file of cls/ or inst/ that belongs to a row."""
        return self.home / kind / f"{self.keys[row]}.mat"


@final
class SbdSplit(ImageRows):
    """One split of an SBD data set: label maps, or objects where the problem's task says so."""

    def __init__(self, name: str, split: str, problem: Problem, files: SbdFiles, table: ClassTable) -> None:
        super().__init__(name, split, problem, files.keys, files.images)
        self.files, self.table = files, table

    def labels(self, row: int) -> Labels:
        """The label map, or the objects.

        Raises:
            BadInput: if a file cannot be read, is not of the image's size, or holds what is no class.
        """
        if self.problem.task == Task.SEMANTIC:
            path = self.files.mat(CLASSES, row)
            return self.table.to_ids(self._segmentation(row, path, CLASSES), path)
        return self._objects(row)

    def _objects(self, row: int) -> Instances:
        path = self.files.mat(OBJECTS, row)
        held = read_struct(path, OBJECTS)
        values = self._segmentation(row, path, OBJECTS)
        categories = np.asarray(held.get("Categories", ())).ravel()
        found, masks = pack_values(values)
        if found.max(initial=0) > len(categories):
            raise BadInput(
                f"{path}: object {found.max()}, but only {len(categories)} Categories; add its class"
            )
        given = categories[found.astype(np.int64) - 1]
        if not np.isin(given, [*self.table.values[1:], IGNORE]).all():
            raise BadInput(
                f"{path}: its Categories are {given.tolist()}; classes are {self.table.values[1:]}"
            )
        ids = self.table.to_ids(given.astype(np.uint16)[None], path)[0]
        height, width = values.shape
        return Instances(
            size=(height, width),
            classes=ids,
            masks=masks,
            boxes=rle.boxes(masks, (height, width)),
            ids=first_id(self.keys[row]) + found.astype(np.int64),
            crowd=np.zeros(len(found), dtype=bool),
        )

    def _segmentation(self, row: int, path: Path, kind: str) -> np.ndarray:
        values = segmentation_of(read_struct(path, kind), path)
        self.check_size(row, path, values.shape)
        return values


def sniff(path: Path) -> bool:
    """Whether img/ and cls/ or inst/ with MATLAB files lie there, or in dataset/ inside."""
    return _home(path) is not None


def open_sbd(path: Path, labels: str | None = None, task: Task | None = None) -> Splits:
    """The splits of an SBD data set, as label maps where no task is named.

    Raises:
        BadInput: if images or labels are missing, lists are wrong, or other labels are asked for.
    """
    if labels is not None:
        raise BadInput(f"{path}: has one set of labels, in {CLASSES}/ and {OBJECTS}/; not {labels!r}")
    home = _home(path)
    assert home is not None, "opened only what looks like it"
    kind = OBJECTS if task == Task.INSTANCE else CLASSES
    mats = {file.stem: file for file in (home / kind).glob("*.mat")}
    images = {file.stem: file for file in sorted((home / IMAGES).iterdir()) if is_image(file)}
    files = {}
    for split, keys in splits_of(home, mats, path).items():
        for key in keys:
            if key not in mats or key not in images:
                folder = home / (kind if key in images else IMAGES)
                raise BadInput(
                    f"{folder}: nothing called {key} there, which is listed; bring it, or unlist it"
                )
        files[split] = SbdFiles(home, tuple(keys), tuple(images[key] for key in keys))
    table = voc_table(home)
    channels = channels_of([image for one in files.values() for image in one.images])
    problem = voc_problem(table, task, channels, home)
    name = (home.resolve().parent if home.name == HOME else home.resolve()).name
    if problem.task == Task.INSTANCE:
        check_ids_differ(name, sorted({key for one in files.values() for key in one.keys}))
    splits = {split: SbdSplit(name, split, problem, one, table) for split, one in files.items()}
    return Splits(name, "sbd", splits, path)


def read_struct(path: Path, kind: str) -> dict[str, Any]:
    """The fields of the struct in a file of cls/ or inst/.

    Raises:
        BadInput: if the file cannot be read, or holds another thing.
    """
    from scipy.io import loadmat  # late: it takes a quarter of a second to import

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput(
                f"{path}: has more than {_MOST_BYTES} bytes, too many for one image; replace the file"
            )
        struct = loadmat(path)[STRUCTS[kind]][0, 0]
        return {name: struct[name] for name in struct.dtype.names}
    except BadInput:
        raise
    except Exception as error:  # whatever its reader stumbles upon in a broken file
        raise BadInput(
            f"{path}: is no MATLAB file with {STRUCTS[kind]} ({type(error).__name__}); replace the file"
        ) from error


def segmentation_of(held: Mapping[str, Any], path: Path) -> np.ndarray:
    """The map in a struct, uint8 or uint16 "h w".

    Raises:
        BadInput: if there is none, or it holds other than whole numbers of at most 16 bits.
    """
    values = held.get("Segmentation")
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype.kind not in "uif":
        raise BadInput(f"{path}: holds no Segmentation with a number for each pixel; replace the file")
    with np.errstate(invalid="ignore"):  # the next line tells
        wide = values.astype(np.uint16)
    if not np.array_equal(wide, values):
        raise BadInput(f"{path}: its Segmentation holds other than whole numbers from 0 to 65535; correct it")
    return wide


def _home(path: Path) -> Path | None:
    """The folder that has img/: `path`, dataset/ inside, or benchmark_RELEASE/dataset/ of the archive."""
    for home in (path, path / HOME, path / "benchmark_RELEASE" / HOME):
        if (home / IMAGES).is_dir() and any(
            (home / kind).is_dir() and next((home / kind).glob("*.mat"), None) for kind in (CLASSES, OBJECTS)
        ):
            return home
    return None
