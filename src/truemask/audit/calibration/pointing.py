"""Which findings point at which injected errors."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from faster_coco_eval import mask as coco_mask

from truemask.audit.calibration.injected import Injected

ALIKE: tuple[frozenset[str], ...] = (
    frozenset({"swapped"}),
    frozenset({"missing"}),
    frozenset({"spurious", "duplicate"}),
    frozenset({"merged", "split", "shifted", "boundary_over", "boundary_under", "hole"}),
)
"""Kinds of errors of objects that a finding of one of them is right about: that a shape is wrong, say."""

_SAME_IOU = 0.5
_MOST = 0.5

Row = Mapping[str, Any]
"""A finding, as a row of `findings.SCHEMA`."""


def pointed(findings: Sequence[Row], errors: Sequence[Injected]) -> list[list[int]]:
    """For each finding, the places in `errors` of those that it points at.

    A finding of a whole image points at the image's wrong class. One of a segment points at the errors that
    it overlaps if at least half of its pixels are wrong. One of objects points at errors of the same objects,
    or, of an object taken out, at an IoU of 0.5, if it says something of the sort (see ALIKE).
    """
    by_image: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, error in enumerate(errors):
        by_image[error.level, error.image].append(place)
    found: list[list[int]] = [[] for _ in findings]
    mine: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, finding in enumerate(findings):
        if (finding["level"], finding["image"]) in by_image:
            mine[finding["level"], finding["image"]].append(row)
    for (level, image), rows in mine.items():
        of_image = by_image[level, image]
        here, those = [findings[row] for row in rows], [errors[place] for place in of_image]
        match level:
            case "segment":
                places = _by_pixels(here, those)
            case "instance":
                places = [_by_object(finding, those) for finding in here]
            case _:
                places = [[*range(len(those))] for _ in here]
        for row, hit in zip(rows, places, strict=True):
            found[row] = [of_image[place] for place in hit]
    return found


def _by_pixels(findings: Sequence[Row], errors: Sequence[Injected]) -> list[list[int]]:
    codes = [_code(finding["rle"], finding) for finding in findings]
    wrong = [_code(error.rle, findings[0]) for error in errors]
    # Against crowds, COCO's overlap is the share of the finding that lies in the error; errors are disjoint.
    shares = coco_mask.iou(codes, wrong, [1] * len(wrong))
    return [np.flatnonzero(row > 0).tolist() if row.sum() >= _MOST else [] for row in shares]


def _by_object(finding: Row, errors: Sequence[Injected]) -> list[int]:
    alike = [place for place, error in enumerate(errors) if _alike(finding["kind"], error.kind)]
    ids = set(finding["objects"] or ())
    by_id = [place for place in alike if ids & set(errors[place].objects)]
    gone = [place for place in alike if errors[place].rle is not None]
    shapes = finding["shapes"] or ([finding["rle"]] if finding["rle"] else [])
    if ids or not gone or not shapes:
        return by_id
    codes = [_code(shape, finding) for shape in shapes]
    taken = [_code(errors[place].rle, finding) for place in gone]
    overlaps = coco_mask.iou(codes, taken, [0] * len(taken)).max(axis=0)
    return by_id + [place for place, iou in zip(gone, overlaps.tolist(), strict=True) if iou >= _SAME_IOU]


def _alike(one: str, other: str) -> bool:
    return one == other or any({one, other} <= kinds for kinds in ALIKE)


def _code(counts: bytes | None, finding: Row) -> dict[str, Any]:
    return {"size": [finding["height"], finding["width"]], "counts": counts}


def best_scores(
    findings: Sequence[Row], hits: Iterable[Sequence[int]], errors: int
) -> dict[tuple[str, str], np.ndarray]:
    """For each list (level, kind), the best score among its findings at each error; minus infinity: none."""
    best: dict[tuple[str, str], np.ndarray] = {}
    for finding, places in zip(findings, hits, strict=True):
        name = (finding["level"], finding["kind"])
        if name not in best:
            best[name] = np.full(errors, -np.inf)
        if places:
            best[name][list(places)] = np.maximum(best[name][list(places)], finding["score"])
    return best
