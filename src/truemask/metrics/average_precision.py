"""COCO average precision from matches that were made image by image: Lin et al., ECCV 2014, arXiv:1405.0312.

The rules are those of pycocotools: the 100 best detections of a class in an image, best first, each take
the unmatched object of their class that they overlap most; precision is read at 101 recalls after being made
monotone; thresholds .5, .55, ... .95. Here each image is reduced at once to who matched at which
threshold, so that nothing but scores and bits is kept, and parts of a data set merge.
"""

from dataclasses import dataclass
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Float32, Float64

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
MAX_DETECTIONS = 100


@dataclass(frozen=True)
class Matches:
    """What one image says about one class.

    Args:
        scores: of the detections, best first.
        right: matched an object, per threshold.
        dropped: matched an object that is not to be counted (a crowd, an IGNORE), per threshold.
        objects: how many objects there were to find.
    """

    scores: Float32[np.ndarray, "d"]
    right: Bool[np.ndarray, "t d"]
    dropped: Bool[np.ndarray, "t d"]
    objects: int


def match(
    scores: Float32[np.ndarray, "d"],
    overlaps: Float64[np.ndarray, "d g"],
    ignored: Bool[np.ndarray, "g"],
    crowd: Bool[np.ndarray, "g"],
) -> Matches:
    """Give each detection of a class its object, at every threshold.

    Args:
        scores: of the detections, best first.
        overlaps: IoU; for a crowd, the share of the detection that lies in it.
        ignored: objects that are not counted, whether they are found or missed.
        crowd: those that may be matched more than once.
    """
    countable_first = np.argsort(ignored, kind="stable")
    right, dropped = _match(
        overlaps[:, countable_first], ignored[countable_first], crowd[countable_first], IOU_THRESHOLDS
    )
    return Matches(scores, right, dropped, int((~ignored).sum()))


@numba.njit(cache=True)
@no_type_check
def _match(
    overlaps: Float64[np.ndarray, "d g"],
    ignored: Bool[np.ndarray, "g"],
    crowd: Bool[np.ndarray, "g"],
    thresholds: Float64[np.ndarray, "t"],
) -> tuple[Bool[np.ndarray, "t d"], Bool[np.ndarray, "t d"]]:
    detections, objects = overlaps.shape
    right = np.zeros((len(thresholds), detections), np.bool_)
    dropped = np.zeros((len(thresholds), detections), np.bool_)
    for t in range(len(thresholds)):
        taken = np.zeros(objects, np.bool_)
        for d in range(detections):
            best, chosen = min(thresholds[t], 1 - 1e-10), -1
            for g in range(objects):
                if taken[g] and not crowd[g]:
                    continue
                # Countable objects come first: with one of them in hand, no other is worth a look.
                if chosen >= 0 and ignored[g] and not ignored[chosen]:
                    break
                if overlaps[d, g] >= best:
                    best, chosen = overlaps[d, g], g
            if chosen >= 0:
                taken[chosen] = True
                right[t, d] = not ignored[chosen]
                dropped[t, d] = ignored[chosen]
    return right, dropped


def average_precision(images: list[Matches]) -> Float64[np.ndarray, "t"]:
    """Average precision of a class at each threshold; NaN where there is no object to find.

    Equal scores rank in the order of `images`.
    """
    objects = sum(image.objects for image in images)
    if not objects:
        return np.full(len(IOU_THRESHOLDS), np.nan)
    order = np.argsort(-np.concatenate([image.scores for image in images]), kind="stable")
    right = np.concatenate([image.right for image in images], axis=1)[:, order]
    dropped = np.concatenate([image.dropped for image in images], axis=1)[:, order]
    found, wrong = np.cumsum(right, axis=1), np.cumsum(~right & ~dropped, axis=1)
    return np.array([_area(f, w, objects) for f, w in zip(found, wrong, strict=True)])


def _area(found: np.ndarray, wrong: np.ndarray, objects: int) -> float:
    """Mean precision at 101 recalls, 0 beyond the largest recall reached."""
    precision = found / np.maximum(found + wrong, 1)
    # From the right, so that precision never rises with recall.
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(found / objects, RECALLS, side="left")
    reached = at < len(precision)
    return float(precision[at[reached]].sum() / len(RECALLS))
