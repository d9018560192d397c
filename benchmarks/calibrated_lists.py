"""What an audit promised of its lists, and what they hold, where the truth is known."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool

from benchmarks.report import Goal, Row
from truemask.audit import AuditResult
from truemask.audit.calibration import (
    Calibration,
    ListCalibration,
    calibrate_reviewed,
    to_review,
    within,
)
from truemask.audit.calibration.calibration import Uncalibrated
from truemask.audit.identity import finding_ids
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


@dataclass(frozen=True)
class Told:
    """A calibrated audit of labels whose truth is known.

    Args:
        source: whose labels.
        noise: in them.
        findings: of the audit, with `p_wrong`; of label maps without those about whole images, of which
            nothing is promised.
        calibration: of their lists.
        right: which findings are about an error.
    """

    source: str
    noise: str
    findings: pa.Table
    calibration: Calibration
    right: Bool[np.ndarray, "n"]

    def where(self, chosen: Bool[np.ndarray, "n"]) -> "Told":
        """Of some findings alone: what was promised of all is taken to be promised of them."""
        return replace(self, findings=self.findings.filter(pa.array(chosen)), right=self.right[chosen])


def told(
    source: str, noise: str, dataset: Dataset, again: Again, right: Right, stream: Stream | None = None
) -> Told:
    """The audit, calibrated as `truemask audit --calibrate fast` does it.

    Args:
        source: whose labels.
        noise: that was put into them.
        dataset: with the noisy labels.
        again: audits them, and others, by the same predictions.
        right: which findings are about an error.
        stream: given classes of images with predictions, where there are any.
    """
    result, calibration = calibrated(
        dataset, again(dataset, 0), again, mode="fast", precision=ASKED, seed=0, stream=stream
    )
    return judged(source, noise, result, calibration, right)


def judged(source: str, noise: str, result: AuditResult, calibration: Calibration, right: Right) -> Told:
    """A calibrated audit beside the truth; see `Told`."""
    findings = result.findings
    if result.problem.task == Task.SEMANTIC:
        findings = findings.filter(pc.not_equal(findings["level"], "image"))
        calibration = replace(
            calibration, uncalibrated=tuple(one for one in calibration.uncalibrated if one.level != "image")
        )
    return Told(source, noise, findings, calibration, np.array(right(findings.to_pylist()), bool))


def kept(one: Told) -> Iterator[Kept]:
    """A row for each list."""
    taken = within(one.findings, ASKED) if one.calibration.lists else np.zeros(len(one.findings), bool)
    promised = {(each.level, each.kind): each.whole.precision for each in one.calibration.lists}
    lists: list[ListCalibration | Uncalibrated] = [*one.calibration.lists, *one.calibration.uncalibrated]
    levels, kinds = (np.array(one.findings[name].to_pylist(), str) for name in ("level", "kind"))
    for each in sorted(lists, key=lambda each: (each.level, each.kind)):
        mine = (levels == each.level) & (kinds == each.kind)
        yield Kept(
            f"{one.source}: {each.kind}",
            one.noise,
            each.findings,
            promised.get((each.level, each.kind)),
            float(one.right[mine].mean()),
            int((mine & taken).sum()),
            float(one.right[mine & taken].mean()) if (mine & taken).any() else float("nan"),
        )


def reviewed(one: Told, each: int, seed: int) -> Told:
    """The same, after somebody who knows the truth decided about so many findings of each list."""
    ids = finding_ids(one.findings)
    rows = to_review(one.findings, each, seed=seed).tolist()
    decisions = {ids[row]: bool(one.right[row]) for row in rows}
    calibration, findings = calibrate_reviewed(
        one.findings, decisions, precision=ASKED, before=one.calibration
    )
    return replace(one, findings=findings, calibration=calibration)


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
