"""Calibrated audits of labels that people got wrong, with what is right about them, and how good labels are.

Predictions and networks are those that the benchmarks of each pack keep in their scratch folders; what is not
there yet is made first, which takes an hour of one core for all.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.against_listed import at_errors
from benchmarks.calibrated_lists import Told, judged
from benchmarks.calibrated_maps import half_wrong
from benchmarks.class_folds import audited, kept_probabilities
from benchmarks.class_scores import classes
from benchmarks.label_agreement import panoptic_quality
from benchmarks.object_packs import Pack
from benchmarks.real_classes import LABELS, NETWORK, TRUTH
from benchmarks.real_crowd import HELD_OUT, majority, quality, reduced
from benchmarks.real_digits import CHECKED, checked
from benchmarks.real_objects import predicted
from truemask.audit.instances import audit_instances
from truemask.bench.sources import Source
from truemask.commands.audits import audit_dataset
from truemask.commands.calibrating import calibrated
from truemask.data.dataset import Dataset
from truemask.data.formats.annotator_bits import CROWD, label_names
from truemask.data.relabelled import Relabelled
from truemask.data.views import Subset, hold_out
from truemask.types import IGNORE


@dataclass(frozen=True)
class RealAudit:
    """One of them.

    Args:
        told: its lists.
        given: labels that were audited.
        score: how good labels of the same images are, against the truth, in [0, 1]; None where too few are
            wrong to tell.
        by: what that score is.
    """

    told: Told
    given: Dataset
    score: Callable[[Dataset], float] | None
    by: str


def of_objects(pack: Pack, scratch: Path) -> RealAudit:
    """Objects that people corrected; findings in images that were taken out are left out."""
    predictions = predicted(pack, scratch / pack.name)
    result = audit_instances(predictions.beside(pack.given), pack.given.problem)
    told, calibration = calibrated(pack.given, result, predictions.again, mode="fast", precision=None, seed=0)

    def right(rows: list[dict[str, Any]]) -> list[bool]:
        return at_errors(rows, pack.errors)

    def score(labels: Dataset) -> float:
        rows = {key: row for row, key in enumerate(labels.keys)}
        return panoptic_quality(Subset(labels, [rows[key] for key in pack.fixed.keys]), pack.fixed)

    known = np.array([image not in pack.removed for image in told.findings["image"].to_pylist()])
    lists = judged(pack.name, "people", told, calibration, right).where(known)
    return RealAudit(lists, pack.given, score, "panoptic quality")


def of_photos(pack: Path, scratch: Path, images: int = 8_000, epochs: int = 6) -> Iterator[RealAudit]:
    """Classes of CIFAR-10 that people gave: three label sets."""
    where = f"{pack}@train={images},test=1"
    truth = Source(where, labels=TRUTH).to_train()
    for name, array in LABELS.items():
        source, folder = Source(where, labels=array), scratch / f"{name}-{images}-2x{epochs}"
        stack = kept_probabilities(source, {**NETWORK, "epochs": epochs}, 2, folder)
        audit, given = audited(source, stack, folder / "audit"), source.to_train()
        assert audit.told is not None
        assert audit.calibration is not None
        wrong = dict(zip(truth.keys, (classes(given) != classes(truth)).tolist(), strict=True))
        told = judged(f"CIFAR-10N {name}", "people", audit.told, audit.calibration, partial(_wrong, wrong))
        yield RealAudit(told, given, partial(_share_right, classes(truth)), "share of right labels")


def of_digits(pack: Path, scratch: Path, epochs: int = 3) -> RealAudit:
    """MNIST's test set, whose suspected labels people checked."""
    source, folder = Source(str(pack)), scratch / f"4x{epochs}"
    stack = kept_probabilities(source, {**NETWORK, "epochs": epochs}, 4, folder)
    audit, given = audited(source, stack, folder / "audit"), source.to_train()
    assert audit.told is not None
    assert audit.calibration is not None
    said = checked(pack / CHECKED)
    wrong = {key: key in said and said[key].wrong for key in given.keys}
    told = judged("MNIST", "people", audit.told, audit.calibration, partial(_wrong, wrong))
    return RealAudit(told, given, None, "")


def of_crowd(pack: Path, scratch: Path, size: int = 128, epochs: int = 12) -> Iterator[RealAudit]:
    """BU-BIL's masks by one worker, and by the majority of seven, against experts."""
    truth, _ = hold_out(reduced(pack, "consensus", size), HELD_OUT)
    crowd = [reduced(pack, name, size) for name in label_names(pack) if name.startswith(f"{CROWD}-")]
    for name, workers in (("one worker", crowd[:1]), (f"majority of {len(crowd)}", crowd)):
        given = Relabelled(truth, [majority(workers, key) for key in truth.keys])
        out = scratch / f"{name.replace(' ', '-')}-{size}-2x{epochs}"
        audit = audit_dataset(given, out, settings={"epochs": epochs}, truth=truth, show=False)
        assert audit.again is not None
        result, calibration = calibrated(
            given, audit.result, audit.again, mode="fast", precision=None, seed=0
        )
        maps = {key: (given.labels(row), truth.labels(row)) for row, key in enumerate(truth.keys)}
        wrong = {key: (one != other) & (other != IGNORE) for key, (one, other) in maps.items()}
        told = judged(f"BU-BIL {name}", "people", result, calibration, partial(half_wrong, wrong))
        yield RealAudit(told, given, partial(quality, truth=truth), "IoU")


def _wrong(wrong: Mapping[str, bool], rows: list[dict[str, Any]]) -> list[bool]:
    return [wrong[row["image"]] for row in rows]


def _share_right(true: np.ndarray, labels: Dataset) -> float:
    return float((classes(labels) == true).mean())
