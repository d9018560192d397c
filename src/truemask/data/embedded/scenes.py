"""Scenes: things that lie over each other, drawn from a seed, each with the mask of what is seen of it.

Eight classes stand in four pairs. The classes of a pair are alike in outline and in the hues they come in,
so that taking one for the other (`CONFUSED_PAIRS`) is the mistake that people would make.
"""

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from truemask import rle
from truemask.data.embedded.drawn import draw_splits
from truemask.data.embedded.scene_light import MATERIALS, Light, ground, material, photograph
from truemask.data.embedded.scene_shapes import SHAPES, outline
from truemask.data.splits import Splits
from truemask.types import BadInput, Instances, Problem, Task

PROBLEM = Problem(Task.INSTANCE, ("background", *SHAPES), channels=3, background=0)
CONFUSED_PAIRS = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 8, 8: 7}
"""The id that each is taken for: disk and ring, square and cross, star and flower, drop and heart."""
SMALLEST_PX, LARGEST_PX = 64, 4096
LEAST_SEEN_PX = 60
"""Things of which fewer pixels would be seen, in a scene of 128 px, are not laid down at all."""
LEAST_THINGS, MOST_THINGS = 2, 7
_DRAWN_PX = 128
"""The width of a scene in which lengths are as written here."""
_SEEN_SHARE = 0.6
"""The part of each thing that is seen at least."""
_USUAL_HUES = (0.09, 0.15, 0.42, 0.50, 0.70, 0.78, 0.98, 0.91)
_USUAL_MATERIALS = ("dots", "stripes", "checks", "marble", "plain", "dots", "stripes", "plain")
"""By class. Hues tell pairs apart; with materials they hint at the class; outlines alone always tell it."""
_SPLIT_IDS = {"train": 0, "val": 10_000_000, "test": 20_000_000}


def make(*, train: int = 300, val: int = 40, test: int = 80, size: int = 128, seed: int = 0) -> Splits:
    """Images of `size` x `size` px, 3 channels, with 2 to 7 objects each, drawn larger in larger images.

    `data.views.AsSemantic` makes label maps of it.

    Raises:
        BadInput: if the images are too small to tell the classes, or a count is out of range.
    """
    if not SMALLEST_PX <= size <= LARGEST_PX:
        raise BadInput(f"scenes draws images of {SMALLEST_PX} to {LARGEST_PX} px, got size={size}")
    counts = {"train": train, "val": val, "test": test}
    return draw_splits("scenes", PROBLEM, counts, size=(size, size), seed=seed, draw=partial(_row, size))


def _row(size: int, rng: np.random.Generator, split: str, row: int) -> tuple[np.ndarray, Instances]:
    image, classes, masks = draw(rng, size)
    codes = rle.pack(masks)
    first = _SPLIT_IDS[split] + row * MOST_THINGS + 1
    objects = Instances(
        size=(size, size),
        classes=classes,
        masks=codes,
        boxes=rle.boxes(codes, (size, size)),
        ids=np.arange(first, first + len(codes), dtype=np.int64),
        crowd=np.zeros(len(codes), dtype=bool),
    )
    return image, objects


def draw(
    rng: np.random.Generator, size: int
) -> tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "n"], Bool[np.ndarray, "n h w"]]:
    """One image, and the class and visible part of each object, from the lowest to the highest."""
    things, masks = _laid(rng, size)
    turn = rng.uniform(0, 2 * np.pi)
    light = Light(float(np.cos(turn)), float(np.sin(turn)))
    scene = ground(rng, size)
    for thing in things:
        _paint(rng, scene, thing, light)
    image = np.round(photograph(rng, scene, light) * 255).astype(np.uint8)
    return image, np.array([thing.class_id for thing in things], dtype=np.uint8), masks


@dataclass(frozen=True)
class _Thing:
    class_id: int
    middle_px: tuple[float, float]
    radius_px: float
    turn: float
    stretch: float

    @property
    def corner_px(self) -> tuple[int, int]:
        """x, y of the upper left corner of the square that holds the thing and its shadow."""
        return round(self.middle_px[0]) - self.side_px // 2, round(self.middle_px[1]) - self.side_px // 2

    @property
    def side_px(self) -> int:
        return 2 * int(2.2 * self.radius_px + 1)


