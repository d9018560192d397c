"""Swapped: an object whose given class the network holds for unlikely, given how often labels are wrong."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from truemask.audit.findings import Finding
from truemask.audit.instances.claims import share_wrong
from truemask.audit.instances.evidence import Evidence
from truemask.audit.instances.suspicion import suspicion


def swapped(evidence: Evidence, least: float) -> Iterator[Finding]:
    """A finding for each object taken for another class; its score is how probably the given one is wrong.

    By Bayes' rule: the network's share of the given class is the chance that it is right, the share of labels
    that are wrong is read off the surest claims, and a wrong label is any other class alike. So the order is
    that of the shares alone. Of a network that is sure of nothing, that share of wrong labels is too high.

    The order by how probably the claim is right, which came before, has a lower average precision: 0.65 and
    now 0.74 on scenes with 30 % wrong names, 0.20 and 0.21 on scenes with errors of ten kinds, by networks of
    a seed that neither was made with, 0.05 and 0.11 on what people corrected in car parts.
    """
    objects = evidence.objects
    agrees = objects["claim"] == objects["given"]
    asked = objects["claim"] > 0
    wrong = share_wrong(objects["confidence"], agrees, asked)
    score = _posterior(objects["share"], wrong, len(np.unique(objects["given"])))
    chosen = asked & ~agrees & ~objects["in_group"] & (score >= least)
    for image, row, number in evidence.objects_where(chosen):
        one = image.objects[row]
        yield suspicion(
            image,
            "swapped",
            float(score[number]),
            float(one["confidence"]),
            given=int(one["given"]),
            proposed=int(one["claim"]),
            code=image.masks[row],
            evidence="class claim",
            action="relabel",
            objects=(int(one["id"]),),
        )


def _posterior(share: Float64[np.ndarray, "n"], wrong: float, classes: int) -> Float64[np.ndarray, "n"]:
    """The probability that each label is wrong, of so many classes."""
    by_mistake = (1 - share) * wrong / max(1, classes - 1)
    either = share * (1 - wrong) + by_mistake
    chances = np.zeros(len(share))
    np.divide(by_mistake, either, out=chances, where=either > 0)
    return chances
