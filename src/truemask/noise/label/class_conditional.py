"""Noise that looks only at the true class, on images, pixels and objects alike.

Sources: Patrini et al., CVPR 2017, arXiv:1609.03683 (images); Yang et al., ECCV 2020,
doi:10.1007/978-3-030-58568-6_3 (objects). Every label is drawn from the true one as it was before the step:
where cats become dogs and dogs cats, no cat is changed twice. (Some released code goes class by class over
labels that it has changed already: at rate 0.4 that leaves 24 % of the cats wrong, not 40 %.)
"""

from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.maps import ClassMap
from truemask.noise.relabel import relabel
from truemask.noise.transition import asymmetric as asymmetric_matrix
from truemask.noise.transition import symmetric as symmetric_matrix
from truemask.types import BadInput, Labels, Problem, Task


def symmetric(labels: Labels, problem: Problem, draws: Draws, *, rate: Rate) -> Labels:
    """Labels changed to any other class alike, never to the true one.

    Images and pixels: the background, where there is one, is a class like the others and changes too (on
    pixels this equals `flip`). Objects: only object classes; none becomes background, none comes from it.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a label to end up wrong.

    Raises:
        BadInput: if there are not two classes to change between.
    """
    transition = symmetric_matrix(problem.num_classes, rate, exempt=exempt_class(problem))
    return relabel(labels, transition, draws)


def asymmetric(labels: Labels, problem: Problem, draws: Draws, *, rate: Rate, map: ClassMap) -> Labels:
    """Labels of some classes changed to the class that each is mistaken for; other classes stay.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a label of a class that the map names first in a pair to end up wrong. Over all
            labels the share is smaller.
        map: which class is mistaken for which: a published map's name, or pairs such as `cat>dog;dog>cat`.
            A class in several pairs goes to each alike.

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
    return relabel(labels, asymmetric_matrix(problem.num_classes, rate, targets), draws)


def exempt_class(problem: Problem) -> int | None:
    """The background of an object list: it is no object's class."""
    return problem.background if problem.task == Task.INSTANCE else None
