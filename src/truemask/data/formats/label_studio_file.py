"""Label Studio's JSON export: its tasks, which annotation of each counts, and which image each is about."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from truemask.data.formats.found import checked_size
from truemask.data.formats.json_file import load_json
from truemask.data.formats.label_studio_results import Result
from truemask.data.formats.places import own_file
from truemask.data.image_file import image_size, is_image
from truemask.types import BadInput

IMAGES = "images"
SPLIT = "split"
"""The field of a task's data that says its split; `all` without one."""
_TASKS = re.compile(rb"^\s*\[\s*\{")
_LISTS = (b'"annotations"', b'"predictions"')
_HEAD_BYTES = 65_536
_UPLOAD = re.compile(r"^[0-9a-f]{8}-")
"""What Label Studio puts before the name of an uploaded file."""


@dataclass(frozen=True)
class Task:
    """A task of an export.

    Args:
        place: among the tasks of the file.
        split: of the data set.
        image: the image's file.
        key: the image's path without suffix and the folders of images and split.
        chosen: which of its annotations counts; None where none does, so that the task has no label.
        results: of that annotation.
    """

    place: int
    split: str
    image: Path
    key: str
    chosen: int | None
    results: Sequence[Result]


def looks(path: Path) -> bool:
    """Whether the file begins like an export; raises nothing."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError:
        return False
    return _TASKS.search(head) is not None and any(name in head for name in _LISTS)


def read_tasks(path: Path) -> list[dict[str, Any]]:
    """The tasks of an export.

    Raises:
        BadInput: if it is no list of tasks with data.
    """
    said = load_json(path)
    if not isinstance(said, list) or not said:
        raise BadInput(f"{path}: an export of Label Studio is a list of tasks; export it as JSON")
    for i, task in enumerate(said):
        if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
            raise BadInput(f"{path}: task {i} is no object with data; export it as JSON, not as JSON-MIN")
    return said


def tasks_of(path: Path, kind: str) -> list[Task]:
    """The tasks of an export, with the first annotation of each that was not cancelled.

    Args:
        kind: `annotations`, or `predictions`, of which the first counts.

    Raises:
        BadInput: naming the task, if its image is gone or twice there, or its results are no list of objects.
    """
    images = _Images(path.parent)
    tasks, seen = [], set()
    for i, said in enumerate(read_tasks(path)):
        try:
            image = images.find(_address(said["data"]))
            chosen, results = _chosen(said, kind)
            split = said["data"].get(SPLIT) or "all"
            if not isinstance(split, str) or not split.isprintable():
                raise BadInput(f"its {SPLIT} is no name")
        except BadInput as error:
            raise BadInput(f"{path}: task {said.get('id', i)}: {error}") from error
        key = _key(image, path.parent, split)
        if (split, key) in seen:
            raise BadInput(f"{path}: two tasks are about the image {key}; keep one of them")
        seen.add((split, key))
        tasks.append(Task(i, split, image, key, chosen, results))
    return tasks


def size_of(task: Task) -> tuple[int, int]:
    """Height and width of a task's image: as its results say, or else from the header.

    Raises:
        BadInput: if two results do not agree, or a size is none.
    """
    said = {
        (result.get("original_height"), result.get("original_width"))
        for result in task.results
        if "original_height" in result or "original_width" in result
    }
    if len(said) > 1:
        raise BadInput(f"its results are for images of {len(said)} sizes; correct them")
    return checked_size(*said.pop()) if said else image_size(task.image)


class _Images:
    """The images below a folder, by path and by name."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._by_name: dict[str, list[Path]] | None = None

    def find(self, address: str) -> Path:
        """The file that an address of Label Studio means: by its path from here, or else by its name."""
        try:
            parts = urlsplit(address)
        except ValueError as error:
            raise BadInput(f"its image {address[:100]!r} is no address") from error
        local = re.search(r"(?:^|&)d=([^&]*)", parts.query)
        said = PurePosixPath(unquote(local[1] if local else parts.path).lstrip("/"))
        if said.name and "\0" not in str(said):
            for place in (self.home / said, self.home / IMAGES / said):
                if (found := own_file(place, self.home)) is not None:
                    return found
            for name in (said.name, _UPLOAD.sub("", said.name)):
                found_there = self._named(name)
                if len(found_there) > 1:
                    raise BadInput(f"{len(found_there)} images are called {name}; keep one of them here")
                if found_there:
                    return found_there[0]
        raise BadInput(f"its image {address[:100]!r} is not here; bring it to {self.home / IMAGES}")

    def _named(self, name: str) -> Sequence[Path]:
        if self._by_name is None:
            self._by_name = {}
            for file in sorted(self.home.rglob("*")):
                if is_image(file):
                    self._by_name.setdefault(file.name, []).append(file)
        return self._by_name.get(name, ())


def _address(data: Mapping[str, Any]) -> str:
    """The field called image, or else the one text whose end is one of an image's."""
    said = data.get("image")
    if isinstance(said, str):
        return said
    texts = [text for text in data.values() if isinstance(text, str) and is_image(Path(text.split("?")[0]))]
    if len(texts) != 1:
        raise BadInput("its data has no text as image")
    return texts[0]


def _chosen(said: Mapping[str, Any], kind: str) -> tuple[int | None, list[Result]]:
    annotations = said.get(kind, [])
    if not isinstance(annotations, list):
        raise BadInput(f"its {kind} are no list")
    chosen: tuple[int | None, list[Result]] = (None, [])
    for i, annotation in enumerate(annotations):
        results = annotation.get("result") if isinstance(annotation, dict) else None
        if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
            raise BadInput(f"{kind} {i} has no list of results")
        if chosen[0] is None and not annotation.get("was_cancelled"):
            chosen = (i, results)
    return chosen


def _key(image: Path, home: Path, split: str) -> str:
    """The path without suffix, and without the folders images/ and, inside, of the split."""
    parts = image.relative_to(home).with_suffix("").parts
    for folder in (IMAGES, split):
        if parts[0] == folder and len(parts) > 1:
            parts = parts[1:]
    return "/".join(parts)
