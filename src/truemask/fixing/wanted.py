"""Accepted findings as they are applied to the labels of one image, and what came of each."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool

from truemask import rle
from truemask.audit.findings import Finding
from truemask.data.resize import resize_labels


@dataclass(frozen=True)
class Wanted:
    """A finding to act on.

    Args:
        id: its name.
        rank: within its level, from 1.
        finding: where, what, and what instead.
    """

    id: str
    rank: int
    finding: Finding


@dataclass(frozen=True)
class Outcome:
    """What came of a finding.

    Args:
        id: its name.
        outcome: applied; in conflict with a better ranked one, which was applied; or impossible.
        changed: units that got another label: pixels, objects, or images.
        why: what it was in conflict with, or what stood in the way.
    """

    id: str
    outcome: Literal["applied", "conflict", "impossible"]
    changed: int = 0
    why: str = ""


def by_rank(wanted: list[Wanted]) -> list[Wanted]:
    """The best ranked first; among equal ranks of several levels the higher score, then the name."""
    return sorted(wanted, key=lambda one: (one.rank, -one.finding.score, one.id))


def mask_of(code: bytes, finding: Finding, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """A finding's pixels in an image of this size, where the audit may have seen a reduced one."""
    mask: Bool[np.ndarray, "h w"] = rle.unpack((code,), finding.size or size)[0]
    return mask if mask.shape == size else resize_labels(mask.view(np.uint8), size).view(bool)


def codes_at(codes: tuple[bytes, ...], finding: Finding, size: tuple[int, int]) -> tuple[bytes, ...]:
    """A finding's shapes in an image of this size."""
    if finding.size in (None, size):
        return codes
    return rle.pack(np.stack([mask_of(code, finding, size) for code in codes])) if codes else ()
