"""The steps of confident learning over one part of a data set; what they count adds up over the parts.

Northcutt, Jiang & Chuang, JAIR 2021, arXiv:1911.00068.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, Int64

from truemask.audit.candidates import CandidateStore, Source
from truemask.audit.class_confidence import ClassConfidence, soft_minimum
from truemask.audit.confident_joint import Candidates, ConfidentJoint
from truemask.audit.findings import Collected
from truemask.audit.flags import flagged_images, flagged_label_map
from truemask.audit.pruning import MarginHistogram, flagged
from truemask.audit.stream import Block, Stream, blocks
from truemask.types import IGNORE, Problem


@dataclass(frozen=True)
class Counted:
    """What the second pass knows of a part.

    Args:
        joint: units by given class and by the class they are confidently of.
        margins: of the candidates.
        store: the candidates.
    """

    joint: ConfidentJoint
    margins: MarginHistogram
    store: CandidateStore


@dataclass(frozen=True)
class Flagged:
    """What was found in a part.

    Args:
        pairs: flagged units by given and proposed class.
        differ: all units that are predicted otherwise than given, likewise.
        images: a row an image: image, units, flagged, quality.
        findings: in the order of the images.
    """

    pairs: Int64[np.ndarray, "k k"]
    differ: Int64[np.ndarray, "k k"]
    images: list[dict[str, object]]
    findings: Collected


def count_confidence(stream: Stream, problem: Problem) -> ClassConfidence:
    """First pass: how sure the predictions are of what was given."""
    confidence = ClassConfidence(problem.num_classes)
    for block in blocks(stream, problem):
        confidence.update(block)
    return confidence


def count_joint(
    part: tuple[Stream, Path], problem: Problem, thresholds: Float64[np.ndarray, "k"], temperature: float
) -> Counted:
    """Second pass, over a stream: counts, and candidates in the file beside it."""
    stream, file = part
    joint, margins = ConfidentJoint(thresholds), MarginHistogram(problem.num_classes)
    store = CandidateStore(file)
    for block in blocks(stream, problem):
        candidates, own = joint.update(block)
        margins.update(candidates)
        store.add(_source(block, own, temperature), candidates)
    return Counted(joint, margins, store)


def flag(
    store: CandidateStore, problem: Problem, cuts: Int64[np.ndarray, "k k"], min_area_px: int
) -> Flagged:
    """At last: the candidates before the cut, as findings."""
    found = Flagged(np.zeros_like(cuts), np.zeros_like(cuts), [], Collected())
    for source, candidates in store:
        flags = candidates[flagged(candidates, cuts)]
        found.pairs[:] += _pairs(flags, len(cuts))
        found.differ[:] += _pairs(candidates, len(cuts))
        found.images.extend(image_rows(source, flags.index))
        if source.size is None:
            found.findings.extend(flagged_images(source, flags, problem))
        else:
            found.findings.extend(flagged_label_map(source, flags, problem, min_area_px=min_area_px))
    return found


def _pairs(units: Candidates, classes: int) -> Int64[np.ndarray, "k k"]:
    """How many there are, by given and proposed class."""
    pair = units.given.astype(np.int64) * classes + units.proposed
    return np.bincount(pair, minlength=classes * classes).reshape(classes, classes)


def image_rows(source: Source, flagged_units: Int64[np.ndarray, "n"]) -> list[dict[str, object]]:
    """A row of the table of images for each image of a block."""
    if source.size is None:
        counts = np.bincount(flagged_units, minlength=len(source.keys))
    else:
        counts = np.array([len(flagged_units)])
    columns = zip(source.keys, source.units.tolist(), counts.tolist(), source.quality.tolist(), strict=True)
    return [
        {"image": key, "units": units, "flagged": count, "quality": quality}
        for key, units, count, quality in columns
    ]


def _source(block: Block, own: Float32[np.ndarray, "n"], temperature: float) -> Source:
    known = block.labels != IGNORE
    if block.size is None:
        quality = np.where(known, own.astype(np.float64), np.nan)
        return Source(block.keys, None, known.astype(np.int64), quality)
    quality = np.array([soft_minimum(own[known], temperature)])
    return Source(block.keys, block.size, np.array([known.sum()]), quality)
