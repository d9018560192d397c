"""A list's findings and those of injected errors, counted by bins of scores and groups of images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

_MOST_BINS = 20
_LEAST_IN_BIN = 4
_MOST_GROUPS = 500


@dataclass(frozen=True)
class Scored:
    """Scores, and the images that they are of.

    Args:
        scores: higher is more suspect; minus infinity for an error that no finding points at.
        images: keys.
    """

    scores: Float64[np.ndarray, "n"]
    images: Sequence[str]

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True)
class Binned:
    """Counts in bins of scores, highest first; an image is in one group only.

    Args:
        edges: the lowest score of each bin.
        findings: of the list, by group and bin; the last column counts those below all bins.
        hits: findings of injected errors, by group and bin.
        errors: injected errors by group and bin of their best finding; the last column: no finding.
    """

    edges: Float64[np.ndarray, "bins"]
    findings: Int64[np.ndarray, "groups all"]
    hits: Int64[np.ndarray, "groups bins"]
    errors: Int64[np.ndarray, "groups all"]


def binned(findings: Scored, hits: Scored, errors: Scored) -> Binned:
    """Bins that hold about as many findings of injected errors each; equal scores share a bin.

    Groups are of the same size but for one, in the order of keys: neighbours, such as frames of a video, are
    together. Without findings of injected errors there is no bin.
    """
    ranked = np.sort(hits.scores)[::-1]
    count = max(1, min(_MOST_BINS, len(ranked) // _LEAST_IN_BIN))
    places = np.ceil(np.arange(1, count + 1) * len(ranked) / count).astype(np.int64) - 1
    edges = np.unique(ranked[places])[::-1] if len(ranked) else np.zeros(0)
    keys = sorted({*findings.images, *hits.images, *errors.images})
    groups = min(len(keys), _MOST_GROUPS)
    group = {key: place * groups // len(keys) for place, key in enumerate(keys)}

    def counts(scored: Scored) -> Int64[np.ndarray, "groups columns"]:
        table = np.zeros((groups, len(edges) + 1), np.int64)
        rows = np.array([group[key] for key in scored.images], np.int64)
        np.add.at(table, (rows, bin_of(scored.scores, edges)), 1)
        return table

    return Binned(edges, counts(findings), counts(hits)[:, : len(edges)], counts(errors))


def bin_of(scores: Float64[np.ndarray, "n"], edges: Float64[np.ndarray, "bins"]) -> Int64[np.ndarray, "n"]:
    """The bin of each score; the number of bins for a score below all."""
    return np.searchsorted(-edges, -scores, side="left")
