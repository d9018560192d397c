"""Confident learning over a data set of any size: two passes over a stream, counts and histograms between.

Northcutt, Jiang & Chuang, JAIR 2021, arXiv:1911.00068. Predictions must be out of sample: a network that was
trained on the labels under audit agrees with their errors.
"""

import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from truemask.audit.candidates import CandidateStore
from truemask.audit.class_confidence import ClassConfidence
from truemask.audit.confident_joint import ConfidentJoint
from truemask.audit.findings import Collected
from truemask.audit.passes import count_confidence, count_joint, flag
from truemask.audit.pruning import MarginHistogram
from truemask.audit.result import AuditResult, images_table
from truemask.audit.spread import Spread, one_by_one
from truemask.audit.stream import Stream
from truemask.structure.joint import estimate_joint
from truemask.types import BadInput, Problem, Task

SCRATCH = ".truemask-"
"""How folders of temporary files are called; one is left where an audit is killed."""


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
        temperature: of the soft minimum that makes pixels' self-confidence an image's quality.
        objects: what bears one label each are objects, not whole images: for the words of the summary.

    Raises:
        BadInput: if the stream is empty, changes between passes, or gives what cannot be audited.
    """
    return confident_learning_in_parts(
        [stream], problem, min_area_px=min_area_px, temperature=temperature, objects=objects
    )


def confident_learning_in_parts(
    parts: Sequence[Stream],
    problem: Problem,
    *,
    spread: Spread = one_by_one,
    folder: Path | None = None,
    min_area_px: int = 4,
    temperature: float = 0.1,
    objects: bool = False,
) -> AuditResult:
    """The same findings, bit by bit, from any partition of the data set into streams.

    Args:
        parts: streams that have no image in common; see `confident_learning`.
        spread: who does each step for each part: `one_by_one`, or processes and tasks elsewhere, for which
            the streams must pickle.
        folder: for temporary files, which all who do the work must see; None: the system's own.

    Raises:
        BadInput: as `confident_learning`, and if an image is in two parts.
    """
    first = ClassConfidence(problem.num_classes)
    for confidence in spread("thresholds", partial(count_confidence, problem=problem), parts):
        first.merge(confidence)
    thresholds = first.thresholds()
    joint, margins = ConfidentJoint(thresholds), MarginHistogram(problem.num_classes)
    pairs, differ = np.zeros_like(joint.counts), np.zeros_like(joint.counts)
    images, findings = list[dict[str, object]](), Collected()
    with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH) as scratch:
        files = [Path(scratch) / f"candidates-{number}" for number in range(len(parts))]
        count = partial(count_joint, problem=problem, thresholds=thresholds, temperature=temperature)
        stores = []
        for counted in spread("candidates", count, [*zip(parts, files, strict=True)]):
            joint.merge(counted.joint)
            margins.merge(counted.margins)
            stores.append(counted.store)
        _check_passes(first, joint, stores)
        estimate = estimate_joint(joint.counts, first.units)
        cuts = margins.cuts(_wanted(estimate, first.units))
        find = partial(flag, problem=problem, cuts=cuts, min_area_px=min_area_px)
        for found in spread("findings", find, stores):
            pairs += found.pairs
            differ += found.differ
            images += found.images
            findings.merge(found.findings)
    return AuditResult(
        problem=problem,
        units=first.units,
        ignored=first.ignored,
        thresholds=thresholds,
        confident_joint=joint.counts,
        joint=estimate,
        flagged=pairs,
        predicted=differ + np.diag(first.units - differ.sum(axis=1)),
        images=images_table(images),
        findings=findings.ranked(problem.classes),
        unit="pixels" if problem.task == Task.SEMANTIC else "objects" if objects else "images",
    )


def _check_passes(first: ClassConfidence, second: ConfidentJoint, stores: Sequence[CandidateStore]) -> None:
    keys = [key for store in stores for key in store.keys]
    if not keys and not first.units.any():
        raise BadInput("nothing to audit: the stream has no images")
    if (first.units != second.units).any():
        raise BadInput(
            f"the stream gave {first.units.sum()} labelled units in the first pass, {second.units.sum()} in "
            "the second: it must be a function that starts anew, and the same, at each call"
        )
    if len(set(keys)) < len(keys):
        counts = Counter(keys)
        raise BadInput(f"image '{counts.most_common(1)[0][0]}' is in two parts: each image belongs in one")


def _wanted(joint: Float64[np.ndarray, "k k"], units: Int64[np.ndarray, "k"]) -> Int64[np.ndarray, "k k"]:
    """How many units of each pair (given, true) should be flagged: all that the joint says are wrong."""
    wanted = np.asarray(np.rint(np.nan_to_num(joint) * units.sum()), np.int64)
    np.fill_diagonal(wanted, 0)
    return wanted
