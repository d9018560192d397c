"""The segments of label maps, judged in two passes: what outlines may be off, then what lies beyond."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
from jaxtyping import Float64, UInt8

from truemask.audit.class_confidence import ClassConfidence
from truemask.audit.findings import Collected, Finding
from truemask.audit.semantic.agreement import unusable
from truemask.audit.semantic.features import FEATURES
from truemask.audit.semantic.image_scores import segments_score
from truemask.audit.semantic.injected import MOST_REGIONS, noises_for
from truemask.audit.semantic.judged import Judged, judge
from truemask.audit.semantic.meta_classifier import EVIDENCE as META
from truemask.audit.semantic.meta_classifier import meta_scores
from truemask.audit.semantic.outlines import Outlines
from truemask.audit.semantic.segment_score import EVIDENCE as PLAIN
from truemask.audit.semantic.segment_score import segment_scores
from truemask.audit.semantic.sight import sight_of
from truemask.audit.semantic.tolerance import Tolerance
from truemask.audit.spread import Spread, one_by_one
from truemask.audit.stream import Stream, blocks
from truemask.types import Problem

LEAST_SCORE = 0.25
"""Segments with less are no findings: most of what differs there is the predictions' fault."""
ACTION = {"missing": "add", "spurious": "remove", "shifted": "redraw"}
"""By kind; of all others the pixels get the proposed class: `relabel`."""
Images = Callable[[str], UInt8[np.ndarray, "_ _ c"]]
"""The image of a key."""


@dataclass(frozen=True)
class SegmentAudit:
    """What the segments of a data set's label maps look like.

    Args:
        tolerance: what outlines may be off.
        findings: segments, and images whose labels are unusable, ranked (see `findings.SCHEMA`).
        badness: of each image, by key: see `image_scores.segments_score`.
        tolerant_softmin: of each image, by key.
    """

    tolerance: Tolerance
    findings: pa.Table
    badness: dict[str, float]
    tolerant_softmin: dict[str, float]


@dataclass
class _Measured:
    outlines: Outlines
    confidence: ClassConfidence
    regions: int = 0


def audit_segments(
    parts: Sequence[Stream],
    problem: Problem,
    *,
    spread: Spread = one_by_one,
    min_area_px: int = 4,
    images: Images | None = None,
    most_regions: int = MOST_REGIONS,
) -> SegmentAudit:
    """Suspect segments of label maps, each with a kind, a proposed class or shape, and a score.

    How far outlines may be off is read off the data set itself (see `outlines`). What differs beyond that is
    found image by image (see `find`). Its score is the mean of two views: its margin (see `segment_score`),
    and a classifier that learnt from errors injected into these labels (see `meta_classifier`); the margin
    alone where examples are too few to learn from. Segments rank by score times area: how many pixels' worth
    of suspicion speaks against them. Pixels of a finding should be of its proposed class; of a shifted
    region, those within `shapes` should be of its class, and the others of what is around.

    Any partition of the data set into parts gives the same findings.

    Args:
        parts: streams of label maps and out-of-sample probabilities; each is called twice.
        problem: what the classes are.
        spread: who does each step for each part.
        min_area_px: smaller segments are left out.
        images: the image of a key, where it is at hand: whether it has edges where outlines are drawn is
            then a part of what the classifier sees. Like the streams, it must pickle for `spread`.
        most_regions: of larger data sets, errors are injected into images with about so many given regions.

    Raises:
        BadInput: if a stream gives what cannot be audited.
    """
    outlines, confidence = Outlines(problem.num_classes), ClassConfidence(problem.num_classes)
    regions = 0
    for measured in spread("outlines", partial(_measure, problem=problem), parts):
        regions += measured.regions
        outlines.merge(measured.outlines)
        confidence.merge(measured.confidence)
    tolerance = Tolerance(outlines.tolerance_px(), outlines.bias_tolerance_px(), outlines.usual_px())
    step = partial(
        _judge_part,
        problem=problem,
        tolerance=tolerance,
        thresholds=confidence.thresholds(),
        min_area_px=min_area_px,
        images=images,
        share=min(1.0, most_regions / max(1, regions)),
    )
    judged = [one for part in spread("segments", step, parts) for one in part]
    judged.sort(key=lambda one: one.key)  # whatever the partition, the classifier sees the same rows
    return _concluded(judged, tolerance, problem.classes)


