"""`audit-images`: findings about the images themselves, beside those about their labels."""

import hashlib
from pathlib import Path

import numpy as np

from truemask.audit.evidence.outliers import neighbours, outlier_findings
from truemask.audit.evidence.twins import Fingerprint, find_twins, twin_findings
from truemask.audit.findings import Finding, findings_table, write_findings
from truemask.bench.sources import Source
from truemask.data.as_objects import AsObjects
from truemask.data.dataset import Dataset
from truemask.data.lint.pictures import difference_hash, thumb
from truemask.data.splits import Splits
from truemask.progress import watch
from truemask.training.features import embeddings
from truemask.training.trained import Trained, load_run
from truemask.types import Instances, Labels, Task


def image_findings_verb(source: Source, run: Path | None, out: Path, *, show: bool) -> None:
    """Write what is found to a Parquet file of findings, and say how much of it there is."""
    splits, dataset = source.open(), source.to_train()
    twins = [] if splits.problem.points else find_twins(fingerprints(splits, show=show))
    lonely = [] if run is None else outliers(dataset, load_run(run))
    found = findings_table([*twin_findings(twins), *lonely], dataset.problem.classes)
    write_findings(found, out)
    leaks, differ = sum(pair.leak for pair in twins), sum(pair.labels_differ for pair in twins)
    print(f"{len(twins)} images are there twice: {leaks} in two splits, {differ} with other labels")
    if run is not None:
        units = "objects" if dataset.problem.task == Task.INSTANCE else "images"
        others = sum(one.evidence == "neighbours" for one in lonely)
        print(f"{others} {units} lie among others of another class, {len(lonely) - others} lie alone")
    print(f"{out}: {len(found)} findings")


def fingerprints(splits: Splits, *, show: bool) -> list[Fingerprint]:
    """One of every image of all splits."""
    made = []
    for split, data in splits.splits.items():
        for row in watch(f"fingerprints {split}", range(len(data)), len(data), show=show):
            image = data.image(row)
            small = thumb(image)
            made.append(
                Fingerprint(
                    split=split,
                    key=data.keys[row],
                    pixels=_digest(str(image.shape).encode(), image),
                    labels=_label_digest(data.labels(row)),
                    bits=None if small is None else difference_hash(small[None])[0],
                    thumb=small,
                )
            )
    return made


def outliers(dataset: Dataset, trained: Trained) -> list[Finding]:
    """Images, or objects, that lie among others or alone; label maps have no class to lie among."""
    units = AsObjects(dataset) if dataset.problem.task == Task.INSTANCE else dataset
    rows = {key: row for row, key in enumerate(units.keys)}
    keys, features = embeddings(trained, dataset)
    classes = np.zeros(len(keys), np.uint8)
    if units.problem.task != Task.SEMANTIC:
        classes = np.array([units.labels(rows[key]) for key in keys], np.uint8)
    return outlier_findings(keys, classes, neighbours(features, classes), units.problem)


def _label_digest(labels: Labels) -> bytes:
    if isinstance(labels, Instances):
        return _digest(b"".join(labels.masks), labels.classes)
    return _digest(b"", np.asarray(labels, np.uint8))


def _digest(head: bytes, values: np.ndarray) -> bytes:
    return hashlib.blake2b(head + np.ascontiguousarray(values).tobytes(), digest_size=16).digest()
