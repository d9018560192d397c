"""data.yaml of Ultralytics: where a YOLO set's images are, and what its classes are called."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from truemask.data.files import SPLITS
from truemask.data.formats.places import is_there
from truemask.data.image_file import is_image
from truemask.types import BadInput

_CONFIG = re.compile(rb"(?m)^names\s*:")
_SPLIT = re.compile(rb"(?m)^(?:train|val|test)\s*:")
WHOLE = "all"
"""A key of ours beside `train`, which Ultralytics needs: the set has no splits."""
_MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class Config:
    """A data.yaml, read.

    Args:
        path: of the file.
        said: its content.
        names: of the classes of objects, in the order of their numbers from 0.
        root: the folder that the image folders start from.
        images: by split, the image files in order of their names, or as a list names them.
        homes: by split, the folder that keys start from.
        lists: text files that list images.
        portable: every path in it is relative and leads into `root`, so that a copy of the tree opens alike.
    """

    path: Path
    said: Mapping[str, Any]
    names: tuple[str, ...]
    root: Path
    images: Mapping[str, tuple[Path, ...]]
    homes: Mapping[str, Path]
    lists: tuple[Path, ...]
    portable: bool


def config_in(path: Path) -> Path | None:
    """The file itself, or the one data.yaml-like file of a folder; None where there is none."""
    if path.is_dir():
        files = sorted((*path.glob("*.yaml"), *path.glob("*.yml")))
        files = [file for file in files if _looks(file)]
        return next((file for file in files if file.stem == "data"), files[0] if files else None)
    return path if path.suffix.lower() in {".yaml", ".yml"} and _looks(path) else None


def read_config(path: Path) -> Config:
    """What a data.yaml says, with the images that are there.

    Image folders are looked for below `path`, then beside the file. A leading `../`, as Roboflow writes
    it, is dropped where it leads nowhere.

    Raises:
        BadInput: if it is no such file, names no classes, or an image folder is missing.
    """
    said = _load(path)
    names = _names(path, said)
    homes = [path.parent]
    if isinstance(given := said.get("path"), str) and given:
        homes.insert(0, path.parent / given)
    splits = (WHOLE,) if said.get(WHOLE) else SPLITS
    listed = {split: _entries(path, split, said[split]) for split in splits if said.get(split)}
    if not listed:
        raise BadInput(f"{path}: names no folder of images (train, val, test); add them")
    first = next(iter(listed.values()))[0]
    root = next((home for home in homes if _place(home, first) is not None), path.parent)
    root = Path(os.path.normpath(root))
    images, starts, lists = {}, {}, []
    for split, entries in listed.items():
        places = [_there(path, root, split, entry) for entry in entries]
        lists += [place for place in places if place.is_file()]
        images[split] = tuple(image for place in places for image in _images_of(place))
        starts[split] = places[0] if len(places) == 1 and places[0].is_dir() else root
    inside = all(_is_inside(image, root) for found in images.values() for image in found)
    relative = not any(Path(entry).is_absolute() for entries in listed.values() for entry in entries)
    portable = inside and relative and all(_is_relative_list(file, root) for file in lists)
    return Config(path, said, names, root, images, starts, tuple(lists), portable)


def _looks(file: Path) -> bool:
    try:
        if not file.is_file() or file.stat().st_size > _MOST_BYTES:
            return False
        content = file.read_bytes()
    except OSError:
        return False
    return bool(_CONFIG.search(content) and _SPLIT.search(content))


def _load(path: Path) -> dict[str, Any]:
    try:
        said = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadInput(f"{path}: not valid YAML ({reason}); mend it") from error
    if not isinstance(said, dict):
        raise BadInput(f"{path}: a YOLO data file has names, and train, val or test")
    return {str(key): value for key, value in said.items()}


def _names(path: Path, said: Mapping[str, Any]) -> tuple[str, ...]:
    """Names by number, whether they are a list or numbered."""
    names = said.get("names")
    if isinstance(names, dict) and set(names) == set(range(len(names))):
        names = [names[i] for i in range(len(names))]
    if not isinstance(names, list) or not names or not all(isinstance(n, str | int | float) for n in names):
        raise BadInput(
            f"{path}: names is a list of class names, or numbers from 0 without gaps with a name each"
        )
    if "nc" in said and said["nc"] != len(names):
        raise BadInput(f"{path}: nc does not agree with its {len(names)} names; correct one of them")
    return tuple(str(name) for name in names)


def _entries(path: Path, split: str, said: object) -> list[str]:
    entries = said if isinstance(said, list) else [said]
    if not all(isinstance(entry, str) and entry and "\0" not in entry for entry in entries):
        raise BadInput(
            f"{path}: {split} is a folder of images, a text file that lists them, or a list of those"
        )
    return [str(entry) for entry in entries]


def _place(root: Path, entry: str) -> Path | None:
    for place in (root / entry, root / re.sub(r"^(\.\./)+", "", entry)):
        if is_there(place):
            return Path(os.path.normpath(place))
    return None


def _there(path: Path, root: Path, split: str, entry: str) -> Path:
    place = _place(root, entry)
    if place is None:
        raise BadInput(f"{path}: {split} is to be in {entry}, which is not below {root}; correct the path")
    return place


def _images_of(place: Path) -> list[Path]:
    if place.is_dir():
        return sorted(file for file in place.rglob("*") if is_image(file) and file.is_file())
    images = [_from_list(place, line) for line in _listed(place)]
    if missing := [image for image in images if not is_there(image)]:
        raise BadInput(f"{place}: {missing[0]} is not there; bring it back or remove its line")
    return images


def _listed(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file}: cannot be read as a list of images, one a line") from error
    if any("\0" in line for line in lines):
        raise BadInput(f"{file}: cannot be read as a list of images, one a line")
    return [line.strip() for line in lines if line.strip()]


def _from_list(file: Path, line: str) -> Path:
    """Lines start from the list's folder."""
    return Path(os.path.normpath(file.parent / line))


def _is_relative_list(file: Path, root: Path) -> bool:
    return _is_inside(file, root) and not any(Path(line).is_absolute() for line in _listed(file))


def _is_inside(file: Path, root: Path) -> bool:
    return file.is_relative_to(root)
