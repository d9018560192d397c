"""How good an audit was, where the truth is known: what it flagged against the labels that are wrong."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from faster_coco_eval import mask as coco_mask
from jaxtyping import Bool, Float64, Int64

from truemask import rle
from truemask.audit.result import AuditResult
from truemask.audit.stream import LabelMap
from truemask.types import IGNORE, BadInput

AUDIT_SCORES: dict[str, str] = {
    "unit_precision": "share of flagged units (pixels, images) whose label is wrong",
    "unit_recall": "share of wrong labels that are flagged",
    "unit_ap": "average precision of ranking all units, pixels by the score of their segment",
    "unit_wrong": "share of labels that are wrong: what unit_precision and unit_ap are by chance",
    "proposal_accuracy": "share of wrong labels with a proposed class for which that is the true one",
    "segment_precision": "share of segments of which at least half the pixels are wrong",
    "image_ap": "average precision of ranking images to find those with any wrong label",
    "image_wrong": "share of images with any wrong label: what image_ap is by chance",
}
"""What each number of `score_audit` means, in one line."""

_ISOLATED, _NOT_FLAGGED = 0.0, -1.0


def score_audit(
    result: AuditResult, labels: Iterable[tuple[str, int | LabelMap, int | LabelMap]]
) -> dict[str, float]:
    """Precision, recall and average precision of an audit; AUDIT_SCORES says what each number means.

    Where the given or the true label is IGNORE, nothing is judged. Flagged pixels outside all segments (those
    below `min_area_px`) rank behind the segments. Undefined is NaN.

    Args:
        result: the audit.
        labels: key, given labels, true labels of each image that is to count.

    Raises:
        BadInput: if an image was not audited, or its labels are of another size.
    """
    badness = {row["image"]: row["score"] for row in result.images.to_pylist()}
    findings: dict[str, list[_Row]] = defaultdict(list)
    for row in result.findings.to_pylist():
        findings[row["image"]].append(row)
    tally = _Tally()
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


@dataclass
class _Tally:
    groups: list[tuple[float, int, int]] = field(default_factory=list)
    images: list[tuple[float, int, int]] = field(default_factory=list)
    segments: list[bool] = field(default_factory=list)
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
        for code in [row["rle"] for row in findings if row["level"] == "image"]:
            flags |= rle.unpack([code], given.shape)[0]
        flagged, hit = int((flags & judged).sum()), int((flags & wrong).sum())
        segments = [row for row in findings if row["level"] == "segment"]
        sizes, hits = _pixels_in(segments, judged), _pixels_in(segments, wrong)
        self.segments += [bool(2 * h >= n) for n, h in zip(sizes, hits, strict=True) if n]
        self.groups += [(float(r["score"]), n, h) for r, n, h in zip(segments, sizes, hits, strict=True)]
        self.groups.append((_ISOLATED, flagged - sum(sizes), hit - sum(hits)))
        self.groups.append((_NOT_FLAGGED, int(judged.sum()) - flagged, int(wrong.sum()) - hit))
        self.flagged += flagged
        self.flagged_wrong += hit
        self.proposed_wrong += sum(hits)
        for c in {row["proposed"] for row in segments}:
            of_class = [row for row in segments if row["proposed"] == c]
            self.proposed_right += sum(_pixels_in(of_class, wrong & (truth == c)))

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
            "segment_precision": _ratio(sum(self.segments), len(self.segments)),
            "image_ap": average_precision(images[:, 0], ones, wrong),
            "image_wrong": _ratio(int(wrong.sum()), len(wrong)),
        }


def _pixels_in(segments: list[_Row], mask: Bool[np.ndarray, "h w"]) -> list[int]:
    """How many pixels of each segment lie in a mask, without unpacking the segments."""
    if not segments:
        return []
    code = {"size": list(mask.shape), "counts": rle.pack(mask[None])[0]}
    codes = [{"size": list(mask.shape), "counts": row["rle"]} for row in segments]
    # Against a crowd, COCO's overlap is the share of the first mask that lies in the second.
    shares = coco_mask.iou(codes, [code], [1])[:, 0]
    return [round(share * row["area_px"]) for share, row in zip(shares.tolist(), segments, strict=True)]


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
