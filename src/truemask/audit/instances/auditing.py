"""Audits the objects of a data set: given ones against predicted ones, on their masks."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from truemask.audit.findings import Finding, findings_table
from truemask.audit.instances.evidence import Evidence
from truemask.audit.instances.grouped import duplicate, merged, split
from truemask.audit.instances.holes import holes
from truemask.audit.instances.localised import localised
from truemask.audit.instances.missing import missing
from truemask.audit.instances.records import Record, record
from truemask.audit.instances.seen import Seen, checked
from truemask.audit.instances.spurious import spurious
from truemask.audit.instances.swapped import swapped
from truemask.audit.result import AuditResult, images_table
from truemask.types import BadInput, Problem, Task

LEAST_SCORE = 0.5
"""Findings are listed from here on: more likely an error than not, by the audit's own estimate."""
_SURE = 0.999
"""No finding alone makes an image's labels worthless."""


class InstanceAudit:
    """Looks at images one by one; audits of parts of a data set merge, in any order, to one of the whole.

    It keeps some 50 bytes a given or predicted object, and their masks.

    Args:
        problem: whose labels they are.
    """

    def __init__(self, problem: Problem) -> None:
        if problem.task != Task.INSTANCE:
            raise BadInput(f"objects are audited for instance data sets; this one is {problem.task}")
        self.problem = problem
        self._images: dict[str, Record] = {}
        self._ignored = 0

    def add(self, seen: Seen) -> None:
        """Look at an image.

        Raises:
            BadInput: if its key came before, or what it holds does not fit the problem.
        """
        self._must_be_new(seen.key)
        self._images[seen.key] = record(checked(seen, self.problem.num_classes))
        self._ignored += len(seen.given) - len(self._images[seen.key].objects)

    def merge(self, other: "InstanceAudit") -> None:
        """Take in the images that `other` looked at.

        Raises:
            BadInput: if both know an image of one key.
        """
        for key in other._images:
            self._must_be_new(key)
        self._images.update(other._images)
        self._ignored += other._ignored

    def result(self, least: float = LEAST_SCORE) -> AuditResult:
        """What was found, with a score of `least` or more."""
        images = [self._images[key] for key in sorted(self._images)]
        evidence = Evidence(images)
        findings = [*_findings(evidence, least)]
        given = evidence.objects["given"]
        flagged, joint = _presumed(findings, given, self.problem.num_classes)
        return AuditResult(
            problem=self.problem,
            units=np.bincount(given, minlength=self.problem.num_classes).astype(np.int64),
            ignored=self._ignored,
            thresholds=_thresholds(evidence, self.problem.num_classes),
            confident_joint=_confident(flagged, given),
            joint=joint,
            flagged=flagged,
            predicted=_predicted(images, self.problem.num_classes),
            images=images_table(_image_rows(images, findings)),
            findings=findings_table(findings, self.problem.classes),
            unit="objects",
        )

    def _must_be_new(self, key: str) -> None:
        if key in self._images:
            raise BadInput(f"image '{key}' came twice: keys must be unique")


def audit_instances(stream: Iterable[Seen], problem: Problem, *, least: float = LEAST_SCORE) -> AuditResult:
    """Audit a data set's objects in one pass.

    Args:
        stream: its images.
        problem: whose labels they are.
        least: score from which a finding is listed.

    Raises:
        BadInput: if the problem is not one of instances, or an image does not fit it.
    """
    audit = InstanceAudit(problem)
    for seen in stream:
        audit.add(seen)
    return audit.result(least)


def _findings(evidence: Evidence, least: float) -> Iterator[Finding]:
    for kind in (swapped, missing, spurious, merged, split, duplicate):
        yield from kind(evidence, least)
    holed = [*holes(evidence, least)]
    yield from holed
    known = {one.objects for one in holed}
    # A gap that an outline's misfit shows, too, is listed once.
    yield from (one for one in localised(evidence, least) if one.kind != "hole" or one.objects not in known)


def _presumed(
    findings: Sequence[Finding], given: UInt8[np.ndarray, "n"], classes: int
) -> tuple[Int64[np.ndarray, "k k"], Float64[np.ndarray, "k k"]]:
    """Objects flagged by given and proposed class, and the presumed shares of all, each flag by its score.

    Only findings about classes count: an object with a wrong outline is still one of its class.
    """
    flagged, moved = np.zeros((classes, classes), np.int64), np.zeros((classes, classes))
    for one in findings:
        if one.given is not None and one.proposed is not None and one.given != one.proposed:
            flagged[one.given, one.proposed] += 1
            moved[one.given, one.proposed] += one.score
    counts = np.bincount(given, minlength=classes)
    presumed = moved + np.diag(np.maximum(counts - moved.sum(axis=1), 0))
    total = presumed.sum()
    return flagged, presumed / total if total else np.full_like(presumed, np.nan)


def _predicted(images: Sequence[Record], classes: int) -> Int64[np.ndarray, "k k"]:
    """Objects by their class and by that of the prediction of the same object; without one, by background."""
    counts = np.zeros((classes, classes), np.int64)
    for image in images:
        partner = image.objects["partner"]
        if len(partner):
            labels = np.concatenate([image.predictions["label"], [0]])[partner]  # -1: no partner
            np.add.at(counts, (image.objects["given"], labels), 1)
    return counts


def _confident(flagged: Int64[np.ndarray, "k k"], given: UInt8[np.ndarray, "n"]) -> Int64[np.ndarray, "k k"]:
    """Flagged objects where they are presumed to belong, the others where they were given."""
    stay = np.bincount(given, minlength=len(flagged)) - flagged.sum(axis=1)
    return flagged + np.diag(np.maximum(stay, 0))


def _thresholds(evidence: Evidence, classes: int) -> Float64[np.ndarray, "k"]:
    """The least confidence of each class's predictions that more likely than not are objects; else NaN."""
    said = evidence.predictions
    likely = evidence.there.right >= 0.5
    least = np.full(classes, np.nan)
    for label in np.unique(said["label"][likely]).tolist():
        least[label] = said["score"][likely & (said["label"] == label)].min()
    return least


def _image_rows(images: Sequence[Record], findings: Sequence[Finding]) -> list[dict[str, object]]:
    """An image's quality is the chance that none of its findings is an error, were they independent."""
    quality, flagged = {image.key: 1.0 for image in images}, {image.key: 0 for image in images}
    for one in findings:
        quality[one.image] *= 1 - min(one.score, _SURE)
        flagged[one.image] += 1
    return [
        {
            "image": image.key,
            "quality": quality[image.key],
            "units": len(image.objects),
            "flagged": flagged[image.key],
        }
        for image in images
    ]
