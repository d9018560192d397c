"""The noise of COCO-N and Cityscapes-N: wrong classes, and at most one thing wrong with an outline.

Source: Kimhi et al., arXiv:2406.10891. Applied by `truemask corrupt`, it goes to training labels alone; the
released script also changes validation labels, ignores its seed in part, and leaves boxes and areas as they
were. Here boxes and areas are those of the new masks, in either mode.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from truemask.crops import Crop
from truemask.noise.boundary import streams
from truemask.noise.boundary.polygon_noise import approximated, jittered
from truemask.noise.boundary.shift import larger_or_smaller
from truemask.noise.boundary.things import redrawn
from truemask.noise.draws import HALF, Draws, threshold
from truemask.noise.objects import bearing, with_classes
from truemask.types import Instances, Problem

Compat = Literal["none", "kimhi2024"]


@dataclass(frozen=True)
class Level:
    """One row of the benchmark's table.

    Args:
        class_rate: chance of an object to be classed anew.
        spatial_rate: chance of each of the three kinds of outline noise.
        tolerance_px: approximation: of the simplified outline.
        sigma_px: localisation: of the corners' normal draws.
        kernel_px: scale: side of the square by which it grows or shrinks.
    """

    class_rate: float
    spatial_rate: float
    tolerance_px: float
    sigma_px: float
    kernel_px: int


LEVELS = {
    "easy": Level(0.2, 0.2, 5, 2, 3),
    "medium": Level(0.3, 0.25, 10, 3, 5),
    "hard": Level(0.4, 0.3, 15, 4, 7),
}


def coco_n(
    labels: Instances,
    problem: Problem,
    draws: Draws,
    *,
    level: Literal["easy", "medium", "hard"],
    compat: Compat = "none",
) -> Instances:
    """Objects with the benchmark's mix: each draws a class, and apart from that one of four fates.

    | level  | class | approximation | localisation | scale       | outline as it was |
    | easy   | 0.2   | 0.2, 5 px     | 0.2, 2 px    | 0.2, 3 x 3  | 0.4               |
    | medium | 0.3   | 0.25, 10 px   | 0.25, 3 px   | 0.25, 5 x 5 | 0.25              |
    | hard   | 0.4   | 0.3, 15 px    | 0.3, 4 px    | 0.3, 7 x 7  | 0.1               |

    Approximation is `simplify`, localisation `jitter` of every corner of the pixels' outline, scale
    `dilate_or_erode` by a square. An object with no pixel left vanishes.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        level: row of the table.
        compat: `none`: with the class rate of the table, any *other* class, all alike. `kimhi2024`: any of
            the K classes, the old one among them, so that (1 - 1/K) times that rate really change; and of
            an object approximated or localised, holes are filled and parts of fewer than four corners
            left out, as in the released script.
    """
    row = LEVELS[level]

    def redraw(thing: Crop, stream: int) -> Crop:
        return _spatial(thing, stream, row, released=compat == "kimhi2024")

    classed = with_classes(labels, _classes(labels, problem, draws, row.class_rate, compat))
    noisy = redrawn(classed, problem, draws, redraw, rate=3 * row.spatial_rate, what="coco_n")
    assert isinstance(noisy, Instances)
    return noisy


def _spatial(thing: Crop, stream: int, row: Level, *, released: bool) -> Crop:
    """One of the three, all alike: whether any at all has been drawn before."""
    kind, own = streams.bits(stream, 2).tolist()
    match (kind >> 32) * 3 // HALF:
        case 0:
            return approximated(thing, row.tolerance_px, released=released)
        case 1:
            return jittered(thing, own, row.sigma_px, 0, released=released)
        case _:
            return larger_or_smaller(thing, own, row.kernel_px // 2, "square")


def _classes(
    objects: Instances, problem: Problem, draws: Draws, rate: float, compat: Compat
) -> UInt8[np.ndarray, "n"]:
    """Whole-number arithmetic: of each draw the high half says whether, the low half to what."""
    bits = draws.bits("coco_n: class", objects.ids)
    before = objects.classes.astype(np.uint64)
    kinds = problem.num_classes - 1 if compat == "kimhi2024" else problem.num_classes - 2
    other = ((bits & np.uint64(HALF - 1)) * np.uint64(kinds) >> np.uint64(32)) + np.uint64(1)
    if compat == "none":
        other += other >= before
    flips = (bits >> np.uint64(32) < threshold(rate)) & bearing(objects) & (kinds > 0)
    return np.where(flips, other, before).astype(np.uint8)
