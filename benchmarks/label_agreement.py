"""How well labels agree with the true ones, in one number: as objects, and as label maps."""

import numpy as np
from faster_coco_eval import mask as coco_mask

from truemask.data.dataset import Dataset
from truemask.metrics.confusion import iou
from truemask.types import IGNORE, Instances

_SAME_IOU = 0.5
"""Above it, no other object can fit as well, if those of one side do not overlap."""


def panoptic_quality(labels: Dataset, truth: Dataset) -> float:
    """Sum of the IoUs of matched objects over their number and half of those of both sides without a match.

    Matched are objects of one class with an IoU above 0.5; all classes count together. Panoptic quality:
    Kirillov et al., CVPR 2019, arXiv:1801.00868.

    Args:
        labels: of objects.
        truth: the same images.
    """
    fits, single = [0.0], 0
    for row in range(len(truth)):
        mine, theirs = labels.labels(row), truth.labels(row)
        assert isinstance(mine, Instances)
        assert isinstance(theirs, Instances)
        own = _matched(mine, theirs)
        fits += own
        single += len(mine) + len(theirs) - 2 * len(own)
    matched = len(fits) - 1
    return sum(fits) / (matched + single / 2) if matched + single else float("nan")


def mean_iou(labels: Dataset, truth: Dataset) -> float:
    """Mean over classes of the IoU of label maps, over all images together.

    Args:
        labels: maps.
        truth: the same images.
    """
    classes = truth.problem.num_classes
    counts = np.zeros((classes, classes), np.int64)
    for row in range(len(truth)):
        said, true = np.asarray(labels.labels(row)), np.asarray(truth.labels(row))
        known = (said != IGNORE) & (true != IGNORE)
        pairs = true[known].astype(np.int64) * classes + said[known]
        counts += np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    return float(np.nanmean(iou(counts)))


def _matched(mine: Instances, theirs: Instances) -> list[float]:
    """IoUs of the pairs, the best first."""
    if not len(mine) or not len(theirs):
        return []
    codes = [[{"size": [*one.size], "counts": code} for code in one.masks] for one in (mine, theirs)]
    across = np.where(
        mine.classes[:, None] == theirs.classes[None], coco_mask.iou(*codes, [0] * len(theirs)), 0.0
    )
    found, rows, columns = [], set(), set()
    for place in np.argsort(-across, axis=None, kind="stable").tolist():
        row, column = divmod(place, len(theirs))
        if across[row, column] <= _SAME_IOU:
            break
        if row not in rows and column not in columns:
            found.append(float(across[row, column]))
            rows.add(row)
            columns.add(column)
    return found
