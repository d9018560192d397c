"""How good an audit of objects was, where the truth is known."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from faster_coco_eval import mask as coco_mask

from truemask.audit.against_truth import average_precision
from truemask.audit.instances.true_errors import TrueError, true_errors
from truemask.audit.result import AuditResult
from truemask.types import BadInput, Instances

INSTANCE_AUDIT_SCORES: dict[str, str] = {
    "errors": "true errors, of all kinds",
    "ap": "average precision of all findings, of whatever kind, to find what is wrong in whatever way",
    "precision": "share of findings at the place of a true error",
    "recall": "share of true errors with a finding at their place",
    "right_kind": "share of findings at the place of a true error that say its kind",
    "image_ap": "average precision of ranking images to find those with any error",
    "image_wrong": "share of images with any error: what image_ap is by chance",
    "ap_of": "average precision of the findings of a kind to find the errors of that kind",
    "precision_of": "share of findings of a kind that are errors of that kind",
    "recall_of": "share of errors of a kind with a finding of that kind",
    "found_of": "share of errors of a kind with a finding of whatever kind",
    "errors_of": "true errors of a kind",
}
"""What each number of `score_instances` means, in one line; `NAME_of/KIND` is a kind's."""

_SAME_PLACE = 0.5
"""IoU from which a finding is about an error."""
_Row = dict[str, Any]


def score_instances(
    result: AuditResult, labels: Iterable[tuple[str, Instances, Instances]]
) -> dict[str, float]:
    """Precision, recall and average precision, for all and for each kind; undefined is NaN.

    A finding is right if it is at the place of a true error (IoU of 0.5). Each error makes one finding right,
    the one that ranks first.

    Args:
        result: the audit.
        labels: key, given and true objects of each image that is to count.

    Raises:
        BadInput: if an image was not audited, or given and true objects are of different sizes.
    """
    badness = {row["image"]: row["score"] for row in result.images.to_pylist()}
    rows: dict[str, list[_Row]] = defaultdict(list)
    for row in result.findings.to_pylist():
        rows[row["image"]].append(row)
    findings: list[_Row] = []
    errors: list[TrueError] = []
    images = []
    for key, given, truth in labels:
        if key not in badness:
            raise BadInput(f"image '{key}' is not among the {len(badness)} images of the audit")
        wrong = true_errors(key, given, truth)
        findings += [row | _judged(row, wrong, len(errors)) for row in rows[key]]
        errors += wrong
        images.append((badness[key], int(bool(wrong))))
    findings.sort(key=lambda row: int(row["rank"]))
    return _scores(findings, errors, images)


def _judged(row: _Row, errors: Sequence[TrueError], first: int) -> _Row:
    """Numbers of the errors at the finding's place, those that fit best first."""
    if not errors:
        return {"at": []}
    size = [row["height"], row["width"]]
    codes = [{"size": size, "counts": error.code} for error in errors]
    fits = coco_mask.iou([{"size": size, "counts": row["rle"]}], codes, [0] * len(codes))[0]
    order = np.argsort(-fits, kind="stable")
    return {"at": [first + int(place) for place in order if fits[place] >= _SAME_PLACE]}


def _scores(
    findings: list[_Row], errors: list[TrueError], images: list[tuple[float, int]]
) -> dict[str, float]:
    of_kind = [error.kind for error in errors]
    everything = _granted(findings, set(range(len(errors))))
    touched = {number for row in findings for number in row["at"]}
    right_kind = [row["kind"] in {of_kind[number] for number in row["at"]} for row in findings if row["at"]]
    bad = np.array(images, np.float64).reshape(-1, 2)
    ones, wrong = np.ones(len(bad), np.int64), bad[:, 1].astype(np.int64)
    scores = {
        "errors": float(len(errors)),
        "ap": _average(everything, len(errors)),
        "precision": _ratio(len(right_kind), len(findings)),
        "recall": _ratio(len(touched), len(errors)),
        "right_kind": _ratio(sum(right_kind), len(right_kind)),
        "image_ap": average_precision(bad[:, 0], ones, wrong),
        "image_wrong": _ratio(int(wrong.sum()), len(wrong)),
    }
    for kind in sorted({*of_kind, *(row["kind"] for row in findings)}):
        mine = {number for number, other in enumerate(of_kind) if other == kind}
        hits = _granted([row for row in findings if row["kind"] == kind], mine)
        scores |= {
            f"errors_of/{kind}": float(len(mine)),
            f"ap_of/{kind}": _average(hits, len(mine)),
            f"precision_of/{kind}": _ratio(sum(hits), len(hits)),
            f"recall_of/{kind}": _ratio(sum(hits), len(mine)),
            f"found_of/{kind}": _ratio(len(mine & touched), len(mine)),
        }
    return scores


def _granted(findings: list[_Row], errors: set[int]) -> list[bool]:
    """Which findings, in their order, are the first about an error that is left."""
    left = set(errors)
    hits = []
    for row in findings:
        number = next((number for number in row["at"] if number in left), None)
        left.discard(-1 if number is None else number)
        hits.append(number is not None)
    return hits


def _average(hits: list[bool], errors: int) -> float:
    """Mean precision at each error that is found, those that are not counting 0."""
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(hits) + 1)
    return float(precision[np.array(hits, dtype=bool)].sum() / errors) if errors else float("nan")


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
