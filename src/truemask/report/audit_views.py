"""Pictures of what an audit flags: whole images, and windows around segments."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8

from truemask import rle
from truemask.audit.result import SUSPECT_SHARE
from truemask.data.dataset import Dataset
from truemask.report.blocks import Picture, PictureGrid, PictureRow
from truemask.report.drawing import as_rgb, enlarged
from truemask.report.palette import CHANGES
from truemask.report.pictures import changes_picture, overlay
from truemask.types import IGNORE, BadInput, Labels, Problem

COLUMNS = ("image", "given labels", "what is flagged")
LEGEND = {
    "flagged as missing": CHANGES["added"],
    "flagged as spurious": CHANGES["removed"],
    "flagged as another class": CHANGES["class changed"],
}

SEEN_PX = 384
"""Longest side of the pictures of a page: small ones are enlarged to about that, larger ones reduced."""

UNIT_PX = 160
"""Longest side of pictures of images that bear one label."""

UNITS_ACROSS = 6

_CONTEXT_PX = 24
"""Least distance from a segment to the border of its window."""

Finding = Mapping[str, Any]
"""A row of an audit's findings (`audit.SCHEMA`), or of its images."""
Window = tuple[slice, slice]


def image_grid(dataset: Dataset, worst: Sequence[Finding], findings: Sequence[Finding]) -> PictureGrid:
    """Label maps, worst first, with all that is flagged in them.

    Raises:
        BadInput: if one of them is not in the data set.
    """
    rows = []
    for image in worst:
        mine = [found for found in findings if found["image"] == image["image"]]
        views = flag_views(dataset, row_of(dataset, image["image"]), mine)
        said = f"label quality {image['quality']:.2f}; {image['flagged']:,} of {image['units']:,} px flagged"
        if SUSPECT_SHARE in image:
            said += f"; {image[SUSPECT_SHARE]:.1%} in suspect segments, weighed by their scores"
        pictures = [*map(Picture, views[:-1]), Picture(views[-1], said)]
        rows.append(PictureRow(image["image"], pictures))
    return PictureGrid(COLUMNS, rows, LEGEND)


def unit_grid(dataset: Dataset, findings: Sequence[Finding]) -> PictureGrid:
    """Images that bear one label each, several in a row, with what was given and what is proposed below.

    Raises:
        BadInput: if one of them is not in the data set.
    """
    names = dataset.problem.classes
    pictures: list[Picture | None] = []
    for found in findings:
        image = dataset.image(row_of(dataset, found["image"]))
        said = f"{found['image']}: given {names[found['given']]}, rather {names[found['proposed']]}"
        pictures.append(Picture(seen(image, UNIT_PX), said))
    rows = [pictures[at : at + UNITS_ACROSS] for at in range(0, len(pictures), UNITS_ACROSS)]
    blank = ("",) * UNITS_ACROSS
    return PictureGrid(blank, [PictureRow("", row) for row in rows])


def segment_grid(dataset: Dataset, patches: Iterable[Finding], *, blind: bool = False) -> PictureGrid:
    """Windows of label maps around single segments.

    Args:
        dataset: images and given labels that were audited.
        patches: rows of findings.
        blind: leave out the rank, for people who are to judge for themselves.

    Raises:
        BadInput: if one of their images is not in the data set.
    """
    names = dataset.problem.classes
    rows = []
    for found in patches:
        row = row_of(dataset, found["image"])
        views = flag_views(dataset, row, [found], window_of(found, dataset.size(row)))
        what = f"{_said(found, names)}, {found['area_px']:,} px"
        name = f"{found['image']}: {what}" if blind else f"{found['rank']}. {found['image']}: {what}"
        rows.append(PictureRow(name, [Picture(view) for view in views]))
    return PictureGrid(COLUMNS, rows, LEGEND)


def _said(found: Finding, names: Sequence[str]) -> str:
    """What is wrong with a segment, in words."""
    given, proposed = names[found["given"]], names[found["proposed"]]
    if given == proposed:
        return f"{given}, {found['kind']}"
    classes = f"given {given}, rather {proposed}"
    more = found["kind"] not in ("missing", "spurious", "swapped")
    return f"{found['kind'].replace('_', ' ')}: {classes}" if more else classes


