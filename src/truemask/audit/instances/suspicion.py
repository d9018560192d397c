"""A finding about objects, before it has a place in a table."""

from truemask import rle
from truemask.audit.findings import Finding
from truemask.audit.instances.records import Record

_TIE = 1e-3
"""Of the weight: among equal scores the surer prediction ranks first."""


def suspicion(
    image: Record,
    kind: str,
    score: float,
    confidence: float,
    *,
    given: int,
    proposed: int,
    code: bytes,
    evidence: str,
    action: str,
    objects: tuple[int, ...] = (),
    shapes: tuple[bytes, ...] = (),
) -> Finding:
    """A finding of level "instance".

    Args:
        image: where.
        kind: see `findings.KINDS`.
        score: in [0, 1].
        confidence: of the network, in [0, 1]; it ranks equal scores.
        given: class id; 0 where nothing is given.
        proposed: class id; 0 where nothing belongs.
        code: the pixels concerned.
        evidence: the name of the score.
        action: see `findings.ACTIONS`.
        objects: ids of the annotations.
        shapes: what belongs there instead.
    """
    x0, y0, x1, y1 = (int(side) for side in rle.boxes([code], image.size)[0])
    return Finding(
        level="instance",
        image=image.key,
        kind=kind,
        score=score,
        evidence=evidence,
        weight=score + _TIE * confidence,
        given=given,
        proposed=proposed,
        size=image.size,
        area_px=int(rle.areas([code], image.size)[0]),
        box=(x0, y0, x1, y1),
        rle=code,
        objects=objects,
        shapes=shapes,
        action=action,
    )
