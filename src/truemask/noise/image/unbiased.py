"""Wrong labels that nothing about an image explains, in exact numbers.

Source: the symmetric noise of released benchmark code, which draws how many labels change before it draws
which: over the whole set (D2L, Ma et al., ICML 2018, arXiv:1806.02612) or class by class (SCE, Wang et al.,
ICCV 2019, arXiv:1908.06112). `symmetric` draws label by label instead, so its realised rate varies.
"""

from typing import Literal

import numpy as np

from truemask.noise.image.roster import Gallery, Roster, relabelled
from truemask.noise.image.set_draws import SetDraws
from truemask.noise.knobs import Rate
from truemask.types import Problem


def unbiased(
    roster: Roster,
    problem: Problem,
    draws: SetDraws,
    gallery: Gallery,  # noqa: ARG001 - every noise on sets is called alike
    *,
    rate: Rate,
    per: Literal["set", "class"] = "set",
) -> Roster:
    """Exactly so many labels changed to any other class alike, whatever the image shows.

    Args:
        roster: all rows; those with IGNORE stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        gallery: not used.
        rate: share of labels that end up wrong, to the nearest whole number of rows.
        per: the share is of the whole set (D2L), or of the rows of each class (SCE).
    """
    labels = roster.labels.copy()
    groups = [roster.labelled] if per == "set" else [roster.labels == i for i in range(problem.num_classes)]
    for group in groups:
        places = np.flatnonzero(group)
        keys = [roster.keys[place] for place in places]
        changed = places[draws.chosen("wrong", keys, int(np.floor(len(keys) * rate + 0.5)))]
        steps = draws.bits("which", [roster.keys[place] for place in changed]) >> np.uint64(32)
        others = np.uint64(problem.num_classes - 1)
        ahead = 1 + (steps * others >> np.uint64(32)).astype(np.int64)
        labels[changed] = (labels[changed] + ahead) % problem.num_classes
    return relabelled(roster, labels)
