"""Confident learning over a data set of any size: two passes over a stream, counts and histograms between.

Northcutt, Jiang & Chuang, JAIR 2021, arXiv:1911.00068. Predictions must be out of sample: a network that was
trained on the labels under audit agrees with their errors.
"""

import tempfile

import numpy as np
from jaxtyping import Float32, Float64, Int64

from truemask.audit.candidates import CandidateStore, Source
from truemask.audit.class_confidence import ClassConfidence, soft_minimum
from truemask.audit.confident_joint import ConfidentJoint
from truemask.audit.findings import Finding, findings_table
from truemask.audit.flags import flagged_images, flagged_label_map
from truemask.audit.pruning import MarginHistogram, flagged
from truemask.audit.result import AuditResult, images_table
from truemask.audit.stream import Block, Stream, blocks
from truemask.structure.joint import estimate_joint
from truemask.types import IGNORE, BadInput, Problem, Task

_IN_MEMORY = 64 << 20


def confident_learning(
    stream: Stream,
    problem: Problem,
    *,
    min_area_px: int = 4,
    temperature: float = 0.1,
    objects: bool = False,
) -> AuditResult:
    """Which given labels look wrong, and how much of the data set is.

    Each class j gets a threshold t_j, the mean probability of j where j is given. A unit given as i whose
    probability of j reaches t_j counts as truly j; the counts, scaled to the given class sizes, estimate the
    joint distribution of given and true labels, and that many units with the largest margins are flagged
    (see `pruning`). IGNORE takes no part. Memory grows with findings and images, not with pixels: units
    that are predicted otherwise than given wait in a temporary file, 10 bytes each.

    Args:
        stream: key, given labels, out-of-sample probabilities of each image; is called twice.
        problem: classes; pixels of label maps or whole images are the units.
        min_area_px: smaller segments are no findings of their own; they still count in their image's.
        objects: what bears one label each are objects, not whole images: for the words of the summary.
        temperature: of the soft minimum that makes pixels' self-confidence an image's quality.

    Raises:
        BadInput: if the stream is empty, changes between passes, or gives what cannot be audited.
    """
    first = ClassConfidence(problem.num_classes)
    for block in blocks(stream, problem):
        first.update(block)
    thresholds = first.thresholds()
    joint, margins = ConfidentJoint(thresholds), MarginHistogram(problem.num_classes)
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        store = CandidateStore(file)
        for block in blocks(stream, problem):
            candidates, own = joint.update(block)
            margins.update(candidates)
            store.add(_source(block, own, temperature), candidates)
        _check_passes(first.units, joint.units, images=len(store))
        estimate = estimate_joint(joint.counts, first.units)
        cuts = margins.cuts(_wanted(estimate, first.units))
        pairs, images, findings = np.zeros_like(joint.counts), list[dict[str, object]](), list[Finding]()
        for source, candidates in store:
            flags = candidates[flagged(candidates, cuts)]
            np.add.at(pairs, (flags.given, flags.proposed), 1)
            images += _image_rows(source, flags.index)
            if source.size is None:
                findings += flagged_images(source, flags, problem)
            else:
                findings += flagged_label_map(source, flags, problem, min_area_px=min_area_px)
    return AuditResult(
        problem=problem,
        units=first.units,
        ignored=first.ignored,
        thresholds=thresholds,
        confident_joint=joint.counts,
        joint=estimate,
        flagged=pairs,
        images=images_table(images),
        findings=findings_table(findings, problem.classes),
        unit="pixels" if problem.task == Task.SEMANTIC else "objects" if objects else "images",
    )


def _source(block: Block, own: Float32[np.ndarray, "n"], temperature: float) -> Source:
    known = block.labels != IGNORE
    if block.size is None:
        quality = np.where(known, own.astype(np.float64), np.nan)
        return Source(block.keys, None, known.astype(np.int64), quality)
    quality = np.array([soft_minimum(own[known], temperature)])
    return Source(block.keys, block.size, np.array([known.sum()]), quality)


def _check_passes(first: Int64[np.ndarray, "k"], second: Int64[np.ndarray, "k"], *, images: int) -> None:
    if not images and not first.any():
        raise BadInput("nothing to audit: the stream has no images")
    if (first != second).any():
        raise BadInput(
            f"the stream gave {first.sum()} labelled units in the first pass, {second.sum()} in the second: "
            "it must be a function that starts anew, and the same, at each call"
        )


def _wanted(joint: Float64[np.ndarray, "k k"], units: Int64[np.ndarray, "k"]) -> Int64[np.ndarray, "k k"]:
    """How many units of each pair (given, true) should be flagged: all that the joint says are wrong."""
    wanted = np.asarray(np.rint(np.nan_to_num(joint) * units.sum()), np.int64)
    np.fill_diagonal(wanted, 0)
    return wanted


def _image_rows(source: Source, flagged_units: Int64[np.ndarray, "n"]) -> list[dict[str, object]]:
    if source.size is None:
        counts = np.bincount(flagged_units, minlength=len(source.keys))
    else:
        counts = np.array([len(flagged_units)])
    columns = zip(source.keys, source.units.tolist(), counts.tolist(), source.quality.tolist(), strict=True)
    return [
        {"image": key, "units": units, "flagged": count, "quality": quality}
        for key, units, count, quality in columns
    ]
