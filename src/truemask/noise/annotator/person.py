"""What one annotator is like: drawn once, from the seed and the annotator's number, for all images."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from truemask.noise.draws import Draws
from truemask.noise.normals import normals
from truemask.noise.weights import weighted
from truemask.seeds import seed_for
from truemask.types import Problem, Task


@dataclass(frozen=True)
class Habits:
    """What annotators are like on the whole; each one differs.

    Args:
        confusion: mean over annotators of the chance that a thing is given another class.
        miss: mean over annotators of the chance that a segment is left out.
        bias_px: standard deviation over annotators of how far outside (inside, where negative) of the true
            outline they draw.
        jitter_px: mean over annotators of how far they stray around that.
    """

    confusion: float
    miss: float
    bias_px: float
    jitter_px: float


@dataclass(frozen=True)
class Person:
    """One annotator.

    Args:
        confusion: P(given = j | true = i). The background of a label map is nobody's mistake here.
        miss: chance of a segment to be left out.
        bias_px: how far outside of the true outline the own one runs; inside where negative.
        jitter_px: standard deviation around that, along the outline.
    """

    confusion: Float64[np.ndarray, "k k"]
    miss: float
    bias_px: float
    jitter_px: float


def draws_of(number: int, draws: Draws) -> Draws:
    """The draws of annotator `number` on the image of `draws`: alone or in a crowd, they are the same."""
    return replace(draws, seed=seed_for("annotator", draws.seed, number))


def person(number: int, problem: Problem, draws: Draws, habits: Habits) -> Person:
    """Annotator `number`: what he or she is like depends on the seed, the number, and `habits` only."""
    own = replace(draws_of(number, draws).of_all_images(), step=0)
    rates = own.uniforms("rates", np.arange(3))
    bias_px = habits.bias_px * float(normals(own, "bias", np.zeros(1, np.int64))[0])
    return Person(
        _confusion(problem, own, _around(habits.confusion, rates[0])),
        _around(habits.miss, rates[1]),
        bias_px,
        2 * habits.jitter_px * float(rates[2]),
    )


def _around(mean: float, draw: float) -> float:
    """A rate as far above as below `mean` by chance, never outside [0, 1]."""
    return float(mean + min(mean, 1 - mean) * (2 * draw - 1))


def _confusion(problem: Problem, own: Draws, rate: float) -> Float64[np.ndarray, "k k"]:
    """Every class with the same chance to be mistaken, each for the others in shares of its own.

    The shares are uniform over all there could be (a flat Dirichlet distribution).
    """
    k = problem.num_classes
    weights = -np.log1p(-own.uniforms("confusion", np.arange(k * k))).reshape(k, k)
    np.fill_diagonal(weights, 0)
    if problem.task != Task.CLASSIFICATION and problem.background is not None:
        weights[problem.background] = weights[:, problem.background] = 0
    return weighted(weights, rate)
