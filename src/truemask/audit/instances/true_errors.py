"""What is wrong with given objects where the true ones are known, by the kinds that an audit finds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from faster_coco_eval import mask as coco_mask

from truemask.audit.instances.outline import outline_error
from truemask.audit.instances.overlaps import Overlaps, iou, overlaps
from truemask.audit.instances.relations import Relations, relations
from truemask.types import IGNORE, BadInput, Instances

SAME_OUTLINE = 0.9
"""An outline with an IoU below this is wrong."""


@dataclass(frozen=True)
class TrueError:
    """Something that is wrong with labels.

    Args:
        kind: see `findings.KINDS`.
        code: COCO run-length code of the pixels that a finding of it should be about.
    """

    kind: str
    code: bytes


def true_errors(key: str, given: Instances, truth: Instances) -> list[TrueError]:
    """The differences between the given and the true objects of an image, matched on masks.

    Crowds and objects of class IGNORE are not judged, nor what lies in them.

    Raises:
        BadInput: if the two are of images of different sizes.
    """
    if given.size != truth.size:
        raise BadInput(f"image '{key}': given objects of {given.size} px, true ones of {truth.size} px")
    mine, theirs = _bearing(given), _bearing(truth)
    codes = [given.masks[row] for row in mine], [truth.masks[row] for row in theirs]
    shared = overlaps(*codes, given.size)
    swallowed_true = _inside(codes[1], given, _others(given))
    swallowed_given = _inside(codes[0], truth, _others(truth))
    related = relations(shared, np.zeros(len(theirs), dtype=bool))
    found = [
        *_of_pairs(given, truth, mine, theirs, shared, related),
        *(TrueError("duplicate", codes[0][row]) for row, _, _ in related.duplicates),
        *(TrueError("merged", codes[0][group.whole]) for group in related.merged),
        *(
            TrueError("split", _union([codes[0][row] for row in group.parts], given))
            for group in related.split
        ),
    ]
    of_given = {row for row, _, _ in related.duplicates} | {group.whole for group in related.merged}
    of_given |= {row for group in related.split for row in group.parts}
    of_true = {row for group in related.merged for row in group.parts}
    of_true |= {group.whole for group in related.split}
    of_true |= {*related.match.tolist(), *related.near.tolist()}
    alone = (related.match < 0) & (related.near < 0) & ~swallowed_given
    found += [
        TrueError("spurious", codes[0][row]) for row in np.flatnonzero(alone).tolist() if row not in of_given
    ]
    missed = np.flatnonzero(~swallowed_true).tolist()
    return found + [TrueError("missing", codes[1][row]) for row in missed if row not in of_true]


def _of_pairs(
    given: Instances,
    truth: Instances,
    mine: list[int],
    theirs: list[int],
    shared: Overlaps,
    related: Relations,
) -> Iterator[TrueError]:
    """Wrong classes and outlines of objects that are the same."""
    fits = iou(shared.across, shared.given_px, shared.predicted_px)
    parts = {row for group in related.split for row in group.parts}
    parts |= {group.whole for group in related.merged}
    for row, other in enumerate(np.maximum(related.match, related.near).tolist()):
        if other < 0 or row in parts:
            continue
        code = given.masks[mine[row]]
        if given.classes[mine[row]] != truth.classes[theirs[other]]:
            yield TrueError("swapped", code)
        if fits[row, other] < SAME_OUTLINE:
            yield TrueError(outline_error(code, truth.masks[theirs[other]], given.size)[0], code)


def _bearing(objects: Instances) -> list[int]:
    """Objects that bear a label, by id."""
    rows = np.flatnonzero(~objects.crowd & (objects.classes != IGNORE))
    return [*rows[np.argsort(objects.ids[rows], kind="stable")].tolist()]


def _others(objects: Instances) -> list[int]:
    return [*np.flatnonzero(objects.crowd | (objects.classes == IGNORE)).tolist()]


def _inside(codes: list[bytes], objects: Instances, rows: list[int]) -> np.ndarray:
    """Which masks lie mostly in one of these objects."""
    shared = overlaps([objects.masks[row] for row in rows], codes, objects.size)
    return np.asarray((2 * shared.across >= shared.predicted_px).any(axis=0))


def _union(codes: list[bytes], objects: Instances) -> bytes:
    height, width = objects.size
    merged = coco_mask.merge([{"size": [height, width], "counts": code} for code in codes])
    return bytes(merged["counts"])
