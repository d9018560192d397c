"""Labels that have nothing to do with the image.

Source: random labels of Luo et al., AAAI 2022, arXiv:2103.11594.
"""

import numpy as np
from jaxtyping import Float64, UInt8

from truemask.noise.background import background_of
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate, number_text
from truemask.noise.maps import ClassRates
from truemask.noise.relabel import relabel_map
from truemask.types import BadInput, Problem


def random(
    labels: UInt8[np.ndarray, "h w"],
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate | None = None,
    shares: ClassRates | None = None,
) -> UInt8[np.ndarray, "h w"]:
    """Labels drawn without a look at the true ones: what is learned from them is chance level.

    Args:
        labels: a label map; only where it is IGNORE matters.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a pixel to be foreground, of any foreground class alike. Without it all classes,
            the background included, have the same chance.
        shares: other chances for some classes, such as `shares=cell:0.2;wall:0.1`; the other classes share
            what is left alike.

    Raises:
        BadInput: if a rate is given and the problem has no background, a class is not the problem's, or the
            shares do not add up.
    """
    return relabel_map(labels, random_transition(problem, draws, rate=rate, shares=shares), draws)


def random_transition(
    problem: Problem,
    draws: Draws,  # noqa: ARG001 - every transition matrix is asked for alike
    *,
    rate: float | None,
    shares: ClassRates | None,
) -> Float64[np.ndarray, "k k"]:
    """P(j | y) of `random`: all rows are alike."""
    k = problem.num_classes
    given = dict(shares.by_id(problem.classes)) if shares else {}
    if rate is not None:
        background = background_of(problem, "random with a share of foreground")
        if background in given:
            raise BadInput(
                f"random is told its background's share twice: rate {number_text(rate)} leaves "
                f"{number_text(1 - rate)}, shares={shares} says {number_text(given[background])}"
            )
        given[background] = 1 - rate
    left, rest = 1 - sum(given.values()), k - len(given)
    if left < -_ROUNDING or (rest == 0 and left > _ROUNDING):
        raise BadInput(
            f"the shares of random labels add up to 1; {_said(rate, shares)} comes to {1 - left:.6g}"
        )
    chances = np.full(k, max(left, 0.0) / max(rest, 1))
    chances[list(given)] = list(given.values())
    return np.tile(chances, (k, 1))


_ROUNDING = 1e-9


def _said(rate: float | None, shares: ClassRates | None) -> str:
    known = [f"1 - rate = {number_text(1 - rate)}"] if rate is not None else []
    return " with ".join([*known, *([f"shares={shares}"] if shares else [])])
