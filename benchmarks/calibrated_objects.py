"""Lists of objects, calibrated: ten kinds of errors in scenes, judged by simulated detectors, by networks."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from faster_coco_eval import mask as coco_mask

from benchmarks.calibrated_lists import Told, told
from benchmarks.instance_quality import NOISE, PLAN
from benchmarks.simulated_detections import simulated
from truemask.audit import AuditResult
from truemask.audit.calibration.pointing import ALIKE
from truemask.audit.instances import TrueError, true_errors
from truemask.bench.noisy import corrupted
from truemask.commands.auditing_objects import audit_found
from truemask.commands.judging import Kept as KeptPredictions
from truemask.data import open_dataset
from truemask.data.dataset import Dataset
from truemask.data.predictions import Prediction
from truemask.seeds import seed_for
from truemask.training import Recipe, default_plan
from truemask.training.folds import train_folds
from truemask.types import Instances

CASES: dict[str, tuple[str, float]] = {
    "all kinds": (NOISE, 0.04),
    "classes": ("misclassify:0.15", 0.04),
    "missing and spurious": ("miss:0.15+spurious:0.1", 0.04),
    "outlines": ("affine:8,rate=0.15+shift:-4,high_px=4,rate=0.2", 0.04),
    "all kinds, poor detector": (NOISE, 0.1),
}
"""Noise, and the rate of each of the detector's own mistakes."""
_SAME_PLACE = 0.5


def calibrated_simulated(data: str, only: str, seed: int) -> Iterator[Told]:
    """Each case.

    Args:
        data: a set of objects, whose labels are taken to be right.
        only: names of cases, with commas between them; all, if empty.
        seed: of noise and detector.
    """
    clean = open_dataset(data).split("train")
    for name, (noise, rate) in CASES.items():
        if only and name not in only.split(","):
            continue
        noisy, _ = corrupted(clean, noise, seed)
        said = [*simulated(clean, rate, seed_for("simulated", name, seed))]

        def again(other: Dataset, _: int, said: list[Prediction] = said) -> AuditResult:
            return audit_found(other, said)

        yield told(f"scenes, simulated, {name}", noise, noisy, again, right(clean, noisy))


def calibrated_by_networks(data: str, noise: str, seed: int, runs: Path) -> Told:
    """One case, judged out of fold by two networks, as `truemask audit` does it.

    Args:
        data: a set of objects, whose labels are taken to be right.
        noise: that is put into them.
        seed: of noise and networks.
        runs: where the networks are kept, and found again.
    """
    clean = open_dataset(data).split("train")
    noisy, _ = corrupted(clean, noise, seed)
    plan = default_plan(noisy.problem).changed({**PLAN, "seed": seed})
    folds = train_folds(Recipe(dataset=noisy, plan=plan), 2, runs / str(seed))
    said = KeptPredictions(folds.predict, 1 << 30)

    def again(other: Dataset, _: int) -> AuditResult:
        return audit_found(other, said(), replace(folds, dataset=other).judge_objects())

    return told("scenes, networks", noise, noisy, again, right(clean, noisy))


def right(clean: Dataset, noisy: Dataset) -> Callable[[list[dict[str, Any]]], list[bool]]:
    """Says of findings whether a true error of the sort is at their place.

    An error is of the sort if it is of the kind, or of one that `ALIKE` puts beside it.
    """
    errors: dict[str, list[TrueError]] = {}
    rows = {key: row for row, key in enumerate(clean.keys)}
    for row, key in enumerate(noisy.keys):
        given, truth = noisy.labels(row), clean.labels(rows[key])
        assert isinstance(given, Instances)
        assert isinstance(truth, Instances)
        errors[key] = true_errors(key, given, truth)
    return partial(_right, errors)


def _right(errors: dict[str, list[TrueError]], rows: list[dict[str, Any]]) -> list[bool]:
    found = []
    for row in rows:
        alike = {row["kind"]}.union(*(kinds for kinds in ALIKE if row["kind"] in kinds))
        size = [row["height"], row["width"]]
        codes = [{"size": size, "counts": one.code} for one in errors[row["image"]] if one.kind in alike]
        fits = coco_mask.iou([{"size": size, "counts": row["rle"]}], codes, [0] * len(codes)) if codes else 0
        found.append(bool(np.max(fits) >= _SAME_PLACE))
    return found
