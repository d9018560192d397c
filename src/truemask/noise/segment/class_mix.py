"""Which class becomes which, and how often: a transition matrix by its entries off the diagonal."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from truemask.noise.knobs import number_text
from truemask.noise.maps import class_id
from truemask.types import BadInput

_ROUNDING = 1e-9


@dataclass(frozen=True)
class ClassMix:
    """The chance of one class to become another, for some pairs; all other labels stay.

    >>> str(ClassMix.parse("dog>cat:.10; cat > dog:0.2"))
    'cat>dog:0.2;dog>cat:0.1'
    """

    entries: tuple[tuple[str, str, float], ...]

    @classmethod
    def parse(cls, text: str) -> "ClassMix":
        """Read `cat>dog:0.2;cat>fox:0.1`, classes by name or id.

        Raises:
            BadInput: if it is not such entries, or a chance is outside [0, 1].
        """
        entries = tuple(sorted(_entry(part, text) for part in text.split(";")))
        if len({entry[:2] for entry in entries}) < len(entries):
            raise BadInput(f"the mix {text!r} says a pair twice")
        return cls(entries)

    def __str__(self) -> str:
        return ";".join(f"{source}>{target}:{number_text(share)}" for source, target, share in self.entries)

    def matrix(self, classes: tuple[str, ...]) -> Float64[np.ndarray, "k k"]:
        """The transition matrix.

        Raises:
            BadInput: if a class is not the problem's or becomes itself, or the chances of one are above 1.
        """
        transition = np.zeros((len(classes), len(classes)))
        for source, target, share in self.entries:
            one, other = (class_id(name, classes, f"the mix {self}") for name in (source, target))
            if one == other:
                raise BadInput(f"the mix {self} sends {source!r} to itself; leave such a pair out")
            transition[one, other] += share
        stays = 1 - transition.sum(axis=1)
        if (stays < -_ROUNDING).any():
            first = classes[int(np.argmin(stays))]
            raise BadInput(f"the mix {self}: the chances of {first!r} come to {1 - stays.min():g}, above 1")
        np.fill_diagonal(transition, np.maximum(stays, 0))
        return transition


def _entry(part: str, text: str) -> tuple[str, str, float]:
    pair, _, chance = part.rpartition(":")
    source, _, target = (side.strip() for side in pair.partition(">"))
    try:
        share = float(chance)
    except ValueError as error:
        raise BadInput(f"{part!r} in the mix {text!r} is no entry such as cat>dog:0.2") from error
    if not source or not target or not 0 <= share <= 1:
        raise BadInput(
            f"{part!r} in the mix {text!r} is no pair of classes and chance from 0 to 1, such as cat>dog:0.2"
        )
    return source, target, share
