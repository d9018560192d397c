"""Which class is mistaken for which: published maps by name, and maps that a user gives."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from truemask.noise.knobs import number_text
from truemask.types import BadInput, Problem

CLASS_MAPS: Mapping[str, tuple[tuple[str, str], ...]] = {
    # Patrini et al., CVPR 2017, arXiv:1609.03683.
    "cifar10": (
        ("truck", "automobile"),
        ("bird", "airplane"),
        ("deer", "horse"),
        ("cat", "dog"),
        ("dog", "cat"),
    ),
    # The same without dogs for cats: Xu et al. (DMI), NeurIPS 2019, arXiv:1909.03388.
    "dmi": (
        ("truck", "automobile"),
        ("bird", "airplane"),
        ("deer", "horse"),
        ("cat", "dog"),
    ),
    "mnist": (("7", "1"), ("2", "7"), ("5", "6"), ("6", "5"), ("3", "8")),
    # A permutation of ten classes: Reed et al., ICLR workshop 2015, arXiv:1412.6596.
    "reed": tuple((str(true), str(given)) for true, given in enumerate((7, 9, 0, 4, 2, 1, 3, 5, 6, 8))),
    # Yang et al., Learning with Noisy Class Labels for Instance Segmentation, ECCV 2020.
    "voc": (
        ("bird", "aeroplane"),
        ("diningtable", "chair"),
        ("bus", "car"),
        ("sheep", "horse"),
        ("bicycle", "motorbike"),
        ("motorbike", "bicycle"),
        ("cat", "dog"),
        ("dog", "cat"),
    ),
    "cityscapes": (
        ("person", "rider"),
        ("rider", "person"),
        ("bus", "truck"),
        ("truck", "bus"),
        ("motorcycle", "bicycle"),
        ("bicycle", "motorcycle"),
    ),
    # The embedded data set's classes that look alike.
    "scenes": (
        ("disk", "ring"),
        ("ring", "disk"),
        ("square", "cross"),
        ("cross", "square"),
        ("star", "flower"),
        ("flower", "star"),
        ("drop", "heart"),
        ("heart", "drop"),
    ),
}
"""Named maps: which class is mistaken for which, by class names."""


@dataclass(frozen=True)
class ClassMap:
    """Which class is mistaken for which: the name of a published map, or pairs of names or ids.

    >>> str(ClassMap.parse("dog>cat; cat > dog"))
    'cat>dog;dog>cat'
    """

    name: str | None
    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> "ClassMap":
        """Read `voc`, `1>2;2>1` or `cat>dog;dog>cat`.

        Raises:
            BadInput: if it is neither a known name nor pairs.
        """
        if ">" not in text:
            if text in CLASS_MAPS:
                return cls(text, CLASS_MAPS[text])
            raise BadInput(
                f"no class map called {text!r}; there is: {', '.join(sorted(CLASS_MAPS))}; or pairs such as "
                f"map=cat>dog;dog>cat"
            )
        pairs = tuple(sorted(_pair(part, text) for part in text.split(";")))
        if len(set(pairs)) < len(pairs):
            raise BadInput(f"the class map {text!r} says a pair twice")
        return cls(None, pairs)

    def __str__(self) -> str:
        return self.name or ";".join(f"{source}>{target}" for source, target in self.pairs)

    def targets(self, classes: tuple[str, ...]) -> dict[int, tuple[int, ...]]:
        """The ids that each id may be mistaken for.

        Raises:
            BadInput: if a class is not among the problem's.
        """
        targets: dict[int, tuple[int, ...]] = {}
        for source, target in self.pairs:
            one, other = (class_id(name, classes, f"the class map {self}") for name in (source, target))
            if one == other:
                raise BadInput(f"the class map {self} sends {source!r} to itself; leave such a pair out")
            targets[one] = (*targets.get(one, ()), other)
        return targets


@dataclass(frozen=True)
class ClassRates:
    """A rate for some of the classes, by name or id.

    >>> str(ClassRates.parse("dog:0.50;cat:.2"))
    'cat:0.2;dog:0.5'
    """

    pairs: tuple[tuple[str, float], ...]

    @classmethod
    def parse(cls, text: str) -> "ClassRates":
        """Read `cat:0.2;dog:0.5` or `1:0.2;2:0.5`.

        Raises:
            BadInput: if it is not such pairs, or a rate is outside [0, 1].
        """
        pairs = tuple(sorted(_rate(part, text) for part in text.split(";")))
        if len({name for name, _ in pairs}) < len(pairs):
            raise BadInput(f"the class rates {text!r} name a class twice")
        return cls(pairs)

    def __str__(self) -> str:
        return ";".join(f"{name}:{number_text(rate)}" for name, rate in self.pairs)

    def by_id(self, classes: tuple[str, ...]) -> dict[int, float]:
        """The rate of each class id named.

        Raises:
            BadInput: if a class is not among the problem's.
        """
        return {class_id(name, classes, f"the rates {self}"): rate for name, rate in self.pairs}


def rate_of_each(
    problem: Problem, rates: Float64[np.ndarray, "k"], own: ClassRates | None
) -> Float64[np.ndarray, "k"]:
    """The rates of the classes, by id, with those that `own` says instead.

    Raises:
        BadInput: if it names a class that the problem lacks.
    """
    said = own.by_id(problem.classes) if own else {}
    return np.array([said.get(place, rate) for place, rate in enumerate(rates.tolist())])


def class_id(name: str, classes: tuple[str, ...], where: str) -> int:
    """The id of a class given by name (case, spaces and punctuation aside), or else by number.

    Raises:
        BadInput: if the problem has no such class, saying `where` it was named.
    """
    if name in classes:
        return classes.index(name)
    plain = [_plain(known) for known in classes]
    if _plain(name) in plain:
        return plain.index(_plain(name))
    if name.isdecimal() and int(name) < len(classes):
        return int(name)
    raise BadInput(f"{where}: no class called {name!r}; there is: {', '.join(classes)}")


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _pair(part: str, text: str) -> tuple[str, str]:
    match [side.strip() for side in part.split(">")]:
        case [str(source), str(target)] if source and target:
            return source, target
    raise BadInput(f"{part!r} in the class map {text!r} is no pair such as cat>dog")


def _rate(part: str, text: str) -> tuple[str, float]:
    name, _, rate = part.rpartition(":")
    try:
        share = float(rate)
    except ValueError as error:
        raise BadInput(f"{part!r} in the class rates {text!r} is no pair such as cat:0.2") from error
    if not name.strip() or not 0 <= share <= 1:
        raise BadInput(
            f"{part!r} in the class rates {text!r} is no class and rate from 0 to 1, such as cat:0.2"
        )
    return name.strip(), share
