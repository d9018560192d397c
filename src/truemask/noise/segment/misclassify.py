"""Segments that are seen, but called something else.

Source: misclassification of "Learn transferable features for semantic image segmentation in the presence of
label noise" (draft, 2017): k -> j, class-conditional.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float64, UInt8

from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.maps import ClassMap
from truemask.noise.matrix_text import Matrix
from truemask.noise.objects import with_classes
from truemask.noise.relabel import relabel_units
from truemask.noise.row import Knobs
from truemask.noise.segment.class_mix import ClassMix
from truemask.noise.segment.rates import SegmentRates
from truemask.noise.segment.units import Segments, chances, chosen, regions_of, repainted, segments_of
from truemask.noise.transition import asymmetric, inclusive, symmetric
from truemask.types import BadInput, Instances, Labels, Problem


def misclassify(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate = 1.0,
    map: ClassMap | None = None,
    mix: ClassMix | None = None,
    matrix: Matrix | None = None,
    draw: Literal["other", "any"] = "other",
    rates: SegmentRates | None = None,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Segments whose class is drawn anew, all pixels of a segment together; none becomes background.

    The draft's AllRandomLabels is `misclassify,draw=any`, HalfRandomLabels `misclassify:0.5,draw=any`: the
    class is drawn from all k foreground classes, the true one included, so that rate (k - 1) / k of the
    segments are wrong: with the draft's 15 classes 93.3 % and 46.7 %. (Its formula says that labels stay as
    they are, which is a slip.)

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a segment that its class is drawn anew.
        map: draw the classes that each is mistaken for: a published map's name or pairs such as
            `map=cat>dog;dog>cat`; other classes stay.
        mix: draw them with these chances, such as `mix=cat>dog:0.2;cat>fox:0.1`; else the class stays.
        matrix: draw them by a transition matrix, written out or in a file as `matrix` takes it.
        draw: where neither of these is given: any `other` class alike, or `any` alike, the true one included.
        rates: other chances by class, by size, or both, such as `rates=dog/small:0.5;dog:0.2;small:0.1`.

    Raises:
        BadInput: if a class is not the problem's, things would become background, or two of map, mix and
            matrix are given.
    """
    transition = _transition(problem, map, mix, matrix, draw)
    if isinstance(labels, Instances):
        found = segments_of(labels, problem)
        classes = labels.classes.copy()
        classes[found.rows] = _redrawn(problem, draws, found, transition, rate, rates)
        return with_classes(labels, classes)
    ids, found = regions_of(labels, problem)
    return repainted(labels, ids, _redrawn(problem, draws, found, transition, rate, rates))


def expected(before: Labels, problem: Problem, knobs: Knobs) -> float:
    """Segments that should have another class."""
    assert not isinstance(before, int)
    found = segments_of(before, problem)
    transition = _transition(problem, *(knobs[name] for name in ("map", "mix", "matrix", "draw")))
    leaving = 1 - transition.diagonal()[found.classes]
    return float((leaving * chances(problem, found, knobs["rate"], knobs["rates"])).sum())


def _redrawn(
    problem: Problem,
    draws: Draws,
    found: Segments,
    transition: Float64[np.ndarray, "k k"],
    rate: float,
    rates: SegmentRates | None,
) -> UInt8[np.ndarray, "n"]:
    anew = chosen("misclassify", draws, found, chances(problem, found, rate, rates))
    return np.where(anew, relabel_units(found.classes, found.names, transition, draws), found.classes)


def _transition(
    problem: Problem,
    map: ClassMap | None,
    mix: ClassMix | None,
    matrix: Matrix | None,
    draw: str,
) -> Float64[np.ndarray, "k k"]:
    """P(j | y) of a segment whose class is drawn anew."""
    k, background = problem.num_classes, problem.background
    said = [name for name, given in (("map", map), ("mix", mix), ("matrix", matrix)) if given is not None]
    if len(said) > 1:
        raise BadInput(f"misclassify takes one of map, mix and matrix; got {' and '.join(said)}")
    if map is not None:
        transition = asymmetric(k, 1.0, map.targets(problem.classes))
    elif mix is not None:
        transition = mix.matrix(problem.classes)
    elif matrix is not None:
        transition = matrix.over(problem)
    else:
        make = symmetric if draw == "other" else inclusive
        transition = make(k, 1.0, exempt=background)
    stays = np.eye(k, transition.shape[1])
    if background is not None and (
        (transition[background] != stays[background]).any()
        or (transition[:, background] != stays[:, background]).any()
    ):
        raise BadInput(
            f"misclassify with {said[0]}: the background is no segment's class; to leave things out use "
            f"miss, to add some use spurious"
        )
    if transition.shape[1] > k and transition[:, k].any():
        raise BadInput("misclassify with matrix: a segment does not become IGNORE; leave its column out")
    return transition[:, :k]
