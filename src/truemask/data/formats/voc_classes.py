"""The classes of Pascal VOC, and of data sets that are laid out like it."""

from dataclasses import replace
from pathlib import Path

from truemask.data.formats.class_file import ClassTable, table_of
from truemask.data.formats.colours import (
    ColourTable,
    read_colour_file,
    standard_colours,
    write_colour_file,
)
from truemask.types import BadInput, Problem, Task

BACKGROUND = "background"
VOC_CLASSES = (
    BACKGROUND,
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable"),
    *("dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
VOID = 255
_VOID_COLOUR = standard_colours(256)[VOID]


def voc_table(root: Path) -> ClassTable:
    """The classes that a labelmap.txt names, background first; without one the 21 of VOC.

    Raises:
        BadInput: if the file is wrong.
    """
    said = read_colour_file(root)
    if said is None:
        standard = ColourTable(standard_colours(len(VOC_CLASSES)), _VOID_COLOUR)
        return ClassTable(VOC_CLASSES, tuple(range(len(VOC_CLASSES))), VOID, colours=standard)
    table = table_of(said)
    colours = table.colours
    assert colours is not None, "such a file has colours"
    if colours.ignore is None and _VOID_COLOUR not in colours.colours:
        colours = replace(colours, ignore=_VOID_COLOUR)
    first = table.names.index(BACKGROUND) if BACKGROUND in table.names else 0
    order = sorted(range(len(table.names)), key=lambda i: (i != first, i))
    return replace(
        table,
        names=tuple(table.names[i] for i in order),
        values=tuple(table.values[i] for i in order),
        colours=replace(colours, colours=tuple(colours.colours[i] for i in order)),
    )


def voc_problem(table: ClassTable, task: Task | None, channels: int, root: Path) -> Problem:
    """Label maps, or objects where `task` says so.

    Raises:
        BadInput: if images are to be classified, or objects have no background among the classes.
    """
    if task == Task.CLASSIFICATION:
        raise BadInput(f"{root}: has label maps; open it as semantic or instance")
    background = 0 if table.names[0] == BACKGROUND else None
    if task == Task.INSTANCE and background is None:
        raise BadInput(f"{root}: objects need a class called {BACKGROUND} in labelmap.txt; add it")
    return Problem(task or Task.SEMANTIC, table.names, channels, background)


def write_voc_classes(folder: Path, problem: Problem) -> ClassTable:
    """A labelmap.txt of other classes than VOC's own; how they stand in files.

    Raises:
        BadInput: if a name does not fit into such a file, or would mean something else there.
    """
    names = problem.classes
    if problem.task == Task.INSTANCE:
        names = (BACKGROUND, *names[1:])
    if names != VOC_CLASSES:
        if BACKGROUND in names[1:]:
            raise BadInput(f"{folder}: a class called {BACKGROUND} comes first here; rename or move it")
        write_colour_file(folder, names, standard_colours(len(names)))
    return voc_table(folder)
