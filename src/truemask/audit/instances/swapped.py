"""Swapped: an object that the network takes for another class, as surely as it usually is right."""

from collections.abc import Iterator

import numpy as np

from truemask.audit.findings import Finding
from truemask.audit.instances.claims import weigh
from truemask.audit.instances.evidence import Evidence
from truemask.audit.instances.suspicion import suspicion


def swapped(evidence: Evidence, least: float) -> Iterator[Finding]:
    """A finding for each object taken for another class.

    The score is how probably that claim is right, times how much less the network holds of the given class:
    1 - P(given) / P(claimed).
    """
    objects = evidence.objects
    agrees = objects["claim"] == objects["given"]
    asked = objects["claim"] > 0
    right = weigh(objects["claim"], objects["confidence"], agrees, asked).right
    held = np.ones(len(objects))
    np.divide(objects["own"], objects["confidence"], out=held, where=asked)
    score = right * (1 - held)
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
