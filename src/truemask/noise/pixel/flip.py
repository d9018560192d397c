"""Pixels that take another class, each on its own.

Source: random flipping of Luo et al., "Deep Neural Networks Learn Meta-Structures from Noisy Labels in
Semantic Segmentation", AAAI 2022, arXiv:2103.11594.
"""

import numpy as np
from jaxtyping import Float64, UInt8

from truemask.noise.background import background_of
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.maps import ClassRates, rate_of_each
from truemask.noise.pixel.exact import kept_exactly
from truemask.noise.relabel import relabel_map
from truemask.noise.transition import spread
from truemask.types import Problem


def flip(
    labels: UInt8[np.ndarray, "h w"],
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate,
    background: Rate | None = None,
    rates: ClassRates | None = None,
    exact: bool = False,
) -> UInt8[np.ndarray, "h w"]:
    """Pixels changed to any other class alike (in a binary problem: to the other one).

    Above rate (k - 1) / k the true class is the rarest one among the given labels. In a binary problem a rate
    above 0.5 swaps the classes: what is learned comes out inverted.

    Args:
        labels: a label map; IGNORE stays.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a pixel to change, background included.
        background: another chance for the background's pixels.
        rates: other chances for some classes, such as `rates=cell:0.5;wall:0.1`.
        exact: in every image, of the n pixels of a class ceil(n * (1 - rate)) keep their label, as in the
            paper's released code, and chance decides only which.

    Raises:
        BadInput: if `background` is given and the problem has none, or a class is not the problem's.
    """
    if exact:
        others = ~np.eye(problem.num_classes, dtype=bool)
        changed = relabel_map(labels, spread(np.ones(problem.num_classes), others), draws)
        return kept_exactly(labels, changed, 1 - flip_rates(problem, rate, background, rates), draws)
    transition = flip_transition(problem, draws, rate=rate, background=background, rates=rates, exact=exact)
    return relabel_map(labels, transition, draws)


def flip_transition(
    problem: Problem,
    draws: Draws,  # noqa: ARG001 - every transition matrix is asked for alike
    *,
    rate: float,
    background: float | None,
    rates: ClassRates | None,
    exact: bool,  # noqa: ARG001 - it decides which pixels, not how many
) -> Float64[np.ndarray, "k k"]:
    """P(j | y) of `flip`."""
    chances = flip_rates(problem, rate, background, rates)
    return spread(chances, ~np.eye(problem.num_classes, dtype=bool))


def flip_rates(
    problem: Problem, rate: float, background: float | None, rates: ClassRates | None
) -> Float64[np.ndarray, "k"]:
    """The chance of each class to change: its own, else the background's, else the one for all."""
    chances = np.full(problem.num_classes, float(rate))
    if background is not None:
        chances[background_of(problem, "flip with a rate of its own for the background")] = background
    return rate_of_each(problem, chances, rates)
