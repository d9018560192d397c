"""Spurious: a given object that nothing supports, though the network usually finds its like."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from truemask.audit.findings import Finding
from truemask.audit.instances.evidence import Evidence
from truemask.audit.instances.group_means import group_means
from truemask.audit.instances.suspicion import suspicion


def spurious(evidence: Evidence, least: float) -> Iterator[Finding]:
    """A finding for each object without support: its score is how well its like are supported, times what
    it lacks.
    """
    objects = evidence.objects
    alone = ~objects["in_group"]
    support = _support(evidence)
    score = _usual_support(evidence, support) * (1 - support)
    for image, row, number in evidence.objects_where(alone & (score >= least)):
        one = image.objects[row]
        yield suspicion(
            image,
            "spurious",
            float(score[number]),
            1 - float(support[number]),
            given=int(one["given"]),
            proposed=0,
            code=image.masks[row],
            evidence="lack of support",
            action="remove",
            objects=(int(one["id"]),),
        )


def _support(evidence: Evidence) -> Float64[np.ndarray, "n"]:
    """How probably there is an object: the best prediction there, as far as it fits; and, where the network
    was asked about the given place, half of that and half its answer.
    """
    found = np.zeros(len(evidence.objects))
    for image, at, first in zip(
        evidence.images, evidence.first_object.tolist(), evidence.first_prediction.tolist(), strict=True
    ):
        rows, columns, fit = image.near
        np.maximum.at(found, at + rows, evidence.there.right[first + columns] * fit)
    background = evidence.objects["background"]
    return np.where(np.isnan(background), found, (found + 1 - background) / 2)


def _usual_support(evidence: Evidence, support: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """The mean support of objects of the same class and about the same size, octave by octave."""
    objects = evidence.objects
    octave = np.log2(np.maximum(objects["area_px"], 1)).astype(np.int64)
    mean = np.full(len(objects), support.mean() if len(support) else 0.0)
    for group in (octave, octave * 256 + objects["given"]):
        mean = group_means(support, group, mean)
    return mean
