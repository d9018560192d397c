"""What stays of an image once it was looked at: columns of numbers, and masks that a finding may need."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64, Int64, Shaped

from truemask.audit.instances.class_votes import Votes, votes
from truemask.audit.instances.gaps import enclosed_px, gap
from truemask.audit.instances.overlaps import Overlaps, iou, overlaps
from truemask.audit.instances.relations import SAME_IOU, Relations, relations
from truemask.audit.instances.seen import Seen
from truemask.types import IGNORE, BadInput, Instances

OBJECT = np.dtype(
    [
        ("id", "<i8"),
        ("given", "u1"),
        ("area_px", "<i8"),
        ("claim", "u1"),  # the class that the network takes it for; 0 where it has no opinion
        ("confidence", "<f8"),
        ("share", "<f8"),  # the given class's share of the network's probabilities of all classes
        ("background", "<f8"),  # the network's probability that nothing is here; NaN where nobody asked
        ("partner", "<i8"),  # row of the matched or near prediction, or -1
        ("misfit", "<f8"),  # 1 - Dice with that one
        ("in_group", "?"),  # redundant, merged or split: judged as such
        ("gap_px", "<i8"),  # left out inside of it
        ("agreed", "<f8"),  # share of that in a gap of the partner, too; 0 without one
    ]
)
PREDICTION = np.dtype([("label", "u1"), ("score", "<f8"), ("confirmed", "?"), ("free", "?"), ("judged", "?")])


@dataclass(frozen=True)
class Record:
    """One image.

    Args:
        key: the image's.
        size: height and width.
        objects: of dtype OBJECT, the given ones that bear a label.
        masks: of each of them.
        predictions: of dtype PREDICTION, those kept.
        predicted: their masks.
        related: who is who; rows are those of `objects` and `predictions`.
        near: of each object the predictions that it overlaps: rows of objects and predictions, and
            min(1, 2 IoU), which is 1 where both are of one object.
    """

    key: str
    size: tuple[int, int]
    objects: Shaped[np.ndarray, "g"]
    masks: tuple[bytes, ...]
    predictions: Shaped[np.ndarray, "p"]
    predicted: tuple[bytes, ...]
    related: Relations
    near: tuple[Int64[np.ndarray, "n"], Int64[np.ndarray, "n"], Float64[np.ndarray, "n"]]


def record(seen: Seen) -> Record:
    """Look at an image whose objects lie by id and whose predictions lie best first.

    Raises:
        BadInput: if a mask is no run-length code.
    """
    given, found = seen.given, seen.found
    bears = ~given.crowd & (given.classes != IGNORE)
    shared, swallowed = _overlaps(seen, bears)
    related = relations(shared, swallowed)
    across = iou(shared.across, shared.given_px, shared.predicted_px)
    keep = np.flatnonzero(related.kept)
    place = np.full(len(found) + 1, -1)  # one more, so that -1 stays -1
    place[keep] = np.arange(len(keep))
    related = _moved(related, place)
    judged = None if seen.judged is None else seen.judged[bears].astype(np.float64)
    said = votes(given.classes[bears], found, across, judged)
    objects = _objects(given, bears, shared, related, keep, said, judged)
    predicted = tuple(found.masks[row] for row in keep.tolist())
    _note_gaps(objects, np.flatnonzero(bears), seen, predicted)
    rows, columns = np.nonzero(across[:, keep])
    return Record(
        key=seen.key,
        size=given.size,
        objects=objects,
        masks=tuple(given.masks[row] for row in np.flatnonzero(bears).tolist()),
        predictions=_predictions(seen, keep, related),
        predicted=predicted,
        related=related,
        near=(rows, columns, np.minimum(1, across[:, keep][rows, columns] / SAME_IOU)),
    )


def _overlaps(seen: Seen, bears: Bool[np.ndarray, "n"]) -> tuple[Overlaps, Bool[np.ndarray, "p"]]:
    """Of objects that bear a label; and which predictions lie mostly in one that does not."""
    given, found = seen.given, seen.found
    try:
        every = overlaps(given.masks, found.masks, given.size)
    except ValueError as error:
        raise BadInput(f"image '{seen.key}': {error}; given ones come first") from error
    if bears.all():
        return every, np.zeros(len(found), dtype=bool)
    rows = np.flatnonzero(bears)
    swallowed = (2 * every.across[~bears] >= every.predicted_px).any(axis=0)
    return Overlaps(every.across[rows], every.given[np.ix_(rows, rows)], every.predicted), swallowed


def _moved(related: Relations, place: Int64[np.ndarray, "rows"]) -> Relations:
    """The same with the rows that kept predictions have among themselves."""
    return replace(
        related,
        match=place[related.match],
        near=place[related.near],
        merged=tuple(
            replace(group, parts=tuple(int(place[row]) for row in group.parts)) for group in related.merged
        ),
        split=tuple(replace(group, whole=int(place[group.whole])) for group in related.split),
        free=place[related.free],
    )


def _objects(
    given: Instances,
    bears: Bool[np.ndarray, "n"],
    shared: Overlaps,
    related: Relations,
    keep: Int64[np.ndarray, "m"],
    said: Votes,
    judged: Float64[np.ndarray, "g k"] | None,
) -> Shaped[np.ndarray, "g"]:
    columns = np.zeros(int(bears.sum()), OBJECT)
    columns["id"], columns["given"] = given.ids[bears], given.classes[bears]
    columns["area_px"] = shared.given_px
    for name in ("claim", "confidence", "share"):
        columns[name] = getattr(said, name)
    columns["background"] = np.nan if judged is None else judged[:, 0]
    partner = np.where(related.match >= 0, related.match, related.near)
    columns["partner"] = partner
    with_partner = np.flatnonzero(partner >= 0)
    other = keep[partner[with_partner]]
    both = shared.given_px[with_partner] + shared.predicted_px[other]
    columns["misfit"][with_partner] = 1 - 2 * shared.across[with_partner, other] / np.maximum(both, 1)
    grouped = [one for one, _, _ in related.duplicates] + [group.whole for group in related.merged]
    columns["in_group"][grouped + [row for group in related.split for row in group.parts]] = True
    return columns


def _note_gaps(
    columns: Shaped[np.ndarray, "g"], rows: Int64[np.ndarray, "g"], seen: Seen, found: tuple[bytes, ...]
) -> None:
    """Write down what is left out inside of objects, whose rows among all given ones these are."""
    masks, size = seen.given.masks, seen.given.size
    holed = enclosed_px([masks[row] for row in rows.tolist()], size) > 0
    for place in np.flatnonzero(holed).tolist():
        partner = int(columns["partner"][place])
        one = gap(int(rows[place]), masks, found[partner] if partner >= 0 else None, size)
        columns["gap_px"][place], columns["agreed"][place] = one.area_px, one.agreed


def _predictions(seen: Seen, keep: Int64[np.ndarray, "m"], related: Relations) -> Shaped[np.ndarray, "m"]:
    columns = np.zeros(len(keep), PREDICTION)
    columns["label"], columns["score"] = seen.found.labels[keep], seen.found.scores[keep]
    confirmed = np.concatenate([related.match, related.near])
    columns["confirmed"][confirmed[confirmed >= 0]] = True
    columns["confirmed"][[row for group in related.merged for row in group.parts]] = True
    columns["confirmed"][[group.whole for group in related.split]] = True
    columns["free"][related.free] = True
    columns["judged"] = columns["confirmed"] | columns["free"]
    return columns
