"""Labels of every class that are mistaken for one other class: the next, a permutation's, or any.

Who errs like this errs by a rule, and a network learns the rule: up to a rate of 0.5 the true class is still
the most frequent one among its labels, beyond it the wrong one is.
"""

from itertools import count

import numpy as np
from jaxtyping import Float64

from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.label.exempt import exempt_class, label_classes
from truemask.noise.label.mapped import mapped_classes
from truemask.noise.maps import ClassMap
from truemask.noise.relabel import relabel
from truemask.noise.transition import asymmetric as asymmetric_matrix
from truemask.noise.transition import pair as pair_matrix
from truemask.types import BadInput, Labels, Problem


def pair(labels: Labels, problem: Problem, draws: Draws, *, rate: Rate) -> Labels:
    """Labels changed to the class with the next id, and those of the last class to the first.

    Source: pair flipping of Han et al., NeurIPS 2018, arXiv:1804.06872, at rate 0.45.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are. Objects: the next object class; none becomes background.
        draws: where the randomness comes from.
        rate: chance of a label to end up wrong.

    Raises:
        BadInput: if there are not two classes to change between.
    """
    return relabel(labels, pair_transition(problem, draws, rate=rate), draws)


def pair_transition(
    problem: Problem,
    draws: Draws,  # noqa: ARG001 - every transition matrix is asked for alike
    *,
    rate: float,
) -> Float64[np.ndarray, "k k"]:
    """P(j | y) of `pair`."""
    return pair_matrix(problem.num_classes, rate, exempt=exempt_class(problem))


def permutation(
    labels: Labels, problem: Problem, draws: Draws, *, rate: Rate, map: ClassMap | None = None
) -> Labels:
    """Labels changed to the class that a fixed permutation has in the place of the true one.

    Source: Reed et al., ICLR workshop 2015, arXiv:1412.6596.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a label to end up wrong.
        map: `reed` for the published one of ten classes, or pairs such as `1>2;2>3;3>1`; classes that it does
            not name stay. Without it a permutation that leaves no class in its place is drawn from the seed,
            the same for all images.

    Raises:
        BadInput: if the map is no permutation of classes of the problem, or objects would become background.
    """
    return relabel(labels, permutation_transition(problem, draws, rate=rate, map=map), draws)


def permutation_transition(
    problem: Problem, draws: Draws, *, rate: float, map: ClassMap | None
) -> Float64[np.ndarray, "k k"]:
    """P(j | y) of `permutation`."""
    if map is None:
        known = _at_least_two(problem, "permutation")
        return _to_one(problem, rate, known, _deranged(known, draws))
    targets = mapped_classes(map, problem)
    reached = [target for others in targets.values() for target in others]
    if sorted(reached) != sorted(targets):
        raise BadInput(
            f"the class map {map} is no permutation: every class that it names gives its place to one class "
            f"and takes that of one, as in map=1>2;2>3;3>1"
        )
    return asymmetric_matrix(problem.num_classes, rate, targets)


def consistent(labels: Labels, problem: Problem, draws: Draws, *, rate: Rate) -> Labels:
    """Labels changed to one wrong class for each class, drawn once from the seed: consistent mistakes.

    Two classes may be mistaken for the same one, unlike in a permutation. The flip noise of GLC (Hendrycks et
    al., NeurIPS 2018, arXiv:1802.05300). Inconsistent mistakes of the same rate are `symmetric`; `biased` are
    consistent ones that follow from what an image looks like.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a label to end up wrong.

    Raises:
        BadInput: if there are not two classes to change between.
    """
    return relabel(labels, consistent_transition(problem, draws, rate=rate), draws)


def consistent_transition(problem: Problem, draws: Draws, *, rate: float) -> Float64[np.ndarray, "k k"]:
    """P(j | y) of `consistent`."""
    known = _at_least_two(problem, "consistent")
    share = draws.of_all_images().uniforms("which class", np.array(known))
    places = (share * (len(known) - 1)).astype(int).tolist()
    others = [known[:own] + known[own + 1 :] for own in range(len(known))]
    return _to_one(problem, rate, known, [left[at] for left, at in zip(others, places, strict=True)])


def _to_one(
    problem: Problem, rate: float, sources: list[int], targets: list[int]
) -> Float64[np.ndarray, "k k"]:
    pairs = {source: (target,) for source, target in zip(sources, targets, strict=True)}
    return asymmetric_matrix(problem.num_classes, rate, pairs)


def _deranged(classes: list[int], draws: Draws) -> list[int]:
    """An order that leaves none in its place, every such order alike: the first of random ones that does."""
    once = draws.of_all_images()
    for attempt in count():
        bits = once.bits("permutation", np.arange(len(classes)) + attempt * len(classes))
        order = np.argsort(bits, kind="stable")
        if (order != np.arange(len(classes))).all():
            break
    return [classes[place] for place in order.tolist()]


def _at_least_two(problem: Problem, what: str) -> list[int]:
    known = label_classes(problem)
    if len(known) < 2:
        raise BadInput(f"{what} noise needs two classes to change between; this problem has one")
    return known
