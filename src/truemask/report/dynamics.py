"""How a run took its labels, as curves: losses of right and wrong ones, what became of the wrong, Dice."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from truemask.metrics.course import Course, course_of
from truemask.report.curves import Curve, Panel, Role, curve_of, read_history
from truemask.types import BadInput

HEADLINES: Mapping[str, str] = {
    "dice_dataset": "Dice",
    "miou_dataset": "Mean IoU",
    "accuracy": "Accuracy",
    "mask_ap": "Mask AP",
}
"""The number that a task is judged by, best first where a run has several."""

_Line = tuple[str, str, Role]


def panels_of(run: Path) -> list[Panel]:
    """Three panels at most: loss of the given labels, shares of them, and the task's number by epoch.

    Raises:
        BadInput: the run has no history, or did not look at its labels.
    """
    history = _diagnosed(run)
    with_truth = "train_loss_wrong" in history
    losses: list[_Line] = [("train_loss", "learnt from", "method"), ("held_out_loss", "held out", "ceiling")]
    shares: list[_Line] = [
        ("train_agreement", "learnt from", "method"),
        ("held_out_agreement", "held out", "ceiling"),
    ]
    if with_truth:
        losses[0] = ("train_loss_right", "right labels", "method")
        losses.insert(1, ("train_loss_wrong", "wrong labels", "baseline"))
        shares = [
            ("train_corrected", "corrected", "method"),
            ("train_memorised", "memorised", "baseline"),
            ("train_beyond_chance", "beyond chance", "other"),
        ]
    about = "Share of the wrong labels" if with_truth else "Share of labels predicted as given"
    panels = [
        Panel("Cross entropy of the labels, nats", _curves(run, history, losses)),
        Panel(about, _curves(run, history, shares, warned=_warned(history))),
    ]
    return panels + [_headline(run, history, metric) for metric in _judged(history)[:1]]


def courses_of(run: Path) -> dict[str, Course]:
    """The landmarks of the number that the task is judged by, by column: which images, which threshold.

    Raises:
        BadInput: the run has no history, or did not look at its labels.
    """
    history = _diagnosed(run)
    lines = [line for metric in _judged(history)[:1] for line in _lines(metric)]
    columns = [column for column, _, _ in lines if column in history]
    found = {column: course_of(curve_of(run, column, column).values) for column in columns}
    return {column: course for column, course in found.items() if course is not None}


def warnings_of(run: Path) -> list[str]:
    """The lines that warned of learning by heart.

    Raises:
        BadInput: the run has no history, or did not look at its labels.
    """
    return [line for line in _diagnosed(run).get("warning", []) if line]


def _diagnosed(run: Path) -> dict[str, list[str]]:
    history = read_history(run)
    if "train_agreement" not in history:
        raise BadInput(
            f"{run}: the run did not look at its labels; train it with --diagnose, or with --truth CLEAN"
        )
    return history


def _judged(history: Mapping[str, Sequence[str]]) -> list[str]:
    return [metric for metric in HEADLINES if any(column in history for column, _, _ in _lines(metric))]


def _lines(metric: str) -> list[_Line]:
    return [
        (f"train_truth_{metric}", "training images", "method"),
        (f"train_truth_{metric}_oracle", "oracle threshold", "other"),
        (f"test_{metric}", "test images", "baseline"),
        (f"test_{metric}_oracle", "test, oracle", "ceiling"),
    ]


def _headline(run: Path, history: Mapping[str, Sequence[str]], metric: str) -> Panel:
    curves = _curves(run, history, _lines(metric))
    course = course_of(curves[0].values)
    landmarks = "" if course is None else f"; best {course.best:.3f} in epoch {course.best_epoch}"
    return Panel(f"{HEADLINES[metric]} against the truth{landmarks}", curves)


def _curves(
    run: Path, history: Mapping[str, Sequence[str]], lines: Sequence[_Line], *, warned: float = math.nan
) -> list[Curve]:
    found = [curve_of(run, column, label, role) for column, label, role in lines if column in history]
    if math.isnan(warned):
        return found
    # The warning stands where stages stand; every curve of a panel would repeat it.
    first = found[0]
    marked = Curve(first.label, first.epochs, first.values, first.role, [*first.stages, (warned, "by heart")])
    return [marked, *found[1:]]


def _warned(history: Mapping[str, Sequence[str]]) -> float:
    at = [epoch for epoch, line in enumerate(history.get("warning", []), start=1) if line]
    return float(at[0]) if at else math.nan
