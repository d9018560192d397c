"""What an audit promised of its lists, and what they hold, where the truth is known."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.report import Goal, Row
from truemask.audit.calibration import ListCalibration, within
from truemask.audit.calibration.calibration import Uncalibrated
from truemask.audit.stream import Stream
from truemask.commands.calibrating import Again, calibrated
from truemask.data.dataset import Dataset
from truemask.types import Task

CLOSE = 0.05
ASKED = 0.9
LEAST_FINDINGS = 100
"""Shorter lists miss by more than 0.05 by chance alone."""

Right = Callable[[list[dict[str, Any]]], Sequence[bool]]
"""Which findings are about an error."""


@dataclass(frozen=True)
class Kept:
    """What was promised of a list, and what it holds.

    Args:
        source: whose list, and of which kind.
        noise: that was put into the labels.
        findings: in the list.
        promised: share of them that are errors, and its interval; None where the list is not calibrated.
        realised: the share that are.
        cut: findings within a precision of ASKED.
        cut_realised: share of them that are errors; NaN if there are none.
    """

    source: str
    noise: str
    findings: int
    promised: tuple[float, float, float] | None
    realised: float
    cut: int
    cut_realised: float

    @property
    def row(self) -> Row:
        """For the table."""
        estimate, low, high = self.promised or (None, None, None)
        return {
            "lists of": self.source,
            "noise": self.noise,
            "findings": self.findings,
            "promised": estimate,
            "from": low,
            "to": high,
            "realised": self.realised,
            "off by": None if estimate is None else estimate - self.realised,
            f"kept for {ASKED}": self.cut,
            "of them errors": None if not self.cut else self.cut_realised,
        }

    @property
    def close(self) -> bool:
        """Whether it holds what was promised, within CLOSE."""
        return self.promised is not None and abs(self.promised[0] - self.realised) <= CLOSE

    @property
    def held(self) -> bool:
        """Whether it lies within the interval."""
        return self.promised is not None and self.promised[1] <= self.realised <= self.promised[2]


def kept(
    source: str, noise: str, dataset: Dataset, again: Again, right: Right, stream: Stream | None = None
) -> Iterator[Kept]:
    """One row a list, calibrated as `truemask audit --calibrate fast` does it.

    Args:
        source: whose lists.
        noise: that was put into the labels.
        dataset: with the noisy labels.
        again: audits them, and others, by the same predictions.
        right: which findings are about an error.
        stream: given classes of images with predictions, where there are any.
    """
    told, calibration = calibrated(
        dataset, again(dataset, 0), again, mode="fast", precision=ASKED, seed=0, stream=stream
    )
    rows = told.findings.to_pylist()
    taken = within(told.findings, ASKED) if calibration.lists else np.zeros(len(rows), bool)
    hits = np.array(right(rows), bool)
    promised = {(one.level, one.kind): one.whole.precision for one in calibration.lists}
    lists: list[ListCalibration | Uncalibrated] = [*calibration.lists, *calibration.uncalibrated]
    for one in sorted(lists, key=lambda one: (one.level, one.kind)):
        if one.level == "image" and dataset.problem.task == Task.SEMANTIC:
            continue  # whole label maps: nothing is promised of them
        mine = np.array([(row["level"], row["kind"]) == (one.level, one.kind) for row in rows])
        yield Kept(
            f"{source}: {one.kind}",
            noise,
            one.findings,
            promised.get((one.level, one.kind)),
            float(hits[mine].mean()),
            int((mine & taken).sum()),
            float(hits[mine & taken].mean()) if (mine & taken).any() else float("nan"),
        )


def goal(lists: Sequence[Kept]) -> list[Goal]:
    """Nine of ten lists that are long enough to tell are close."""
    close = [one.close for one in _long(lists)]
    return [Goal("share of close lists", 0.9, float(np.mean(close)), at_least=True)] if close else []


def notes(lists: Sequence[Kept]) -> list[str]:
    """What the table does not say by itself."""
    told = [one for one in lists if one.promised is not None]
    long = _long(lists)
    cut = [abs(one.cut_realised - ASKED) <= CLOSE for one in long if one.cut >= LEAST_FINDINGS]
    return [
        f"close: promised and realised precision differ by {CLOSE} at most; of {LEAST_FINDINGS} or more",
        f"{sum(one.held for one in told)} of {len(told)} lists of any length within their 90 % interval, "
        f"{sum(one.held for one in long)} of the {len(long)} long ones",
        f"{len(lists) - len(told)} lists are not calibrated, with "
        f"{sum(one.findings for one in lists if one.promised is None)} of "
        f"{sum(one.findings for one in lists)} findings",
        f"cut for {ASKED}: {sum(cut)} of {len(cut)} lists of {LEAST_FINDINGS} or more within {CLOSE} of it",
    ]


def _long(lists: Sequence[Kept]) -> list[Kept]:
    return [one for one in lists if one.promised is not None and one.findings >= LEAST_FINDINGS]
