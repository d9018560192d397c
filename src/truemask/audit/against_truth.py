"""How good an audit was, where the truth is known: what it flagged against the labels that are wrong."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from truemask import rle
from truemask.audit.findings import rows_of
from truemask.audit.result import AuditResult
from truemask.audit.semantic.against_truth import SEGMENT_SCORES, SegmentTally, painted
from truemask.audit.stream import LabelMap
from truemask.types import IGNORE, BadInput

AUDIT_SCORES: dict[str, str] = {
    "unit_precision": "share of flagged units (pixels, images) whose label is wrong",
    "unit_recall": "share of wrong labels that are flagged",
    "unit_ap": "average precision of ranking all units, pixels by the score of their segment",
    "unit_wrong": "share of labels that are wrong: what unit_precision and unit_ap are by chance",
    "proposal_accuracy": "share of wrong labels with a proposed class for which that is the true one",
    **SEGMENT_SCORES,
    "image_ap": "average precision of ranking images to find those with any wrong label",
    "image_wrong": "share of images with any wrong label: what image_ap is by chance",
}
"""What each number of `score_audit` means, in one line."""

_ISOLATED, _NOT_FLAGGED = 0.0, -1.0


def score_audit(
    result: AuditResult,
    labels: Iterable[tuple[str, int | LabelMap, int | LabelMap]],
    *,
    kinds: Collection[str] = (),
) -> dict[str, float]:
    """Precision, recall and average precision of an audit; AUDIT_SCORES says what each number means.

    Where the given or the true label is IGNORE, nothing is judged. Flagged pixels outside all segments rank
    behind the segments. Undefined is NaN. `NAME/KIND` is a number of the segments of that kind.

    Args:
        result: the audit.
        labels: key, given labels, true labels of each image that is to count.
        kinds: of errors that are there, where that is known; see `semantic.kinds_of`.

    Raises:
        BadInput: if an image was not audited, or its labels are of another size.
    """
    badness = {row["image"]: row["score"] for row in result.images.to_pylist()}
    findings: dict[str, list[_Row]] = defaultdict(list)
    for row in rows_of(result.findings, _TOLD):
        findings[row["image"]].append(row)
    tally = _Tally(SegmentTally(kinds))
    for key, given, truth in labels:
        if key not in badness:
            raise BadInput(f"image '{key}' is not among the {len(badness)} images of the audit")
        if isinstance(given, np.ndarray) and isinstance(truth, np.ndarray):
            if given.shape != truth.shape:
                raise BadInput(
                    f"image '{key}': given labels {given.shape} and truth {truth.shape} differ in size"
                )
            tally.add_label_map(findings[key], given, truth, badness[key])
        elif IGNORE not in (given, truth):
            tally.add_image(findings[key], given != truth, int(truth), badness[key])
    return tally.compute()


def average_precision(
    scores: Float64[np.ndarray, "n"], sizes: Int64[np.ndarray, "n"], hits: Int64[np.ndarray, "n"]
) -> float:
    """Sum of precision times gain in recall down a ranking of groups of units with one score each.

    Groups of equal scores count as one. NaN without hits.

    Args:
        scores: highest first.
        sizes: units in each group.
        hits: those among them that were to be found.
    """
    if not hits.sum():
        return float("nan")
    levels, group = np.unique(-scores, return_inverse=True)
    found = np.cumsum(np.bincount(group, weights=hits, minlength=len(levels)))
    seen = np.cumsum(np.bincount(group, weights=sizes, minlength=len(levels)))
    gains = np.diff(found, prepend=0)
    reached = gains > 0
    return float(np.sum(gains[reached] * found[reached] / seen[reached]) / found[-1])


_Row = dict[str, Any]
_TOLD = ("level", "image", "rank", "kind", "proposed", "score", "rle")


@dataclass
class _Tally:
    segments: SegmentTally
    groups: list[tuple[float, int, int]] = field(default_factory=list)
    images: list[tuple[float, int, int]] = field(default_factory=list)
    flagged: int = 0
    flagged_wrong: int = 0
    proposed_wrong: int = 0
    proposed_right: int = 0

    def add_image(self, findings: list[_Row], wrong: bool, truth: int, badness: float) -> None:
        """An image that is one unit."""
        self.groups.append((badness, 1, int(wrong)))
        for row in findings:
            self.flagged += 1
            self.flagged_wrong += wrong
            self.proposed_wrong += wrong
            self.proposed_right += wrong and row["proposed"] == truth

    def add_label_map(
        self, findings: list[_Row], given: LabelMap, truth: LabelMap, badness: float | None
    ) -> None:
        """An image whose pixels are units."""
        judged = (given != IGNORE) & (truth != IGNORE)
        if badness is None or not judged.any():
            return
        wrong = judged & (given != truth)
        self.images.append((badness, 1, int(wrong.any())))
        flags = np.zeros_like(judged)
        for code in [row["rle"] for row in findings if row["level"] == "image" and row["rle"] is not None]:
            flags |= rle.unpack([code], given.shape)[0]
        segments = sorted(
            (row for row in findings if row["level"] == "segment"), key=lambda row: int(row["rank"])
        )
        self.segments.add(segments, given, truth)
        ids = painted([row["rle"] for row in segments], given.shape)
        isolated = flags & (ids == 0)
        for plane, score in ((isolated, _ISOLATED), ((ids == 0) & ~isolated, _NOT_FLAGGED)):
            self.groups.append((score, int((plane & judged).sum()), int((plane & wrong).sum())))
        sizes = np.bincount(ids[judged], minlength=len(segments) + 1)[1:].tolist()
        hits = np.bincount(ids[wrong], minlength=len(segments) + 1)[1:].tolist()
        self.groups += [(float(r["score"]), n, h) for r, n, h in zip(segments, sizes, hits, strict=True)]
        self.flagged += int((flags & judged).sum())
        self.flagged_wrong += int((flags & wrong).sum())
        proposed = np.array([IGNORE, *(row["proposed"] for row in segments)], np.int64)[ids]
        self.proposed_wrong += sum(hits)
        self.proposed_right += int((wrong & (ids > 0) & (proposed == truth)).sum())

    def compute(self) -> dict[str, float]:
        """The numbers of AUDIT_SCORES."""
        columns = np.array(self.groups, np.float64).reshape(-1, 3)
        sizes, hits = columns[:, 1].astype(np.int64), columns[:, 2].astype(np.int64)
        values = {
            "unit_precision": _ratio(self.flagged_wrong, self.flagged),
            "unit_recall": _ratio(self.flagged_wrong, int(hits.sum())),
            "unit_ap": average_precision(columns[:, 0], sizes, hits),
            "unit_wrong": _ratio(int(hits.sum()), int(sizes.sum())),
            "proposal_accuracy": _ratio(self.proposed_right, self.proposed_wrong),
        }
        if not self.images:
            return values
        images = np.array(self.images, np.float64)
        ones, wrong = images[:, 1].astype(np.int64), images[:, 2].astype(np.int64)
        return values | {
            **self.segments.compute(),
            "image_ap": average_precision(images[:, 0], ones, wrong),
            "image_wrong": _ratio(int(wrong.sum()), len(wrong)),
        }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
