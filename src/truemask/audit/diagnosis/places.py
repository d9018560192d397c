"""Where errors pile up: classes, folders, splits, annotators, sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

_TAIL = 0.05
_LEAST_UNITS = 20
"""Groups with fewer labels are not spoken of."""
_LEAST_FLAGGED = 5
"""A group with fewer flagged labels does not stand out, whatever the others have."""


@dataclass(frozen=True)
class Place:
    """A group of labels, and how much of it is flagged.

    Args:
        of: what groups: class, folder, size, and so on.
        name: of the group.
        units: labels in it.
        share: of them that is flagged.
        times: how many times as often as in the other groups; with a 90 % interval, `low` to `high`.
    """

    of: str
    name: str
    units: int
    share: float
    times: float
    low: float
    high: float

    @property
    def stands_out(self) -> bool:
        """Whether chance alone would hardly make it so bad."""
        return self.low > 1 and self.share * self.units >= _LEAST_FLAGGED


def places(
    of: str,
    units: Mapping[str, Float64[np.ndarray, "images"]],
    flagged: Mapping[str, Float64[np.ndarray, "images"]],
    *,
    comparisons: int | None = None,
) -> list[Place]:
    """Groups by how much more of them is flagged than of the others, those surely worse first.

    Of many groups, some look bad by chance, and labels of one image are wrong together. So the interval of
    the ratio goes by how much images differ (its logarithm, to first order, with Student's t for the group's
    images: a group that is one image says nothing), and is corrected for the number of groups (Bonferroni).

    Args:
        of: what groups.
        units: labels of each image in each group.
        flagged: those of them that are flagged; the same groups.
        comparisons: groups that are compared in all; None: these.
    """
    names = spoken_of(units)
    if len(names) < 2:
        return []
    wholes, parts = (np.sum([counts[name] for name in names], axis=0) for counts in (units, flagged))
    found = []
    for name in names:
        whole, part = units[name], flagged[name]
        times, spread = _times(part, whole, parts - part, wholes - whole)
        images, low, high = int(np.count_nonzero(whole)), 0.0, float("inf")
        if images > 1:
            reach = float(np.exp(min(_reach(images, comparisons or len(names)) * spread, 700)))
            low, high = times / reach, times * reach
        share = float(part.sum() / whole.sum())
        found.append(Place(of, name, int(whole.sum()), share, times, low, high))
    return sorted(found, key=lambda place: (-place.low, place.name))


def spoken_of(units: Mapping[str, Float64[np.ndarray, "images"]]) -> list[str]:
    """The groups that have enough labels to be compared."""
    return [name for name, counts in units.items() if counts.sum() >= _LEAST_UNITS]


def folders(keys: Sequence[str]) -> list[str]:
    """The folder that each image's key begins with; "" for one without."""
    return [key.rpartition("/")[0] for key in keys]


def one_hot(
    groups: Sequence[str], counts: Float64[np.ndarray, "images"]
) -> dict[str, Float64[np.ndarray, "images"]]:
    """Counts of each image under the name of its group, 0 under the others."""
    of = np.array(groups, str)
    return {name: np.where(of == name, counts, 0.0) for name in sorted(set(groups))}


def _times(
    part: Float64[np.ndarray, "images"],
    whole: Float64[np.ndarray, "images"],
    other_part: Float64[np.ndarray, "images"],
    other_whole: Float64[np.ndarray, "images"],
) -> tuple[float, float]:
    """Share of a group over the share of all others, and the standard error of its logarithm.

    With half a flag more on either side, never 0 / 0.
    """
    logs, each = [], []
    for flags, labels in ((part, whole), (other_part, other_whole)):
        share = (flags.sum() + 0.5) / (labels.sum() + 1)
        logs.append(np.log(share))
        # What each image adds to the logarithm of the share, to first order.
        each.append((flags - share * labels) / (flags.sum() + 0.5))
    return float(np.exp(logs[0] - logs[1])), float(np.sqrt(np.sum((each[0] - each[1]) ** 2)))


def _reach(images: int, comparisons: int) -> float:
    """Standard errors that one of so many comparisons exceeds by chance in 5 % of cases, at most."""
    from scipy.stats import t  # late: scipy's distributions take a while to import

    return float(t.isf(_TAIL / comparisons, images - 1))
