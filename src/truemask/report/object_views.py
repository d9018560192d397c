"""Pictures of what an audit says of objects: what is given, and what it proposes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from truemask import rle
from truemask.data.dataset import Dataset
from truemask.report.audit_views import SEEN_PX, Window, fitted, row_of, seen, window_of, zoom_of
from truemask.report.blocks import Picture, PictureGrid, PictureRow
from truemask.report.palette import CHANGES
from truemask.report.pictures import changes_picture, overlay
from truemask.types import BadInput, Instances

COLUMNS = ("image", "given objects", "what is proposed")
LEGEND = {
    "proposed, not given": CHANGES["added"],
    "given, not proposed": CHANGES["removed"],
    "another class": CHANGES["class changed"],
}

Finding = Mapping[str, Any]
"""A row of an audit's findings (`audit.SCHEMA`), or of its images."""


def object_grid(dataset: Dataset, findings: Iterable[Finding], *, blind: bool = False) -> PictureGrid:
    """Windows around findings: the given objects there, and with the one finding put right.

    Args:
        dataset: images and given labels that were audited.
        findings: rows of the audit's.
        blind: leave out rank and score, for people who are to judge for themselves.

    Raises:
        BadInput: if one of their images is not in the data set.
    """
    rows = []
    for found in findings:
        row = row_of(dataset, found["image"])
        views = object_views(dataset, row, [found], window_of(found, dataset.size(row)))
        name, said = f"{found['image']}: {in_words(found, dataset.problem.classes)}", ""
        if not blind:
            name, said = f"{found['rank']}. {name}", f"score {found['score']:.2f}"
        rows.append(PictureRow(name, [*map(Picture, views[:-1]), Picture(views[-1], said)]))
    return PictureGrid(COLUMNS, rows, LEGEND)


def image_object_grid(dataset: Dataset, worst: Sequence[Finding], findings: Sequence[Finding]) -> PictureGrid:
    """Whole images, worst first, with all that is proposed in them.

    Raises:
        BadInput: if one of them is not in the data set.
    """
    rows = []
    for image in worst:
        mine = [found for found in findings if found["image"] == image["image"]]
        views = object_views(dataset, row_of(dataset, image["image"]), mine)
        said = f"{image['flagged']} findings about {image['units']} objects"
        rows.append(PictureRow(image["image"], [*map(Picture, views[:-1]), Picture(views[-1], said)]))
    return PictureGrid(COLUMNS, rows, LEGEND)


def object_views(
    dataset: Dataset, row: int, findings: Sequence[Finding], window: Window | None = None
) -> list[np.ndarray]:
    """The image, its given objects, and what findings would change; in a window, if one is given."""
    image, given, problem = dataset.image(row), dataset.labels(row), dataset.problem
    if not isinstance(given, Instances):
        raise BadInput(f"{dataset.name} has no objects to show")
    proposed = proposed_objects(given, findings)
    if window is not None:
        image, given, proposed = image[window], _within(given, window), _within(proposed, window)
    zoom = zoom_of(image, SEEN_PX)
    labelled = overlay(image, given, problem, zoom=zoom)
    changed = changes_picture(image, given, proposed, problem, zoom=zoom)
    return [seen(image, SEEN_PX), fitted(labelled, SEEN_PX), fitted(changed, SEEN_PX)]


def proposed_objects(given: Instances, findings: Sequence[Finding]) -> Instances:
    """The objects with what findings propose done to them; new ones have ids below 0."""
    place = {int(annotation): row for row, annotation in enumerate(given.ids)}
    classes, masks = given.classes.copy(), [*given.masks]
    stays = np.ones(len(given), dtype=bool)
    new: list[tuple[int, bytes]] = []
    for found in findings:
        rows = [place[annotation] for annotation in found["objects"] or [] if annotation in place]
        shapes = [*(found["shapes"] or [])]
        if found["action"] == "relabel":
            classes[rows] = found["proposed"]
        elif found["action"] == "remove":
            stays[rows] = False
        elif found["action"] == "add":
            new += [(found["proposed"], shape) for shape in shapes]
        elif found["action"] == "redraw":
            stays[rows[1:]] = False
            masks[rows[0]] = shapes[0]
            new += [(int(classes[rows[0]]), shape) for shape in shapes[1:]]
    kept = np.flatnonzero(stays)
    codes = (*(masks[row] for row in kept.tolist()), *(shape for _, shape in new))
    return Instances(
        given.size,
        np.concatenate([classes[kept], np.array([label for label, _ in new], np.uint8)]),
        codes,
        rle.boxes(codes, given.size),
        np.concatenate([given.ids[kept], -1 - np.arange(len(new), dtype=np.int64)]),
        np.concatenate([given.crowd[kept], np.zeros(len(new), dtype=bool)]),
    )


def in_words(found: Finding, classes: Sequence[str]) -> str:
    """What a finding says, in a few words."""
    given, proposed, shapes = classes[found["given"]], classes[found["proposed"]], len(found["shapes"] or [])
    return {
        "swapped": f"given {given}, rather {proposed}",
        "missing": f"a {proposed} is missing",
        "spurious": f"no {given} here",
        "merged": f"one {given} given, rather {shapes}",
        "split": f"{len(found['objects'] or [])} times {given} given, rather one",
        "shifted": f"{given} at the wrong place",
        "boundary_over": f"outline of {given} too wide",
        "boundary_under": f"outline of {given} too narrow",
        "hole": f"hole in {given}",
        "duplicate": f"{given} given twice",
    }[found["kind"]]


def _within(objects: Instances, window: Window) -> Instances:
    """The objects as seen in a window; those outside are left out."""
    rows, columns = window
    x0, y0, x1, y1 = objects.boxes.T
    near = np.flatnonzero((x0 < columns.stop) & (x1 > columns.start) & (y0 < rows.stop) & (y1 > rows.start))
    planes = rle.unpack([objects.masks[row] for row in near], objects.size)[:, rows, columns]
    there = planes.any(axis=(1, 2))
    inside, codes = near[there], rle.pack(planes[there])
    size = (int(planes.shape[1]), int(planes.shape[2]))
    return Instances(
        size,
        objects.classes[inside],
        codes,
        rle.boxes(codes, size),
        objects.ids[inside],
        objects.crowd[inside],
    )
