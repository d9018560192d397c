"""Swapped: an object that the network takes for another class, as surely as it usually is right."""

from collections.abc import Iterator

from truemask.audit.findings import Finding
from truemask.audit.instances.claims import weigh
from truemask.audit.instances.evidence import Evidence
from truemask.audit.instances.suspicion import suspicion


def swapped(evidence: Evidence, least: float) -> Iterator[Finding]:
    """A finding for each object taken for another class; its score estimates P(its class is wrong)."""
    objects = evidence.objects
    agrees = objects["claim"] == objects["given"]
    asked = objects["claim"] > 0
    score = weigh(objects["claim"], objects["confidence"], agrees, asked).wrong_label()
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
