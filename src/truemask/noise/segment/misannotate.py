"""Other things labelled as what one looks for.

Source: misannotation of "Learn transferable features for semantic image segmentation in the presence of label
noise" (draft, 2017): 0 -> k. There the target class is kept, and the segments of all other classes, which
count as background, are labelled as the target: all of them (AllMisannotated) or half (HalfMisannotated).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, UInt8

from truemask.noise.background import background_of
from truemask.noise.counts import Share
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.maps import class_id
from truemask.noise.objects import kept, with_classes
from truemask.noise.row import Knobs
from truemask.noise.segment.rates import SegmentRates
from truemask.noise.segment.realised import classes_after
from truemask.noise.segment.units import (
    Segments,
    chances,
    chosen,
    places_among,
    regions_of,
    repainted,
    segments_of,
)
from truemask.types import BadInput, Instances, Labels, Problem


@dataclass(frozen=True)
class Targets:
    """The classes that other things are taken for.

    >>> str(Targets.parse("dog; cat"))
    'cat;dog'
    """

    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Targets":
        """Read `cat` or `cat;dog`, classes by name or id."""
        return cls(tuple(sorted({name.strip() for name in text.split(";")})))

    def __str__(self) -> str:
        return ";".join(self.names)

    def ids(self, problem: Problem) -> UInt8[np.ndarray, "m"]:
        """Their ids, ascending.

        Raises:
            BadInput: if a class is not among the problem's, or is its background.
        """
        found = {class_id(name, problem.classes, f"the targets {self}") for name in self.names}
        if problem.background in found:
            raise BadInput(f"the targets {self} name the background; to leave things out use miss")
        return np.array(sorted(found), dtype=np.uint8)


def misannotate(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate = 1.0,
    target: Targets,
    others: Literal["kept", "background"] = "kept",
    rates: SegmentRates | None = None,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Segments of other classes labelled as the target; those of the target stay.

    The draft's three label sets: `misannotate,target=cat,others=background` (AllMisannotated),
    `misannotate:0.5,target=cat,others=background` (HalfMisannotated), and with rate 0 the clean twin
    (SingleTarget). Things that the labels already have as background cannot be found any more: start from
    labels that know the other classes.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a segment of another class to be labelled as the target.
        target: the class that is looked for; of several, such as `target=cat;dog`, each alike.
        others: what becomes of the other segments of other classes: they are `kept`, or become `background`.
        rates: other chances by class, by size, or both, such as `rates=dog/small:0.5;dog:0.2;small:0.1`.

    Raises:
        BadInput: if a class is not the problem's; if others are to become background and there is none.
    """
    targets = target.ids(problem)
    if isinstance(labels, Instances):
        found = segments_of(labels, problem)
        new, mistaken = _mistaken(problem, draws, found, targets, rate, rates)
        classes, keep = labels.classes.copy(), np.ones(len(labels), dtype=bool)
        classes[found.rows] = new
        if others == "background":
            keep[found.rows] = mistaken | np.isin(found.classes, targets)
        return kept(with_classes(labels, classes), keep)
    ids, found = regions_of(labels, problem)
    new, mistaken = _mistaken(problem, draws, found, targets, rate, rates)
    if others == "background":
        background = np.uint8(background_of(problem, "misannotate,others=background"))
        new = np.where(mistaken | np.isin(found.classes, targets), new, background)
    return repainted(labels, ids, new)


def expected(before: Labels, problem: Problem, knobs: Knobs) -> float:
    """Segments that should be labelled as the target."""
    found = _found(before, problem)
    other = ~np.isin(found.classes, knobs["target"].ids(problem))
    return float(chances(problem, found, knobs["rate"], knobs["rates"])[other].sum())


def realised(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:
    """Segments of other classes that are labelled as the target."""
    targets, found = knobs["target"].ids(problem), _found(before, problem)
    other = ~np.isin(found.classes, targets)
    now = classes_after(found, after)
    return int((np.isin(now, targets) & other).sum()), int(other.sum())


def _found(labels: Labels, problem: Problem) -> Segments:
    assert not isinstance(labels, int)
    return segments_of(labels, problem)


def _mistaken(
    problem: Problem,
    draws: Draws,
    found: Segments,
    targets: UInt8[np.ndarray, "m"],
    rate: float,
    rates: SegmentRates | None,
) -> tuple[UInt8[np.ndarray, "n"], Bool[np.ndarray, "n"]]:
    """The classes that segments have now, and which of them are taken for the target."""
    likely = chances(problem, found, rate, rates)
    mistaken = chosen("misannotate", draws, found, likely) & ~np.isin(found.classes, targets)
    which = places_among("as what", draws, found, np.full(len(found), len(targets)))
    return np.where(mistaken, targets[which], found.classes), mistaken
