"""One label map from those of several annotators: the baselines that learning from crowds is measured by."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from truemask.noise.annotator.staple import staple
from truemask.noise.annotator.votes import stacked
from truemask.types import IGNORE, Problem

Fusion = Literal["majority", "staple"]


def fuse(maps: Sequence[UInt8[np.ndarray, "h w"]], problem: Problem, how: Fusion) -> UInt8[np.ndarray, "h w"]:
    """One map from several of the same image; IGNORE where none of them says anything.

    Classes of whole images fuse the same way, all images as one map of a single row.

    Raises:
        BadInput: if there is no map, they differ in size, or hold what is no class.
    """
    return majority(maps, problem) if how == "majority" else staple(maps, problem)[0]


def majority(maps: Sequence[UInt8[np.ndarray, "h w"]], problem: Problem) -> UInt8[np.ndarray, "h w"]:
    """The class with most votes, pixel by pixel; the lower id where votes are equal. IGNORE is no vote.

    Raises:
        BadInput: if there is no map, they differ in size, or hold what is no class.
    """
    votes = stacked(maps, problem)
    winner = np.full(votes.shape[1:], IGNORE, dtype=np.uint8)
    most = np.zeros(votes.shape[1:], dtype=np.int64)
    for class_id in range(problem.num_classes):
        count = (votes == class_id).sum(axis=0)
        np.copyto(winner, np.uint8(class_id), where=count > most)
        np.maximum(most, count, out=most)
    return winner
