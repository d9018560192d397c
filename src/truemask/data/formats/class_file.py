"""Which classes a data set has: meta.json, classes.json or classes.txt beside its images."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from jaxtyping import UInt8, UInt16
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from truemask.data.formats.colours import ColourTable, NamedColours, read_colour_file
from truemask.data.formats.list_file import lines_in
from truemask.types import IGNORE, BadInput, Task

META = "meta.json"
CLASS_FILES = (META, "classes.json", "classes.txt")


@dataclass(frozen=True)
class ClassTable:
    """What the integers of label files mean.

    Args:
        names: of the classes, in the order of their ids.
        values: what stands in the files for each of them.
        ignore: what stands there for IGNORE; None where nothing does.
        task: what the maps hold, where the class file says so.
        colours: what stands in files in RGB; None where nothing is known of such files.
    """

    names: tuple[str, ...]
    values: tuple[int, ...]
    ignore: int | None = IGNORE
    task: Task | None = None
    colours: ColourTable | None = None

    def to_ids(
        self, values: UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"], path: Path
    ) -> UInt8[np.ndarray, "h w"]:
        """Class ids of a file's integers.

        Raises:
            BadInput: naming `path`, if a value is neither a class nor the one for IGNORE.
        """
        table = np.full(2**16, -1, dtype=np.int16)
        table[list(self.values)] = range(len(self.values))
        if self.ignore is not None:
            table[self.ignore] = IGNORE
        ids: np.ndarray = table[values]
        if ids.min(initial=0) < 0:
            raise BadInput(self._complaint(path, int(values[ids < 0][0])))
        return ids.astype(np.uint8)

    def to_values(
        self, ids: UInt8[np.ndarray, "h w"], path: Path
    ) -> UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"]:
        """What to write for these class ids: the inverse of `to_ids`; 16 bits where 8 are too few.

        Raises:
            BadInput: naming `path`, if an id is no class, or is IGNORE where the files have no value for it.
        """
        table = np.full(256, -1, dtype=np.int32)
        table[: len(self.values)] = self.values
        table[IGNORE] = -1 if self.ignore is None else self.ignore
        values: np.ndarray = table[ids]
        if values.min(initial=0) < 0:
            wrong = int(ids[values < 0][0])
            if wrong == IGNORE:
                raise BadInput(f"{path}: these label files have no value for IGNORE; add one to {META}")
            raise BadInput(self._complaint(path, wrong))
        return values.astype(np.uint8 if table.max() < 256 else np.uint16)

    def _complaint(self, path: Path, value: int) -> str:
        rule = f"classes are {_listed(self.values)}"
        if self.ignore is not None:
            rule += f", IGNORE is {self.ignore}"
        return (
            f"{path}: a mask with class {value} of {len(self.names)} ({rule}); "
            f"correct the mask, or name the class in {META}"
        )


def read_class_table(folder: Path) -> ClassTable | None:
    """What the folder's class file says, the first of meta.json, classes.json, classes.txt; None without one.

    JSON holds a list of names, or {"classes": [...], "ignore": id, "values": [...], "task": "semantic",
    "colors": [[r, g, b], ...]}, all but classes optional. A class that is also the value to ignore counts as
    no class. classes.txt holds a name a line. Colours, where they are not said there, come from
    label_colors.txt or labelmap.txt beside, which will do as a class file too: its lines are then classes 0,
    1, ..., but for one called void, which is IGNORE.

    Raises:
        BadInput: if the file does not say what such a file says.
    """
    path = next((folder / name for name in CLASS_FILES if (folder / name).is_file()), None)
    beside = read_colour_file(folder)
    if path is None:
        return None if beside is None else table_of(beside)
    if path.suffix == ".txt":
        return _table(path, _ClassFile(classes=lines_in(path)), beside)
    try:
        said = TypeAdapter(_ClassFile | list[str]).validate_json(path.read_bytes())
    except ValidationError as error:
        raise BadInput(
            f'{path}: a class file holds ["name", ...] or {{"classes": ["name", ...], "ignore": id}}; '
            f"{_first(error)}"
        ) from error
    return _table(path, said if isinstance(said, _ClassFile) else _ClassFile(classes=said), beside)


def table_of(colours: NamedColours) -> ClassTable:
    """The classes that a file of colours names, without the void one.

    Raises:
        BadInput: if it names no class.
    """
    ignore = IGNORE if colours.void is None else colours.void
    return _table(colours.path, _ClassFile(classes=list(colours.names), ignore=ignore), colours)


def read_class_names(folder: Path) -> tuple[str, ...] | None:
    """The names in the folder's class file; None without one."""
    table = read_class_table(folder)
    return None if table is None else table.names


def write_class_table(folder: Path, table: ClassTable) -> None:
    """A meta.json that `read_class_table` reads as `table`."""
    said = {"classes": table.names, "values": table.values, "ignore": table.ignore, "task": table.task}
    (folder / META).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


_Level = Annotated[int, Field(ge=0, le=255)]


class _ClassFile(BaseModel):
    classes: list[str]
    ignore: int | None = IGNORE
    values: list[int] | None = None
    task: Task | None = None
    colors: list[tuple[_Level, _Level, _Level]] | None = None


def _table(path: Path, said: _ClassFile, beside: NamedColours | None) -> ClassTable:
    values = list(range(len(said.classes))) if said.values is None else said.values
    ignore = said.ignore
    if "ignore" not in said.model_fields_set and (said.task == Task.INSTANCE or IGNORE in values):
        ignore = None  # 255 is then an object, or a class
    if len(values) != len(said.classes) or len(set(values)) != len(values):
        raise BadInput(f"{path}: {len(said.classes)} classes need as many different values; got {values}")
    if wrong := [v for v in [*values, ignore or 0] if not 0 <= v < 2**16]:
        raise BadInput(f"{path}: the values of label files are 0 to 65535; got {wrong[0]}")
    kept = [(v, name) for v, name in zip(values, said.classes, strict=True) if v != ignore]
    if not kept:
        raise BadInput(f"{path}: names no class; write one name per class")
    names, kept_values = tuple(n for _, n in kept), tuple(v for v, _ in kept)
    ignored = [name for v, name in zip(values, said.classes, strict=True) if v == ignore]
    return ClassTable(names, kept_values, ignore, said.task, _colours(path, said, beside, names, ignored))


def _colours(
    path: Path, said: _ClassFile, beside: NamedColours | None, names: Sequence[str], ignored: Sequence[str]
) -> ColourTable | None:
    """The colours of the classes in use; None unless each has one."""
    if said.colors is not None:
        if len(said.colors) != len(said.classes) or len(set(said.colors)) != len(said.colors):
            raise BadInput(f"{path}: {len(said.classes)} classes need as many different colors")
        known = dict(zip(said.classes, said.colors, strict=True))
    elif beside is not None:
        known = dict(zip(beside.names, beside.colours, strict=True))
        ignored = [*ignored, *(name for name in beside.names[beside.void :][:1] if beside.void is not None)]
    else:
        return None
    if not set(names) <= known.keys():
        return None
    return ColourTable(
        tuple(known[name] for name in names), next((known[name] for name in ignored if name in known), None)
    )


def _listed(values: Sequence[int]) -> str:
    if list(values) == list(range(len(values))):
        return f"0 to {len(values) - 1}"
    return ", ".join(map(str, values))


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{first['msg']} at {'.'.join(map(str, first['loc'])) or 'the top'}"
