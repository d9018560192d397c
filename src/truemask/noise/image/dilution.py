"""Clean labels diluted: every image comes again and again, under labels that mean little.

Source: Rolnick et al., Deep Learning is Robust to Massive Label Noise, arXiv:1705.10694.
"""

from typing import Annotated

import numpy as np

from truemask.noise.image.roster import Gallery, Roster, with_copies
from truemask.noise.image.set_draws import SetDraws
from truemask.noise.knobs import Range, Rate
from truemask.noise.maps import ClassMap
from truemask.types import Problem

Copies = Annotated[int, Range(0, 1000, "a whole number from 0 to 1000")]


def dilution(
    roster: Roster,
    problem: Problem,
    draws: SetDraws,
    gallery: Gallery,  # noqa: ARG001 - every noise on sets is called alike
    *,
    alpha: Copies,
    structure: Rate = 0.0,
    map: ClassMap | None = None,
) -> Roster:
    """Each image kept as it is, and `alpha` copies of it added with a drawn label.

    N images become N (1 + alpha), so this is not a noise of some rate on N images. Uniform copies have any
    class alike, the true one included: of all labels (1 + alpha / k) / (1 + alpha) are right. With
    `structure`, copies lean to one wrong class.

    Copies are called KEY~1, KEY~2 and so on. Nothing is copied in memory: they point to the image. The
    labels are drawn once; drawn anew each epoch they would be label smoothing.

    Args:
        roster: all rows; those with IGNORE get no copies.
        problem: what the classes are.
        draws: where the randomness comes from.
        gallery: not used.
        alpha: copies of each image.
        structure: chance of a copy to get the class that its image is mistaken for; else any class alike.
        map: which class is mistaken for which, as in `asymmetric`; without one, each for the next.

    Raises:
        BadInput: if a copy would be called as another image is.
    """
    k = problem.num_classes
    targets = map.targets(problem.classes) if map else {i: ((i + 1) % k,) for i in range(k)}
    places, keys, labels = [], [], []
    for place in np.flatnonzero(roster.labelled).tolist():
        own, label = draws.of(roster.keys[place]), int(roster.labels[place])
        numbers = np.arange(1, alpha + 1)
        classes = np.floor(own.uniforms("class", numbers) * k).astype(int)
        leans = own.uniforms("leans", numbers) < (structure if label in targets else 0)
        mistaken = np.array(targets.get(label, (label,)))
        toward = mistaken[np.floor(own.uniforms("toward", numbers) * len(mistaken)).astype(int)]
        places += [place] * alpha
        keys += [f"{roster.keys[place]}~{number}" for number in numbers]
        labels += np.where(leans, toward, classes).tolist()
    return with_copies(roster, places, keys, labels)
