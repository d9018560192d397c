"""Transition matrices: P(given = j | true = i), row by row, and what noise really did of them.

A matrix is "k k", or "k k+1" where labels may be lost: the last column is the chance of IGNORE.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from truemask.types import BadInput

TOLERANCE = 1e-6
"""How far a row may be from 1: what six printed digits can do."""


def symmetric(num_classes: int, rate: float, *, exempt: int | None = None) -> Float64[np.ndarray, "k k"]:
    """Change a label with chance `rate`, to any other class alike.

    `rate` is the share of labels that end up wrong (the *exclusive* convention). Released code often draws
    that share from all k classes, the true one included, so that only rate * (k - 1) / k end up wrong.

    Args:
        num_classes: k.
        rate: in [0, 1].
        exempt: a class that neither changes nor is changed to, such as an object list's background.

    Raises:
        BadInput: if the rate is outside [0, 1], or there are not two classes to change between.

    >>> symmetric(3, 0.5)
    array([[0.5 , 0.25, 0.25],
           [0.25, 0.5 , 0.25],
           [0.25, 0.25, 0.5 ]])
    """
    targets = ~np.eye(num_classes, dtype=bool)
    if exempt is not None:
        targets[exempt] = targets[:, exempt] = False
    if not targets.any():
        raise BadInput("symmetric noise needs two classes to change between; this problem has one")
    return spread(np.full(num_classes, rate), targets)


def inclusive(num_classes: int, rate: float, *, exempt: int | None = None) -> Float64[np.ndarray, "k k"]:
    """Redraw a label with chance `rate`, from all k classes alike: (1 - rate) I + rate / k.

    The true class is among them, so only rate * (k - 1) / k of the labels end up wrong.

    Args:
        num_classes: k.
        rate: in [0, 1].
        exempt: a class that is neither redrawn nor drawn, such as an object list's background.

    Raises:
        BadInput: if the rate is outside [0, 1], or there are not two classes to draw from.

    >>> inclusive(4, 0.4).round(3)[0]
    array([0.7, 0.1, 0.1, 0.1])
    """
    exclusive = symmetric(num_classes, rate, exempt=exempt)
    drawn = num_classes if exempt is None else num_classes - 1
    return (exclusive * (drawn - 1) + np.eye(num_classes)) / drawn


def asymmetric(
    num_classes: int, rate: float, targets: Mapping[int, Sequence[int]]
) -> Float64[np.ndarray, "k k"]:
    """Change a label of class i with chance `rate`, to one of targets[i] alike; other classes stay.

    Source: the class-dependent noise of Patrini et al., CVPR 2017, arXiv:1609.03683.

    Raises:
        BadInput: if the rate is outside [0, 1].
    """
    to = np.zeros((num_classes, num_classes), dtype=bool)
    for source, others in targets.items():
        to[source, list(others)] = True
    return spread(np.full(num_classes, rate), to)


def sequential(
    num_classes: int, rate: float, targets: Mapping[int, Sequence[int]]
) -> Float64[np.ndarray, "k k"]:
    """What comes of asymmetric noise that goes class by class, by id, over labels it has changed already.

    A label that became a class whose turn is still to come may change once more: with cats to dogs and dogs
    to cats, rate * (1 - rate) of the cats end up as dogs, not `rate` of them.

    Raises:
        BadInput: if the rate is outside [0, 1].
    """
    done = np.eye(num_classes)
    for source in sorted(targets):
        done = done @ asymmetric(num_classes, rate, {source: targets[source]})
    return done


def redrawn(
    num_classes: int, rate: float, targets: Mapping[int, Sequence[int]]
) -> Float64[np.ndarray, "k k"]:
    """With chance `rate` draw a label of class i anew, from targets[i] alike.

    The true class may be among them, so fewer labels than `rate` may end up wrong; a class named twice counts
    twice. Classes without targets stay.

    Raises:
        BadInput: if the rate is outside [0, 1].
    """
    transition = spread(np.full(num_classes, rate), np.zeros((num_classes, num_classes), dtype=bool))
    for source, drawn in targets.items():
        transition[source] *= 1 - rate
        np.add.at(transition[source], list(drawn), rate / len(drawn))
    return transition


def pair(num_classes: int, rate: float, *, exempt: int | None = None) -> Float64[np.ndarray, "k k"]:
    """Change a label of class i with chance `rate`, to class i + 1; the last to the first.

    Source: pair flipping of Han et al., NeurIPS 2018, arXiv:1804.06872.

    Args:
        num_classes: k.
        rate: in [0, 1].
        exempt: a class that is skipped, such as an object list's background.

    Raises:
        BadInput: if the rate is outside [0, 1], or there are not two classes to change between.
    """
    order = [class_id for class_id in range(num_classes) if class_id != exempt]
    if len(order) < 2:
        raise BadInput("pair noise needs two classes to change between; this problem has one")
    following = zip(order, order[1:] + order[:1], strict=True)
    return asymmetric(num_classes, rate, {one: (other,) for one, other in following})


def spread(rates: Float[np.ndarray, "k"], targets: Bool[np.ndarray, "k m"]) -> Float64[np.ndarray, "k m"]:
    """Change a label of class i with chance rates[i], to its targets alike; without any it stays.

    Raises:
        BadInput: if a rate is outside [0, 1].
    """
    wrong = rates[(rates < 0) | (rates > 1) | np.isnan(rates)]
    if len(wrong):
        raise BadInput(f"a noise rate is a share of labels, 0 to 1; got {wrong[0]:g}")
    count = targets.sum(axis=1)
    leaving = np.where(count > 0, rates, 0.0)
    transition: Float64[np.ndarray, "k m"] = targets * (leaving / np.maximum(count, 1))[:, None]
    own = np.arange(len(rates))
    transition[own, own] = 1 - leaving
    return transition


def validate(transition: Float[np.ndarray, "k m"]) -> None:
    """Check that every row is a distribution over the k classes, and IGNORE where m = k + 1.

    Raises:
        BadInput: naming the row and what is wrong with it.
    """
    rows, columns = transition.shape
    if columns not in (rows, rows + 1):
        raise BadInput(
            f"a transition matrix over {rows} classes has {rows} columns, or {rows + 1} with IGNORE; "
            f"got {columns}"
        )
    for row, chances in enumerate(transition):
        if not ((chances >= 0) & (chances <= 1)).all():
            raise BadInput(
                f"row {row} of the transition matrix has a value outside [0, 1]: {chances.tolist()}"
            )
        if abs(chances.sum() - 1) > TOLERANCE:
            raise BadInput(
                f"row {row} of the transition matrix sums to {chances.sum():g}, not 1: a row says where the "
                f"labels of one true class go (is the matrix transposed?)"
            )


def realised(counts: Int64[np.ndarray, "k m"]) -> Float64[np.ndarray, "k m"]:
    """The transition matrix that the counts amount to; NaN in the row of a class that never occurred."""
    total = counts.sum(axis=1, keepdims=True)
    return np.where(total > 0, counts / np.maximum(total, 1), np.nan)