def _measure(stream: Stream, problem: Problem) -> _Measured:
    measured = _Measured(Outlines(problem.num_classes), ClassConfidence(problem.num_classes))
    for block in blocks(stream, problem):
        sight = sight_of(block)
        measured.confidence.update(block)
        measured.outlines.update(sight)
        measured.regions += len(sight.given_regions[1])
    return measured


def _judge_part(
    stream: Stream,
    problem: Problem,
    tolerance: Tolerance,
    thresholds: Float64[np.ndarray, "k"],
    min_area_px: int,
    images: Images | None,
    share: float,
) -> list[Judged]:
    noises = noises_for(problem, tolerance)
    judged = []
    for block in blocks(stream, problem):
        sight = sight_of(block, None if images is None else images(block.keys[0]))
        judged.append(
            judge(sight, problem, tolerance, thresholds, noises, min_area_px=min_area_px, share=share)
        )
    return judged


def _concluded(judged: list[Judged], tolerance: Tolerance, classes: tuple[str, ...]) -> SegmentAudit:
    counts = [len(one.suspects) for one in judged]
    rows, injected = _moved(judged)
    scores, evidence = _scores(judged, tolerance, rows, injected)
    bounds = np.cumsum([0, *counts])
    lost = unusable([one.kappa for one in judged], counts)
    findings = Collected()
    badness: dict[str, float] = {}
    for one, start, stop, nothing in zip(judged, bounds[:-1], bounds[1:], lost.tolist(), strict=True):
        own = scores[start:stop]
        badness[one.key] = segments_score(own, one.area_px, one.known_px)
        listed = np.flatnonzero(own >= LEAST_SCORE).tolist()
        findings.extend(_finding(one, i, float(own[i]), evidence) for i in listed)
        if nothing:
            findings.extend([_unusable(one)])
    softmin = {one.key: one.tolerant_softmin for one in judged}
    return SegmentAudit(tolerance, findings.ranked(classes), badness, softmin)


def _moved(judged: list[Judged]) -> tuple[Float64[np.ndarray, "n f"], Float64[np.ndarray, "m f"]]:
    """Features of all images in two tables, of which the images have views now."""
    # Image by image, so that they are not held twice: they are most of what an audit holds.
    rows = np.empty((sum(len(one.rows) for one in judged), len(FEATURES)))
    injected = np.empty((sum(len(one.injected) for one in judged), len(FEATURES)))
    at = after = 0
    for place, one in enumerate(judged):
        own, put_in = rows[at : at + len(one.rows)], injected[after : after + len(one.injected)]
        own[:], put_in[:] = one.rows, one.injected
        judged[place] = replace(one, rows=own, injected=put_in)
        at, after = at + len(own), after + len(put_in)
    return rows, injected


def _scores(
    judged: Sequence[Judged],
    tolerance: Tolerance,
    rows: Float64[np.ndarray, "n f"],
    injected: Float64[np.ndarray, "m f"],
) -> tuple[Float64[np.ndarray, "n"], str]:
    """Of all suspects, image after image, and the name of the score."""
    if not judged:
        return np.zeros(0), PLAIN
    keys = [one.key for one in judged for _ in one.suspects]
    injected_keys = [one.key for one in judged for _ in one.injected]
    learnt = meta_scores(rows, keys, injected, injected_keys)
    plain = segment_scores(rows, tolerance)
    return (plain, PLAIN) if learnt is None else ((plain + learnt) / 2, f"{PLAIN}, {META}")


def _finding(one: Judged, i: int, score: float, evidence: str) -> Finding:
    found = one.suspects[i]
    x0, y0, x1, y1 = one.boxes[i].tolist()
    area = int(one.area_px[i])
    return Finding(
        level="segment",
        image=one.key,
        kind=found.kind,
        score=score,
        evidence=evidence,
        weight=score * area,
        given=found.given,
        proposed=found.proposed,
        size=one.size,
        area_px=area,
        box=(x0, y0, x1, y1),
        rle=one.codes[i],
        shapes=(one.shapes[i],) if one.shapes[i] else (),
        action=ACTION.get(found.kind, "relabel"),
    )


def _unusable(one: Judged) -> Finding:
    """The whole image: its labels and the predictions have nothing to do with one another."""
    return Finding(
        level="image",
        image=one.key,
        kind="unusable",
        score=min(1.0, max(0.0, 1 - one.kappa)),
        evidence="kappa",
        weight=1 - one.kappa,
        size=one.size,
        area_px=one.known_px,
        action="ignore",
    )
