"""All that is measured of a label set's structure, image by image; parts of a data set add up."""

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from truemask.structure.bandwidth import LabelCovariance
from truemask.structure.outline_profile import OutlineProfile
from truemask.structure.pooled import PooledShares
from truemask.structure.topology import Topology, topology
from truemask.types import IGNORE


class LabelStructure:
    """Counts of label maps, and of true ones beside them where there are any.

    Args:
        num_classes: k.
    """

    def __init__(self, num_classes: int) -> None:
        self.num_classes = num_classes
        self.images = 0
        self.covariance = LabelCovariance(num_classes)
        self.pooled = PooledShares(num_classes)
        self.given = [Topology()] * num_classes
        self.true = [Topology()] * num_classes
        self.counts: Int64[np.ndarray, "k k+1"] = np.zeros((num_classes, num_classes + 1), dtype=np.int64)
        self.outlines = OutlineProfile(num_classes)

    def add(self, labels: UInt8[np.ndarray, "h w"], truth: UInt8[np.ndarray, "h w"] | None = None) -> None:
        """Count the labels of one image, and what they should be, where that is known."""
        self.images += 1
        self.covariance.add(labels)
        self.pooled.add(labels)
        self.given = [whole + topology(labels, k) for k, whole in enumerate(self.given)]
        if truth is not None:
            self.true = [whole + topology(truth, k) for k, whole in enumerate(self.true)]
            self.outlines.add(labels, truth)
            self._count(labels, truth)

    def merge(self, other: "LabelStructure") -> None:
        """Take over the counts of another part of the same data set."""
        self.images += other.images
        self.covariance.merge(other.covariance)
        self.pooled.merge(other.pooled)
        self.given = [one + two for one, two in zip(self.given, other.given, strict=True)]
        self.true = [one + two for one, two in zip(self.true, other.true, strict=True)]
        self.counts += other.counts
        self.outlines.merge(other.outlines)

    @property
    def transition(self) -> Float64[np.ndarray, "k k+1"]:
        """P(given | true), the last column IGNORE; NaN in the row of a class that truth does not have."""
        total = self.counts.sum(axis=1, keepdims=True)
        return np.asarray(
            np.divide(self.counts, total, out=np.full(self.counts.shape, np.nan), where=total > 0)
        )

    @property
    def wrong_share(self) -> float:
        """Share of the labels that are not the true class; NaN without truth."""
        labelled = self.counts[:, :-1].sum()
        right = np.trace(self.counts[:, :-1])
        return float(1 - right / labelled) if labelled else float("nan")

    def _count(self, labels: UInt8[np.ndarray, "h w"], truth: UInt8[np.ndarray, "h w"]) -> None:
        k = self.num_classes
        known = truth != IGNORE
        given = np.minimum(labels[known], k).astype(np.int64)
        pairs = np.bincount(truth[known].astype(np.int64) * (k + 1) + given, minlength=k * (k + 1))
        self.counts += pairs.reshape(k, k + 1)
