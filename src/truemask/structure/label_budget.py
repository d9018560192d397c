"""Can training still succeed on such labels, and how many of them does it need?

Full rank says only that infinitely many labels would do. With finitely many, two classes whose labels differ
by dP are told apart at k standard errors from n labels if dP sqrt(n) / sqrt(P (1 - P)) >= k. A network pools
labels over pixels that look alike, in all images, so n is the labels of the rarer class divided by the number
of looks that it must learn. Neither noise nor network need be known for a comparison: labels that are worth w
clean ones each do what w times as many clean labels do.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from truemask.structure.distinguish import ROUNDING, label_worth, seen

SIGMAS = 2.0
LOOKS = 800.0
"""What a small U-Net had to learn of drawn organelles: between 580 and 1,070 (docs/why/labels-needed.md)."""


@dataclass(frozen=True)
class LabelBudget:
    """What a label set holds for its hardest pair of classes, and what it would need.

    Args:
        pair: ids of the two classes that are the hardest to tell apart.
        worth: clean labels that one label is worth for this pair, in [0, 1].
        labels: of the rarer of the two classes, as there are (harmonic mean of both).
        labels_needed: as many would be enough; infinite if the labels of both are alike.
        images_needed: as many images like these have them.
        window_px: pixels of one region that show its class within a single image.
        misled: classes whose labels are most often those of another class: plain training will say the other.
    """

    pair: tuple[int, int]
    worth: float
    labels: float
    labels_needed: float
    images_needed: float
    window_px: float
    misled: tuple[int, ...]

    @property
    def margin(self) -> float:
        """Labels there are, over labels needed: training should succeed from about 1 on."""
        return self.labels / self.labels_needed

    @property
    def enough(self) -> bool:
        """Whether training can still find every class, some way or other."""
        return self.margin >= 1

    @property
    def plain_training(self) -> bool:
        """Whether plain cross entropy at its usual threshold should do."""
        return self.enough and not self.misled


def labels_needed(
    worth: float | Float64[np.ndarray, "*n"], *, looks: float = LOOKS, sigmas: float = SIGMAS
) -> float | Float64[np.ndarray, "*n"]:
    """Labels of a class that tell it from another one: looks * sigmas^2 / (4 worth).

    With one look this is the P (1 - P) k^2 / dP^2 of a single region: 2,499 pixels at 2 sigmas for two
    classes with 49 % flipped.

    Args:
        worth: of one label for this pair, from `label_worth`; 0 needs infinitely many.
        looks: how many kinds of places a network must learn one by one; 1 for a single region.
        sigmas: standard errors between the two.
    """
    value = np.asarray(worth, dtype=np.float64)
    needed = np.divide(looks * sigmas**2 / 4, value, out=np.full_like(value, np.inf), where=value > ROUNDING)
    return float(needed) if np.ndim(worth) == 0 else needed


def label_budget(
    transition: Float64[np.ndarray, "k m"],
    pixels: Float64[np.ndarray, "k"],
    images: int,
    *,
    looks: float = LOOKS,
    sigmas: float = SIGMAS,
) -> LabelBudget:
    """Whether labels are enough for the pair of classes that is the hardest to tell apart.

    Classes that do not occur (no pixels, or a row of NaN) take no part.

    Args:
        transition: P(given | true), from a spec, from two label sets or estimated.
        pixels: of each true class, over all images; labels that are IGNORE by the matrix count here, too.
        images: that hold them.
        looks: what the network must learn; measure it with one run that just succeeds, by `looks_of`.
        sigmas: standard errors asked for.
    """
    worths = label_worth(transition)
    rows = seen(transition)
    there = np.flatnonzero((pixels > 0) & ~np.isnan(rows).any(axis=1))
    best: LabelBudget | None = None
    own = np.diagonal(rows)
    rivals = np.where(np.eye(len(rows), dtype=bool), -1.0, rows).max(axis=1)
    misled = tuple(int(one) for one in there if rivals[one] >= own[one] - ROUNDING)
    for i, one in enumerate(there.tolist()):
        for other in there[i + 1 :].tolist():
            worth = float(worths[one, other])
            labels = float(2 * pixels[one] * pixels[other] / (pixels[one] + pixels[other]))
            needed = float(labels_needed(worth, looks=looks, sigmas=sigmas))
            window = float(labels_needed(worth, looks=1, sigmas=sigmas))
            found = LabelBudget((one, other), worth, labels, needed, images * needed / labels, window, misled)
            if best is None or found.margin < best.margin:
                best = found
    if best is None:
        nothing = float("nan")
        return LabelBudget((-1, -1), nothing, nothing, nothing, nothing, nothing, misled)
    return best


def looks_of(labels: float, worth: float, *, sigmas: float = SIGMAS) -> float:
    """Looks that a network learnt, from a run whose labels were just enough: 4 labels worth / sigmas^2."""
    return 4 * labels * worth / sigmas**2
