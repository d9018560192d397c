"""The rows of a data set as a noise on the whole set sees them: which image each shows, under which label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, UInt8

from truemask.types import IGNORE, BadInput


@dataclass(frozen=True)
class Roster:
    """The rows of a classification set, column by column.

    Args:
        keys: lasting names, unique.
        labels: class ids, or IGNORE.
        origins: key of the data set's own row that each goes back to: its image, unless a donor's took its
            place, and its size in any case.
        donors: image of another data set that a row shows instead, as `NAME#KEY`; None where it shows its
            own.
    """

    keys: tuple[str, ...]
    labels: UInt8[np.ndarray, "n"]
    origins: tuple[str, ...]
    donors: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def labelled(self) -> Bool[np.ndarray, "n"]:
        """Which rows bear a label that noise may act on."""
        known: Bool[np.ndarray, n] = self.labels != IGNORE
        return known


@runtime_checkable
class Gallery(Protocol):
    """The images of a data set, and of others to take images from."""

    def image(self, origin: str, donor: str | None) -> np.ndarray:
        """What a row shows, at its origin's size: uint8 "h w c", or float32 "d" for points."""

    def donors(self, source: str) -> Mapping[str, str | None]:
        """The images of another data set: the class's name by key; None where an image has no one class."""


def roster_of(keys: Sequence[str], labels: Sequence[int]) -> Roster:
    """Every row showing its own image."""
    unique = tuple(keys)
    return Roster(unique, np.array(labels, dtype=np.uint8), unique, (None,) * len(unique))


def relabelled(roster: Roster, labels: UInt8[np.ndarray, "n"]) -> Roster:
    """The same rows, classed anew."""
    return replace(roster, labels=labels)


def with_donors(roster: Roster, donors: Mapping[int, str]) -> Roster:
    """The same rows, some (by place) with an image from elsewhere; labels stay."""
    return replace(roster, donors=tuple(donors.get(row, old) for row, old in enumerate(roster.donors)))


def with_copies(roster: Roster, places: Sequence[int], keys: Sequence[str], labels: Sequence[int]) -> Roster:
    """Rows added that show what those at `places` show, each behind the one that it copies.

    Raises:
        BadInput: if a new key is one that there is already.
    """
    taken = set(roster.keys)
    if clash := next((key for key in keys if key in taken), None):
        raise BadInput(f"a copy would be called {clash!r}, as another image is already; rename that one")
    whole = [*range(len(roster)), *places]
    order = np.argsort(np.array(whole, dtype=np.int64), kind="stable")
    named = [*roster.keys, *keys]
    classes = np.concatenate([roster.labels, np.array(labels, dtype=np.uint8)])
    return Roster(
        tuple(named[row] for row in order),
        classes[order],
        tuple(roster.origins[whole[row]] for row in order),
        tuple(roster.donors[whole[row]] for row in order),
    )
