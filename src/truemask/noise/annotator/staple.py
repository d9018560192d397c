"""STAPLE: the truth and how good each annotator is, estimated together.

Source: Warfield, Zou and Wells, Simultaneous truth and performance level estimation, IEEE TMI 23(7), 2004;
on classes of images it is the EM of Dawid and Skene, Applied Statistics 28(1), 1979.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from truemask.noise.annotator.votes import combinations, stacked
from truemask.types import IGNORE, Problem

_START = 0.99
"""Annotators are thought good at first: the estimate then cannot end with names of classes swapped."""
_LEAST = 1e-12
"""A chance that never gets to 0: one vote must not outweigh all others for ever."""


def staple(
    maps: Sequence[UInt8[np.ndarray, "h w"]],
    problem: Problem,
    *,
    disputed: bool = False,
    rounds: int = 200,
    tolerance: float = 1e-7,
) -> tuple[UInt8[np.ndarray, "h w"], Float64[np.ndarray, "r k k"]]:
    """The likeliest map, and P(given = j | true = i) of each annotator.

    Expectation: the chance of each class at each pixel, from the votes there, each annotator's matrix, and
    the share that the class has in all maps together. Maximisation: each annotator's matrix from those
    chances. Pixels do not look at their neighbours, and annotators are thought to err independently of each
    other. Where all agree, as on a large background, everyone looks good: to tell who is better, estimate
    from what is disputed.

    Args:
        maps: of one image by several annotators; IGNORE is no vote, and where all are IGNORE so is the map.
        problem: what the classes are.
        disputed: only pixels with different votes are estimated, and estimated from; elsewhere the map is
            what all say. The matrices are then of those pixels.
        rounds: of both steps, at most.
        tolerance: it ends when no chance in any matrix moved by more than this.

    Returns:
        The map: the lower id where chances are equal. The matrices: NaN in the row of a class that nobody
        gave.

    Raises:
        BadInput: if there is no map, they differ in size, or hold what is no class.
    """
    votes, k = stacked(maps, problem), problem.num_classes
    kinds, count, places = combinations(votes.reshape(len(votes), -1), k)
    given = kinds[:, None, :] == np.arange(k)[:, None]
    if disputed:
        count = count * (given.any(axis=0).sum(axis=0) > 1)
    frequency = np.einsum("rvc,c->v", given.astype(np.float64), count.astype(np.float64))
    prior = frequency / frequency.sum() if frequency.any() else np.full(k, 1 / k)
    matrices = np.tile(np.where(np.eye(k, dtype=bool), _START, (1 - _START) / (k - 1)), (len(votes), 1, 1))
    chances = _expected(matrices, given, prior)
    for _ in range(rounds):
        before, matrices = matrices, _fitted(chances, given, count)
        chances = _expected(matrices, given, prior)
        if np.abs(matrices - before).max() <= tolerance:
            break
    best = np.where(count > 0, chances.argmax(axis=0), given.any(axis=0).argmax(axis=0))
    best = np.where(given.any(axis=(0, 1)), best, IGNORE).astype(np.uint8)
    matrices[:, frequency == 0] = np.nan
    return best[places].reshape(votes.shape[1:]), matrices


def _expected(
    matrices: Float64[np.ndarray, "r k k"], given: Bool[np.ndarray, "r k c"], prior: Float64[np.ndarray, "k"]
) -> Float64[np.ndarray, "k c"]:
    """Chance of each class given each combination of votes."""
    with np.errstate(divide="ignore"):
        logs = np.log(prior)[:, None] + np.einsum("rij,rjc->ic", np.log(matrices), given.astype(np.float64))
    logs -= logs.max(axis=0)
    chances: Float64[np.ndarray, "k c"] = np.exp(logs)
    chances /= chances.sum(axis=0)
    return chances


def _fitted(
    chances: Float64[np.ndarray, "k c"], given: Bool[np.ndarray, "r k c"], count: Int64[np.ndarray, "c"]
) -> Float64[np.ndarray, "r k k"]:
    """Each annotator's matrix, where the truth is known by chance."""
    joint: Float64[np.ndarray, "r k k"] = np.einsum("ic,rjc->rij", chances * count, given.astype(np.float64))
    joint += _LEAST
    joint /= joint.sum(axis=2, keepdims=True)
    return joint
