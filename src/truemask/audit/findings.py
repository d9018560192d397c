"""What an audit found: one table, one schema, for every level and every kind of finding."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from truemask.files import write_whole

LEVELS: dict[str, str] = {
    "segment": "connected pixels of one given and one proposed class",
    "instance": "one object, or a few that belong together: given, or missing",
    "image": "a whole image: its class, or how bad its labels are",
    "class_pair": "all units given as one class that look like another",
    "data_set": "the whole of the labels, or a part that a folder, a split or an annotator is",
}
"""Where findings lie. Pixels have no rows of their own: those of an image's finding are its `rle`."""

KINDS: dict[str, str] = {
    "swapped": "one class given where another belongs",
    "missing": "background given where a class belongs",
    "spurious": "a class given where background belongs",
    "merged": "one given object where several belong",
    "split": "several given objects where one belongs",
    "shifted": "the right outline at the wrong place",
    "boundary_over": "the outline lies outside of where it belongs",
    "boundary_under": "the outline lies inside of where it belongs",
    "hole": "pixels left out inside an object",
    "duplicate": "given twice: an object under two ids, an image under two keys",
    "unusable": "an image, or labels of one, that nothing can be learnt from",
}

ACTIONS: dict[str, str] = {
    "relabel": "give the proposed class",
    "add": "add the proposed shapes as objects of the proposed class",
    "remove": "take the given objects out, or give their pixels to the background",
    "redraw": "give the object the proposed shape; two or more take its place",
    "ignore": "mark the pixels, the object or the image as not labelled",
    "none": "nothing to change here: to be known",
}
"""What `fix` does about a finding."""

SCHEMA = pa.schema(
    [
        pa.field("rank", pa.int64(), nullable=False),
        pa.field("level", pa.string(), nullable=False),
        pa.field("image", pa.string(), nullable=False),
        pa.field("given", pa.int16()),
        pa.field("proposed", pa.int16()),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("action", pa.string(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("p_wrong", pa.float32()),
        pa.field("area_px", pa.int64()),
        pa.field("x0", pa.int32()),
        pa.field("y0", pa.int32()),
        pa.field("x1", pa.int32()),
        pa.field("y1", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("width", pa.int32()),
        pa.field("rle", pa.binary()),
        pa.field("objects", pa.list_(pa.field("element", pa.int64()))),
        pa.field("shapes", pa.list_(pa.field("element", pa.binary()))),
        pa.field("evidence", pa.string(), nullable=False),
    ]
)
"""Columns of findings; null where a column does not apply. `rank` counts from 1 within a level, 1 is to be
looked at first; the other columns are those of Finding, with its size and box spread out. The names of the
classes are in the table's metadata, "truemask.classes", as a JSON list."""

_SPREAD = {
    **{name: ("size", at) for at, name in enumerate(("height", "width"))},
    **{name: ("box", at) for at, name in enumerate(("x0", "y0", "x1", "y1"))},
}
"""Columns that are a part of one of a finding's tuples."""


@dataclass(frozen=True)
class Finding:
    """Something that looks wrong.

    Args:
        level: see LEVELS.
        image: the data set's key.
        kind: see KINDS; of a whole label map, the kind of most of its flagged pixels.
        score: in [0, 1], higher is more suspect; not a probability of error.
        p_wrong: probability that the given label is wrong, where the audit was calibrated.
        action: see ACTIONS.
        evidence: the name of the score.
        weight: what ranks it within its level, heaviest first.
        given: the given class id, where it is one.
        proposed: the class id it should be instead.
        size: height and width of the image that `rle` is a run-length code of.
        area_px: pixels concerned.
        box: tight x0, y0, x1, y1 of them.
        rle: COCO run-length code of them.
        objects: ids of the annotations concerned: none of a missing object, two or more of split ones.
        shapes: COCO run-length codes of the objects that belong here instead.
    """

    level: str
    image: str
    kind: str
    score: float
    evidence: str
    weight: float
    given: int | None = None
    proposed: int | None = None
    size: tuple[int, int] | None = None
    area_px: int | None = None
    box: tuple[int, int, int, int] | None = None
    rle: bytes | None = None
    objects: tuple[int, ...] = ()
    shapes: tuple[bytes, ...] = ()
    action: str = "relabel"
    p_wrong: float | None = None


def kind_of(given: int, proposed: int, background: int | None) -> str:
    """What kind of error it is to give one class where another belongs."""
    if background is not None and given == background:
        return "missing"
    return "spurious" if background is not None and proposed == background else "swapped"


def findings_table(findings: Sequence[Finding], classes: tuple[str, ...]) -> pa.Table:
    """The findings, ranked within each level.

    Equal weights rank by image key, then in the order given: parts of a data set, put together in any
    order, make the same table.
    """
    levels = np.array([list(LEVELS).index(finding.level) for finding in findings], np.int64)
    weights = np.array([finding.weight for finding in findings], np.float64)
    images = np.array([finding.image for finding in findings], str)
    order = np.lexsort((images, -weights, levels))
    ranks = np.arange(len(order)) - np.searchsorted(levels[order], levels[order]) + 1
    ordered = [findings[i] for i in order]
    # Column by column: a dictionary a finding would take more memory than all findings.
    columns = {name: ranks if name == "rank" else _column(name, ordered) for name in SCHEMA.names}
    metadata = {"truemask.classes": json.dumps(list(classes))}
    return pa.table(columns, schema=SCHEMA.with_metadata(metadata))


def write_findings(findings: pa.Table, path: Path) -> None:
    """Write findings as Parquet, whole or not at all."""
    write_whole(path, lambda fresh: pq.write_table(findings, fresh))


def read_findings(path: Path) -> pa.Table:
    """Findings from Parquet."""
    return pq.read_table(path)


def _column(name: str, findings: Sequence[Finding]) -> list[object]:
    if name not in _SPREAD:
        return [getattr(finding, name) for finding in findings]
    whole, at = _SPREAD[name]
    held = (getattr(finding, whole) for finding in findings)
    return [None if values is None else values[at] for values in held]
