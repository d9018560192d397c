"""Rows that a table declares verified: which, and with which labels."""

from collections.abc import Sequence

from truemask.data.dataset import Dataset
from truemask.data.views import Subset
from truemask.seeds import seed_for
from truemask.types import BadInput


def trusted_keys(keys: Sequence[str], share: float, seed: int) -> set[str]:
    """About `share` of the keys, at least one: the same whatever the noise and the method."""
    drawn = sorted(keys, key=lambda key: seed_for("trusted", seed, key))
    return set(drawn[: max(1, round(share * len(keys)))])


def set_apart(given: Dataset, truth: Dataset, share: float, seed: int) -> tuple[Dataset, Dataset]:
    """The rows whose labels stay as given, and the trusted rows with their true labels.

    Args:
        given: images with the labels that all methods are given.
        truth: the same images with clean labels; rows without them cannot be trusted.
        share: of the rows in `truth`, in (0, 1).
        seed: of the draw.

    Raises:
        BadInput: if one of the two parts would be empty.
    """
    names = set(given.keys)
    chosen = trusted_keys([key for key in truth.keys if key in names], share, seed)
    others = [row for row, key in enumerate(given.keys) if key not in chosen]
    if not chosen or not others:
        raise BadInput(
            f"{given.name}, {given.split}: trusted = {share} of {len(given)} rows leaves {len(chosen)} "
            f"trusted and {len(others)} others; both need one or more"
        )
    verified = [row for row, key in enumerate(truth.keys) if key in chosen]
    return Subset(given, others), Subset(truth, verified, "trusted")
