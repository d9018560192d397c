"""The manifest of a corruption: what was asked for and what came of it, and the list of changes.

The list, in a Parquet file beside it, is the truth that audits are scored against.
"""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from truemask.files import write_text, write_whole
from truemask.noise.changes import KINDS, Changes
from truemask.noise.ledger import Ledger
from truemask.noise.set_ledger import SetLedger
from truemask.noise.table import EVERY_NOISE, SET_NOISES
from truemask.noise.transition import realised
from truemask.types import BadInput, Task

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "manifest.json"
CHANGES = "changes.parquet"
_ROW_GROUP = 1 << 20
"""Changes that are written and read at a time, give or take an image."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StepRecord(_Strict):
    """What one noise of the spec was to do and did.

    Args:
        noise: its spec.
        share_of: what the rates are shares of.
        declared: what `realised` should come to, the effective rate on this data, which can be less than the
            knob's (`inclusive:0.4` of ten classes: 0.36); None where nothing says it.
        realised: count / of; None where there was nothing to act on.
        count: how many.
        of: of how many.
    """

    noise: str
    share_of: str
    declared: float | None
    realised: float | None
    count: int
    of: int


class Manifest(_Strict):
    """What was done to the labels of one split.

    Args:
        truemask: version that did it.
        data: name of the data set.
        split: of the data set.
        data_hash: of the labels before the noise.
        noise: the spec, in its canonical text.
        seed: of all draws.
        task: which unit bears a label.
        classes: by id.
        background: its id, if there is one.
        images: how many.
        units: how many labels: pixels, objects or images, without IGNORE and crowd objects. Where a noise
            adds images, those that there are in the end.
        changed: how many of them differ in the end: by their label, their image, or because they are new.
        realised_rate: changed / units; None where there is no unit.
        steps: noise by noise, each measured on the labels before and after it.
        counts: labels of class i (row) that are class j in the end; the last column is IGNORE. An object that
            was left out counts as background; an image of another data set has no class and does not count.
        transition: the same as shares of each row; None in the row of a class that does not occur.
    """

    truemask: str
    data: str
    split: str
    data_hash: str
    noise: str
    seed: int
    task: Task
    classes: tuple[str, ...]
    background: int | None
    images: int
    units: int
    changed: int
    realised_rate: float | None
    steps: tuple[StepRecord, ...]
    counts: tuple[tuple[int, ...], ...]
    transition: tuple[tuple[float | None, ...], ...]


def manifest_of(
    ledger: Ledger | SetLedger, *, data: str = "", split: str = "", data_hash: str | None = None
) -> Manifest:
    """The account of a ledger; the data's hash is that of the labels, unless another one is passed."""
    shares = realised(ledger.counts)
    return Manifest(
        truemask=version("truemask"),
        data=data,
        split=split,
        data_hash=ledger.data_hash() if data_hash is None else data_hash,
        noise=str(ledger.spec),
        seed=ledger.seed,
        task=ledger.problem.task,
        classes=ledger.problem.classes,
        background=ledger.problem.background,
        images=ledger.images,
        units=ledger.units,
        changed=ledger.changed,
        realised_rate=_share(ledger.changed, ledger.units),
        steps=_steps(ledger),
        counts=tuple(tuple(row) for row in ledger.counts.tolist()),
        transition=tuple(tuple(None if np.isnan(x) else x for x in row) for row in shares.tolist()),
    )


def write_manifest(
    ledger: Ledger | SetLedger, folder: Path, *, data: str = "", split: str = "", data_hash: str | None = None
) -> Manifest:
    """Write `manifest.json` (last) and `changes.parquet` into the folder, each whole or not at all."""
    manifest = manifest_of(ledger, data=data, split=split, data_hash=data_hash)
    rows = any(step.name in SET_NOISES for step in ledger.spec.steps)
    write_whole(folder / CHANGES, lambda fresh: _write_changes(ledger.changes(), fresh, _schema(rows=rows)))
    write_text(folder / MANIFEST, manifest.model_dump_json(indent=2) + "\n")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """What `write_manifest` wrote into the folder.

    Raises:
        BadInput: if there is none, or it is not one.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise BadInput(f"{folder} has no {MANIFEST}: it was not made by truemask corrupt")
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise BadInput(f"{path} is no manifest of a corruption: {where}: {first['msg']}") from error


def read_changes(folder: Path) -> Iterator[Changes]:
    """The changes of every image that has some, in the order of their keys, a stretch of the file at a time.

    Raises:
        BadInput: if the folder has no list of changes, or it is not one.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / CHANGES
    if not path.is_file():
        raise BadInput(f"{folder} has no {CHANGES}: it was not made by truemask corrupt")
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise BadInput(f"{path} is no Parquet file: {error}") from error
    if file.schema_arrow.names not in (_schema().names, _schema(rows=True).names):
        raise BadInput(f"{path} is no list of changes: its columns are {', '.join(file.schema_arrow.names)}")
    with file:
        for group in range(file.num_row_groups):
            yield from _split(file.read_row_group(group))


