"""Images replaced by images of something else; the labels stay, and are then of nothing in the set.

Sources: open-set noise of Wang et al., CVPR 2018, arXiv:1804.00092; cross-domain noise of Krause et al., ECCV
2016, arXiv:1511.06789.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from jaxtyping import Bool

from truemask.noise.image.roster import Gallery, Roster, with_donors
from truemask.noise.image.set_draws import SetDraws
from truemask.noise.image.source import Source
from truemask.noise.knobs import Range, Rate
from truemask.types import BadInput, Problem

Meanings = Annotated[int, Range(1, 255, "a whole number from 1 to 255")]


def open_set(
    roster: Roster,
    problem: Problem,
    draws: SetDraws,
    gallery: Gallery,
    *,
    rate: Rate,
    from_: Source,
    exact: bool = False,
) -> Roster:
    """Images replaced by those of another data set that show none of the classes; labels stay.

    Donors whose class has the name of one of the set's are left out. No donor is shown twice before all
    were shown once. Donors get the size and the channels of the images that they replace.

    Args:
        roster: all rows; those with IGNORE stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        gallery: the images.
        rate: chance of an image to be replaced.
        from_: path or name of the other data set (its training split); commas in it as `;`.
        exact: replace the nearest whole number of images to the rate, not each by chance: the published
            sets do so.

    Raises:
        BadInput: if the other data set has no image of another class.
    """
    places = np.flatnonzero(_replaced(roster, draws, rate, exact))
    if not len(places):
        return roster
    there = gallery.donors(from_.text)
    known = {name.casefold() for name in problem.classes}
    strangers = [key for key, name in there.items() if name is None or name.casefold() not in known]
    if not strangers:
        raise BadInput(f"from={from_}: all of its images are of the set's own classes; name another data set")
    return with_donors(roster, _dealt(roster, places.tolist(), strangers, from_, draws))


def cross_domain(
    roster: Roster,
    problem: Problem,
    draws: SetDraws,
    gallery: Gallery,
    *,
    rate: Rate,
    from_: Source,
    meanings: Meanings = 1,
) -> Roster:
    """Images replaced by those of another domain, of the same few kinds within a class; labels stay.

    A name that is searched for has other meanings (a bird's is also a ball club's), so what does not belong
    is alike within a class and different between classes: each class takes its images from `meanings`
    classes of the other data set that are drawn for it (of a set of masks or objects all images are one
    class). That reading of the paper is this package's; the
    paper found such images, it did not make them.

    Args:
        roster: all rows; those with IGNORE stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        gallery: the images.
        rate: chance of an image to be replaced.
        from_: path or name of the other data set (its training split); commas in it as `;`.
        meanings: how many of the other set's classes a class takes images from.

    Raises:
        BadInput: if the other data set has not that many classes that the set does not have.
    """
    replaced = _replaced(roster, draws, rate, exact=False)
    if not replaced.any():
        return roster
    known = {name.casefold() for name in problem.classes}
    kinds: dict[str, list[str]] = {}
    for key, name in gallery.donors(from_.text).items():
        if name is None or name.casefold() not in known:
            kinds.setdefault(name or "", []).append(key)
    if len(kinds) < meanings:
        raise BadInput(
            f"from={from_}: has images of {len(kinds)} classes that the set does not have, "
            f"meanings={meanings} needs {meanings}"
        )
    names = sorted(kinds)
    given: dict[int, str] = {}
    for class_id, called in enumerate(problem.classes):
        order = draws.order(f"meanings of {called}", names)[:meanings]
        pool = [key for place in order for key in kinds[names[place]]]
        places = np.flatnonzero(replaced & (roster.labels == class_id)).tolist()
        given |= _dealt(roster, places, pool, from_, draws)
    return with_donors(roster, given)


def _replaced(roster: Roster, draws: SetDraws, rate: float, exact: bool) -> Bool[np.ndarray, "n"]:
    """Which rows get another image."""
    places = np.flatnonzero(roster.labelled)
    keys = [roster.keys[place] for place in places]
    replaced = np.zeros(len(roster), dtype=bool)
    if exact:
        replaced[places] = draws.chosen("replaced", keys, int(np.floor(len(keys) * rate + 0.5)))
    else:
        replaced[places] = draws.uniforms("replaced", keys) < rate
    return replaced


def _dealt(
    roster: Roster, places: Sequence[int], donors: Sequence[str], source: Source, draws: SetDraws
) -> dict[int, str]:
    """A donor for each row, as cards are dealt: none twice before all were had once."""
    rows = draws.order("who is dealt to", [roster.keys[place] for place in places])
    cards = draws.order(f"donors of {source}", donors)
    return {places[row]: f"{source}#{donors[cards[turn % len(cards)]]}" for turn, row in enumerate(rows)}
