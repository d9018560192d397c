"""Shifted, too large, too small, with a hole: given outlines that disagree more than outlines usually do."""

from collections.abc import Iterator

import numpy as np

from truemask.audit.findings import Finding
from truemask.audit.instances.evidence import Evidence
from truemask.audit.instances.outline import outline_error
from truemask.audit.instances.scatter import astray
from truemask.audit.instances.suspicion import suspicion


def localised(evidence: Evidence, least: float) -> Iterator[Finding]:
    """A finding for each object whose outline fits its prediction worse than chance explains.

    The score is the probability of that times the probability that the prediction is an object at all.
    """
    objects = evidence.objects
    fitted = np.flatnonzero((objects["partner"] >= 0) & ~objects["in_group"])
    score = np.zeros(len(objects))
    score[fitted] = astray(objects["misfit"][fitted], objects["area_px"][fitted])
    score *= evidence.partner_right
    for image, row, number in evidence.objects_where((score >= least) & (score > 0)):
        one, code = image.objects[row], image.masks[row]
        partner = int(one["partner"])
        kind, shape = outline_error(code, image.predicted[partner], image.size)
        yield suspicion(
            image,
            kind,
            float(score[number]),
            float(one["misfit"]),
            given=int(one["given"]),
            proposed=int(one["given"]),
            code=code,
            evidence="misfit of outlines",
            action="redraw",
            objects=(int(one["id"]),),
            shapes=(shape,),
        )
