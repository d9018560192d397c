"""Noise on label maps where every pixel draws on its own.

Source: random sampling, flipping and random labels of Luo et al., AAAI 2022 ("Deep Neural Networks Learn
Meta-Structures from Noisy Labels in Semantic Segmentation"), arXiv:2103.11594. All but exact counts are one
transition matrix.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float64, UInt8

from truemask.noise.background import background_of
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.maps import ClassRates
from truemask.noise.relabel import relabel_map
from truemask.noise.transition import spread
from truemask.types import IGNORE, Problem


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

    Args:
        labels: a label map; IGNORE stays.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a pixel to change, background included.
        background: another chance for the background's pixels.
        rates: other chances for some classes, such as `rates=cell:0.5;wall:0.1`.
        exact: in every image and class, change the nearest whole number of pixels to its rate, not each
            pixel by chance: the released code of the paper does so.

    Raises:
        BadInput: if `background` is given and the problem has none, or a class is not the problem's.
    """
    chances = flip_rates(problem, rate, background, rates)
    if exact:
        return _flip_exactly(labels, problem, draws, chances)
    return relabel_map(labels, spread(chances, _others(problem)), draws)


def flip_rates(
    problem: Problem, rate: float, background: float | None, rates: ClassRates | None
) -> Float64[np.ndarray, "k"]:
    """The chance of each class: its own, else the background's, else the one for all."""
    chances = np.full(problem.num_classes, float(rate))
    if background is not None:
        chances[background_of(problem, "flip with a rate of its own for the background")] = background
    for class_id, own in (rates.by_id(problem.classes) if rates else {}).items():
        chances[class_id] = own
    return chances


def sample(
    labels: UInt8[np.ndarray, "h w"],
    problem: Problem,
    draws: Draws,
    *,
    keep: Rate,
    as_: Literal["ignore", "background"] = "ignore",
) -> UInt8[np.ndarray, "h w"]:
    """Pixels keep their labels by chance; the others lose them.

    Args:
        labels: a label map; IGNORE stays.
        problem: what the classes are.
        draws: where the randomness comes from.
        keep: chance of a pixel to keep its label.
        as_: what the others become: `ignore` leaves them out of training, as the paper says; `background`
            makes them wrong, as its released code does.

    Raises:
        BadInput: if they are to become background and the problem has none.
    """
    lost = np.zeros((problem.num_classes, problem.num_classes + 1), dtype=bool)
    lost[:, problem.num_classes if as_ == "ignore" else background_of(problem, "sample,as=background")] = True
    if as_ == "background":
        np.fill_diagonal(lost, False)
    return relabel_map(labels, spread(np.full(problem.num_classes, 1 - keep), lost), draws)


def random(
    labels: UInt8[np.ndarray, "h w"],
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate | None = None,
) -> UInt8[np.ndarray, "h w"]:
    """Labels drawn without a look at the true ones: what is learned from them is chance level.

    Args:
        labels: a label map; only where it is IGNORE matters.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a pixel to be foreground, of any foreground class alike. Without it all classes,
            the background included, have the same chance.

    Raises:
        BadInput: if a rate is given and the problem has no background.
    """
    k = problem.num_classes
    chances = np.full(k, 1 / k)
    if rate is not None:
        chances[:] = rate / (k - 1)
        chances[background_of(problem, "random with a share of foreground")] = 1 - rate
    return relabel_map(labels, np.tile(chances, (k, 1)), draws)


def _others(problem: Problem) -> np.ndarray:
    return ~np.eye(problem.num_classes, dtype=bool)


def _flip_exactly(
    labels: UInt8[np.ndarray, "h w"], problem: Problem, draws: Draws, chances: Float64[np.ndarray, "k"]
) -> UInt8[np.ndarray, "h w"]:
    flat = labels.ravel()
    certain = spread(np.ones(problem.num_classes), _others(problem))
    flipped = relabel_map(labels, certain, draws).ravel()
    noisy = flat.copy()
    for class_id in np.setdiff1d(np.unique(flat), [IGNORE]):
        places = np.flatnonzero(flat == class_id)
        count = int(np.floor(len(places) * chances[class_id] + 0.5))
        chosen = places[draws.chosen("which", places, count)]
        noisy[chosen] = flipped[chosen]
    return noisy.reshape(labels.shape)
