"""The ids of Cityscapes (Cordts et al., CVPR 2016, arXiv 1604.01685), or those that a class file gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Integer, UInt8

from truemask.data.formats.class_file import ClassTable, read_class_table, write_class_table
from truemask.data.formats.colours import Colour, standard_colours
from truemask.types import IGNORE, BadInput, Problem, Task

GROUP = "group"
"""What the name of a crowd ends with in polygon files."""
PER_CLASS = 1000
"""The n-th object of class c has the value c * 1000 + n."""
BACKGROUND = "background"
_KNOWN: Mapping[int, tuple[str, Colour]] = {
    0: ("unlabeled", (0, 0, 0)),
    1: ("ego vehicle", (0, 0, 0)),
    2: ("rectification border", (0, 0, 0)),
    3: ("out of roi", (0, 0, 0)),
    4: ("static", (0, 0, 0)),
    5: ("dynamic", (111, 74, 0)),
    6: ("ground", (81, 0, 81)),
    7: ("road", (128, 64, 128)),
    8: ("sidewalk", (244, 35, 232)),
    9: ("parking", (250, 170, 160)),
    10: ("rail track", (230, 150, 140)),
    11: ("building", (70, 70, 70)),
    12: ("wall", (102, 102, 156)),
    13: ("fence", (190, 153, 153)),
    14: ("guard rail", (180, 165, 180)),
    15: ("bridge", (150, 100, 100)),
    16: ("tunnel", (150, 120, 90)),
    17: ("pole", (153, 153, 153)),
    18: ("polegroup", (153, 153, 153)),
    19: ("traffic light", (250, 170, 30)),
    20: ("traffic sign", (220, 220, 0)),
    21: ("vegetation", (107, 142, 35)),
    22: ("terrain", (152, 251, 152)),
    23: ("sky", (70, 130, 180)),
    24: ("person", (220, 20, 60)),
    25: ("rider", (255, 0, 0)),
    26: ("car", (0, 0, 142)),
    27: ("truck", (0, 0, 70)),
    28: ("bus", (0, 60, 100)),
    29: ("caravan", (0, 0, 90)),
    30: ("trailer", (0, 0, 110)),
    31: ("train", (0, 80, 100)),
    32: ("motorcycle", (0, 0, 230)),
    33: ("bicycle", (119, 11, 32)),
    255: ("license plate", (0, 0, 142)),
}
_TRAINED = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
_THINGS = (24, 25, 26, 27, 28, 31, 32, 33)
_COUNTED = frozenset(range(24, 34))


@dataclass(frozen=True)
class IdTable:
    """What the values of id maps mean.

    Args:
        trained: the ids of the classes of label maps, in the order of the class ids.
        things: the ids of the classes of objects, class 1 first.
        counted: the ids whose objects have numbers, classes or not.
        names: of all ids that maps may hold; those that are no class are IGNORE.
        colours: of the same ids.
        nothing: the id that stands for IGNORE in new maps.
    """

    trained: tuple[int, ...]
    things: tuple[int, ...]
    counted: frozenset[int]
    names: Mapping[int, str]
    colours: Mapping[int, Colour]
    nothing: int

    def problem(self, task: Task, channels: int) -> Problem:
        """Label maps or objects of these classes."""
        if task == Task.INSTANCE:
            names = (BACKGROUND, *(self.names[i] for i in self.things))
            return Problem(task, names, channels, background=0)
        names = tuple(self.names[i] for i in self.trained)
        return Problem(task, names, channels, background=0 if names[0] == BACKGROUND else None)

    def to_classes(self, ids: Integer[np.ndarray, "h w"], path: Path) -> UInt8[np.ndarray, "h w"]:
        """Class ids of a map of ids.

        Raises:
            BadInput: naming `path`, if an id is not known.
        """
        table = np.full(2**16, -1, dtype=np.int16)
        table[list(self.names)] = IGNORE
        table[list(self.trained)] = range(len(self.trained))
        classes: np.ndarray = table[ids]
        if classes.min(initial=0) < 0:
            raise BadInput(
                f"{path}: the id {ids[classes < 0][0]} stands for nothing; correct it or add a meta.json"
            )
        return classes.astype(np.uint8)

    def to_ids(self, classes: UInt8[np.ndarray, "h w"], path: Path) -> UInt8[np.ndarray, "h w"]:
        """The ids of these classes; IGNORE becomes `nothing`.

        Raises:
            BadInput: naming `path`, if there is no such class.
        """
        known = len(self.trained)
        wrong = classes[(classes >= known) & (classes != IGNORE)]
        if len(wrong):
            raise BadInput(f"{path}: a mask with class {wrong[0]} of {known}; correct the mask")
        table = np.full(256, self.nothing, dtype=np.uint8)
        table[:known] = self.trained
        ids: np.ndarray = table[classes]
        return ids

    def thing(self, class_id: int, path: Path) -> int:
        """The id of a class of objects.

        Raises:
            BadInput: naming `path`, if there is no such class.
        """
        if not 0 < class_id <= len(self.things):
            raise BadInput(f"{path}: an object of class {class_id}; classes are 1 to {len(self.things)}")
        return self.things[class_id - 1]


CITYSCAPES = IdTable(
    trained=_TRAINED,
    things=_THINGS,
    counted=_COUNTED,
    names={i: name for i, (name, _) in _KNOWN.items()},
    colours={i: colour for i, (_, colour) in _KNOWN.items()},
    nothing=0,
)
"""19 classes of label maps, 8 of them things; the other ids are IGNORE."""


def read_id_table(root: Path) -> IdTable:
    """The ids that the folder's class file gives; without one those of Cityscapes.

    Raises:
        BadInput: if the class file is wrong, or its values are too high.
    """
    said = read_class_table(root)
    if said is None:
        return CITYSCAPES
    names = dict(zip(said.values, said.names, strict=True))
    things = [i for i in said.values if names[i] != BACKGROUND]
    nothing = IGNORE if said.ignore is None else said.ignore
    if max(*names, nothing) > IGNORE or not things:
        raise BadInput(
            f"{root}: its class file needs ids from 0 to {IGNORE}, and one class beside background"
        )
    names.setdefault(nothing, "unlabeled")
    colours = standard_colours(IGNORE + 1)
    return IdTable(
        said.values, tuple(things), frozenset(things), names, {i: colours[i] for i in names}, nothing
    )


def write_id_table(folder: Path, problem: Problem) -> IdTable:
    """A meta.json of other classes than those of Cityscapes; how they stand in files.

    Raises:
        BadInput: if there are too many classes of objects for maps of 16 bits.
    """
    if problem.classes == CITYSCAPES.problem(problem.task, problem.channels).classes:
        return CITYSCAPES
    names, objects = problem.classes, problem.task == Task.INSTANCE
    if objects:
        names = (BACKGROUND, *names[1:])
        if (len(names) - 1) * PER_CLASS + PER_CLASS > 2**16:
            most = 2**16 // PER_CLASS - 1
            raise BadInput(f"{folder}: {len(names) - 1} classes of objects; maps of 16 bits hold {most}")
    write_class_table(folder, ClassTable(names, tuple(range(len(names))), task=problem.task))
    return read_id_table(folder)
