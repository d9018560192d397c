"""The list of changes as a Parquet file: the truth that audits are scored against."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from truemask.files import write_whole
from truemask.noise.changes import KINDS, Changes
from truemask.types import BadInput

if TYPE_CHECKING:
    import pyarrow as pa

CHANGES = "changes.parquet"
_ROW_GROUP = 1 << 20
"""Changes that are written and read at a time, give or take an image."""


def write_changes(parts: Iterator[Changes], folder: Path, *, rows: bool = False) -> None:
    """Write `changes.parquet` into the folder, whole or not at all.

    rows: with the columns that only noise on whole sets fills.
    """
    write_whole(folder / CHANGES, lambda fresh: _write(parts, fresh, _schema(rows=rows)))


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


def _write(parts: Iterator[Changes], path: Path, schema: "pa.Schema") -> None:
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
