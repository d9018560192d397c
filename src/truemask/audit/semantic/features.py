"""What is measured of each suspect segment: size, place, and how sure the predictions are of it.

The kind of quantities that Rottmann & Reese (arXiv:2207.06104), and MetaSeg before them (Rottmann et al.,
IJCNN 2020, arXiv:1811.00648), aggregate over components: dispersion of the probabilities, geometry, class.
"""

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from truemask.audit.evidence.edges import NEUTRAL, outline_gradients
from truemask.audit.findings import KINDS
from truemask.audit.semantic import segment_kernels
from truemask.audit.semantic.label_regions import extents
from truemask.audit.semantic.suspects import Suspects
from truemask.audit.semantic.tolerance import Tolerance

FEATURES = (
    "log_area",
    "log_given_region",
    "log_predicted_region",
    "of_given_region",
    "of_predicted_region",
    "reach",
    "border_share",
    "mean_margin",
    "mean_own",
    "mean_top",
    "mean_entropy",
    "confident",
    "ring_agrees",
    "log_elsewhere",
    "edge_support",
    "edge_given",
    "edge_proposed",
    *(f"is_{kind}" for kind in KINDS),
)
"""Columns, in this order. Areas in pixels; `reach`: the largest distance from a given or predicted outline
over the tolerance; `border_share`: pixels nearer to a given outline than the tolerance; `confident`: mean
probability of the proposed class over its threshold, less that of the given one over its own;
`ring_agrees`: of the labelled pixels around, those predicted as given; `log_elsewhere`: pixels that differ
elsewhere in the image; `edge_support`: how steep the image is where only the proposed labels have an outline,
over that and how steep it is where only the given ones do; `edge_given`, `edge_proposed`: either over that
and how steep it is all around."""

_CHUNK = 8192
"""Pixels whose probabilities of all classes are looked at together: they should stay in the cache."""


def features(
    suspects: Suspects,
    tolerance: Tolerance,
    thresholds: Float64[np.ndarray, "k"],
    chosen: Bool[np.ndarray, "n"] | None = None,
) -> Float64[np.ndarray, "m f"]:
    """A row for each suspect of an image.

    Args:
        suspects: of the image.
        tolerance: what outlines may be off.
        thresholds: mean probability of each class where it is given; NaN for one never given.
        chosen: which of the suspects; None: all.
    """
    sight, kept = suspects.sight, np.ones(len(suspects.found), bool) if chosen is None else chosen
    n = np.count_nonzero(kept)
    if not n:
        return np.zeros((0, len(FEATURES)))
    rank = np.concatenate([[-1], np.where(kept, np.cumsum(kept) - 1, -1)])
    at = np.flatnonzero(suspects.ids)
    numbers = rank[suspects.ids.ravel()[at]]
    at, numbers = at[numbers >= 0], numbers[numbers >= 0]
    given, proposed = sight.given.ravel()[at].astype(np.int64), _proposed(suspects, at)
    own, top, entropy = _said(sight.probs.reshape(len(sight.probs), -1), at, given, proposed)
    usual = np.where(np.isnan(thresholds), 1.0, np.maximum(thresholds, 1e-3))
    seen = np.stack([top - own, own, top, entropy, top / usual[proposed] - own / usual[given]])
    sums = np.zeros((n, len(seen) + 9))
    segment_kernels.sums(
        numbers,
        at,
        suspects.ids,
        (sight.given, sight.predicted),
        (sight.given_regions[0], sight.predicted_regions[0]),
        (sight.mine.sizes, sight.theirs.sizes),
        (sight.depth_given, sight.depth_predicted),
        np.float32(tolerance.outline_px),
        seen,
        sums,
    )
    area = np.maximum(np.bincount(numbers, minlength=n), 1)
    margin, mine, theirs, surprise, confident, here, there, of_here, of_there, border = (
        sums[:, :10] / area[:, None]
    ).T
    reach, differ, touched, agreed = sums[:, 10:].T
    columns = [
        np.log(area),
        np.log(here),
        np.log(there),
        of_here * area,
        of_there * area,
        reach / tolerance.outline_px,
        border,
        margin,
        mine,
        theirs,
        surprise,
        confident,
        agreed / np.maximum(touched, 1),
        np.log1p(np.maximum(np.count_nonzero(sight.differ) - differ, 0)),
        *_edges(suspects)[:, kept],
    ]
    of_kind = [[found.kind == kind for kind in KINDS] for found in suspects.found]
    return np.concatenate([np.stack(columns, axis=1), np.array(of_kind, np.float64)[kept]], axis=1)


def _proposed(suspects: Suspects, at: Int64[np.ndarray, "pixels"]) -> Int64[np.ndarray, "pixels"]:
    """The class that each of these pixels should be of: of a shifted region, what is predicted."""
    classes = np.array([0, *(found.proposed for found in suspects.found)], np.int64)
    moved = np.array([False, *(found.kind == "shifted" for found in suspects.found)])
    ids = suspects.ids.ravel()[at]
    return np.asarray(np.where(moved[ids], suspects.sight.predicted.ravel()[at], classes[ids]), np.int64)


def _edges(suspects: Suspects) -> Float64[np.ndarray, "3 n"]:
    """What the image says of each suspect; 1/2 all over where there is no image."""
    sight, n = suspects.sight, len(suspects.found)
    if sight.look is None:
        return np.full((3, n), NEUTRAL)
    at = np.flatnonzero(suspects.ids)
    proposed = sight.given.copy()
    proposed.ravel()[at] = _proposed(suspects, at)
    boxes = extents(suspects.ids, n)[1:, [1, 0, 3, 2]]
    old, new, around = outline_gradients(sight.look.steep, sight.given, proposed, suspects.ids, boxes).T
    return np.stack([_share(new, old), _share(old, around), _share(new, around)])


def _share(one: Float64[np.ndarray, "n"], other: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Of the sum of two, the part that is the first; half of nothing."""
    both = one + other
    return np.asarray(np.divide(one, both, out=np.full(len(both), NEUTRAL), where=both > 0))


def _said(
    probs: Float[np.ndarray, "k n"],
    at: Int64[np.ndarray, "pixels"],
    given: Int64[np.ndarray, "pixels"],
    proposed: Int64[np.ndarray, "pixels"],
) -> Float64[np.ndarray, "3 pixels"]:
    """Of each of these pixels, the probabilities of its given and proposed class, and the entropy of all."""
    said = np.empty((3, len(at)))
    for start in range(0, len(at), _CHUNK):
        part = slice(start, start + _CHUNK)
        of_all = np.take(probs, at[part], axis=1).astype(np.float64)
        for row, classes in enumerate((given, proposed)):
            said[row, part] = np.take_along_axis(of_all, classes[None, part], axis=0)[0]
        said[2, part] = np.sum(of_all * np.log(np.maximum(of_all, 1e-12)), axis=0)
    said[2] /= -np.log(len(probs))
    return said
