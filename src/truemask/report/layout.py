"""Pictures on a sheet: grids, legends, lines of text; and how a sheet gets to disk."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from truemask.files import write_whole
from truemask.report.drawing import PAPER, as_rgb, hatch, text_size, tint, write
from truemask.report.palette import Colour
from truemask.report.pictures import Picture

GAP_PX = 6
TITLE_PX = 17
SMALL_PX = 13

Entry = tuple[str, Colour | None]
"""A name in a legend and its colour; None: it is hatched."""


def grid(
    rows: Sequence[Sequence[Picture]],
    *,
    column_titles: Sequence[str] = (),
    row_titles: Sequence[str] = (),
) -> Picture:
    """Pictures in rows and columns, each column as wide and each row as high as its largest picture."""
    columns = max(len(row) for row in rows)
    widths = [max(row[at].shape[1] for row in rows if at < len(row)) for at in range(columns)]
    lines = []
    if column_titles:
        heads = [text_line(title, SMALL_PX) for title in column_titles]
        widths = [max(width, head.shape[1]) for width, head in zip(widths, heads, strict=True)]
        lines.append(beside([_padded(head, width) for head, width in zip(heads, widths, strict=True)]))
    for row in rows:
        lines.append(beside([_padded(cell, width) for cell, width in zip(row, widths, strict=False)]))
    if row_titles:
        names = [text_line(title, SMALL_PX) for title in row_titles]
        across = max(name.shape[1] for name in names)
        blank = [_paper(1, across)] if column_titles else []
        lines = [
            beside([_padded(name, across), line]) for name, line in zip(blank + names, lines, strict=True)
        ]
    return stacked(lines, margin_px=0)


def legend(entries: Sequence[Entry], width_px: int) -> Picture:
    """Swatches with their names, in as many lines as the width asks for; no colour is shown as a hatch."""
    lines: list[list[Picture]] = [[]]
    for name, colour in entries:
        entry = _entry(name, colour)
        taken = sum(part.shape[1] + GAP_PX for part in lines[-1])
        if lines[-1] and taken + entry.shape[1] > width_px:
            lines.append([])
        lines[-1].append(entry)
    return stacked([beside(line) for line in lines if line] or [_paper(1, 1)], margin_px=0)


def text_line(text: str, text_px: int = TITLE_PX) -> Picture:
    """A line of text on paper."""
    across, down = text_size(text, text_px)
    picture = _paper(down, across)
    write(picture, text, (0, 0), text_px=text_px)
    return picture


def stacked(parts: Sequence[Picture], *, margin_px: int = GAP_PX) -> Picture:
    """Pictures below each other, flush left, with a gap between them and a margin around."""
    width = max(part.shape[1] for part in parts)
    lines: list[np.ndarray] = []
    for part in parts:
        lines += [_padded(part, width), _paper(GAP_PX, width)]
    sheet = np.concatenate(lines[:-1])
    return np.pad(sheet, ((margin_px,) * 2, (margin_px,) * 2, (0, 0)), constant_values=PAPER[0])


def save_png(picture: UInt8[np.ndarray, "h w c"], path: Path) -> None:
    """Write the picture; at any moment the file is the old one, or the new one, whole. Makes the folder."""
    pixels = Image.fromarray(as_rgb(picture))
    write_whole(path, lambda fresh: pixels.save(fresh, format="PNG", optimize=True))


def beside(parts: Sequence[Picture]) -> Picture:
    """Pictures next to each other, flush at the top, with a gap between them."""
    height = max(part.shape[0] for part in parts)
    columns: list[np.ndarray] = []
    for part in parts:
        columns += [_padded(part, part.shape[1], height), _paper(height, GAP_PX)]
    return np.concatenate(columns[:-1], axis=1)


def _entry(name: str, colour: Colour | None) -> Picture:
    swatch = _paper(SMALL_PX + 4, SMALL_PX + 4)
    where = np.ones(swatch.shape[:2], dtype=bool)
    if colour is None:
        hatch(swatch, where)
    else:
        tint(swatch, where, colour, 1)
    return np.pad(beside([swatch, text_line(name, SMALL_PX)]), ((0, 0), (0, 10), (0, 0)), constant_values=255)


def _padded(part: Picture, width_px: int, height_px: int = 0) -> Picture:
    height, width = part.shape[:2]
    below, right = max(0, height_px - height), max(0, width_px - width)
    return np.pad(part, ((0, below), (0, right), (0, 0)), constant_values=PAPER[0])


def _paper(height_px: int, width_px: int) -> Picture:
    return np.full((height_px, width_px, 3), PAPER, dtype=np.uint8)
