"""Audits of objects that know boxes only: ours with boxes for masks, and cleanlab's ObjectLab."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from truemask import rle
from truemask.audit import AuditResult, Finding
from truemask.audit.findings import findings_table
from truemask.audit.instances import Seen, audit_instances
from truemask.types import Problem

OUTLINES = ("shifted", "boundary_over", "boundary_under", "hole")


def on_boxes(seen: Seen) -> Seen:
    """The image with every mask, given or predicted, filled up to its box."""
    size = seen.given.size
    given, found = (_filled(masks, size) for masks in (seen.given.masks, seen.found.masks))
    return replace(seen, given=replace(seen.given, masks=given), found=replace(seen.found, masks=found))


def with_true_regions(result: AuditResult, seen: Sequence[Seen]) -> AuditResult:
    """An audit on boxes with the regions of its findings as masks, so that it is judged by what it found."""
    masks: dict[tuple[str, bytes], bytes] = {}
    for one in seen:
        boxed = on_boxes(one)
        masks |= {(one.key, box): mask for box, mask in zip(boxed.found.masks, one.found.masks, strict=True)}
        masks |= {(one.key, box): mask for box, mask in zip(boxed.given.masks, one.given.masks, strict=True)}
    codes = [masks.get((row["image"], row["rle"]), row["rle"]) for row in result.findings.to_pylist()]
    at = result.findings.schema.get_field_index("rle")
    column = pa.array(codes, pa.binary())
    return replace(result, findings=result.findings.set_column(at, result.findings.schema.field(at), column))


def object_lab(seen: Sequence[Seen], problem: Problem) -> AuditResult:
    """ObjectLab's scores of single boxes as findings: swapped, missing, and badly located.

    What is badly located is offered as every kind of outline error, and as spurious, split and merged: it
    ranks given boxes by how little predictions fit them, whatever the reason.
    """
    from cleanlab.object_detection import rank

    labels, predictions = as_boxes(seen, problem.num_classes - 1)
    scored = {"labels": labels, "predictions": predictions}
    swaps = rank.compute_swap_box_scores(**scored)
    located = rank.compute_badloc_box_scores(**scored)
    missed = rank.compute_overlooked_box_scores(**scored)
    findings: list[Finding] = []
    for row, one in enumerate(seen):
        for place, mask in enumerate(one.given.masks):
            findings.append(_finding(one, "swapped", mask, swaps[row][place]))
            findings += [
                _finding(one, kind, mask, located[row][place])
                for kind in (*OUTLINES, "spurious", "split", "merged")
            ]
        # Its scores are by class, and within a class as predictions came.
        order = np.argsort(one.found.labels, kind="stable")
        for place, score in zip(order.tolist(), missed[row], strict=True):
            if not np.isnan(score):
                findings.append(_finding(one, "missing", one.found.masks[place], score))
    ours = audit_instances(seen, problem)
    return replace(ours, findings=findings_table(findings, problem.classes))


def image_badness(seen: Sequence[Seen], problem: Problem) -> dict[str, float]:
    """ObjectLab's score of whole images by key, turned round: higher is worse."""
    from cleanlab.object_detection import rank

    labels, predictions = as_boxes(seen, problem.num_classes - 1)
    quality = rank.get_label_quality_scores(labels, predictions, verbose=False)
    return {one.key: 1 - float(value) for one, value in zip(seen, quality, strict=True)}


def as_boxes(seen: Sequence[Seen], classes: int) -> tuple[list[dict[str, np.ndarray]], list[np.ndarray]]:
    """Labels and predictions as ObjectLab reads them: boxes by image, predicted ones by class, from 0."""
    labels = [{"bboxes": one.given.boxes, "labels": one.given.classes.astype(np.int64) - 1} for one in seen]
    predictions = []
    for one in seen:
        boxes = rle.boxes(one.found.masks, one.given.size)
        rows = np.concatenate([boxes, one.found.scores[:, None]], axis=1)
        by_class = np.empty(classes, dtype=object)
        by_class[:] = [rows[one.found.labels == label] for label in range(1, classes + 1)]
        predictions.append(by_class)
    return labels, predictions


def _finding(seen: Seen, kind: str, mask: bytes, quality: float) -> Finding:
    return Finding(
        level="instance",
        image=seen.key,
        kind=kind,
        score=float(np.clip(1 - quality, 0, 1)),
        evidence="ObjectLab",
        weight=float(1 - quality),
        size=seen.given.size,
        rle=mask,
    )


def _filled(masks: Sequence[bytes], size: tuple[int, int]) -> tuple[bytes, ...]:
    planes = np.zeros((len(masks), *size), dtype=bool)
    for plane, (x0, y0, x1, y1) in zip(planes, rle.boxes(masks, size).astype(int), strict=True):
        plane[y0:y1, x0:x1] = True
    return rle.pack(planes)
