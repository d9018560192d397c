"""Holes: pixels left out inside of given objects, be they one or a hundred, where objects are whole."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from truemask.audit.findings import Finding
from truemask.audit.instances.evidence import Evidence
from truemask.audit.instances.gaps import gap
from truemask.audit.instances.group_means import group_means
from truemask.audit.instances.suspicion import suspicion


def holes(evidence: Evidence, least: float) -> Iterator[Finding]:
    """A finding for each object with a gap that is no other object's.

    Most are slips of a few pixels, which no network sees: the given masks alone show them, whatever else is
    wrong with the object. The score is the share of objects of the class that have none, for what people
    leave out of half the wheels they leave out on purpose; less what the network says for the gap: the
    probability that its object is one, times the share of the gap that lies in a gap of that one, too. An
    outline that only ends before it says nothing.
    """
    objects = evidence.objects
    holed = objects["gap_px"] > 0
    score = (1 - _usual(evidence)) * (1 - evidence.partner_right * objects["agreed"])
    for image, row, number in evidence.objects_where(holed & (score >= least)):
        one, code = image.objects[row], image.masks[row]
        yield suspicion(
            image,
            "hole",
            float(score[number]),
            float(evidence.partner_right[number]),
            given=int(one["given"]),
            proposed=int(one["given"]),
            code=code,
            evidence="gap in the mask",
            action="redraw",
            objects=(int(one["id"]),),
            shapes=(gap(row, image.masks, None, image.size).shape,),
        )


def _usual(evidence: Evidence) -> Float64[np.ndarray, "n"]:
    """Of each object the share of those of its class that have a gap."""
    holed = evidence.objects["gap_px"] > 0
    everywhere = holed.mean() if len(holed) else 0.0
    return group_means(holed, evidence.objects["given"], everywhere)
