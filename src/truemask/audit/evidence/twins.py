"""The same image twice: in two splits, or with two sets of labels. Found by comparing fingerprints."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8, UInt64

from truemask.audit.findings import Finding

MOST_BITS_APART = 12
MOST_GREY_APART = 4.0
_ROWS_AT_A_TIME = 256


@dataclass(frozen=True)
class Fingerprint:
    """What is kept of an image.

    Args:
        split, key: which it is.
        pixels: a digest of its pixels: equal for equal images alone.
        labels: a digest of its labels.
        bits: a perceptual hash, near for images that look alike; None where it says nothing.
        thumb: the grey thumbnail behind it.
    """

    split: str
    key: str
    pixels: bytes
    labels: bytes
    bits: UInt64[np.ndarray, "_"] | None = None
    thumb: UInt8[np.ndarray, "_ _"] | None = None


@dataclass(frozen=True)
class Twins:
    """Two images that are one.

    Args:
        first, second: in the order they came.
        same_pixels: every pixel is equal; else they look alike.
    """

    first: Fingerprint
    second: Fingerprint
    same_pixels: bool

    @property
    def leak(self) -> bool:
        """Whether they lie in different splits."""
        return self.first.split != self.second.split

    @property
    def labels_differ(self) -> bool:
        """Whether the same pixels have other labels: one of the two is wrong."""
        return self.same_pixels and self.first.labels != self.second.labels


def find_twins(prints: Sequence[Fingerprint]) -> list[Twins]:
    """Equal images, and images that look alike: each later one with its first, or its nearest, twin."""
    twins, double = [], set()
    groups: dict[bytes, list[int]] = defaultdict(list)
    for row, one in enumerate(prints):
        groups[one.pixels].append(row)
    for rows in groups.values():
        for later in rows[1:]:
            twins.append(Twins(prints[rows[0]], prints[later], same_pixels=True))
            double.add(later)
    rows = [row for row, one in enumerate(prints) if one.bits is not None and row not in double]
    twins += [Twins(prints[first], prints[later], same_pixels=False) for first, later in _alike(prints, rows)]
    return twins


def twin_findings(twins: Sequence[Twins]) -> list[Finding]:
    """A finding about the later image of each pair: `duplicate`; the evidence says of which.

    Heaviest: the same pixels with other labels; then what is in two splits; then what is only there twice. An
    image that is to be ignored is one that has its pixels in the split already, with the same labels.
    """
    findings = []
    for pair in twins:
        of = f"{pair.first.split}/{pair.first.key}"
        what = "same" if pair.same_pixels else "alike"
        amiss = "other labels" if pair.labels_differ else "split leak" if pair.leak else "twice"
        score = 1.0 if pair.labels_differ else 0.8 if pair.leak else 0.6
        score -= 0.0 if pair.same_pixels else 0.1
        sure = pair.same_pixels and not pair.leak and not pair.labels_differ
        findings.append(
            Finding(
                level="image",
                image=pair.second.key,
                kind="duplicate",
                score=score,
                evidence=f"twins: {what} as {of}, {amiss}",
                weight=score,
                action="ignore" if sure else "none",
            )
        )
    return findings


def _alike(prints: Sequence[Fingerprint], rows: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs (earlier, later) of images that look alike; each later one with the nearest before it."""
    if len(rows) < 2:
        return []
    bits = np.stack([bits for row in rows if (bits := prints[row].bits) is not None])
    pairs = []
    for start in range(0, len(rows), _ROWS_AT_A_TIME):
        block = bits[start : start + _ROWS_AT_A_TIME]
        apart = np.zeros((len(block), start + len(block)), np.uint16)
        for word in range(bits.shape[1]):
            apart += np.bitwise_count(block[:, None, word] ^ bits[None, : apart.shape[1], word])
        # Only those before: the rest of the row is out of reach.
        apart[np.arange(apart.shape[1]) >= start + np.arange(len(block))[:, None]] = np.iinfo(np.uint16).max
        for i, j in enumerate(apart.argmin(axis=1).tolist()):
            first, later = rows[j], rows[start + i]
            if (
                apart[i, j] <= MOST_BITS_APART
                and _grey_apart(prints[first], prints[later]) <= MOST_GREY_APART
            ):
                pairs.append((first, later))
    return pairs


def _grey_apart(one: Fingerprint, other: Fingerprint) -> float:
    if one.thumb is None or other.thumb is None:
        return float("inf")
    return float(np.abs(one.thumb.astype(np.int16) - other.thumb.astype(np.int16)).mean())
