"""Images of one class under the name of another that looks like it.

Source: cross-category noise of Krause et al., ECCV 2016, arXiv:1511.06789.
"""

from typing import Annotated

import numpy as np
from jaxtyping import Float64

from truemask.noise.image.features import features
from truemask.noise.image.roster import Gallery, Roster, relabelled
from truemask.noise.image.set_draws import SetDraws
from truemask.noise.knobs import Range, Rate
from truemask.noise.relabel import relabel
from truemask.noise.weights import weighted
from truemask.types import IGNORE, Problem

Sharpness = Annotated[float, Range(0.0, 1000.0, "a number from 0 to 1000")]
_STEPS = 256
"""Of a class's mean image to one grey level: rounded, so that distances are exact."""


def cross_category(
    roster: Roster,
    problem: Problem,
    draws: SetDraws,
    gallery: Gallery,
    *,
    rate: Rate,
    sharpness: Sharpness = 2.0,
) -> Roster:
    """Images under the name of another class of the domain, the likelier the more the classes look alike.

    A search for one category also brings images of another one. Which is taken for which comes from the mean
    images of the classes: P(j | y) falls with the squared distance between them. (The paper found such
    images, it did not make them: the law is this package's.)

    Args:
        roster: all rows; those with IGNORE stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        gallery: the images.
        rate: chance of an image to be under a wrong name.
        sharpness: 0 makes all wrong classes alike, however they look; large, the nearest alone.
    """
    if not roster.labelled.any():
        return roster
    transition = weighted(likeness(roster, problem, gallery, sharpness), rate)
    labels = [
        relabel(int(label), transition, draws.of(key))
        for key, label in zip(roster.keys, roster.labels, strict=True)
    ]
    return relabelled(roster, np.array(labels, dtype=np.uint8))


def likeness(
    roster: Roster, problem: Problem, gallery: Gallery, sharpness: float
) -> Float64[np.ndarray, "k k"]:
    """exp(-sharpness * (d^2 - d^2 to the nearest) / mean d^2) of the mean images of two classes.

    0 where a class has no image. Where only one class has images, or all look the same, 1 for all pairs.
    """
    means = _means(roster, problem, gallery)
    here = ~np.isnan(means[:, 0]) if means.shape[1] else np.zeros(len(means), dtype=bool)
    known = np.nan_to_num(means)
    squares = np.square(known).sum(axis=1)
    apart = squares[:, None] + squares - 2 * known @ known.T
    apart[~np.outer(here, here)] = np.inf
    np.fill_diagonal(apart, np.inf)
    pairs = apart[np.isfinite(apart)]
    if not pairs.any():
        return np.ones_like(apart)
    nearest = apart.min(axis=1, keepdims=True)
    possible = np.isfinite(apart)
    further = np.where(possible, apart, 0) - np.where(np.isfinite(nearest), nearest, 0)
    likely: Float64[np.ndarray, "k k"] = np.zeros_like(apart)
    likely[possible] = np.exp(-sharpness * further[possible] / pairs.mean())
    return likely


def _means(roster: Roster, problem: Problem, gallery: Gallery) -> Float64[np.ndarray, "k d"]:
    """The mean features of each class's images, in steps; NaN for a class without any."""
    sums, counts = np.zeros((problem.num_classes, 0)), np.zeros(problem.num_classes)
    for places, shown in features(roster, gallery, np.flatnonzero(roster.labels != IGNORE).tolist()):
        sums = sums if sums.shape[1] else np.zeros((problem.num_classes, shown.shape[1]))
        np.add.at(sums, roster.labels[places], shown)
        counts += np.bincount(roster.labels[places], minlength=problem.num_classes)
    counts = counts[:, None]
    return np.where(counts > 0, np.round(sums * _STEPS / np.maximum(counts, 1)), np.nan)
