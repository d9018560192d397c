"""What an audit found: one table, one schema, for every level and every kind of finding."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
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

_REPEATED = pa.dictionary(pa.int32(), pa.string())
_PACKED = pa.schema(
    [
        *(pa.field(one.name, _REPEATED if one.type == pa.string() else one.type) for one in list(SCHEMA)[1:]),
        pa.field("weight", pa.float64()),
    ]
)
"""Columns of findings that wait to be ranked: words that come again and again are kept once."""
_LOOSE = 2048


@dataclass(frozen=True)
class Finding:
    """Something that looks wrong.

    Args:
        level: see LEVELS.
        image: the data set's key.
        kind: see KINDS; of a whole label map, the kind of most of its flagged pixels.
        score: in [0, 1], higher is more suspect; no probability of error, unless `evidence` is `likelihood`.
        p_wrong: probability that the given label is wrong, where the audit was calibrated.
        action: see ACTIONS.
        evidence: the name of the score; of several with commas between them. What they rest on comes first,
            where it is not what networks predict that never saw the label: `label_dynamics`.
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


class Collected:
    """Findings packed into columns while an audit goes on: as objects they take several times the memory."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self._loose: list[Finding] = []
        self._packed: dict[str, list[pa.Array]] = {name: [] for name in _PACKED.names}
        self.extend(findings)

    def __len__(self) -> int:
        return len(self._loose) + sum(map(len, self._packed["weight"]))

    def extend(self, findings: Iterable[Finding]) -> None:
        """Add findings."""
        for finding in findings:
            self._loose.append(finding)
            if len(self._loose) == _LOOSE:
                self._pack()

    def merge(self, other: "Collected") -> None:
        """Add what `other` collected."""
        self._pack()
        other._pack()
        for name, arrays in other._packed.items():
            self._packed[name].extend(arrays)

    def ranked(self, classes: tuple[str, ...]) -> pa.Table:
        """The findings, ranked within each level; nothing of them stays here.

        Equal weights rank by image key, then in the order given: parts of a data set, put together in any
        order, make the same table.
        """
        self._pack()
        levels = pc.index_in(self._column("level"), pa.array([*LEVELS])).to_numpy(zero_copy_only=False)
        images = self._column("image").dictionary_encode()
        place = np.empty(len(images.dictionary), np.int64)
        place[np.argsort(np.array(images.dictionary.to_pylist(), str))] = np.arange(len(place))
        weights = self._column("weight").to_numpy()
        order = np.lexsort((place[images.indices.to_numpy()], -weights, levels))
        levels = levels[order]
        ranks = np.arange(len(order)) - np.searchsorted(levels, levels) + 1
        columns = {"rank": pa.array(ranks, pa.int64())}
        for name in SCHEMA.names[1:]:
            columns[name] = self._column(name).take(pa.array(order))
            self._packed[name].clear()  # at once: both at their full size are twice the memory
        self._packed["weight"].clear()
        metadata = {"truemask.classes": json.dumps(list(classes))}
        return pa.table(columns, schema=SCHEMA.with_metadata(metadata))

    def _pack(self) -> None:
        if self._loose:
            for field in _PACKED:
                self._packed[field.name].append(pa.array(_values(field.name, self._loose), field.type))
            self._loose.clear()

    def _column(self, name: str) -> pa.Array:
        plain = SCHEMA.field(name).type if name in SCHEMA.names else pa.float64()
        return pa.chunked_array(self._packed[name], _PACKED.field(name).type).cast(plain).combine_chunks()


def findings_table(findings: Iterable[Finding], classes: tuple[str, ...]) -> pa.Table:
    """The findings, ranked within each level: see `Collected.ranked`."""
    return Collected(findings).ranked(classes)


def rows_of(findings: pa.Table, columns: Sequence[str] = SCHEMA.names) -> Iterator[dict[str, Any]]:
    """Row by row: all rows at once, as dictionaries, take ten times the memory of the table."""
    for batch in findings.select(list(columns)).to_batches(max_chunksize=_LOOSE):
        yield from batch.to_pylist()


def of_level(findings: pa.Table, level: str) -> pa.Table:
    """The findings of a level, by rank."""
    return findings.filter(pc.equal(findings["level"], level))


def resting_on(findings: pa.Table, what: str) -> pa.Table:
    """The findings with `what` their scores rest on named before them, in `evidence`."""
    at = findings.schema.get_field_index("evidence")
    told = [f"{what}, {scores}" for scores in findings["evidence"].to_pylist()]
    return findings.set_column(at, findings.schema.field(at), pa.array(told, pa.string()))


def write_findings(findings: pa.Table, path: Path) -> None:
    """Write findings as Parquet, whole or not at all."""
    write_whole(path, lambda fresh: pq.write_table(findings, fresh))


def read_findings(path: Path) -> pa.Table:
    """Findings from Parquet."""
    return pq.read_table(path)


def _values(name: str, findings: Sequence[Finding]) -> list[object]:
    if name not in _SPREAD:
        return [getattr(finding, name) for finding in findings]
    whole, at = _SPREAD[name]
    held = (getattr(finding, whole) for finding in findings)
    return [None if values is None else values[at] for values in held]