def _steps(ledger: Ledger | SetLedger) -> tuple[StepRecord, ...]:
    return tuple(
        StepRecord(
            noise=str(step),
            share_of=EVERY_NOISE[step.name].share_of,
            declared=ledger.declared(place),
            realised=_share(count, of),
            count=count,
            of=of,
        )
        for place, (step, (count, of)) in enumerate(zip(ledger.spec.steps, ledger.steps, strict=True))
    )


def _share(count: int, of: int) -> float | None:
    return count / of if of else None


def _schema(*, rows: bool = False) -> "pa.Schema":
    """The columns of the list of changes; `rows`: with those that only noise on whole sets fills."""
    import pyarrow as pa

    of_rows = [("copy_of", pa.string()), ("donor", pa.string())]
    return pa.schema(
        [
            ("image", pa.dictionary(pa.int32(), pa.string())),
            ("unit", pa.int64()),
            ("run", pa.int32()),
            ("from", pa.uint8()),
            ("to", pa.uint8()),
            ("kind", pa.dictionary(pa.int8(), pa.string())),
            ("mask", pa.binary()),
            *(of_rows if rows else []),
        ]
    )


def _write_changes(parts: Iterator[Changes], path: Path, schema: "pa.Schema") -> None:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=["image", "from", "to", "kind"],
        column_encoding={"unit": "DELTA_BINARY_PACKED", "run": "DELTA_BINARY_PACKED"},
    ) as writer:
        for group in _groups(parts):
            table = _table(group, schema)
            writer.write_table(table, row_group_size=len(table))


def _groups(parts: Iterator[Changes]) -> Iterator[list[Changes]]:
    """Images together until there are enough rows: an image's changes are never split."""
    group: list[Changes] = []
    rows = 0
    for part in parts:
        group.append(part)
        rows += len(part)
        if rows >= _ROW_GROUP:
            yield group
            group, rows = [], 0
    if group:
        yield group


def _table(group: list[Changes], schema: "pa.Schema") -> "pa.Table":
    import pyarrow as pa

    rows = [len(part) for part in group]
    places = np.repeat(np.arange(len(group), dtype=np.int32), rows)
    kinds = np.concatenate([part.kind for part in group]).astype(np.int8)
    masks = pa.nulls(sum(rows), pa.binary())
    if any(part.masks for part in group):
        masks = pa.array([part.masks.get(row) for part in group for row in range(len(part))], pa.binary())
    columns = [
        pa.DictionaryArray.from_arrays(places, [part.image for part in group]),
        np.concatenate([part.unit for part in group]),
        np.concatenate([part.run for part in group]),
        np.concatenate([part.source for part in group]),
        np.concatenate([part.target for part in group]),
        pa.DictionaryArray.from_arrays(kinds, list(KINDS)),
        masks,
        [part.copy_of for part in group for _ in range(len(part))],
        [part.donor for part in group for _ in range(len(part))],
    ]
    return pa.table(columns[: len(schema)], schema=schema)


def _split(table: "pa.Table") -> Iterator[Changes]:
    images, kind = (table[name].combine_chunks() for name in ("image", "kind"))
    kinds = np.array([KINDS.index(one) for one in kind.dictionary.to_pylist()], dtype=np.uint8)
    unit, run, source, target = (table[name].to_numpy() for name in ("unit", "run", "from", "to"))
    codes = kinds[kind.indices.to_numpy()]
    places = images.indices.to_numpy()
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    masks = table["mask"]
    of_rows = [table[name] if name in table.column_names else None for name in ("copy_of", "donor")]
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(places)], strict=True):
        own = masks[start:end].to_pylist() if masks.null_count < len(masks) else []
        yield Changes(
            images[start].as_py(),
            unit[start:end],
            run[start:end],
            source[start:end],
            target[start:end],
            codes[start:end],
            {row: mask for row, mask in enumerate(own) if mask is not None},
            *(None if column is None else column[start].as_py() for column in of_rows),
        )
