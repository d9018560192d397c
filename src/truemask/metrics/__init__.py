"""Predictions and clean labels in, numbers out: accumulators that merge, and what each number means.

`update` counts one image, `merge` takes in what another process counted, `compute` gives all numbers by
name. Names say how they average: `_dataset` from the pooled counts of all images, `_per_image` the mean over
images. Undefined is NaN.
"""

from truemask.metrics.classification import ClassificationMetrics
from truemask.metrics.instance import InstanceMetrics
from truemask.metrics.semantic import SemanticMetrics
from truemask.types import Problem, Task

METRICS: dict[str, str] = {
    "accuracy": "share of units (images, pixels) whose most probable class is the true one",
    "balanced_accuracy": "mean over classes of the share of their images that were recognised",
    "recall": "share of the class's images that were recognised",
    "miou_dataset": "intersection over union from the pooled counts of all images, mean over classes",
    "mdice_dataset": "Dice from the pooled counts of all images, mean over classes",
    "miou_per_image": "intersection over union in each image, mean over its classes, then over images",
    "mdice_per_image": "Dice in each image, mean over its classes, then over images",
    "iou_dataset": "intersection over union from the pooled counts of all images (binary: of the foreground)",
    "dice_dataset": "Dice from the pooled counts of all images (binary: of the foreground, threshold 0.5)",
    "iou_per_image": "intersection over union of the foreground per image at threshold 0.5, mean over images",
    "dice_per_image": "Dice of the foreground per image at threshold 0.5, mean over images",
    "iou_dataset_oracle": "iou_dataset at the threshold best on these very labels: an upper bound",
    "dice_dataset_oracle": "dice_dataset at the threshold best on these very labels: an upper bound",
    "iou_per_image_oracle": "iou_per_image at the threshold best on these very labels: an upper bound",
    "dice_per_image_oracle": "dice_per_image at the threshold best on these very labels: an upper bound",
    "iou_dataset_oracle_threshold": "the threshold that iou_dataset_oracle took",
    "dice_dataset_oracle_threshold": "the threshold that dice_dataset_oracle took",
    "iou_per_image_oracle_threshold": "the threshold that iou_per_image_oracle took",
    "dice_per_image_oracle_threshold": "the threshold that dice_per_image_oracle took",
    "auc": "area under the ROC curve: how often a positive unit scores above a negative one",
    "auc_error": "how far auc can be off because probabilities were counted in bins",
    "mauc": "area under the ROC curve of each class against the rest, mean over classes",
    "boundary_f_dataset": "do outlines agree within the tolerance: pooled over images, mean over classes",
    "boundary_f_per_image": "do outlines agree within the tolerance: mean over classes, then images",
    "ece": "expected calibration error: how far confidence is from accuracy, 15 equal bins; lower is better",
    "mask_ap": "COCO average precision of masks, mean over IoU .50 to .95 and classes",
    "mask_ap50": "COCO average precision of masks at IoU .50, mean over classes",
    "mask_ap75": "COCO average precision of masks at IoU .75, mean over classes",
    "box_ap": "COCO average precision of boxes, mean over IoU .50 to .95 and classes",
    "box_ap50": "COCO average precision of boxes at IoU .50, mean over classes",
    "box_ap75": "COCO average precision of boxes at IoU .75, mean over classes",
}
"""What each number means, in one line. "iou_dataset/car" is the metric before the slash, for one class."""

Metrics = ClassificationMetrics | SemanticMetrics | InstanceMetrics


def metrics_for(problem: Problem) -> Metrics:
    """The accumulator for a problem's task, empty."""
    match problem.task:
        case Task.CLASSIFICATION:
            return ClassificationMetrics(problem)
        case Task.SEMANTIC:
            return SemanticMetrics(problem)
        case Task.INSTANCE:
            return InstanceMetrics(problem)


def meaning(name: str) -> str:
    """One line on what a number means, by the name that `compute` gives it."""
    metric, _, label = name.partition("/")
    return f"{METRICS[metric]}; class '{label}' alone" if label else METRICS[metric]


__all__ = [
    "METRICS",
    "ClassificationMetrics",
    "InstanceMetrics",
    "Metrics",
    "SemanticMetrics",
    "meaning",
    "metrics_for",
]