def _laid(rng: np.random.Generator, size: int) -> tuple[list[_Thing], Bool[np.ndarray, "n h w"]]:
    """Things one over the other, and what is seen of each; at least 60 % of each is."""
    wanted = int(rng.integers(LEAST_THINGS, MOST_THINGS + 1))
    tries = 5 * wanted
    things: list[_Thing] = []
    masks = np.zeros((0, size, size), dtype=bool)
    while len(things) < LEAST_THINGS or (len(things) < wanted and tries > 0):
        tries -= 1
        thing = _thing(rng, size)
        mask = _cover(thing, size, (0, 0)) >= 0.5
        left = np.concatenate([masks & ~mask, mask[None]])
        if all(seen.sum() >= _least_px(t, size) for seen, t in zip(left, [*things, thing], strict=True)):
            things, masks = [*things, thing], left
    return things, masks


def _least_px(thing: _Thing, size: int) -> float:
    return max(_SEEN_SHARE * np.pi * thing.radius_px**2, LEAST_SEEN_PX * (size / _DRAWN_PX) ** 2)


def _thing(rng: np.random.Generator, size: int) -> _Thing:
    x, y = rng.uniform(0.04, 0.96, 2) * size
    return _Thing(
        class_id=int(rng.integers(1, PROBLEM.num_classes)),
        middle_px=(float(x), float(y)),
        radius_px=float(rng.uniform(11, 23) * size / _DRAWN_PX),
        turn=float(rng.normal(0, 0.5)),
        stretch=float(rng.uniform(0.9, 1.1)),
    )


def _cover(thing: _Thing, side: int, corner_px: tuple[int, int]) -> Float32[np.ndarray, "side side"]:
    """The share of each pixel that the thing covers, in a square of the frame; 1 is all of it."""
    across, down = np.cos(thing.turn), np.sin(thing.turn)
    turned = np.array([[across, down], [-down, across]]) * thing.radius_px
    shape = np.array([thing.stretch, 1 / thing.stretch])
    shift = np.subtract(thing.middle_px, corner_px)
    curves = [(curve * shape) @ turned + shift for curve in outline(PROBLEM.classes[thing.class_id])]
    cover = np.zeros((side, side), np.uint8)
    # OpenCV takes positions in 1/16 px here, and draws the rim with soft edges.
    cv2.fillPoly(cover, [np.round(16 * curve).astype(np.int32) for curve in curves], 255, cv2.LINE_AA, 4)
    return cover.astype(np.float32) / 255


def _paint(
    rng: np.random.Generator, scene: Float32[np.ndarray, "h w 3"], thing: _Thing, light: Light
) -> None:
    """Lay the thing and its shadow over the scene, in place."""
    side, (left, top) = thing.side_px, thing.corner_px
    cover = _cover(thing, side, (left, top))
    usual_hue = _USUAL_HUES[thing.class_id - 1] + rng.normal(0, 0.03)
    hue = usual_hue if rng.random() < 0.85 else rng.random()
    usual_kind = _USUAL_MATERIALS[thing.class_id - 1]
    kind = usual_kind if rng.random() < 0.6 else MATERIALS[rng.integers(len(MATERIALS))]
    surface = light.shaded(material(rng, kind, side, hue, len(scene) / _DRAWN_PX), cover, thing.radius_px)
    shade = light.shadow(cover, thing.radius_px)
    x, y = slice(max(left, 0), left + side), slice(max(top, 0), top + side)
    frame = scene[y, x]
    inside = (
        slice(max(-top, 0), max(-top, 0) + frame.shape[0]),
        slice(max(-left, 0), max(-left, 0) + frame.shape[1]),
    )
    share = cover[inside][:, :, None]
    frame *= (1 - shade[inside][:, :, None]) * (1 - share)
    frame += surface[inside] * share
