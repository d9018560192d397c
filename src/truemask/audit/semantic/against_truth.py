"""How good findings of segments are, where the truth is known: down their ranking, and by kind."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Int32

from truemask.audit.segments import connected
from truemask.audit.stream import LabelMap
from truemask.crops import crop
from truemask.noise.spec import Spec
from truemask.types import IGNORE

SEGMENT_SCORES: dict[str, str] = {
    "segment_precision": "share of segments of which at least half the pixels are wrong",
    "segment_recall": "share of connected wrong segments of which findings cover at least half",
    "segment_precision_at_half": "segment_precision of the top findings, down to half of the wrong ones",
    "kind_accuracy": "of segments that are wrong, those called a kind of error that the noise makes",
}
"""What each number means, in one line; `segment_precision/KIND` is that of the findings of a kind."""

LEAST_PX = 4
"""Smaller wrong segments are not asked for."""
KINDS_OF_NOISE: dict[str, frozenset[str]] = {
    "miss": frozenset({"missing"}),
    "spurious": frozenset({"spurious"}),
    "misclassify": frozenset({"swapped"}),
    "misannotate": frozenset({"swapped"}),
    "swap": frozenset({"swapped"}),
    "class_mix": frozenset({"swapped"}),
    "merge": frozenset({"merged", "swapped"}),
    "split": frozenset({"split"}),
    "holes": frozenset({"hole"}),
    "affine": frozenset({"shifted", "boundary_over", "boundary_under"}),
    "dilate": frozenset({"boundary_over"}),
    "erode": frozenset({"boundary_under"}),
    "skeleton": frozenset({"boundary_under"}),
    "dilate_or_erode": frozenset({"boundary_over", "boundary_under"}),
    "shift": frozenset({"boundary_over", "boundary_under"}),
}
"""Which kinds of findings a noise should bring about. A merge takes in the gap, and changes classes."""
_Row = dict[str, Any]


def kinds_of(noise: Spec, background: int | None) -> frozenset[str]:
    """Kinds of findings that a noise on label maps should bring about; none where that is not known.

    Args:
        noise: what was done.
        background: the class of nothing; without one, a class can only stand for another.
    """
    steps = [KINDS_OF_NOISE.get(step.name, frozenset()) for step in noise.steps]
    if not all(steps):
        return frozenset()
    kinds = frozenset().union(*steps)
    return kinds if background is not None else kinds | {"swapped"}


@dataclass
class SegmentTally:
    """Counts findings and wrong segments, image by image.

    Args:
        kinds: that the noise makes; none where that is not known.
    """

    kinds: Collection[str] = ()
    ranks: list[int] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    found_at: list[float] = field(default_factory=list)

    def add(self, rows: Sequence[_Row], given: LabelMap, truth: LabelMap) -> None:
        """Count an image.

        Args:
            rows: its findings of segments.
            given: its labels.
            truth: its true labels; where either is IGNORE, nothing is judged.
        """
        rows = sorted(rows, key=lambda row: int(row["rank"]))
        judged = (given != IGNORE) & (truth != IGNORE)
        ids = np.where(judged, painted([row["rle"] for row in rows], given.shape), 0)
        wrong, count = wrong_segments(given, truth)
        self.add_ids(
            ids,
            [int(row["rank"]) for row in rows],
            [str(row["kind"]) for row in rows],
            wrong,
            count,
            given != truth,
        )

    def add_ids(
        self,
        ids: Int32[np.ndarray, "h w"],
        ranks: Sequence[int],
        kinds: Sequence[str],
        wrong: Int32[np.ndarray, "h w"],
        count: int,
        differ: np.ndarray,
    ) -> None:
        """The same from maps.

        Args:
            ids: finding of each judged pixel, from 1, by rank; 0: none.
            ranks: of the findings, rising.
            kinds: of the findings.
            wrong: true segment of each pixel, from 1; 0: none.
            count: of true segments.
            differ: where the label is wrong.
        """
        n = len(ranks)
        sizes = np.bincount(ids.ravel(), minlength=n + 1)[1:]
        hits = np.bincount(ids.ravel(), weights=differ.ravel(), minlength=n + 1)[1:]
        for i in np.flatnonzero(sizes).tolist():
            self.ranks.append(ranks[i])
            self.right.append(bool(2 * hits[i] >= sizes[i]))
            self.said.append(kinds[i])
        table = np.bincount(
            wrong.ravel().astype(np.int64) * (n + 1) + ids.ravel(), minlength=(count + 1) * (n + 1)
        )
        shared = table.reshape(count + 1, n + 1)[1:]
        covered = 2 * np.cumsum(shared[:, 1:], axis=1) >= shared.sum(axis=1, keepdims=True)
        for row in covered:
            self.found_at.append(float(ranks[int(row.argmax())]) if row.any() else np.inf)

    def precision_at(self, recall: float) -> float:
        """Precision of the top findings, down to that share of the wrong segments; 0 if never reached."""
        if not self.found_at:
            return float("nan")
        last = np.sort(self.found_at)[int(np.ceil(recall * len(self.found_at))) - 1]
        if np.isinf(last):
            return 0.0
        looked_at = np.array(self.ranks) <= last
        return float(np.array(self.right)[looked_at].mean())

    def compute(self) -> dict[str, float]:
        """The numbers of SEGMENT_SCORES, and the precision of each kind that was said."""
        total, right = (
            Counter(self.said),
            Counter(kind for kind, hit in zip(self.said, self.right, strict=True) if hit),
        )
        as_expected = sum(right[kind] for kind in self.kinds)
        values = {
            "segment_precision": _ratio(sum(self.right), len(self.right)),
            "segment_recall": _ratio(int(np.isfinite(self.found_at).sum()), len(self.found_at)),
            "segment_precision_at_half": self.precision_at(0.5),
        }
        if self.kinds:
            values["kind_accuracy"] = _ratio(as_expected, sum(self.right))
        return values | {
            f"segment_precision/{kind}": _ratio(right[kind], total[kind]) for kind in sorted(total)
        }


def wrong_segments(given: LabelMap, truth: LabelMap) -> tuple[Int32[np.ndarray, "h w"], int]:
    """Connected wrong pixels of one given and one true class: each pixel's number, from 1, and how many."""
    ids = np.zeros(given.shape, np.int32)
    index = np.flatnonzero((given != truth) & (given != IGNORE) & (truth != IGNORE))
    pair = given.ravel()[index].astype(np.int64) * 256 + truth.ravel()[index]
    label, count = connected(index, pair, given.shape)
    kept = np.bincount(label, minlength=count) >= LEAST_PX
    names = np.zeros(count, np.int32)
    names[kept] = np.arange(1, kept.sum() + 1)
    ids.ravel()[index] = names[label]
    return ids, int(kept.sum())


def painted(codes: Sequence[bytes], size: tuple[int, ...]) -> Int32[np.ndarray, "h w"]:
    """The number, from 1, of the first code that covers each pixel; 0: none."""
    height, width = size
    ids = np.zeros((height, width), np.int32)
    for number, code in enumerate(codes, start=1):
        one = crop(code, (height, width))
        rows, columns = one.mask.shape
        part = ids[one.top : one.top + rows, one.left : one.left + columns]
        part[(one.mask > 0) & (part == 0)] = number
    return ids


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
