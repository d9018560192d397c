"""The diagnosis at the end of an audit: joins findings, labels, calibration and tables of results."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from truemask.audit import AuditResult
from truemask.audit.calibration import Calibration
from truemask.audit.diagnosis import Diagnosis, Groups, diagnose
from truemask.audit.diagnosis.places import folders, one_hot
from truemask.bench.precedents import Precedent, precedents, tables_here
from truemask.data.dataset import Dataset
from truemask.files import write_json
from truemask.report.blocks import Statement
from truemask.types import IGNORE, Instances, Labels

DIAGNOSIS = "diagnosis.json"

_SIZES = {"small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, np.inf)}
"""Objects by their area in pixels, as COCO has them."""
_MOST_FOLDERS = 200

_LEVEL_OF = {"pixels": "segment", "images": "image", "objects": "instance"}


def diagnosed(
    dataset: Dataset, result: AuditResult, calibration: Calibration | None
) -> tuple[Diagnosis, list[Precedent] | None]:
    """The diagnosis of an audit, and the tables about noise of its main kind; None without any tables.

    Args:
        dataset: that was audited.
        result: of the audit, with all its findings.
        calibration: of its lists.
    """
    found = diagnose(result, calibration, [*_groups(dataset, result)])
    tables = tables_here()
    main = next(iter(found.nature.kinds), None)
    if tables is None:
        return found, None
    if main is None:
        return found, []
    has_nothing = dataset.problem.background is not None
    return found, precedents(tables, dataset.problem.task, main, background=has_nothing)


def write_diagnosis(said: Sequence[Statement], out: Path) -> None:
    """Write diagnosis.json: topic, sentence and what it rests on, of each statement."""
    write_json(out / DIAGNOSIS, {"statements": [asdict(one) for one in said]})


def _groups(dataset: Dataset, result: AuditResult) -> Iterator[Groups]:
    row = {key: place for place, key in enumerate(dataset.keys)}
    count, names = len(dataset), dataset.problem.classes
    level = _LEVEL_OF[result.unit]
    rows = [one for one in result.findings.to_pylist() if one["level"] == level and one["image"] in row]
    by_class = np.zeros((count, len(names)))
    by_size = np.zeros((count, len(_SIZES)))
    size_of: dict[int, int] = {}
    for place in range(count):
        labels = dataset.labels(place)
        by_class[place] = _class_counts(labels, len(names))
        if isinstance(labels, Instances):
            _count_sizes(labels, by_size[place], size_of)
    flagged, flagged_sizes = np.zeros_like(by_class), np.zeros_like(by_size)
    for one in rows:
        weight = float(one["area_px"] or 0) if result.unit == "pixels" else 1.0
        given = one["given"] if one["kind"] != "missing" or result.unit == "pixels" else None
        if given is not None:
            flagged[row[one["image"]], given] += weight
        for annotation in one["objects"] or ():
            if annotation in size_of:
                flagged_sizes[row[one["image"]], size_of[annotation]] += 1
    yield Groups("class", _named(names, by_class), _named(names, flagged))
    if size_of:
        yield Groups("size", _named([*_SIZES], by_size), _named([*_SIZES], flagged_sizes))
    of_image = folders(dataset.keys)
    if 1 < len(set(of_image)) <= _MOST_FOLDERS:
        units, flags = by_class.sum(axis=1), flagged.sum(axis=1)
        yield Groups("folder", one_hot(of_image, units), one_hot(of_image, flags))


def _class_counts(labels: Labels, classes: int) -> Float64[np.ndarray, "k"]:
    given = labels.classes[~labels.crowd] if isinstance(labels, Instances) else np.asarray(labels)
    known = given[given != IGNORE]
    return np.bincount(known.reshape(-1), minlength=classes)[:classes].astype(np.float64)


def _count_sizes(objects: Instances, counts: Float64[np.ndarray, "s"], size_of: dict[int, int]) -> None:
    from faster_coco_eval import mask as coco_mask

    codes: list[dict[str, Any]] = [{"size": list(objects.size), "counts": code} for code in objects.masks]
    areas = coco_mask.area(codes) if codes else []
    for annotation, area in zip(objects.ids.tolist(), areas, strict=True):
        place = next(n for n, (low, high) in enumerate(_SIZES.values()) if low <= area < high)
        size_of[annotation] = place
        counts[place] += 1


def _named(
    names: Sequence[str], columns: Float64[np.ndarray, "images groups"]
) -> Mapping[str, Float64[np.ndarray, "images"]]:
    return {name: columns[:, place] for place, name in enumerate(names)}
