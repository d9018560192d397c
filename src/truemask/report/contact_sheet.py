"""The contact sheet of a data set: what a person sees of it before anything else."""

from collections.abc import Sequence

import cv2
import numpy as np

from truemask.data.dataset import Dataset
from truemask.data.views import Resized, Subset
from truemask.report.drawing import as_rgb, enlarged, text_size
from truemask.report.layout import GAP_PX, Entry, beside, grid, legend, stacked, text_line
from truemask.report.palette import palette
from truemask.report.pictures import Picture, overlay
from truemask.types import IGNORE, BadInput, Instances, Labels, Problem, Task

SHEET_PX = 1600
KEY_PX = 11
_DOT_PX = 12


def contact_sheet(
    dataset: Dataset, rows: Sequence[int], *, cell_px: int | None = None, columns: int | None = None
) -> Picture:
    """Images of some rows, each beside itself with its labels on it, under a title and a legend.

    Points are drawn in one plot of their first two features.

    Args:
        dataset: one split.
        rows: which of its rows, in this order.
        cell_px: the longer side of an image at most: larger images shrink to it, smaller ones grow by whole
            factors. None: 96 where an image has one class, 256 otherwise.
        columns: rows of the data set side by side. None: as many as make a sheet about 1600 px wide.

    Raises:
        BadInput: if no row is asked for.
    """
    if not len(rows):
        raise BadInput(f"{dataset.name}, {dataset.split}: a contact sheet shows at least one row; got none")
    problem = dataset.problem
    if problem.points:
        sheet = _scatter(dataset, rows)
        shown = set().union(*(_classes(dataset.labels(row)) for row in rows))
    else:
        longest_px = cell_px or (96 if problem.task == Task.CLASSIFICATION else 256)
        part = Subset(dataset, rows)
        cells = [_cell(part, row, longest_px) for row in range(len(part))]
        shown = set().union(*(_classes(part.labels(row)) for row in range(len(part))))
        side_by_side = columns or max(1, SHEET_PX // (max(cell.shape[1] for cell in cells) + GAP_PX))
        sheet = grid([cells[at : at + side_by_side] for at in range(0, len(cells), side_by_side)])
    title = f"{dataset.name}, {dataset.split}: {len(rows)} of {len(dataset)} ({problem.task})"
    return stacked([text_line(title), legend(_entries(problem, shown), sheet.shape[1]), sheet])


def _cell(part: Subset, row: int, longest_px: int) -> Picture:
    """The image, the image with its labels (classification: only that), and the key below."""
    longest = max(part.size(row))
    shown = Resized(part, longest_px) if longest > longest_px else part
    zoom = max(1, longest_px // longest)
    image, labels = shown.image(row), shown.labels(row)
    labelled = overlay(image, labels, part.problem, zoom=zoom)
    pair = [labelled] if isinstance(labels, int) else [as_rgb(enlarged(image, zoom)), labelled]
    return stacked([beside(pair), _key(part.keys[row], labelled.shape[1])], margin_px=0)


def _key(key: str, width_px: int) -> Picture:
    """The row's name; of a long one the end, which tells rows apart."""
    while len(key) > 4 and text_size(key, KEY_PX)[0] > width_px:
        key = "..." + key[4:]
    return text_line(key, KEY_PX)


def _scatter(dataset: Dataset, rows: Sequence[int], width_px: int = 640) -> Picture:
    """The first two features, on axes of one scale."""
    points = np.stack([dataset.image(row)[:2] for row in rows])
    low, span = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-6)
    places = np.round((points - low) * ((width_px - 2 * _DOT_PX) / span[0]) + _DOT_PX).astype(int)
    height_px = int(places[:, 1].max()) + _DOT_PX
    picture = np.full((height_px, width_px, 3), 245, dtype=np.uint8)
    colours = palette(dataset.problem)
    for (right, up), row in zip(places.tolist(), rows, strict=True):
        (class_id,) = _classes(dataset.labels(row))
        colour = colours[class_id].tolist()
        cv2.circle(picture, (right, height_px - 1 - up), _DOT_PX // 3, colour, -1, cv2.LINE_AA)
    return picture


def _classes(labels: Labels) -> set[int]:
    if isinstance(labels, int):
        return {labels}
    return set(np.unique(labels.classes if isinstance(labels, Instances) else labels).tolist())


def _entries(problem: Problem, class_ids: set[int]) -> list[Entry]:
    """Names and colours of classes, without the background, which is left clear."""
    colours = palette(problem)
    entries: list[Entry] = []
    for class_id in sorted(class_ids - {problem.background}):
        if class_id == IGNORE:
            entries.append(("ignored", None))
        else:
            red, green, blue = colours[class_id].tolist()
            entries.append((problem.classes[class_id], (red, green, blue)))
    return entries
