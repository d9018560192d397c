"""`corrupt`: a noisy copy of a data set in its own format, with the account of what was done."""

from collections.abc import Iterator
from pathlib import Path

from truemask.bench.sources import Source
from truemask.data import write_dataset
from truemask.noise import Ledger, Manifest, check, parse, write_manifest
from truemask.progress import watch
from truemask.types import Labels


def corrupt_source(source: Source, spec_text: str, out: Path, *, seed: int, show: bool) -> Manifest:
    """Write the copy; the other splits are carried over as they are. Prints what was done."""
    spec = parse(spec_text)
    splits = source.open()
    split = source.split or splits.default_train
    dataset = splits.split(split)
    check(spec, dataset.problem)
    ledger = Ledger(spec, dataset.problem, seed)
    made: list[Manifest] = []

    def noisy() -> Iterator[Labels]:
        keys = watch(f"corrupt {dataset.name}", enumerate(dataset.keys), len(dataset), show=show)
        for row, key in keys:
            yield ledger.corrupt(dataset.labels(row), key)

    def account(folder: Path) -> None:
        made.append(write_manifest(ledger, folder, data=dataset.name, split=split))

    write_dataset(splits, {split: noisy()}, out, finish=account)
    manifest = made[0]
    rate = 0.0 if manifest.realised_rate is None else manifest.realised_rate
    print(
        f"{out}: {manifest.noise} on {manifest.images} images of {dataset.name} ({split}), seed {seed}: "
        f"{rate:.1%} of {manifest.units:,} labels changed; manifest.json and changes.parquet say which"
    )
    return manifest
