"""`losses`: how hard the given labels are for a run's network, right and wrong ones apart."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from truemask.bench.sources import Source
from truemask.commands.numbers import print_numbers
from truemask.commands.runs import must_speak_of
from truemask.data.as_objects import AsObjects
from truemask.data.dataset import Dataset
from truemask.metrics.label_losses import LabelLosses
from truemask.progress import watch
from truemask.report.loss_histogram import save_loss_histogram
from truemask.training import Prediction, Trained, load_run
from truemask.types import BadInput, Task

FORMATS = (".png", ".svg", ".pdf")
_MEANINGS = {
    "labels_right": "labels that agree with the truth",
    "labels_wrong": "labels that do not",
    "right_above_gamma": "share of the right labels with a cross entropy above gamma",
    "wrong_above_gamma": "share of the wrong ones",
}


def losses_verb(run: Path, source: Source, truth: Source, out: Path, *, gamma: float, show: bool) -> None:
    """Draw the histogram, print the shares.

    Raises:
        BadInput: the figure's format is not known, or the run, the labels and the truth do not fit together.
    """
    if out.suffix not in FORMATS:
        raise BadInput(f"{out}: a figure is written as {', '.join(FORMATS)}")
    trained, given, clean = load_run(run), source.to_train(), truth.to_train()
    must_speak_of(given, trained.problem, run)
    must_speak_of(clean, given.problem, given.name)
    found = label_losses(trained, given, clean, gamma=gamma, show=show)
    values = found.compute()
    save_loss_histogram(found, f"{given.name}: what {run.name} thinks of its labels", out)
    print_numbers(f"gamma = {gamma:g}", values, _MEANINGS.__getitem__)
    print(f"{out}: the histogram")


def label_losses(
    trained: Trained, given: Dataset, truth: Dataset, *, gamma: float, show: bool = False
) -> LabelLosses:
    """Cross entropies of the labels of every image that both data sets have; objects are matched by id.

    Raises:
        BadInput: the data sets have nothing in common.
    """
    labels, clean = (AsObjects(one) if one.problem.task == Task.INSTANCE else one for one in (given, truth))
    rows, rows_of_truth = ({key: row for row, key in enumerate(one.keys)} for one in (labels, clean))
    if not rows.keys() & rows_of_truth.keys():
        raise BadInput(f"{truth.name} ({truth.split}) has nothing that {given.name} has")
    found = LabelLosses(gamma)
    for one in watch(f"judge {given.name}", _judged(trained, given), len(labels), show=show):
        if one.key in rows_of_truth:
            assert one.probs is not None
            answers = (labels.labels(rows[one.key]), clean.labels(rows_of_truth[one.key]))
            found.add(one.probs, *(np.asarray(answer, dtype=np.uint8) for answer in answers))
    return found


def _judged(trained: Trained, given: Dataset) -> Iterator[Prediction]:
    if given.problem.task == Task.INSTANCE:
        return trained.judge_objects(given)
    return trained.predict(given)
