"""What is measured of each suspect segment: size, place, and how sure the predictions are of it.

The kind of quantities that Rottmann & Reese (arXiv:2207.06104), and MetaSeg before them (Rottmann et al.,
IJCNN 2020, arXiv:1811.00648), aggregate over components: dispersion of the probabilities, geometry, class.
"""

import numpy as np
from jaxtyping import Float64, Int64

from truemask.audit.findings import KINDS
from truemask.audit.semantic.sight import Sight
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
    *(f"is_{kind}" for kind in KINDS),
)
"""Columns, in this order. Areas in pixels; `reach`: the largest distance from a given or predicted outline
over the tolerance; `border_share`: pixels nearer to a given outline than the tolerance; `confident`: mean
probability of the proposed class over its threshold, less that of the given one over its own;
`ring_agrees`: of the labelled pixels around, those predicted as given; `log_elsewhere`: pixels that differ
elsewhere in the image."""

_ALL, _FIRST, _LAST = slice(None), slice(None, -1), slice(1, None)
_NEIGHBOURS = (
    ((_FIRST, _ALL), (_LAST, _ALL)),
    ((_LAST, _ALL), (_FIRST, _ALL)),
    ((_ALL, _FIRST), (_ALL, _LAST)),
    ((_ALL, _LAST), (_ALL, _FIRST)),
)
"""Views of an image, and of its pixels' neighbours below, above, to the right and to the left."""


def features(
    suspects: Suspects, tolerance: Tolerance, thresholds: Float64[np.ndarray, "k"]
) -> Float64[np.ndarray, "n f"]:
    """A row for each suspect of an image.

    Args:
        suspects: of the image.
        tolerance: what outlines may be off.
        thresholds: mean probability of each class where it is given; NaN for one never given.
    """
    sight, n = suspects.sight, len(suspects.found)
    if not n:
        return np.zeros((0, len(FEATURES)))
    at = np.flatnonzero(suspects.ids.ravel())
    ids = suspects.ids.ravel()[at] - 1
    area = np.maximum(np.bincount(ids, minlength=n), 1)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.bincount(ids, weights=values, minlength=n) / area)

    given, proposed = sight.given.ravel()[at].astype(np.int64), _proposed(suspects)[at]
    probs = sight.probs.reshape(len(sight.probs), -1)[:, at].astype(np.float64)
    own, top = (np.take_along_axis(probs, classes[None], axis=0)[0] for classes in (given, proposed))
    entropy = -np.sum(probs * np.log(np.maximum(probs, 1e-12)), axis=0) / np.log(len(probs))
    usual = np.where(np.isnan(thresholds), 1.0, np.maximum(thresholds, 1e-3))
    here, there = _region_sizes(sight)
    far = np.maximum(sight.depth_given, sight.depth_predicted).ravel()[at] + 0.5
    reach = np.zeros(n)
    np.maximum.at(reach, ids, far)
    elsewhere = np.count_nonzero(sight.differ) - np.bincount(
        ids, weights=sight.differ.ravel()[at], minlength=n
    )
    columns = [
        np.log(area),
        np.log(mean(here[at])),
        np.log(mean(there[at])),
        mean(1 / here[at]) * area,
        mean(1 / there[at]) * area,
        reach / tolerance.outline_px,
        mean(sight.depth_given.ravel()[at] + 0.5 <= tolerance.outline_px),
        mean(top - own),
        mean(own),
        mean(top),
        mean(entropy),
        mean(top / usual[proposed] - own / usual[given]),
        _ring_agrees(suspects),
        np.log1p(np.maximum(elsewhere, 0)),
    ]
    kinds = np.array([[found.kind == kind for kind in KINDS] for found in suspects.found], np.float64)
    return np.concatenate([np.stack(columns, axis=1), kinds], axis=1)


def _proposed(suspects: Suspects) -> Int64[np.ndarray, "pixels"]:
    """The class that each pixel should be of: of a shifted region, what is predicted."""
    classes = np.array([0, *(found.proposed for found in suspects.found)], np.int64)
    moved = np.array([False, *(found.kind == "shifted" for found in suspects.found)])
    ids = suspects.ids.ravel()
    return np.where(moved[ids], suspects.sight.predicted.ravel(), classes[ids])


def _region_sizes(sight: Sight) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of each pixel's given and predicted region."""
    given, predicted = (
        np.maximum(np.bincount(regions.ravel()), 1)[regions.ravel()]
        for regions, _ in (sight.given_regions, sight.predicted_regions)
    )
    return given, predicted


def _ring_agrees(suspects: Suspects) -> Float64[np.ndarray, "n"]:
    """Of the labelled pixels just outside of each suspect, the share that is predicted as given."""
    sight, n = suspects.sight, len(suspects.found)
    ids = suspects.ids
    touched, agreed = np.zeros(n + 1), np.zeros(n + 1)
    agree = sight.known & ~sight.differ
    for one, other in _NEIGHBOURS:
        beside = (ids[one] > 0) & (ids[one] != ids[other]) & sight.known[other]
        touched += np.bincount(ids[one][beside], minlength=n + 1)
        agreed += np.bincount(ids[one][beside], weights=agree[other][beside], minlength=n + 1)
    return agreed[1:] / np.maximum(touched[1:], 1)
