"""Where errors pile up: classes, folders, splits, annotators, sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

_DRAWS = 500
_TAIL = 5.0
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
) -> list[Place]:
    """Groups by how much more of them is flagged than of the others, those surely worse first.

    The interval is by bootstrap over images, corrected for the number of groups (Bonferroni): of many groups,
    some look bad by chance.

    Args:
        of: what groups.
        units: labels of each image in each group.
        flagged: those of them that are flagged; the same groups.
    """
    names = [name for name, counts in units.items() if counts.sum() >= _LEAST_UNITS]
    if len(names) < 2:
        return []
    wholes = np.stack([units[name] for name in names])
    parts = np.stack([flagged[name] for name in names])
    rng = np.random.default_rng(0)
    count = wholes.shape[1]
    weights = rng.multinomial(count, np.full(count, 1 / count), _DRAWS).astype(np.float64)
    times = _times(parts.sum(axis=1)[None], wholes.sum(axis=1)[None])[0]
    drawn = _times(weights @ parts.T, weights @ wholes.T)
    tail = _TAIL / len(names)
    low, high = np.nanpercentile(np.where(np.isnan(drawn), 1.0, drawn), [tail, 100 - tail], axis=0)
    shares = parts.sum(axis=1) / wholes.sum(axis=1)
    columns = np.stack([shares, times, low, high], axis=1).tolist()
    found = [
        Place(of, name, int(whole.sum()), *numbers)
        for name, whole, numbers in zip(names, wholes, columns, strict=True)
    ]
    return sorted(found, key=lambda place: (-place.low, place.name))


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
    parts: Float64[np.ndarray, "d g"], wholes: Float64[np.ndarray, "d g"]
) -> Float64[np.ndarray, "d g"]:
    """Share of each group over the share of all others; with half a flag more on either side, never 0 / 0."""
    rest, others = parts.sum(axis=1, keepdims=True) - parts, wholes.sum(axis=1, keepdims=True) - wholes
    times: Float64[np.ndarray, "d g"] = ((parts + 0.5) / (wholes + 1)) / ((rest + 0.5) / (others + 1))
    return times
