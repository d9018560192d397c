"""Labels that become any class alike: exclusive (never the true one) and inclusive (the true one among them).

Half of the released code has the one convention and half the other, and both call it symmetric noise of a
rate: 40 % of ten classes are 40 % wrong labels, or 36 %. Here each has its name.

Sources: Patrini et al., CVPR 2017, arXiv:1609.03683 (exclusive); Zhang et al., ICLR 2017, arXiv:1611.03530
(inclusive); Yang et al., ECCV 2020, doi:10.1007/978-3-030-58568-6_3 (objects).
"""

from typing import Literal

import numpy as np
from jaxtyping import Float64

from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.label.exempt import exempt_class, label_classes
from truemask.noise.relabel import relabel
from truemask.noise.transition import inclusive as inclusive_matrix
from truemask.noise.transition import redrawn
from truemask.noise.transition import symmetric as symmetric_matrix
from truemask.types import Labels, Problem


def symmetric(
    labels: Labels,
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate,
    compat: Literal["strict", "lncis"] = "strict",
) -> Labels:
    """Labels changed to any other class alike, never to the true one.

    Images and pixels: the background, where there is one, is a class like the others and changes too (on
    pixels this equals `flip`). Objects: only object classes; none becomes background, none comes from it.

    Labels of images change one by one, so the realised rate varies a little around the declared one. Released
    code that changes an exact number of images (SCE, APL, D2L) has to see the whole set first: `unbiased`.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a label to end up wrong.
        compat: `lncis` draws from all classes but the last, the true one included, as the scripts of Yang et
            al. (ECCV 2020) do: of k object classes all but the last end up wrong at rate (k - 2) / (k - 1)
            only (VOC 18/19, Cityscapes 6/7, COCO 78/79 of it), the last at the whole rate, and no label
            becomes the last class. The scripts change crowd objects too; here they stay.

    Raises:
        BadInput: if there are not two classes to change between.
    """
    return relabel(labels, symmetric_transition(problem, draws, rate=rate, compat=compat), draws)


def symmetric_transition(
    problem: Problem,
    draws: Draws,  # noqa: ARG001 - every transition matrix is asked for alike
    *,
    rate: float,
    compat: str,
) -> Float64[np.ndarray, "k k"]:
    """P(j | y) of `symmetric`."""
    exclusive = symmetric_matrix(problem.num_classes, rate, exempt=exempt_class(problem))
    if compat == "strict":
        return exclusive
    known = label_classes(problem)
    return redrawn(problem.num_classes, rate, dict.fromkeys(known, known[:-1]))


def inclusive(labels: Labels, problem: Problem, draws: Draws, *, rate: Rate) -> Labels:
    """Labels redrawn from all k classes alike, the true one included: rate (k - 1) / k of them end up wrong.

    The symmetric noise of the released code of DivideMix, ELR, PENCIL and joint optimisation, and the uniform
    one of GLC. At rate 0.4 of ten classes 36 % are wrong, at rate 0.9 81 %. At rate 1 labels are random.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are. Objects: only object classes are drawn, so k is without the background.
        draws: where the randomness comes from.
        rate: chance of a label to be drawn anew.

    Raises:
        BadInput: if there are not two classes to draw from.
    """
    return relabel(labels, inclusive_transition(problem, draws, rate=rate), draws)


def inclusive_transition(
    problem: Problem,
    draws: Draws,  # noqa: ARG001 - every transition matrix is asked for alike
    *,
    rate: float,
) -> Float64[np.ndarray, "k k"]:
    """P(j | y) of `inclusive`."""
    return inclusive_matrix(problem.num_classes, rate, exempt=exempt_class(problem))
