"""Objects that were not there before: their ids, and lists with them at the end."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64, UInt8

from truemask import rle
from truemask.crops import Crop, pack
from truemask.noise.draws import Draws
from truemask.seeds import seed_for
from truemask.types import Instances

_SPARE_BITS = 10
"""Of the 63 bits of a seed: ids stay below 2^53, so that every reader of JSON has them exactly."""


def new_ids(what: str, draws: Draws, parents: Int64[np.ndarray, "n"]) -> Int64[np.ndarray, "n"]:
    """An id for a new object of each parent. It hangs on names alone, so it lasts when images come and go.

    The step of the spec is among them: two equal noises in a row make objects of different ids.
    """
    names = [seed_for("new object", what, draws.key, draws.step, parent) for parent in parents.tolist()]
    return np.array(names, dtype=np.int64) >> _SPARE_BITS


def with_new(
    objects: Instances, classes: UInt8[np.ndarray, "n"], masks: Sequence[Crop], ids: Int64[np.ndarray, "n"]
) -> Instances:
    """The objects and, behind them, new ones."""
    codes = tuple(pack(mask) for mask in masks)
    return Instances(
        objects.size,
        np.concatenate([objects.classes, classes]),
        objects.masks + codes,
        np.concatenate([objects.boxes, rle.boxes(codes, objects.size)]),
        np.concatenate([objects.ids, ids]),
        np.concatenate([objects.crowd, np.zeros(len(codes), dtype=bool)]),
    )
