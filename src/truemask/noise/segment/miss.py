"""Segments left out: the annotator did not see them, or did not care.

Source: inexhaustive annotations of "Learn transferable features for semantic image segmentation in the
presence of label noise" (draft, 2017).
"""

import numpy as np
from jaxtyping import UInt8

from truemask.noise.background import background_of
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.objects import bearing, kept
from truemask.noise.segment.regions import segments
from truemask.types import Instances, Problem


def miss(
    labels: UInt8[np.ndarray, "h w"] | Instances, problem: Problem, draws: Draws, *, rate: Rate
) -> UInt8[np.ndarray, "h w"] | Instances:
    """Segments left out: on a label map they become background, from an object list they vanish.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        rate: chance of a segment to be left out, whatever its size.

    Raises:
        BadInput: if a label map's problem has no background.
    """
    if isinstance(labels, Instances):
        missed = draws.uniforms("miss", labels.ids) < rate
        return kept(labels, ~(missed & bearing(labels)))
    background = background_of(problem, "miss")
    ids, places = segments(labels, background)
    missed = draws.uniforms("miss", places) < rate
    noisy = labels.copy()
    noisy[np.concatenate([[False], missed])[ids]] = background
    return noisy
