"""Opening a data set by path or by name, whatever its format."""

import re
from dataclasses import replace
from pathlib import Path

from truemask.data.chosen import choose, split_choice
from truemask.data.files import describe_folder
from truemask.data.formats import FORMATS, annotator_bits, image_folder
from truemask.data.splits import Splits
from truemask.data.views import AsSemantic
from truemask.types import BadInput, Task

_NAME = re.compile(r"[a-z][a-z0-9_-]*(?::.*)?")


def open_dataset(source: str | Path, *, labels: str | None = None, task: Task | None = None) -> Splits:
    """The data set at a path, or the embedded one of a name such as `organelles:train=200`.

    A text that is the name of an embedded data set means that one, even where a folder is called alike;
    `./organelles` is the folder. What is to be taken of it may follow: `digits@background=8/9,train=500` has
    one class less and 500 training rows (`truemask.data.chosen`).

    Args:
        labels: which labels, where a data set has several: a folder beside images/, a JSON file, an array.
        task: see objects as `semantic`, or a label map's values as objects (`instance`).

    Raises:
        BadInput: if nothing is there, it is in no known format, or it breaks its format's rules.
    """
    if isinstance(source, str) and not Path(source).exists():
        where, choice = split_choice(source)
        if choice is not None:
            return choose(open_dataset(where, labels=labels, task=task), choice)
    if isinstance(source, str) and _NAME.fullmatch(source):
        embedded = _open_embedded(source, labels, task)
        if embedded is not None:
            return embedded
    path = Path(source)
    if not path.exists():
        raise BadInput(f"{source}: no such file or folder, and no embedded data set; {_embedded_names()}")
    if annotator_bits.sniff(path):  # before all others: it looks like a folder of images per class
        return annotator_bits.open_annotator_bits(path, labels, task)
    for known in FORMATS.values():
        if known.sniff(path):
            return known.open(path, labels, task)
    if image_folder.sniff(path):
        return image_folder.open_image_folder(path, labels, task)
    saw = f"holds {describe_folder(path)}" if path.is_dir() else "is another kind of file"
    looks = "; ".join([*(known.looks_like for known in FORMATS.values()), "images without labels"])
    raise BadInput(f"{source}: no data set seen there: it {saw}; looked for: {looks}")


def _open_embedded(name: str, labels: str | None, task: Task | None) -> Splits | None:
    from truemask.data.embedded import open_embedded

    opened = open_embedded(name)
    if opened is None:
        return None
    if labels is not None:
        raise BadInput(f"{name}: an embedded data set has no other labels, such as {labels!r}")
    if task in (None, opened.problem.task):
        return opened
    if (task, opened.problem.task) != (Task.SEMANTIC, Task.INSTANCE):
        raise BadInput(f"{name}: is made for {opened.problem.task}; it cannot be opened as {task}")
    return replace(opened, splits={split: AsSemantic(data) for split, data in opened.splits.items()})


def _embedded_names() -> str:
    from truemask.data.embedded import EMBEDDED

    return f"there is: {', '.join(EMBEDDED)}"
