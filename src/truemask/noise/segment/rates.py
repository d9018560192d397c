"""Rates of segments, by class and by size: small things are missed more often."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from truemask.noise.knobs import number_text
from truemask.noise.maps import class_id
from truemask.types import BadInput, Problem

SIZES = ("small", "medium", "large")
"""Sizes of segments, as COCO has them."""
LIMITS_PX = (32**2, 96**2)
"""Areas in pixels from which on a segment is medium, and large."""


def sizes(areas_px: Int64[np.ndarray, "n"]) -> Int64[np.ndarray, "n"]:
    """The place of each area in SIZES: small below 32^2 px, medium below 96^2 px, else large."""
    return np.asarray(np.digitize(areas_px, LIMITS_PX))


@dataclass(frozen=True)
class SegmentRates:
    """Rates of segments of some classes, some sizes, or some classes at some sizes. The closest one counts:
    that of class and size, else of the class, else of the size, else the noise's `rate`.

    The words small, medium and large are sizes; a class that is called so is named by its number.

    >>> str(SegmentRates.parse("wheel: 0.2; small:.10; wheel/small:0.5"))
    'small:0.1;wheel:0.2;wheel/small:0.5'
    """

    pairs: tuple[tuple[str, float], ...]

    @classmethod
    def parse(cls, text: str) -> "SegmentRates":
        """Read `wheel/small:0.5;wheel:0.2;small:0.1`, classes by name or id.

        Raises:
            BadInput: if it is not such pairs, or a rate is outside [0, 1].
        """
        pairs = tuple(sorted(_pair(part, text) for part in text.split(";")))
        if len({whose for whose, _ in pairs}) < len(pairs):
            raise BadInput(f"the rates {text!r} say one of them twice")
        return cls(pairs)

    def __str__(self) -> str:
        return ";".join(f"{whose}:{number_text(rate)}" for whose, rate in self.pairs)

    def table(self, problem: Problem, rate: float) -> Float64[np.ndarray, "k 3"]:
        """The rate of each class at each size, `rate` where nothing closer is said.

        Raises:
            BadInput: if a class is not among the problem's, or is its background.
        """
        rates = np.full((problem.num_classes, len(SIZES)), float(rate))
        said = {_whose(whose, problem, str(self)): share for whose, share in self.pairs}
        if len(said) < len(self.pairs):
            raise BadInput(f"the rates {self} say one of them twice, by name and by number")
        for (row, size), share in sorted(said.items(), key=_from_wide_to_close):
            rates[slice(None) if row is None else row, slice(None) if size is None else size] = share
        return rates


def rate_of_each(
    problem: Problem,
    rate: float,
    own: SegmentRates | None,
    classes: UInt8[np.ndarray, "n"],
    areas_px: Int64[np.ndarray, "n"],
) -> Float64[np.ndarray, "n"]:
    """The rate of each segment: `rate`, or what `own` says of its class and size.

    Raises:
        BadInput: if `own` names a class that the problem lacks.
    """
    if own is None:
        return np.full(len(classes), float(rate))
    return np.asarray(own.table(problem, rate)[classes, sizes(areas_px)])


def _from_wide_to_close(said: tuple[tuple[int | None, int | None], float]) -> tuple[bool, bool]:
    (row, size), _ = said
    return row is not None, size is not None


def _whose(text: str, problem: Problem, all_of_them: str) -> tuple[int | None, int | None]:
    """Class id and place of the size; None for any."""
    name, slash, size = text.rpartition("/")
    if not slash and text in SIZES:
        return None, SIZES.index(text)
    place = class_id(name if slash else text, problem.classes, f"the rates {all_of_them}")
    if place == problem.background:
        raise BadInput(f"the rates {all_of_them} name the background, which has no segments")
    return place, SIZES.index(size) if slash else None


def _pair(part: str, text: str) -> tuple[str, float]:
    whose, _, rate = (side.strip() for side in part.rpartition(":"))
    name, slash, size = (side.strip() for side in whose.rpartition("/"))
    try:
        share = float(rate)
    except ValueError as error:
        raise BadInput(
            f"{part!r} in the rates {text!r} is no pair such as wheel:0.2 or wheel/small:0.5"
        ) from error
    if not whose or not 0 <= share <= 1 or (slash and not name):
        raise BadInput(f"{part!r} in the rates {text!r} is no class or size and a rate from 0 to 1")
    if slash and size not in SIZES:
        raise BadInput(f"{part!r} in the rates {text!r}: a size is one of {', '.join(SIZES)}; got {size!r}")
    return f"{name}/{size}" if slash else whose, share
