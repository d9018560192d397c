"""Ways to divide labels, to see where errors pile up: class, size, folder, and the user's own."""

from collections.abc import Iterator, Mapping

import numpy as np
from jaxtyping import Float64, Int64

from truemask import rle
from truemask.audit import AuditResult
from truemask.audit.diagnosis import Groups
from truemask.audit.diagnosis.places import folders
from truemask.audit.findings import rows_of
from truemask.data.as_objects import object_key
from truemask.data.dataset import Dataset
from truemask.types import IGNORE, Instances

SIZES = {"small": 0, "medium": 32**2, "large": 96**2}
"""Objects by their area in pixels, as COCO has them: from which on."""
MOST_GROUPS = 200

Own = Mapping[str, Mapping[str, str]]
"""The user's: group by key of an image or an object, by what divides them."""


def groups_of(dataset: Dataset, result: AuditResult, own: Own) -> Iterator[Groups]:
    """Divisions of an audit's labels with at least two groups.

    An object counts once, however many findings are about it; one that may be missing counts among the
    labels, with the class and the size that it would have.

    Args:
        dataset: that was audited.
        result: of the audit.
        own: the user's own groups.
    """
    tally = _Tally(dataset, own)
    if result.unit == "objects":
        _count_objects(tally, result)
    else:
        _count_labels(tally, result)
    yield from tally.groups()


class _Tally:
    """Labels and flagged ones of each image, by division and group."""

    def __init__(self, dataset: Dataset, own: Own) -> None:
        self.dataset, self._own = dataset, own
        self.row = {key: place for place, key in enumerate(dataset.keys)}
        self._units: dict[str, dict[str, Float64[np.ndarray, images]]] = {}
        self._flagged: dict[str, dict[str, Float64[np.ndarray, images]]] = {}
        folder = _folders(dataset)
        self._folder = folder if 1 < len(set(folder)) <= MOST_GROUPS else []

    def add(
        self,
        place: int,
        class_id: int,
        units: float,
        flagged: float,
        *,
        size: str = "",
        id_: int | None = None,
    ) -> None:
        """Count labels of one class in an image; or one object, with the name of its size and its id."""
        key = self.dataset.keys[place]
        named = {"class": self.dataset.problem.classes[class_id], "size": size}
        if self._folder:
            named["folder"] = self._folder[place]
        for of, group in self._own.items():
            of_object = None if id_ is None else group.get(object_key(key, id_))
            named[of] = of_object or group.get(key, "")
        for of, name in named.items():
            if name:
                self._at(self._units, of, name)[place] += units
                self._at(self._flagged, of, name)[place] += flagged

    def groups(self) -> Iterator[Groups]:
        """What was counted, division by division."""
        for of, units in self._units.items():
            if len(units) > 1:
                yield Groups(of, units, self._flagged[of])

    def _at(
        self, table: dict[str, dict[str, Float64[np.ndarray, "images"]]], of: str, name: str
    ) -> Float64[np.ndarray, "images"]:
        return table.setdefault(of, {}).setdefault(name, np.zeros(len(self.dataset)))


def _count_labels(tally: _Tally, result: AuditResult) -> None:
    """Pixels, or images with one label each."""
    pixels = result.unit == "pixels"
    classes = len(tally.dataset.problem.classes)
    flagged = np.zeros((len(tally.dataset), classes))
    for one in rows_of(result.findings, ["level", "image", "given", "area_px"]):
        if one["level"] == ("segment" if pixels else "image") and one["given"] is not None:
            place = tally.row.get(one["image"])
            if place is not None:
                flagged[place, one["given"]] += float(one["area_px"]) if pixels else 1.0
    for place in range(len(tally.dataset)):
        given = np.asarray(tally.dataset.labels(place))
        counts = np.bincount(given[given != IGNORE].reshape(-1), minlength=classes)
        for class_id in np.flatnonzero(counts).tolist():
            units = float(counts[class_id])
            # Findings may overlap: no more than all of it is flagged.
            tally.add(place, class_id, units, min(units, float(flagged[place, class_id])))


def _count_objects(tally: _Tally, result: AuditResult) -> None:
    wrong: set[tuple[int, int]] = set()
    columns = ["image", "kind", "proposed", "area_px", "objects"]
    for one in rows_of(result.findings, columns):
        image, objects = one["image"], one["objects"] or []
        if image not in tally.row and "#" in image:  # the object itself is what was audited
            image, _, id_ = image.rpartition("#")
            objects = [int(id_)]
        place = tally.row.get(image)
        if place is None:
            continue
        wrong |= {(place, id_) for id_ in objects}
        if one["kind"] == "missing" and not objects and one["proposed"]:
            tally.add(place, one["proposed"], 1.0, 1.0, size=_size(one["area_px"] or 0))
    for place in range(len(tally.dataset)):
        given = tally.dataset.labels(place)
        assert isinstance(given, Instances)
        areas: Int64[np.ndarray, n] = rle.areas(given.masks, given.size)
        known = np.flatnonzero(~given.crowd & (given.classes != IGNORE))
        for at in known.tolist():
            id_ = int(given.ids[at])
            flagged, size = float((place, id_) in wrong), _size(int(areas[at]))
            tally.add(place, int(given.classes[at]), 1.0, flagged, size=size, id_=id_)


def _size(area_px: int) -> str:
    return next(name for name, least in reversed(SIZES.items()) if area_px >= least)


def _folders(dataset: Dataset) -> list[str]:
    """Of each image: what its key says, else where its file lies, unless that says its class again."""
    of_keys = folders(dataset.keys)
    if any(of_keys) or dataset.problem.points:
        return of_keys
    files = [dataset.file(row) for row in range(len(dataset))]
    of_files = ["" if file is None else file.parent.name for file in files]
    classes = {*dataset.problem.classes}
    return of_keys if {*of_files} <= classes else of_files
