"""Labels by a random transition matrix, of which only how noisy and how sparse it is are chosen.

Source: the synthetic noise of Northcutt et al., "Confident Learning", JAIR 70, 2021, arXiv:1911.00068.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float64

from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate, number_text
from truemask.noise.label.exempt import label_classes
from truemask.noise.relabel import relabel
from truemask.types import BadInput, Labels, Problem


def confident(labels: Labels, problem: Problem, draws: Draws, *, rate: Rate, sparsity: Rate = 0.0) -> Labels:
    """Labels changed by a matrix drawn once from the seed: some classes are noisier, some pairs more alike.

    The rates of the classes are spread evenly between 0 and about twice their mean, and where a rate is split
    among several classes, it is in random shares. The noise that the paper's released folders call 0.6 is
    `confident:0.7`: the trace 10 (1 - 0.6) was rounded down to 3.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are. Objects: the matrix is over object classes.
        draws: where the randomness comes from.
        rate: 1 - trace / k: the share of wrong labels if all k classes occur alike.
        sparsity: share of the pairs of classes that are never confused, to the nearest pair; every class is
            confused with at least one, so it can be (k - 2) / (k - 1) at most.

    Raises:
        BadInput: if there are not two classes to change between, or `sparsity` leaves a class none.
    """
    return relabel(labels, confident_transition(problem, draws, rate=rate, sparsity=sparsity), draws)


def confident_transition(
    problem: Problem, draws: Draws, *, rate: float, sparsity: float
) -> Float64[np.ndarray, "k k"]:
    """P(j | y) of `confident`."""
    return _drawn(problem, draws.of_all_images(), rate, sparsity)


@lru_cache(maxsize=8)  # every image asks for it
def _drawn(problem: Problem, draws: Draws, rate: float, sparsity: float) -> Float64[np.ndarray, "k k"]:
    known = label_classes(problem)
    if len(known) < 2:
        raise BadInput("confident noise needs two classes to change between; this problem has one")
    leaving = _leaving(draws.uniforms("diagonal", np.array(known)), rate)
    pairs = np.arange(len(known) ** 2).reshape(len(known), len(known))
    weights = draws.uniforms("weights", pairs.ravel()).reshape(pairs.shape) + 2.0**-53
    weights *= _confused(draws.uniforms("pairs", pairs.ravel()).reshape(pairs.shape), sparsity)
    within = weights / weights.sum(axis=1, keepdims=True) * leaving[:, None]
    np.fill_diagonal(within, 1 - leaving)
    transition = np.eye(problem.num_classes)
    transition[np.ix_(known, known)] = within
    transition.setflags(write=False)
    return transition


def _leaving(uniforms: Float64[np.ndarray, "k"], rate: float) -> Float64[np.ndarray, "k"]:
    """Rates in the proportions of the draws whose mean is `rate`; those that reach 1 stay there."""
    rates = np.zeros(len(uniforms))
    full = np.zeros(len(uniforms), dtype=bool)
    while not full.all():
        rates[full] = 1
        rest = uniforms[~full] + 2.0**-53
        rates[~full] = (rate * len(rates) - full.sum()) * rest / rest.sum()
        beyond = rates > 1
        if not beyond.any():
            break
        full |= beyond
    return np.clip(rates, 0, 1)


def _confused(uniforms: Float64[np.ndarray, "k k"], sparsity: float) -> Bool[np.ndarray, "k k"]:
    """The pairs that are confused: in each row the one with the largest draw, then the largest of all."""
    k = len(uniforms)
    count = k * (k - 1) - round(sparsity * k * (k - 1))
    if count < k:
        raise BadInput(
            f"confident: sparsity {number_text(sparsity)} leaves {count} pairs of {k} classes to confuse, "
            f"fewer than one a class; it can be {(k - 2) / (k - 1):.4g} at most"
        )
    order = uniforms.copy()
    np.fill_diagonal(order, -1)
    order[np.arange(k), order.argmax(axis=1)] += 1
    confused = np.zeros(k * k, dtype=bool)
    confused[np.argsort(-order.ravel(), kind="stable")[:count]] = True
    return confused.reshape(k, k)
