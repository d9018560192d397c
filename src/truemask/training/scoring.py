"""Metrics of predictions against a data set's labels, during and after training."""

from collections.abc import Iterable, Mapping

from torch import nn

from truemask.data.dataset import Dataset
from truemask.data.predictions import Prediction
from truemask.methods.method import Method
from truemask.metrics import ClassificationMetrics, InstanceMetrics, SemanticMetrics, metrics_for
from truemask.training.plan import Plan
from truemask.training.predicting import Precision, predictions
from truemask.types import Instances, Problem, Task


def headline(problem: Problem) -> str:
    """The one number of a task: what selection on noisy labels goes by, and tables show first."""
    if problem.task == Task.INSTANCE:
        return "mask_ap"
    if problem.task == Task.CLASSIFICATION:
        return "accuracy"
    return "dice_dataset" if problem.num_classes == 2 and problem.background is not None else "miou_dataset"


def score(predicted: Iterable[Prediction], dataset: Dataset) -> dict[str, float]:
    """Metrics of predictions against the labels of the rows they are about."""
    metrics = metrics_for(dataset.problem)
    for prediction in predicted:
        truth = dataset.labels(prediction.row)
        if isinstance(metrics, InstanceMetrics):
            assert prediction.found is not None
            assert isinstance(truth, Instances)
            found = prediction.found
            metrics.update(prediction.key, found.boxes, found.labels, found.scores, found.masks, truth)
        else:
            assert isinstance(metrics, SemanticMetrics | ClassificationMetrics)
            assert prediction.probs is not None
            metrics.update(prediction.probs, truth)  # type: ignore[arg-type]  # one of the two, by task
    return metrics.compute()


class Monitor:
    """Scores the networks of a run on one data set, under a name.

    Args:
        name: prefix of the metrics: `test_dice_dataset`.
        dataset: images and the labels to compare with.
        method: whose `predict` combines the networks.
        plan: sizes and batch size.
    """

    def __init__(self, name: str, dataset: Dataset, method: Method, plan: Plan) -> None:
        self.name, self.dataset = name, dataset
        self._method, self._plan = method, plan
        self.headline = f"{name}_{headline(dataset.problem)}"

    def score(self, networks: Mapping[str, nn.Module], precision: Precision) -> dict[str, float]:
        """Metrics by name."""
        predicted = predictions(self._method, list(networks.values()), self.dataset, self._plan, precision)
        return {f"{self.name}_{metric}": value for metric, value in score(predicted, self.dataset).items()}
