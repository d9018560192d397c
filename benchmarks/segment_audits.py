"""Who looks for wrong labels on the same out-of-fold probabilities: truemask's segments, and cleanlab."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.out_of_fold import Case, Row
from truemask.audit.class_confidence import self_confidence, soft_minimum
from truemask.audit.findings import of_level, rows_of
from truemask.audit.segments import connected
from truemask.audit.semantic.against_truth import painted
from truemask.audit.semantic.audit import audit_segments
from truemask.audit.semantic.pixel_scores import all_pixel_scores
from truemask.types import IGNORE


@dataclass(frozen=True)
class Verdict:
    """What an audit says of a case, image by image in the case's order.

    Args:
        pixels: how suspect each pixel is.
        flagged: which pixels are called wrong.
        ids: the segment of each pixel, from 1; 0: none.
        scores: of each image's segments, in the order of their ids.
        kinds: of each image's segments.
        images: how bad each image is.
        tolerant: the same by the softmin score that forgives outlines; None where there is none.
        page: the same as an audit's page ranks images; None where there is none.
    """

    pixels: list[np.ndarray]
    flagged: list[np.ndarray]
    ids: list[np.ndarray]
    scores: list[np.ndarray]
    kinds: list[list[str]]
    images: list[float]
    tolerant: list[float] | None = None
    page: list[float] | None = None


def by_truemask(case: Case, *, see: bool = True) -> Verdict:
    """The segment audit: segments rank by score times area, images by the sum of it over their pixels.

    Args:
        case: to be audited.
        see: whether it sees the images, or predictions alone.
    """
    seen = {row.key: row.image for row in case.rows}
    images = seen.__getitem__ if see else None
    audit = audit_segments([partial(_stream, case)], case.problem, images=images)
    badness = [audit.badness[row.key] for row in case.rows]
    tolerant = [audit.tolerant_softmin[row.key] for row in case.rows]
    page = [one + _softmin(row) for one, row in zip(badness, case.rows, strict=True)]
    verdict = Verdict([], [], [], [], [], badness, tolerant, page)
    found: dict[str, list[dict[str, Any]]] = {row.key: [] for row in case.rows}
    for one in rows_of(of_level(audit.findings, "segment")):
        found[one["image"]].append(one)
    for row in case.rows:
        mine = found[row.key]
        ids = painted([one["rle"] for one in mine], row.given.shape)
        verdict.ids.append(ids)
        verdict.flagged.append(ids > 0)
        verdict.scores.append(np.array([one["score"] * one["area_px"] for one in mine], np.float64))
        verdict.kinds.append([one["kind"] for one in mine])
    own = dict(all_pixel_scores(partial(_stream, case), case.problem, audit.findings))
    verdict.pixels.extend(own[row.key] for row in case.rows)
    return verdict


def by_cleanlab(case: Case) -> Verdict:
    """cleanlab's pixel issues, connected where given and predicted class agree; its softmin scores.

    Segments rank by the sum of 1 - self-confidence over their pixels, which serves it best: by the mean, or
    by area, it does worse or alike. It knows no IGNORE: those pixels get their most probable class as label,
    so that it finds nothing to say about them.
    """
    from cleanlab.segmentation.filter import find_label_issues
    from cleanlab.segmentation.rank import get_label_quality_scores

    given = np.stack([row.given for row in case.rows]).astype(np.int64)
    probs = np.stack([row.probs for row in case.rows])
    predicted = probs.argmax(axis=1)
    given = np.where(given == IGNORE, predicted, given)
    issues = find_label_issues(given, probs, n_jobs=1, verbose=False)
    quality, own = get_label_quality_scores(given, probs, method="softmin", verbose=False)
    verdict = Verdict([*(1 - own)], [*issues], [], [], [], (1 - quality).tolist())
    for row, doubt, flags, top in zip(case.rows, verdict.pixels, issues, predicted, strict=True):
        index = np.flatnonzero(flags)
        pair = row.given.ravel()[index].astype(np.int64) * 256 + top.ravel()[index]
        label, count = connected(index, pair, row.given.shape)
        ids = np.zeros(row.given.shape, np.int32)
        ids.ravel()[index] = label + 1
        verdict.ids.append(ids)
        verdict.scores.append(np.bincount(label, weights=doubt.ravel()[index], minlength=count))
        verdict.kinds.append([""] * count)
    return verdict


def _softmin(row: Row) -> float:
    """`score` in an audit's images.parquet."""
    flat = row.given.ravel()
    own = self_confidence(flat, row.probs.reshape(len(row.probs), -1))
    return 1 - soft_minimum(own[flat != IGNORE])


def _stream(case: Case) -> list[tuple[str, np.ndarray, np.ndarray]]:
    return [(row.key, row.given, row.probs) for row in case.rows]
