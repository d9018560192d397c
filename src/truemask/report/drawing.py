"""Strokes on a picture, uint8 "h w 3": fills, hatches, rims and small text."""

from functools import cache

import cv2
import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageDraw, ImageFont

from truemask.report.palette import GREY, Colour

TEXT_PX = 11
INK: Colour = (30, 30, 30)
PAPER: Colour = (255, 255, 255)


def as_rgb(image: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w 3"]:
    """A copy to draw on: one channel as grey, two as red and green, of more than three the first three."""
    channels = image.shape[2]
    if channels == 1:
        return np.repeat(image, 3, axis=2)
    if channels == 2:
        return np.concatenate([image, np.zeros_like(image[:, :, :1])], axis=2)
    return np.ascontiguousarray(image[:, :, :3]).copy()


def enlarged(pixels: np.ndarray, zoom: int) -> np.ndarray:
    """Each pixel as a square of `zoom` x `zoom`: nothing is smoothed that a person should judge."""
    return pixels.repeat(zoom, axis=0).repeat(zoom, axis=1)


def tint(
    picture: UInt8[np.ndarray, "h w 3"], where: Bool[np.ndarray, "h w"], colour: Colour, share: float
) -> None:
    """Mix `share` of a colour into part of a picture, in place; 1 covers it."""
    mixed = picture[where] * (1 - share) + np.array(colour) * share
    picture[where] = np.round(mixed).astype(np.uint8)


def hatch(picture: UInt8[np.ndarray, "h w 3"], where: Bool[np.ndarray, "h w"]) -> None:
    """Grey slanting lines over part of a picture, in place: nothing is said about it."""
    y, x = np.indices(where.shape)
    lines = (x + y) // 2 % 4 == 0
    tint(picture, where & lines, (235, 235, 235), 0.85)
    tint(picture, where & ~lines, GREY, 0.55)


def rim(mask: Bool[np.ndarray, "h w"], width_px: int = 1) -> Bool[np.ndarray, "h w"]:
    """The outermost pixels of a mask; the picture's own border is no rim."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = cv2.erode(mask.astype(np.uint8), cross, iterations=width_px)
    return np.asarray(mask & (inner == 0))


def text_size(text: str, text_px: int = TEXT_PX) -> tuple[int, int]:
    """Width and height in pixels that a line of text takes, with a little room around it."""
    return round(_font(text_px).getlength(text)) + 4, text_px + 4


def write(
    picture: UInt8[np.ndarray, "h w 3"],
    text: str,
    corner_px: tuple[int, int],
    *,
    colour: Colour = INK,
    box: Colour | None = None,
    text_px: int = TEXT_PX,
) -> None:
    """A line of text with its upper left corner at x, y, in place; on a box of that colour, if one is given.

    Text that would run out of the picture is moved inside.
    """
    height, width = picture.shape[:2]
    across, down = text_size(text, text_px)
    left = max(0, min(corner_px[0], width - across))
    top = max(0, min(corner_px[1], height - down))
    part = picture[top : top + down, left : left + across]
    canvas = Image.fromarray(part if box is None else np.full_like(part, box))
    ImageDraw.Draw(canvas).text((2, 1), text, fill=colour, font=_font(text_px))
    part[:] = np.asarray(canvas)


def readable_on(colour: Colour) -> Colour:
    """Ink or paper, whichever stands out."""
    red, green, blue = colour
    return INK if 0.3 * red + 0.59 * green + 0.11 * blue > 130 else PAPER


@cache
def _font(text_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=text_px)
