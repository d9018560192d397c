"""The user's own groups of images or objects: a CSV file with the column key, and one for each division.

    key,annotator,scanner
    photo-1,anna,A
    photo-2#17,ben,

Each other column divides the labels; an object (`IMAGE#ID`) without a line is where its image is, and what
has no name is in no group.
"""

import csv
from pathlib import Path

from truemask.commands.label_groups import MOST_GROUPS, Own
from truemask.data.dataset import Dataset
from truemask.types import BadInput

_KEY = "key"
_TAKEN = ("class", "size", "folder")


def read_groups(path: Path, dataset: Dataset) -> Own:
    """Group by key, for each column; of other splits, too.

    Raises:
        BadInput: naming the line that does not fit, or if no key is one of the data set.
    """
    if not path.is_file():
        raise BadInput(f"--groups: no file {path}")
    with path.open(newline="", encoding="utf-8-sig") as stream:
        rows = [row for row in csv.reader(stream) if row]
    names = [name.strip() for name in rows[0]] if rows else []
    if _KEY not in names or len(names) < 2 or len(set(names)) < len(names):
        raise BadInput(f"{path}: the first line names the columns: key, and at least one other, each once")
    if taken := next((name for name in names if name in _TAKEN or not name), None):
        raise BadInput(f"{path}: a column cannot be called {taken!r}; every audit has {', '.join(_TAKEN)}")
    at = names.index(_KEY)
    own: dict[str, dict[str, str]] = {name: {} for name in names if name != _KEY}
    seen: set[str] = set()
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(names):
            raise BadInput(f"{path}, line {number}: {len(row)} columns, the first line has {len(names)}")
        if row[at] in seen:
            raise BadInput(f"{path}, line {number}: {row[at]!r} is there twice; keep one line")
        seen.add(row[at])
        for name, group in zip(names, row, strict=True):
            if name != _KEY:
                own[name][row[at]] = group.strip()
    images = {*dataset.keys}
    if not any(key in images or key.rpartition("#")[0] in images for key in seen):
        raise BadInput(f"{path}: no key is one of {dataset.name}; they are such as {dataset.keys[0]!r}")
    for name, groups in own.items():
        if (count := len({*groups.values()})) > MOST_GROUPS:
            raise BadInput(f"{path}: column {name} has {count} groups; {MOST_GROUPS} can be compared at most")
    return own
