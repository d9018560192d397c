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
    "region": "connected pixels of one given and one proposed class",
    "image": "a whole image: its class, or how bad its label map is",
}

KINDS: dict[str, str] = {
    "swapped": "one class given where another belongs",
    "missing": "background given where a class belongs",
    "spurious": "a class given where background belongs",
}

SCHEMA = pa.schema(
    [
        pa.field("rank", pa.int64(), nullable=False),
        pa.field("level", pa.string(), nullable=False),
        pa.field("image", pa.string(), nullable=False),
        pa.field("given", pa.int16()),
        pa.field("proposed", pa.int16()),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("area_px", pa.int64()),
        pa.field("x0", pa.int32()),
        pa.field("y0", pa.int32()),
        pa.field("x1", pa.int32()),
        pa.field("y1", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("width", pa.int32()),
        pa.field("rle", pa.binary()),
        pa.field("object", pa.int64()),
        pa.field("evidence", pa.string(), nullable=False),
    ]
)
"""Columns of findings; null where a column does not apply. `rank` counts from 1 within a level, 1 is to be
looked at first; the other columns are those of Finding, with its size and box spread out. The names of the
classes are in the table's metadata, "truemask.classes", as a JSON list."""


@dataclass(frozen=True)
class Finding:
    """Something that looks wrong.

    Args:
        level: see LEVELS.
        image: the data set's key.
        kind: see KINDS; of a whole label map, the kind of most of its flagged pixels.
        score: in [0, 1], higher is more suspect; not a probability of error.
        evidence: the name of the score.
        weight: what ranks it within its level, heaviest first.
        given: the given class id, where it is one.
        proposed: the class id it should be instead.
        size: height and width of the image that `rle` is a run-length code of.
        area_px: pixels concerned.
        box: tight x0, y0, x1, y1 of them.
        rle: COCO run-length code of them.
        object: id of the annotation concerned.
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
    object: int | None = None


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
    rows = [_row(findings[i], int(rank)) for i, rank in zip(order, ranks, strict=True)]
    metadata = {"truemask.classes": json.dumps(list(classes))}
    return pa.Table.from_pylist(rows, schema=SCHEMA.with_metadata(metadata))


def write_findings(findings: pa.Table, path: Path) -> None:
    """Write findings as Parquet, whole or not at all."""
    write_whole(path, lambda fresh: pq.write_table(findings, fresh))


def read_findings(path: Path) -> pa.Table:
    """Findings from Parquet."""
    return pq.read_table(path)


def _row(finding: Finding, rank: int) -> dict[str, object]:
    height, width = finding.size or (None, None)
    x0, y0, x1, y1 = finding.box or (None, None, None, None)
    spread = {"rank": rank, "height": height, "width": width, "x0": x0, "y0": y0, "x1": x1, "y1": y1}
    return {name: spread[name] if name in spread else getattr(finding, name) for name in SCHEMA.names}
