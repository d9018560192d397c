"""Segments left out: the annotator did not see them, or did not care.

Source: inexhaustive annotations of "Learn transferable features for semantic image segmentation in the
presence of label noise" (draft, 2017). The draft corrupts the training set once, as done here; its released
code draws anew which segments are left out each time an image is loaded. That is an augmentation: over many
epochs every segment is seen at rate 1 - rate, and no label stays wrong.
"""

import numpy as np
from jaxtyping import UInt8

from truemask.noise.background import background_of
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.objects import kept
from truemask.noise.segment.rates import SegmentRates
from truemask.noise.segment.units import chances, chosen, regions_of, repainted, segments_of
from truemask.types import Instances, Problem


def miss(
    labels: UInt8[np.ndarray, "h w"] | Instances,
    problem: Problem,
    draws: Draws,
    *,
    rate: Rate,
    rates: SegmentRates | None = None,
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Segments left out: on a label map they become background, from an object list they vanish.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a segment to be left out.
        rates: other chances by class, by size, or both, such as `rates=wheel/small:0.5;wheel:0.2;small:0.1`
            (small below 32^2 px, large from 96^2 px on); the closest one counts.

    Raises:
        BadInput: if a label map's problem has no background, or a class is not the problem's.
    """
    if isinstance(labels, Instances):
        found = segments_of(labels, problem)
        keep = np.ones(len(labels), dtype=bool)
        keep[found.rows] = ~chosen("miss", draws, found, chances(problem, found, rate, rates))
        return kept(labels, keep)
    background = background_of(problem, "miss")
    ids, found = regions_of(labels, problem)
    missed = chosen("miss", draws, found, chances(problem, found, rate, rates))
    return repainted(labels, ids, np.where(missed, np.uint8(background), found.classes))
