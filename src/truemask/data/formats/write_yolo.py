"""Writing YOLO sets: lines that did not change are carried over byte by byte."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from truemask import rle
from truemask.data.files import SPLITS, link_or_copy
from truemask.data.formats.found import known_class
from truemask.data.formats.object_edits import edits_of
from truemask.data.formats.source_file import file_name, put_image
from truemask.data.formats.yolo import IMAGES, LABELS, YoloSplit, label_file
from truemask.data.formats.yolo_config import WHOLE, Config
from truemask.data.formats.yolo_lines import lines_of, read_lines, write_line
from truemask.data.splits import Splits
from truemask.types import IGNORE, BadInput, Instances, Labels

_CONFIG = "data.yaml"
_PATH = re.compile(rb"(?m)^path\s*:.*(?:\n|\Z)")


def write_yolo(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """A copy of an opened YOLO set with new objects; files and lines that did not change stay byte by byte.

    A line whose class alone changed keeps its coordinates; one whose mask changed is written anew; one
    that is gone leaves an empty line, so that the others keep their numbers; new ones come at the end. A
    set that lies elsewhere than its data.yaml, or is named by absolute paths, is laid out as images/SPLIT
    and labels/SPLIT.

    Raises:
        BadInput: if an object that is new or changed is a crowd, of unknown class, or has no pixel; if an
            image is in two splits whose labels differ.
    """
    written: dict[Path, bytes | None] = {}
    # Splits with new labels first: train and val may be one folder, as in Ultralytics' own small samples.
    for split, data in sorted(source.splits.items(), key=lambda item: item[0] not in relabelled):
        assert isinstance(data, YoloSplit)
        rows = range(len(data))
        for row, after in zip(rows, relabelled.get(split, [None] * len(rows)), strict=True):
            image = folder / _place(data, row)
            content = None if after is None else _relabelled(data, row, after)
            if image not in written:
                written[image] = content
                link_or_copy(data.images[row], image)
                _put_labels(data.label_file(row), label_file(image), content)
            elif after is not None and content != written[image]:
                raise BadInput(f"{data.images[row]}: is in two splits, and their new labels differ")
        _write_config(data.config, folder)


def write_as_yolo(source: Splits, relabelled: Mapping[str, Iterable[Labels]], folder: Path) -> None:
    """Any instance data set as a YOLO set.

    Masks become one outline each on pixel edges, so that they fill as before; parts and holes hang on lines
    walked there and back. Crowds, objects of unknown class and objects without a pixel are left out, as YOLO
    has no word for them; boxes and ids are not kept. Images without splits are all to train on.

    Raises:
        BadInput: if a split is neither train, val nor test.
    """
    names = source.problem.classes
    said: dict[str, object] = {}
    for split, data in source.splits.items():
        if split not in (*SPLITS, WHOLE):
            raise BadInput(f"{source.name}: YOLO has no split called {split!r}; it has {', '.join(SPLITS)}")
        said[split] = f"{IMAGES}/{split}"
        for kind in (IMAGES, LABELS):
            (folder / kind / split).mkdir(parents=True, exist_ok=True)
        rows = range(len(data))
        given = relabelled.get(split, map(data.labels, rows))
        for row, objects in zip(rows, given, strict=True):
            assert isinstance(objects, Instances)
            target = folder / IMAGES / split / file_name(data, row)
            put_image(data, row, target)
            lines = [
                write_line(int(objects.classes[i]), objects.masks[i], objects.size)
                for i in range(len(objects))
                if _complaint(objects, i) is None
            ]
            label_file(target).write_bytes(b"".join(line + b"\n" for line in lines))
    if WHOLE in said:
        said["train"] = said[WHOLE]
    said["names"] = dict(enumerate(names[1:]))
    _dump(said, folder / _CONFIG)


def _put_labels(old: Path, new: Path, content: bytes | None) -> None:
    if content is not None:
        new.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(content)
    elif old.is_file():
        link_or_copy(old, new)


def _relabelled(data: YoloSplit, row: int, after: Labels) -> bytes | None:
    """The content of a changed label file; None where nothing changed."""
    assert isinstance(after, Instances)
    before = data.labels(row)
    assert isinstance(before, Instances)
    edits = edits_of(before, after)
    if not edits:
        return None
    path, size, key = data.label_file(row), before.size, data.keys[row]
    content = path.read_bytes() if path.is_file() else b""
    lines = lines_of(content)
    numbers = [i for i, line in enumerate(lines) if line.strip()]
    found = read_lines(path, content, data.split, key, size, len(data.config.names))
    for number, one in zip(numbers, found, strict=True):
        ending = b"\r" * lines[number].endswith(b"\r")
        if one.id in edits.gone:
            lines[number] = ending
        elif edit := edits.changed.get(one.id):
            _check(data, row, after, edit.at)
            class_id = int(after.classes[edit.at])
            if edit.new_mask:
                lines[number] = write_line(class_id, after.masks[edit.at], size) + ending
            else:
                lines[number] = re.sub(rb"\S+", str(class_id - 1).encode(), lines[number], count=1)
    for at in edits.added:
        _check(data, row, after, at)
        fresh = write_line(int(after.classes[at]), after.masks[at], size)
        lines[-1:] = [fresh, b""] if not lines[-1].strip() else [lines[-1], fresh, b""]
    return b"\n".join(lines)


def _check(data: YoloSplit, row: int, objects: Instances, i: int) -> None:
    known_class(int(objects.classes[i]), data.problem.classes)
    if complaint := _complaint(objects, i):
        raise BadInput(
            f"{data.keys[row]}: object {objects.ids[i]} {complaint}, for which YOLO has no word; "
            "remove it, or write the data set as coco"
        )


def _complaint(objects: Instances, i: int) -> str | None:
    if objects.crowd[i]:
        return "is a crowd"
    if objects.classes[i] == IGNORE:
        return "is of unknown class"
    return None if rle.areas(objects.masks[i : i + 1], objects.size)[0] else "has no pixel"


def _place(data: YoloSplit, row: int) -> Path:
    """Where an image goes in a copy: where it was, or in the usual layout."""
    config = data.config
    if config.portable:
        return data.images[row].relative_to(config.root)
    return Path(IMAGES, data.split, file_name(data, row))


def _write_config(config: Config, folder: Path) -> None:
    target = folder / config.path.name
    if target.exists():
        return
    if not config.portable:
        rest = {key: value for key, value in config.said.items() if key not in {"path", *config.images}}
        _dump({**{split: f"{IMAGES}/{split}" for split in config.images}, **rest}, target)
        return
    for listed in config.lists:
        if not (folder / listed.relative_to(config.root)).exists():
            link_or_copy(listed, folder / listed.relative_to(config.root))
    if "path" not in config.said:
        link_or_copy(config.path, target)
    else:  # the copy must not lead back to the original
        target.write_bytes(_PATH.sub(b"", config.path.read_bytes(), count=1))


def _dump(said: Mapping[str, object], target: Path) -> None:
    target.write_text(yaml.safe_dump(dict(said), sort_keys=False, allow_unicode=True), encoding="utf-8")
