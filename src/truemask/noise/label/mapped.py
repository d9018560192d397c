"""Labels of some classes that are mistaken for another one, by a map.

Sources: Patrini et al., CVPR 2017, arXiv:1609.03683 (images); Yang et al., ECCV 2020,
doi:10.1007/978-3-030-58568-6_3 (objects). Every label is drawn from the true one as it was before the step:
where cats become dogs and dogs cats, no cat is changed twice.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float64

from truemask.noise.counts import Share, changed_among, counts
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.label.exempt import exempt_class
from truemask.noise.maps import ClassMap
from truemask.noise.relabel import relabel
from truemask.noise.row import Knobs
from truemask.noise.transition import asymmetric as asymmetric_matrix
from truemask.noise.transition import sequential
from truemask.types import BadInput, Labels, Problem


def asymmetric(
    labels: Labels,
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate,
    map: ClassMap,
    compat: Literal["strict", "sequential"] = "strict",
) -> Labels:
    """Labels of some classes changed to the class that each is mistaken for; other classes stay.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a label of a class that the map names first in a pair to end up wrong. Over all
            labels the share is smaller.
        map: which class is mistaken for which: a published map's name, or pairs such as `cat>dog;dog>cat`.
            A class in several pairs goes to each alike.
        compat: `sequential` goes class by class over labels that it has changed already, as the released
            code of ELR and APL does: at rate r of `map=cifar10` only r (1 - r) of the cats end up wrong, as
            those that became dogs may turn back (24 % at rate 0.4), but r of the dogs.

    Raises:
        BadInput: if the map names a class that the problem lacks, or objects would become background.
    """
    transition = asymmetric_transition(problem, draws, rate=rate, map=map, compat=compat)
    return relabel(labels, transition, draws)


def asymmetric_transition(
    problem: Problem,
    draws: Draws,  # noqa: ARG001 - every transition matrix is asked for alike
    *,
    rate: float,
    map: ClassMap,
    compat: str,
) -> Float64[np.ndarray, "k k"]:
    """P(j | y) of `asymmetric`."""
    made = asymmetric_matrix if compat == "strict" else sequential
    return made(problem.num_classes, rate, mapped_classes(map, problem))


def mapped_classes(map: ClassMap, problem: Problem) -> dict[int, tuple[int, ...]]:
    """The classes that each class may be mistaken for, by id.

    Raises:
        BadInput: if the map names a class that the problem lacks, or objects would become background.
    """
    targets = map.targets(problem.classes)
    exempt = exempt_class(problem)
    if exempt is not None and (exempt in targets or any(exempt in others for others in targets.values())):
        raise BadInput(
            f"the class map {map} names the background, which is no object's class; use miss to leave "
            f"objects out"
        )
    return targets


def mapped_wrong(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:
    """Labels changed, among the classes that the map mistakes for another."""
    sources = np.isin(np.arange(problem.num_classes), list(knobs["map"].targets(problem.classes)))
    return changed_among(counts(before, after, problem), sources)
