"""Wrong labels that depend on the image: some images are mistaken more, and for what they look like.

Source: the generator of instance-dependent label noise of Xia et al., Part-dependent Label Noise, NeurIPS
2020, arXiv:2006.07836 (algorithm 2).
"""

from typing import Literal

import numpy as np
from jaxtyping import Float64

from truemask.noise.image.features import features, mean_features, unit
from truemask.noise.image.roster import Gallery, Roster, relabelled
from truemask.noise.image.set_draws import SetDraws
from truemask.noise.knobs import Rate
from truemask.noise.normals import normals, truncated
from truemask.types import Problem

_STEPS = 4096
"""Of a weight to 1: rounded, so that scores are the same in whatever order they are summed."""


def instance_dependent(
    roster: Roster,
    problem: Problem,
    draws: SetDraws,
    gallery: Gallery,
    *,
    rate: Rate,
    deviation: Rate = 0.1,
    compat: Literal["strict", "published"] = "strict",
) -> Roster:
    """Labels changed with a chance of each image's own, to classes that a random look at it suggests.

    Image i has the flip rate q_i ~ N(rate, deviation^2), cut off, and for its class y a score for every other
    one: its features times a matrix W_y of standard normal numbers. P(j | x_i, y) = q_i softmax(scores)_j.
    As in the paper scores are not scaled, so one wrong class has nearly all the chance for most images.

    The paper cuts q_i off to [0, 1], which moves its mean: at rate 0.1 and deviation 0.1 to 0.129. Here it is
    cut off alike on both sides, to [0, 2 rate] or [2 rate - 1, 1], so that the mean is the rate. Scores are
    whole numbers until the softmax: what comes out can differ between machines only by the last bit of a
    chance. The paper's features are all pixels, normalised; here 16 x 16 of each channel less the set's mean.

    Args:
        roster: all rows; those with IGNORE stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        gallery: the images.
        rate: mean over images of the chance to end up wrong.
        deviation: standard deviation of that chance before it is cut off.
        compat: published cuts off to [0, 1] as the paper does.
    """
    labels = roster.labels.copy()
    if rate == 0 or not roster.labelled.any():
        return roster
    usual = mean_features(roster, gallery)
    for class_id in range(problem.num_classes):
        places = np.flatnonzero(roster.labels == class_id).tolist()
        keys = [roster.keys[place] for place in places]
        flips = draws.uniforms("flips", keys) < flip_rates(
            draws.uniforms("rate", keys), rate, deviation, published=compat == "published"
        )
        places = [place for place, flip in zip(places, flips, strict=True) if flip]
        weights = np.zeros((0, 0))
        for some, shown in features(roster, gallery, places):
            if not weights.size:
                weights = _weights(draws, class_id, shown.shape[1], problem.num_classes)
            scores = (shown - usual) @ weights * (unit(problem) / _STEPS)
            scores[:, class_id] = -np.inf
            chances = np.exp(scores - scores.max(axis=1, keepdims=True)).cumsum(axis=1)
            drawn = draws.uniforms("which", [roster.keys[place] for place in some]) * chances[:, -1]
            labels[list(some)] = (chances <= drawn[:, None]).sum(axis=1)
    return relabelled(roster, labels)


def flip_rates(
    uniforms: Float64[np.ndarray, "n"], rate: float, deviation: float, *, published: bool
) -> Float64[np.ndarray, "n"]:
    """The chance of each image to be mislabelled."""
    room = 1.0 if published else min(rate, 1 - rate)
    return truncated(
        uniforms, mean=rate, deviation=deviation, low=max(0.0, rate - room), high=min(1.0, rate + room)
    )


def _weights(draws: SetDraws, class_id: int, width: int, num_classes: int) -> Float64[np.ndarray, "d k"]:
    """The projection that images of this class are looked at through."""
    drawn = normals(draws.of_all(), f"weights of {class_id}", np.arange(width * num_classes))
    return np.round(drawn * _STEPS).reshape(width, num_classes)
