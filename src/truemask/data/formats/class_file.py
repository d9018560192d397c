"""Which classes a data set has: meta.json, classes.json or classes.txt beside its images."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8, UInt16
from pydantic import BaseModel, TypeAdapter, ValidationError

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
    """

    names: tuple[str, ...]
    values: tuple[int, ...]
    ignore: int | None = IGNORE
    task: Task | None = None

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

    JSON holds a list of names, or {"classes": [...], "ignore": id, "values": [...], "task": "semantic"}, all
    but classes optional. A class that is also the value to ignore counts as no class. classes.txt holds a
    name a line.

    Raises:
        BadInput: if the file does not say what such a file says.
    """
    path = next((folder / name for name in CLASS_FILES if (folder / name).is_file()), None)
    if path is None:
        return None
    if path.suffix == ".txt":
        names = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return _table(path, _ClassFile(classes=names))
    try:
        said = TypeAdapter(_ClassFile | list[str]).validate_json(path.read_bytes())
    except ValidationError as error:
        raise BadInput(
            f'{path}: a class file holds ["name", ...] or {{"classes": ["name", ...], "ignore": id}}; '
            f"{_first(error)}"
        ) from error
    return _table(path, said if isinstance(said, _ClassFile) else _ClassFile(classes=said))


def read_class_names(folder: Path) -> tuple[str, ...] | None:
    """The names in the folder's class file; None without one."""
    table = read_class_table(folder)
    return None if table is None else table.names


def write_class_table(folder: Path, table: ClassTable) -> None:
    """A meta.json that `read_class_table` reads as `table`."""
    said = {"classes": table.names, "values": table.values, "ignore": table.ignore, "task": table.task}
    (folder / META).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


class _ClassFile(BaseModel):
    classes: list[str]
    ignore: int | None = IGNORE
    values: list[int] | None = None
    task: Task | None = None


def _table(path: Path, said: _ClassFile) -> ClassTable:
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
    return ClassTable(tuple(n for _, n in kept), tuple(v for v, _ in kept), ignore, said.task)


def _listed(values: Sequence[int]) -> str:
    if list(values) == list(range(len(values))):
        return f"0 to {len(values) - 1}"
    return ", ".join(map(str, values))


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{first['msg']} at {'.'.join(map(str, first['loc'])) or 'the top'}"