def flag_views(
    dataset: Dataset, row: int, findings: Sequence[Finding], window: Window | None = None
) -> list[UInt8[np.ndarray, "h w 3"]]:
    """The image, the given labels on it, and what its findings would change; in a window, if one is given."""
    image, given, problem = dataset.image(row), dataset.labels(row), dataset.problem
    proposed: Labels = proposal(other_of_two(given, findings, problem), findings, problem.background)
    if window is not None:
        assert isinstance(given, np.ndarray)
        assert isinstance(proposed, np.ndarray)
        image, given, proposed = image[window], given[window], proposed[window]
    zoom = zoom_of(image, SEEN_PX)
    labelled = overlay(image, given, problem, zoom=zoom)
    flagged = changes_picture(image, given, proposed, problem, zoom=zoom)
    return [seen(image, SEEN_PX), fitted(labelled, SEEN_PX), fitted(flagged, SEEN_PX)]


def proposal(
    labels: Labels, findings: Sequence[Finding], background: int | None = None
) -> int | UInt8[np.ndarray, "h w"]:
    """The given labels of one image, with what its findings are about set to what they propose.

    Of a region that is drawn anew, what lies outside of its shapes becomes background, where there is one.

    Raises:
        BadInput: for objects, which are painted as a label map first.
    """
    proposing = [found for found in findings if found["proposed"] is not None]
    if isinstance(labels, int):
        return int(proposing[0]["proposed"]) if proposing else labels
    if not isinstance(labels, np.ndarray):
        raise BadInput("an audit's page shows images and label maps; paint objects as a label map first")
    proposed = labels.copy()
    for found in proposing:
        pixels = rle.unpack([found["rle"]], (labels.shape[0], labels.shape[1]))[0]
        if found.get("action") == "redraw" and found["shapes"]:
            inside = rle.unpack(found["shapes"], (labels.shape[0], labels.shape[1])).any(axis=0)
            if background is not None:
                proposed[pixels & ~inside] = background
            pixels &= inside
        proposed[pixels] = found["proposed"]
    return proposed


def other_of_two(labels: Labels, findings: Sequence[Finding], problem: Problem) -> Labels:
    """The label map with all flagged pixels in the other class, where there are but two; else as it is.

    Lone pixels are in no segment, so that no finding says what they should be. Among two classes it is plain.
    """
    if problem.num_classes != 2 or not isinstance(labels, np.ndarray):
        return labels
    other = labels.copy()
    for found in findings:
        if found.get("level") == "image" and found["proposed"] is None and found["rle"]:
            pixels = rle.unpack([found["rle"]], (labels.shape[0], labels.shape[1]))[0]
            pixels &= labels != IGNORE
            other[pixels] = 1 - labels[pixels]
    return other


def seen(image: UInt8[np.ndarray, "h w c"], longest_px: int) -> UInt8[np.ndarray, "h2 w2 3"]:
    """The image at about the size it is to be seen at: enlarged pixel by pixel, or reduced."""
    return fitted(as_rgb(enlarged(image, zoom_of(image, longest_px))), longest_px)


def fitted(picture: UInt8[np.ndarray, "h w 3"], longest_px: int) -> UInt8[np.ndarray, "h2 w2 3"]:
    """The picture, reduced to a longest side of `longest_px` if it is larger."""
    height, width = picture.shape[:2]
    scale = longest_px / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def zoom_of(image: UInt8[np.ndarray, "h w c"], longest_px: int) -> int:
    """How many times to enlarge an image, in whole steps, to at most that length."""
    return max(1, longest_px // int(max(image.shape[:2])))


def window_of(found: Finding, size: tuple[int, int]) -> Window:
    """A square around a segment, with some context, moved to lie inside the image."""
    sides = (found["y1"] - found["y0"], found["x1"] - found["x0"])
    reach = round(max(sides) * 1.5) + 2 * _CONTEXT_PX
    centres = ((found["y0"] + found["y1"]) // 2, (found["x0"] + found["x1"]) // 2)
    starts = (
        min(max(0, centre - reach // 2), max(0, whole - reach))
        for centre, whole in zip(centres, size, strict=True)
    )
    y, x = starts
    return slice(y, y + reach), slice(x, x + reach)


def row_of(dataset: Dataset, key: str) -> int:
    """The row of an image.

    Raises:
        BadInput: if the data set does not have it.
    """
    if key not in dataset.keys:
        raise BadInput(f"{dataset.name} has no image {key!r}; audit and data set do not belong together")
    return list(dataset.keys).index(key)
