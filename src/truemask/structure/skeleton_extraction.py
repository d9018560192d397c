"""Extraction of meta-structures (EMS): Luo, Liu, Guo & Yang, AAAI 2022, arXiv:2103.11594.

A rough mask has wrong widths but, for the most part, right middle lines. So only those are kept, moved a
little so that their exact course is not learned either, and thinned out so that what was moved off the
object is rare.
"""

import math
from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, UInt8

from truemask.types import IGNORE, BadInput


def skeleton_extraction(
    mask: Bool[np.ndarray, "h w"], rng: np.random.Generator, *, shift_px: int = 1, keep: float = 0.1
) -> Bool[np.ndarray, "h w"]:
    """Some pixels near the middle lines of a mask.

    Each pixel of the skeleton moves by up to `shift_px` rows and columns, each way alike, and stays inside
    the image. Of the m different pixels that are then marked, exactly ceil(keep * m) are drawn.

    Args:
        mask: any region; an empty one gives an empty one.
        rng: of the shifts and the draw.
        shift_px: 0 or more. The released code has 1; the paper does not say.
        keep: share in (0, 1]. The released code has 0.1; the paper does not say.

    Raises:
        BadInput: if a knob is out of range.
    """
    check_extraction(shift_px, keep)
    lines = skeleton(mask)
    rows, columns = np.nonzero(lines)
    if not len(rows):
        return lines
    height, width = mask.shape
    moves = rng.integers(-shift_px, shift_px, size=(2, len(rows)), endpoint=True)
    rows = np.clip(rows + moves[0], 0, height - 1)
    columns = np.clip(columns + moves[1], 0, width - 1)
    places = np.unique(rows * width + columns)
    drawn = rng.choice(places, size=kept_count(len(places), keep), replace=False)
    kept = np.zeros(mask.size, dtype=bool)
    kept[drawn] = True
    return kept.reshape(mask.shape)


def class_extraction(
    labels: UInt8[np.ndarray, "h w"],
    classes: Iterable[int],
    rng: np.random.Generator,
    *,
    shift_px: int = 1,
    keep: float = 0.1,
) -> UInt8[np.ndarray, "h w"]:
    """`skeleton_extraction` of every class's region in turn; IGNORE at all other pixels.

    Where points of several classes meet, the pixel goes to the class that it has in `labels`.
    """
    found = np.full(labels.shape, IGNORE, dtype=np.uint8)
    times = np.zeros(labels.shape, dtype=np.uint8)
    for class_id in classes:
        points = skeleton_extraction(labels == class_id, rng, shift_px=shift_px, keep=keep)
        found[points] = class_id
        times += points
    met = times > 1
    found[met] = labels[met]
    return found


def skeleton(mask: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Middle lines one pixel wide, by Zhang & Suen's thinning."""
    if not mask.any():
        return np.zeros(mask.shape, dtype=bool)
    from skimage.morphology import skeletonize  # late: it takes a second

    return np.asarray(skeletonize(mask), dtype=bool)


def kept_count(marked: int, keep: float) -> int:
    """How many of so many marked pixels stay: never none of some. Shares such as 0.1 are meant exactly."""
    return math.ceil(round(keep * marked, 9))


def check_extraction(shift_px: int, keep: float) -> None:
    """Refuse knobs out of range.

    Raises:
        BadInput: a negative shift, or a share that is not in (0, 1].
    """
    if shift_px < 0:
        raise BadInput(f"a skeleton shifts by 0 px or more, got shift_px={shift_px}")
    if not 0 < keep <= 1:
        raise BadInput(f"the share of the skeleton to keep lies in (0, 1], got keep={keep}")
