"""Flagged units to findings: segments and images of label maps, or images that are units themselves."""

import numpy as np

from truemask.audit.candidates import Source
from truemask.audit.confident_joint import Candidates
from truemask.audit.findings import Finding, kind_of
from truemask.audit.segments import pack_pixels, segments_of
from truemask.types import Problem

EVIDENCE = "confident_learning"


def flagged_images(source: Source, flags: Candidates, problem: Problem) -> list[Finding]:
    """One finding for each flagged image; its score is P(proposed) of P(proposed) + P(given), 0.5 or more.

    Odds rank better than the margin by which images are flagged: a margin of 0.4 may be 0.40 against 0.00 or
    0.70 against 0.30.
    """
    own = source.quality[flags.index]
    likelier = own + flags.margin
    columns = zip(
        flags.index.tolist(),
        flags.given.tolist(),
        flags.proposed.tolist(),
        (likelier / (likelier + own)).tolist(),
        strict=True,
    )
    return [
        Finding(
            level="image",
            image=source.keys[index],
            kind=kind_of(given, proposed, problem.background),
            score=odds,
            evidence=EVIDENCE,
            weight=odds,
            given=given,
            proposed=proposed,
        )
        for index, given, proposed, odds in columns
    ]


def flagged_label_map(
    source: Source, flags: Candidates, problem: Problem, *, min_area_px: int
) -> list[Finding]:
    """A finding for each segment of a label map, and one for the whole of it, if any pixel is flagged.

    The whole map's score is 1 - its label quality, and its pixels are all that are flagged, those of segments
    below `min_area_px` too. Segments rank by score times area: how many pixels' worth of probability speaks
    against them, so that large and sure ones come before small or doubtful ones.
    """
    if source.size is None or not len(flags.index):
        return []
    key, size = source.keys[0], source.size
    segments = segments_of(flags, size, min_area_px=min_area_px)
    findings = []
    for r, rle in enumerate(segments.masks):
        given, proposed = int(segments.given[r]), int(segments.proposed[r])
        score, area = float(segments.score[r]), int(segments.area[r])
        x0, y0, x1, y1 = segments.boxes[r].tolist()
        findings.append(
            Finding(
                level="segment",
                image=key,
                kind=kind_of(given, proposed, problem.background),
                score=score,
                evidence=EVIDENCE,
                weight=score * area,
                given=given,
                proposed=proposed,
                size=size,
                area_px=area,
                box=(x0, y0, x1, y1),
                rle=rle,
            )
        )
    badness = 1 - float(source.quality[0])
    findings.append(
        Finding(
            level="image",
            image=key,
            kind=_main_kind(flags, problem.background),
            score=badness,
            evidence=EVIDENCE,
            weight=badness,
            size=size,
            area_px=len(flags.index),
            rle=pack_pixels(flags.index, np.zeros(len(flags.index), np.int64), size)[0],
            action="none",  # its segments say what to do
        )
    )
    return findings


def _main_kind(flags: Candidates, background: int | None) -> str:
    """The kind of most flagged pixels."""
    if background is None:
        return "swapped"
    missing, spurious = (int((column == background).sum()) for column in (flags.given, flags.proposed))
    counts = {"missing": missing, "spurious": spurious, "swapped": len(flags.index) - missing - spurious}
    return max(counts, key=lambda kind: counts[kind])
