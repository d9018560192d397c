"""The demo's pictures: images with true and given labels, what networks say, and what the audit flags."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from truemask import rle
from truemask.commands.audits import Audited
from truemask.data import Dataset, Subset
from truemask.report.audit_views import other_of_two, proposal
from truemask.report.blocks import Picture, PictureGrid, PictureRow
from truemask.report.drawing import as_rgb, enlarged
from truemask.report.object_views import proposed_objects
from truemask.report.palette import CHANGES
from truemask.report.pictures import changes_picture, overlay
from truemask.training import Found, Trained
from truemask.types import Instances, Labels, Task

SHOWN = 3
"""Images of each part that the page shows."""
SURE = 0.3
"""Objects with a lower score are not drawn: who learnt from many wrong names is never sure of one."""


def pictures_of(
    robust: str,
    runs: Mapping[str, Trained],
    audited: Audited,
    clean: Dataset,
    noisy: Dataset,
) -> PictureGrid:
    """Training images with their two labels and the flags, and beside them what the networks say of them."""
    zoom = max(1, 256 // max(clean.size(0)))
    problem = clean.problem
    rows = []
    part = first_rows(noisy, SHOWN)
    said = {
        run: [as_labels(one, problem.task) for one in runs[run].predict(part)] for run in ("ce", "robust")
    }
    for row in range(SHOWN):
        image, truth, given = clean.image(row), clean.labels(row), noisy.labels(row)
        pictures = [
            as_rgb(enlarged(image, zoom)),
            overlay(image, truth, problem, zoom=zoom),
            overlay(image, given, problem, zoom=zoom),
            changes_picture(image, truth, given, problem, zoom=zoom),
            overlay(image, said["ce"][row], problem, zoom=zoom),
            overlay(image, said["robust"][row], problem, zoom=zoom),
            changes_picture(image, given, _flagged(audited, noisy, row), problem, zoom=zoom),
        ]
        rows.append(PictureRow(noisy.keys[row], [Picture(picture) for picture in pictures]))
    columns = (
        "image",
        "truth",
        "given label",
        "what was changed",
        "ce says",
        f"{robust} says",
        "audit flags",
    )
    note = "Training images: the networks say what the noisy labels taught them about these very images."
    return PictureGrid(columns, rows, CHANGES, note)


def _flagged(audited: Audited, noisy: Dataset, row: int) -> Labels:
    """The given labels of a row with what the audit proposes instead."""
    given, key = noisy.labels(row), noisy.keys[row]
    findings = [found for found in audited.result.findings.to_pylist() if found["image"] == key]
    if isinstance(given, Instances):
        return proposed_objects(given, findings)
    return proposal(other_of_two(given, findings, noisy.problem), findings)


def as_labels(prediction: Any, task: Task) -> Labels:
    """A prediction as labels that can be drawn: the likeliest classes, the objects that are sure enough."""
    if task == Task.SEMANTIC:
        return np.asarray(prediction.probs.argmax(axis=0), np.uint8)
    found: Found = prediction.found
    sure = found.scores > SURE
    masks = found.masks[sure]
    return Instances(
        size=(int(masks.shape[1]), int(masks.shape[2])),
        classes=found.labels[sure].astype(np.uint8),
        masks=rle.pack(masks),
        boxes=found.boxes[sure],
        ids=np.arange(int(sure.sum())),
        crowd=np.zeros(int(sure.sum()), dtype=bool),
    )


def first_rows(dataset: Dataset, count: int) -> Dataset:
    """The first rows of a data set."""
    return Subset(dataset, range(min(count, len(dataset))))
