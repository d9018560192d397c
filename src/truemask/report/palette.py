"""Colours of classes and changes that colour-blind readers can tell too (Okabe & Ito, 2008; Tol, 2021)."""

import colorsys
from typing import Final

import numpy as np
from jaxtyping import UInt8

from truemask.types import Problem

Colour = tuple[int, int, int]

_FIRST: tuple[Colour, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (213, 94, 0),
    (204, 121, 167),
    (0, 114, 178),
    (140, 90, 230),
    (170, 240, 100),
    (170, 30, 90),
    (120, 220, 210),
    (150, 110, 50),
    (255, 180, 170),
    (110, 120, 30),
    (40, 60, 140),
    (235, 90, 220),
)
GREY: Final[Colour] = (150, 150, 150)
"""The background, and what is unknown."""

ADDED: Final[Colour] = (86, 180, 233)
REMOVED: Final[Colour] = (213, 94, 0)
SWAPPED: Final[Colour] = (240, 228, 66)
CHANGES: dict[str, Colour] = {"added": ADDED, "removed": REMOVED, "class changed": SWAPPED}
"""What the colours of a picture of changes mean."""


def palette(problem: Problem) -> UInt8[np.ndarray, "k 3"]:
    """Red, green, blue of each class; grey for the background."""
    others = iter(range(problem.num_classes))
    colours = [
        GREY if class_id == problem.background else _colour(next(others))
        for class_id in range(problem.num_classes)
    ]
    return np.array(colours, dtype=np.uint8)


def _colour(place: int) -> Colour:
    """Beyond the hand-picked ones, hues a golden angle apart at three levels of lightness."""
    if place < len(_FIRST):
        return _FIRST[place]
    red, green, blue = colorsys.hls_to_rgb(place * 0.618 % 1, (0.45, 0.7, 0.57)[place % 3], 0.75)
    return round(255 * red), round(255 * green), round(255 * blue)
