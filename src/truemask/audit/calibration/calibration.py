"""The lists of an audit with what is to be expected of them, in numbers and on disk."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from truemask.audit.calibration.curve import Curve
from truemask.files import write_json
from truemask.types import BadInput

CALIBRATION = "calibration.json"

Interval = tuple[float, float, float]
"""Estimate, low and high end of its 90 % interval."""


@dataclass(frozen=True)
class Part:
    """A list from its top down to a score.

    Args:
        score: the lowest.
        findings: how many.
        precision: share of them that are errors.
        recall: share of the errors of this kind that they point at.
    """

    score: float
    findings: int
    precision: Interval
    recall: Interval


@dataclass(frozen=True)
class ListCalibration:
    """What is to be expected of a list.

    Args:
        level: see `findings.LEVELS`.
        kind: see `findings.KINDS`.
        findings: in the list.
        injected: errors of this kind that were put in.
        recovered: those of them that a finding of the list points at.
        errors: of this kind in the given labels, found or not.
        parts: of the list, from its top; the last is all of it.
        cut: for the precision that was asked for; None where none was, or where nothing reaches it.
    """

    level: str
    kind: str
    findings: int
    injected: int
    recovered: int
    errors: Interval
    parts: tuple[Part, ...]
    cut: Part | None

    @property
    def whole(self) -> Part:
        """All of the list."""
        return self.parts[-1]


@dataclass(frozen=True)
class Uncalibrated:
    """A list about which nothing can be said, and why."""

    level: str
    kind: str
    findings: int
    why: str


@dataclass(frozen=True)
class Calibration:
    """How far the lists of an audit can be trusted.

    Args:
        mode: `fast`: the same predictions judged the injected errors; `full`: networks trained with them;
            `likelihood`: no errors were injected, see `by_channel`; `reviewed`: a reviewer decided, see
            `by_review`.
        precision: that was asked for.
        specs: of the noise that was injected.
        lists: those that are calibrated.
        uncalibrated: the others.
    """

    mode: str
    precision: float | None
    specs: tuple[str, ...]
    lists: tuple[ListCalibration, ...]
    uncalibrated: tuple[Uncalibrated, ...]

    @property
    def rests_on(self) -> str:
        """How it was found, in words: "calibrated by ..."."""
        if self.mode == "likelihood":
            return "the true classes, wrong labels and predictions that make the given labels likeliest"
        if self.mode == "reviewed":
            return "what a reviewer decided about a sample of each list"
        who = "the same predictions" if self.mode == "fast" else "networks that learnt from them"
        return f"errors put into these labels, judged by {who}"

    @property
    def at_most(self) -> bool:
        """Whether shares of errors are the most there can be.

        Errors that are put in tell those false alarms apart that score lower. What a network is surely wrong
        about scores like an error, and counts as one, until somebody looks.
        """
        return self.mode in ("fast", "full")

    @property
    def uncalibrated_by_reason(self) -> Mapping[str, Sequence[Uncalibrated]]:
        """The lists about which nothing can be said, by why."""
        found: dict[str, list[Uncalibrated]] = {}
        for one in self.uncalibrated:
            found.setdefault(one.why, []).append(one)
        return found

    def write(self, folder: Path) -> None:
        """Write calibration.json."""
        content = {
            "mode": self.mode,
            "precision": self.precision,
            "specs": list(self.specs),
            "lists": [_as_json(one) for one in self.lists],
            "uncalibrated": [asdict(one) for one in self.uncalibrated],
        }
        write_json(folder / CALIBRATION, content)


def read_calibration(folder: Path) -> Calibration | None:
    """The calibration of an audit's folder; None if it was not calibrated.

    Raises:
        BadInput: if the file is damaged.
    """
    path = folder / CALIBRATION
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Calibration(
            content["mode"],
            content["precision"],
            tuple(content["specs"]),
            tuple(_from_json(one) for one in content["lists"]),
            tuple(Uncalibrated(**one) for one in content["uncalibrated"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} is damaged ({error}): calibrate the audit again") from error


def parts_of(curve: Curve) -> tuple[Part, ...]:
    """The rows of a curve."""
    columns = (curve.edges, curve.counts, curve.precision, curve.recall)
    return tuple(
        Part(float(score), int(count), interval(precision), interval(recall))
        for score, count, precision, recall in zip(*columns, strict=True)
    )


def interval(values: Sequence[float] | np.ndarray) -> Interval:
    """Three numbers."""
    estimate, low, high = (float(value) for value in values)
    return estimate, low, high


def _as_json(one: ListCalibration) -> dict[str, Any]:
    return {
        "level": one.level,
        "kind": one.kind,
        "findings": one.findings,
        "injected": one.injected,
        "recovered": one.recovered,
        "errors": _nulls(one.errors),
        "precision": _nulls(one.whole.precision),
        "recall": _nulls(one.whole.recall),
        "cut": None if one.cut is None else _part(one.cut),
        "curve": {
            "score": [part.score for part in one.parts],
            "findings": [part.findings for part in one.parts],
            "precision": [_nulls(part.precision) for part in one.parts],
            "recall": [_nulls(part.recall) for part in one.parts],
        },
    }


def _part(part: Part) -> dict[str, Any]:
    return asdict(part) | {"precision": _nulls(part.precision), "recall": _nulls(part.recall)}


def _from_json(one: dict[str, Any]) -> ListCalibration:
    cut, rows = one["cut"], one["curve"]
    columns = (rows["score"], rows["findings"], rows["precision"], rows["recall"])
    return ListCalibration(
        level=one["level"],
        kind=one["kind"],
        findings=one["findings"],
        injected=one["injected"],
        recovered=one["recovered"],
        errors=_numbers(one["errors"]),
        parts=tuple(
            Part(score, count, _numbers(precision), _numbers(recall))
            for score, count, precision, recall in zip(*columns, strict=True)
        ),
        cut=cut and Part(cut["score"], cut["findings"], _numbers(cut["precision"]), _numbers(cut["recall"])),
    )


def _nulls(values: Interval) -> list[float | None]:
    """JSON has null for what is undefined."""
    return [None if math.isnan(value) else value for value in values]


def _numbers(values: Sequence[float | None]) -> Interval:
    return interval([math.nan if value is None else value for value in values])
