"""Objects: detections with masks and boxes against the true objects, as COCO counts them."""

import numpy as np
from faster_coco_eval import mask as coco_mask
from jaxtyping import Bool, Float32, Float64, Int64

from truemask.metrics.average_precision import (
    MAX_DETECTIONS,
    Matches,
    average_precision,
    match,
)
from truemask.metrics.undefined import mean
from truemask.rle import pack
from truemask.types import IGNORE, BadInput, Instances, Problem


class InstanceMetrics:
    """COCO average precision of masks and of boxes, over any number of images.

    A crowd is not counted, and swallows detections of its class. An object of class IGNORE is not counted
    either, and swallows a detection of any class, since it may be of that class.

    Args:
        problem: the classes; id 0 is the background.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._images: dict[str, dict[str, dict[int, Matches]]] = {}

    def update(
        self,
        key: str,
        boxes: Float32[np.ndarray, "n 4"],
        labels: Int64[np.ndarray, "n"],
        scores: Float32[np.ndarray, "n"],
        masks: Bool[np.ndarray, "n h w"] | tuple[bytes, ...],
        truth: Instances,
    ) -> None:
        """Count one image.

        Args:
            key: the image's key; equal scores rank in the order of keys.
            boxes: x0, y0, x1, y1 in pixels.
            labels: class ids, 1 and up.
            scores: higher is surer.
            masks: planes, or COCO run-length codes.
            truth: what is there.

        Raises:
            BadInput: if the key came before, or a class id is no class of the problem.
        """
        if key in self._images:
            raise BadInput(f"image '{key}' came twice: each image counts once")
        self._check("detected", key, labels)
        self._check("true", key, truth.classes[truth.classes != IGNORE].astype(np.int64))
        codes = pack(masks) if isinstance(masks, np.ndarray) else masks
        found, true = _packed(codes, truth.size), _packed(truth.masks, truth.size)
        self._images[key] = {
            "mask": _matches(labels, scores, found, true, truth),
            "box": _matches(labels, scores, _sides(boxes), _sides(truth.boxes), truth),
        }

    def _check(self, what: str, key: str, classes: Int64[np.ndarray, "n"]) -> None:
        last = self.problem.num_classes - 1
        if wrong := [int(c) for c in classes if not 1 <= c <= last]:
            raise BadInput(f"image '{key}' has an object {what} as class {wrong[0]}: classes are 1..{last}")

    def merge(self, other: "InstanceMetrics") -> None:
        """Take in the images that `other` counted: the same numbers as if all had been counted here."""
        if other.problem != self.problem:
            raise BadInput("only metrics of the same problem merge")
        if twice := self._images.keys() & other._images.keys():
            raise BadInput(f"image '{min(twice)}' came twice: each image counts once")
        self._images |= other._images

    def compute(self) -> dict[str, float]:
        """All metrics by name (METRICS says what each means); NaN for a class that is not there."""
        values = {}
        for what in ("mask", "box"):
            per_class = np.array([self._precision(what, c) for c in range(1, self.problem.num_classes)])
            values[f"{what}_ap"] = mean(per_class.mean(axis=1))
            values[f"{what}_ap50"] = mean(per_class[:, 0])
            values[f"{what}_ap75"] = mean(per_class[:, 5])
            names = self.problem.classes[1:]
            values |= {
                f"{what}_ap/{name}": float(ap.mean()) for name, ap in zip(names, per_class, strict=True)
            }
        return values

    def _precision(self, what: str, label: int) -> Float64[np.ndarray, "t"]:
        images = [self._images[key][what].get(label) for key in sorted(self._images)]
        return average_precision([image for image in images if image])


def _matches(
    labels: Int64[np.ndarray, "n"],
    scores: Float32[np.ndarray, "n"],
    found: list[object],
    true: list[object],
    truth: Instances,
) -> dict[int, Matches]:
    """The matches of each class that is there or was detected, with masks or with boxes."""
    matches = {}
    for label in sorted({*labels.tolist(), *truth.classes.tolist()} - {IGNORE}):
        best = np.flatnonzero(labels == label)
        best = best[np.argsort(-scores[best], kind="stable")][:MAX_DETECTIONS]
        objects = np.flatnonzero((truth.classes == label) | (truth.classes == IGNORE))
        crowd = truth.crowd[objects]
        overlaps = np.zeros((len(best), len(objects)))
        if overlaps.size:
            overlaps[:] = coco_mask.iou(
                [found[i] for i in best], [true[i] for i in objects], crowd.astype(np.uint8).tolist()
            )
        ignored = crowd | (truth.classes[objects] == IGNORE)
        matches[label] = match(scores[best], overlaps, ignored, crowd)
    return matches


def _packed(codes: tuple[bytes, ...], size: tuple[int, int]) -> list[object]:
    """Masks, as COCO's routines want them."""
    return [{"size": list(size), "counts": code} for code in codes]


def _sides(boxes: Float32[np.ndarray, "n 4"]) -> list[object]:
    """x, y, width, height: how COCO writes boxes."""
    corners = boxes.astype(np.float64)
    return [*np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1).tolist()]
