"""Errors put into the user's own labels on purpose: examples of what a wrong segment looks like there."""

import zlib

import numpy as np
from jaxtyping import Bool, Float64

from truemask.audit.semantic.features import FEATURES, features
from truemask.audit.semantic.find import find_suspects
from truemask.audit.semantic.sight import Sight
from truemask.audit.semantic.tolerance import Tolerance
from truemask.noise import corrupt, parse
from truemask.noise.corrupt import check
from truemask.noise.spec import Spec
from truemask.seeds import seed_for
from truemask.types import BadInput, Problem

MOST_REGIONS = 20_000
"""Of given labels, that are in images which errors are put into: so many are examples enough."""
_RATE = 0.3
_MOST_WRONG = 0.5


def noises_for(problem: Problem, tolerance: Tolerance) -> tuple[Spec, ...]:
    """One noise for each kind of error that the labels can have; outlines err beyond the tolerance."""
    outline = max(2, round(2 * tolerance.outline_px))
    shift = 2 * outline
    texts = (
        f"miss:{_RATE}",
        f"spurious:{_RATE}",
        f"misclassify:{_RATE}",
        f"affine:{shift},rate={_RATE}",
        f"dilate:{outline}",
        f"erode:{outline}",
        f"merge:{_RATE}",
        f"split:{_RATE}",
        f"holes:{_RATE}",
    )
    return tuple(spec for spec in map(parse, texts) if _applies(spec, problem))


def injected_features(
    sight: Sight,
    noises: tuple[Spec, ...],
    problem: Problem,
    tolerance: Tolerance,
    thresholds: Float64[np.ndarray, "k"],
    share: float = 1.0,
) -> Float64[np.ndarray, "n f"]:
    """Rows of the suspects that one noise, put into an image's given labels, brings about.

    Whether there is any, which, and what it does, follows from the image's key alone. The predictions stay:
    they come from networks that never saw this image's labels, whatever those were.

    Args:
        sight: the image with its given labels.
        noises: from `noises_for`.
        problem: what the classes are.
        tolerance: what outlines may be off.
        thresholds: mean probability of each class where it is given.
        share: of images that errors are put into.
    """
    if zlib.crc32(f"injected {sight.key}".encode()) >= share * 2**32:
        return np.zeros((0, len(FEATURES)))
    spec = noises[zlib.crc32(sight.key.encode()) % len(noises)]
    seed = seed_for("injected errors", str(spec))
    worse = corrupt(sight.given, spec, problem=problem, seed=seed, key=sight.key)
    assert isinstance(worse, np.ndarray)
    changed = worse != sight.given
    if not changed.any():
        return np.zeros((0, len(FEATURES)))
    suspects = find_suspects(sight.relabelled(worse), tolerance, problem.background)
    made = _mostly(suspects.ids, changed, len(suspects.found))
    return features(suspects, tolerance, thresholds, made)


def _mostly(ids: np.ndarray, places: Bool[np.ndarray, "h w"], count: int) -> Bool[np.ndarray, "n"]:
    """Which suspects have at least half of their pixels in these places."""
    at = np.flatnonzero(ids)
    ids = ids.ravel()[at]
    sizes = np.bincount(ids, minlength=count + 1)[1:]
    inside = np.bincount(ids, weights=places.ravel()[at], minlength=count + 1)[1:]
    return np.asarray((sizes > 0) & (inside >= _MOST_WRONG * sizes))


def _applies(spec: Spec, problem: Problem) -> bool:
    try:
        check(spec, problem)
    except BadInput:
        return False
    return True
