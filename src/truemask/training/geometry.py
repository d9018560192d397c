"""Crops, flips and quarter turns that every part of a sample goes through alike, and their inverse.

Only moves that can be undone exactly are here: what a method stores per pixel is written back into the
geometry of the data set, whatever view of the image the network saw.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from truemask.types import IGNORE


@dataclass(frozen=True)
class Geometry:
    """A window of an image, then one of the eight flips and quarter turns.

    Args:
        size: height and width of the image.
        top: first row of the window; negative where the window hangs over the image (that part is padded).
        left: first column of the window.
        window: height and width of the window, before turning.
        turn: 0 to 7: bit 0 mirrors left-right, bit 1 up-down, bit 2 swaps the axes (applied last).
    """

    size: tuple[int, int]
    top: int
    left: int
    window: tuple[int, int]
    turn: int = 0

    @staticmethod
    def whole(size: tuple[int, int]) -> "Geometry":
        """The image as it is."""
        return Geometry(size, 0, 0, size)

    def forward(self, plane: Tensor, fill: float) -> Tensor:
        """ "... h w" of the image's size, as the network sees it; `fill` where the window hangs over."""
        (top, bottom, left, right), pads = self._overlap()
        view = plane[..., top:bottom, left:right]
        if any(pads):
            view = F.pad(view, pads, value=fill)
        return turned(view, self.turn)

    def backward(self, view: Tensor) -> tuple[Tensor, tuple[slice, slice]]:
        """A view "... h' w'" turned back, without its padding, and the window of the image it covers."""
        (top, bottom, left, right), pads = self._overlap()
        plane = unturned(view, self.turn)
        height, width = bottom - top, right - left
        inner = plane[..., pads[2] : pads[2] + height, pads[0] : pads[0] + width]
        return inner, (slice(top, bottom), slice(left, right))

    def boxes(self, boxes: Float[Tensor, "n 4"]) -> Float[Tensor, "n 4"]:
        """x0, y0, x1, y1 as the network sees them; clipped to the window."""
        height, width = self.window
        x0, y0, x1, y1 = boxes.unbind(dim=1)
        x0, x1 = (x0 - self.left).clamp(0, width), (x1 - self.left).clamp(0, width)
        y0, y1 = (y0 - self.top).clamp(0, height), (y1 - self.top).clamp(0, height)
        if self.turn & 1:
            x0, x1 = width - x1, width - x0
        if self.turn & 2:
            y0, y1 = height - y1, height - y0
        if self.turn & 4:
            x0, y0, x1, y1 = y0, x0, y1, x1
        return torch.stack([x0, y0, x1, y1], dim=1)

    def _overlap(self) -> tuple[tuple[int, int, int, int], tuple[int, int, int, int]]:
        """The part of the image inside the window (top, bottom, left, right), and the pads around it."""
        bottom, right = self.top + self.window[0], self.left + self.window[1]
        inside = (max(self.top, 0), min(bottom, self.size[0]), max(self.left, 0), min(right, self.size[1]))
        pads = (inside[2] - self.left, right - inside[3], inside[0] - self.top, bottom - inside[1])
        return inside, pads


def draw_geometry(
    size: tuple[int, int], rng: np.random.Generator, *, crop_px: int | None, turns: tuple[int, ...]
) -> Geometry:
    """A random window of crop_px (None: the whole image) and one of the allowed turns.

    An image smaller than the crop is placed at random inside it; the rest is padding.
    """
    turn = int(rng.choice(turns))
    if crop_px is None:
        return Geometry(size, 0, 0, size, turn)
    top, left = (int(rng.integers(min(0, length - crop_px), max(0, length - crop_px) + 1)) for length in size)
    return Geometry(size, top, left, (crop_px, crop_px), turn)


LABEL_FILL = float(IGNORE)
"""Padding is not part of any image, so its label is IGNORE."""


def turned(plane: Tensor, turn: int) -> Tensor:
    """ "... h w" after one of the eight flips and quarter turns."""
    dims = [dim for bit, dim in ((1, -1), (2, -2)) if turn & bit]
    if dims:
        plane = plane.flip(dims)
    return plane.transpose(-1, -2) if turn & 4 else plane


def unturned(plane: Tensor, turn: int) -> Tensor:
    """What `turned` made of it, turned back."""
    if turn & 4:
        plane = plane.transpose(-1, -2)
    dims = [dim for bit, dim in ((1, -1), (2, -2)) if turn & bit]
    return plane.flip(dims) if dims else plane
