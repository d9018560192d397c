"""How a number went, epoch by epoch: its best, its collapse, and where a network begins to memorise.

The collapse is that of Luo et al., AAAI 2022, arXiv:2103.11594, figure 5C: on random labels Dice first rises,
then falls as the network learns the labels by heart.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Row = Mapping[str, float | int | str]

LEAST_BEYOND_CHANCE = 0.05
"""Below it, a network that repeats wrong labels is not worth a warning."""
LEAST_RISE = 0.05
"""Relative rise of the loss on held-out labels that is worth a warning."""
_ERRORS = 3.0
"""Standard errors that a share must be above chance by."""


@dataclass(frozen=True)
class Course:
    """The landmarks of one number.

    Args:
        best: highest value, reached in epoch `best_epoch`.
        last: value of the last epoch.
        peak: where the largest fall began: a value, and its epoch `peak_epoch`.
        trough: where that fall ended; as high as the peak where the number never fell.
    """

    best_epoch: int
    best: float
    last: float
    peak_epoch: int
    peak: float
    trough_epoch: int
    trough: float

    @property
    def last_gap(self) -> float:
        """How much the last epoch is below the best one."""
        return self.best - self.last

    @property
    def collapse(self) -> float:
        """The largest fall from any epoch to a later one."""
        return self.peak - self.trough


def course_of(values: Sequence[float]) -> Course | None:
    """The landmarks of a number, by epoch from 1 on; None where it is defined in no epoch.

    >>> course_of([0.2, 0.8, 0.5, 0.6]).collapse.__round__(3)
    0.3
    """
    known = [(epoch, value) for epoch, value in enumerate(values, start=1) if not math.isnan(value)]
    if not known:
        return None
    best_epoch, best = max(known, key=lambda point: point[1])
    high = peak = trough = known[0]
    for point in known:
        high = max(high, point, key=lambda one: one[1])
        if high[1] - point[1] > peak[1] - trough[1]:
            peak, trough = high, point
    if peak == trough:
        peak = trough = (best_epoch, best)
    return Course(best_epoch, best, known[-1][1], *peak, *trough)


def memorises_by_truth(row: Row, wrong_labels: int) -> str | None:
    """A line that warns, where an epoch's network repeats wrong labels beyond what chance explains.

    Args:
        row: numbers of the epoch, those of `LabelFit` under `train_`.
        wrong_labels: how many there are.
    """
    share, excess = _number(row, "train_memorised"), _number(row, "train_beyond_chance")
    least = max(LEAST_BEYOND_CHANCE, _ERRORS * 0.5 / math.sqrt(max(wrong_labels, 1)))
    if math.isnan(excess) or excess <= least:
        return None
    return (
        f"the network repeats {share:.0%} of the wrong labels, {excess:.0%} of them beyond chance: "
        "it learns them by heart, or a rule that they follow"
    )


def memorises_by_held_out(history: Sequence[Row]) -> str | None:
    """A line that warns, where labels learnt from are fitted ever better and labels held out ever worse.

    Needs no truth: both parts are as wrong as each other, so what is gained on the one and lost on the other
    was learnt by heart. It says nothing of which labels these are, and it takes two epochs in a row.

    Args:
        history: rows of the current stage, oldest first, with `train_loss` and `held_out_loss`.
    """
    if len(history) < 3 or not all(_parts_ways(history[: len(history) - back]) for back in (0, 1)):
        return None
    lowest = min(_number(row, "held_out_loss") for row in history)
    return (
        f"cross entropy of held-out labels has risen from {lowest:.3f} to "
        f"{_number(history[-1], 'held_out_loss'):.3f}, while that of the labels learnt from still falls: "
        "it learns labels by heart"
    )


def _parts_ways(history: Sequence[Row]) -> bool:
    held_out = [_number(row, "held_out_loss") for row in history]
    if any(math.isnan(loss) for loss in held_out):
        return False
    at = held_out.index(min(held_out))
    fitted = _number(history[-1], "train_loss") < _number(history[at], "train_loss")
    return fitted and held_out[-1] > held_out[at] * (1 + LEAST_RISE)


def _number(row: Row, name: str) -> float:
    value = row.get(name, math.nan)
    return math.nan if isinstance(value, str) else float(value)
