"""`corrupt`: a noisy copy of a data set in its own format, with the account of what was done."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from truemask.bench.galleries import corrupted_set
from truemask.bench.sources import Source
from truemask.data import FORMATS, Splits, write_dataset
from truemask.noise import Ledger, Manifest, SetLedger, Spec, check, parse, sees_the_set, write_manifest
from truemask.progress import watch
from truemask.types import Labels


def corrupt_source(source: Source, spec_text: str, out: Path, *, seed: int, show: bool) -> Manifest:
    """Write the copy; the other splits are carried over as they are. Prints what was done."""
    spec = parse(spec_text)
    splits = source.open()
    split = source.split or splits.default_train
    dataset = splits.split(split)
    check(spec, dataset.problem)
    write = _rearranged if sees_the_set(spec) else _relabelled
    manifest = write(splits, split, spec, out, seed=seed, show=show)
    rate = 0.0 if manifest.realised_rate is None else manifest.realised_rate
    print(
        f"{out}: {manifest.noise} on {manifest.images} images of {dataset.name} ({split}), seed {seed}: "
        f"{rate:.1%} of {manifest.units:,} labels changed; manifest.json and changes.parquet say which"
    )
    return manifest


def _relabelled(splits: Splits, split: str, spec: Spec, out: Path, *, seed: int, show: bool) -> Manifest:
    """Image by image: the rows stay, their labels change."""
    dataset = splits.split(split)
    ledger = Ledger(spec, dataset.problem, seed)
    account = _Account(ledger, dataset.name, split)

    def noisy() -> Iterator[Labels]:
        keys = watch(f"corrupt {dataset.name}", enumerate(dataset.keys), len(dataset), show=show)
        for row, key in keys:
            yield ledger.corrupt(dataset.labels(row), key)

    write_dataset(splits, {split: noisy()}, out, finish=account.write)
    return account.manifest


def _rearranged(
    splits: Splits,
    split: str,
    spec: Spec,
    out: Path,
    *,
    seed: int,
    show: bool,  # noqa: ARG001 - there is no image after image to show
) -> Manifest:
    """All rows at once: they may show other images, and there may be more of them."""
    dataset = splits.split(split)
    rows, ledger = corrupted_set(dataset, spec, seed)
    account = _Account(ledger, dataset.name, split)
    noisy = replace(splits, splits={**splits.splits, split: rows})
    same = splits.format if splits.format in FORMATS else None
    write_dataset(noisy, {}, out, finish=account.write, format=same)
    return account.manifest


class _Account:
    """Writes the manifest when the copy is there, and keeps it."""

    manifest: Manifest

    def __init__(self, ledger: Ledger | SetLedger, data: str, split: str) -> None:
        self._ledger, self._data, self._split = ledger, data, split

    def write(self, folder: Path) -> None:
        self.manifest = write_manifest(self._ledger, folder, data=self._data, split=self._split)
