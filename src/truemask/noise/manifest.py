"""The manifest of a corruption: what was asked for and what came of it.

The list lies beside it (`change_file`).
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from truemask.files import write_text
from truemask.noise.change_file import write_changes
from truemask.noise.ledger import Ledger
from truemask.noise.set_ledger import SetLedger
from truemask.noise.table import EVERY_NOISE, SET_NOISES
from truemask.noise.transition import realised
from truemask.types import BadInput, Task

MANIFEST = "manifest.json"


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
    write_changes(ledger.changes(), folder, rows=rows)
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
