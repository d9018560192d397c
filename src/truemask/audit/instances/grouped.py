"""Merged, split and duplicate: objects whose number is wrong."""

from collections.abc import Iterator

from faster_coco_eval import mask as coco_mask

from truemask.audit.findings import Finding
from truemask.audit.instances.evidence import Evidence
from truemask.audit.instances.parting import parted
from truemask.audit.instances.records import Record
from truemask.audit.instances.relations import Group
from truemask.audit.instances.suspicion import suspicion


def merged(evidence: Evidence, least: float) -> Iterator[Finding]:
    """A finding for each given object that is several predicted ones.

    The score is the probability that the least probable of them is an object, times what is won by telling
    them apart: the gain in IoU, of what there is to gain up to the usual IoU. The shapes to take are pieces
    of what was given.
    """
    for image, first in zip(evidence.images, evidence.first_prediction.tolist(), strict=True):
        for group in image.related.merged:
            parts = min(float(evidence.there.right[first + row]) for row in group.parts)
            score = parts * _gain(group, evidence.usual_iou)
            if score < least:
                continue
            one = image.objects[group.whole]
            yield suspicion(
                image,
                "merged",
                score,
                min(float(image.predictions["score"][row]) for row in group.parts),
                given=int(one["given"]),
                proposed=int(one["given"]),
                code=image.masks[group.whole],
                evidence="several predictions",
                action="redraw",
                objects=(int(one["id"]),),
                shapes=parted(
                    image.masks[group.whole], [image.predicted[row] for row in group.parts], image.size
                ),
            )


def split(evidence: Evidence, least: float) -> Iterator[Finding]:
    """A finding for each predicted object that is several given ones, scored likewise.

    The shape to take is all that was given of it: what people drew stays.
    """
    for image, first in zip(evidence.images, evidence.first_prediction.tolist(), strict=True):
        for group in image.related.split:
            score = float(evidence.there.right[first + group.whole]) * _gain(group, evidence.usual_iou)
            if score < least:
                continue
            code = _union(image, group.parts)
            largest = image.objects[group.parts[0]]
            yield suspicion(
                image,
                "split",
                score,
                float(image.predictions["score"][group.whole]),
                given=int(largest["given"]),
                proposed=int(largest["given"]),
                code=code,
                evidence="one prediction",
                action="redraw",
                objects=tuple(int(image.objects["id"][row]) for row in group.parts),
                shapes=(code,),
            )


def duplicate(evidence: Evidence, least: float) -> Iterator[Finding]:
    """A finding for each given object at the place of another one; its score is their IoU."""
    for image in evidence.images:
        for redundant, _, fit in image.related.duplicates:
            if fit < least:
                continue
            one = image.objects[redundant]
            yield suspicion(
                image,
                "duplicate",
                fit,
                0.0,
                given=int(one["given"]),
                proposed=0,
                code=image.masks[redundant],
                evidence="overlap of given objects",
                action="remove",
                objects=(int(one["id"]),),
            )


def _gain(group: Group, usual_iou: float) -> float:
    possible = max(usual_iou, group.together) - group.alone
    return (group.together - group.alone) / possible if possible > 0 else 0.0


def _union(image: Record, rows: tuple[int, ...]) -> bytes:
    height, width = image.size
    codes = [{"size": [height, width], "counts": image.masks[row]} for row in rows]
    return bytes(coco_mask.merge(codes)["counts"])
