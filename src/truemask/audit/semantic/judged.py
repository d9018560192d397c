"""What one image leaves behind: its suspects, packed, what was measured of them, and its own scores."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from truemask.audit.segments import pack_pixels
from truemask.audit.semantic.agreement import kappa
from truemask.audit.semantic.features import features
from truemask.audit.semantic.find import find_suspects
from truemask.audit.semantic.image_scores import tolerant_softmin_score
from truemask.audit.semantic.injected import injected_features
from truemask.audit.semantic.label_regions import extents
from truemask.audit.semantic.sight import Sight
from truemask.audit.semantic.suspects import Suspect, Suspects
from truemask.audit.semantic.tolerance import Tolerance
from truemask.noise.spec import Spec
from truemask.types import Problem


@dataclass(frozen=True)
class Judged:
    """One image after the second pass.

    Args:
        key: of the image.
        size: height and width.
        known_px: labelled pixels.
        kappa: agreement of labels and predictions beyond chance.
        tolerant_softmin: see `image_scores`.
        suspects: kind and classes of each suspect segment.
        codes: COCO run-length code of each.
        shapes: code of what the region should look like; empty where that is not in question.
        boxes: tight x0, y0, x1, y1 of each.
        area_px: of each.
        rows: features of each.
        injected: features of the suspects that an injected error brings about.
    """

    key: str
    size: tuple[int, int]
    known_px: int
    kappa: float
    tolerant_softmin: float
    suspects: tuple[Suspect, ...]
    codes: tuple[bytes, ...]
    shapes: tuple[bytes, ...]
    boxes: Int64[np.ndarray, "n 4"]
    area_px: Int64[np.ndarray, "n"]
    rows: Float64[np.ndarray, "n f"]
    injected: Float64[np.ndarray, "m f"]


def judge(
    sight: Sight,
    problem: Problem,
    tolerance: Tolerance,
    thresholds: Float64[np.ndarray, "k"],
    noises: tuple[Spec, ...],
    *,
    min_area_px: int,
    share: float = 1.0,
) -> Judged:
    """Look at one image; into a `share` of all images, errors are injected."""
    suspects = find_suspects(sight, tolerance, problem.background, min_area_px=min_area_px)
    index = np.flatnonzero(suspects.ids)
    codes = pack_pixels(index, suspects.ids.ravel()[index].astype(np.int64) - 1, sight.given.shape)
    places = extents(suspects.ids, len(suspects.found))[1:]
    height, width = sight.given.shape
    injected = injected_features(sight, noises, problem, tolerance, thresholds, share)
    return Judged(
        key=sight.key,
        size=(height, width),
        known_px=int(np.count_nonzero(sight.known)),
        kappa=kappa(sight),
        tolerant_softmin=tolerant_softmin_score(sight, tolerance.outline_px),
        suspects=tuple(_without_shape(found) for found in suspects.found),
        codes=codes,
        shapes=tuple(_shape_code(suspects, found) for found in suspects.found),
        boxes=places[:, [1, 0, 3, 2]],
        area_px=places[:, 4],
        rows=features(suspects, tolerance, thresholds),
        injected=injected,
    )


def _without_shape(found: Suspect) -> Suspect:
    return Suspect(found.kind, found.given, found.proposed, found.region)


def _shape_code(suspects: Suspects, found: Suspect) -> bytes:
    """The shape on the whole image, packed; nothing where there is none."""
    if found.shape is None or found.window is None:
        return b""
    height, width = suspects.sight.given.shape
    rows, columns = np.nonzero(found.shape)
    index = (rows + found.window[0].start) * width + columns + found.window[1].start
    codes = pack_pixels(index.astype(np.int64), np.zeros(len(index), np.int64), (height, width))
    return codes[0] if codes else b""
