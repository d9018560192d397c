"""Apply a spec to a whole classification set: for noises that need more than one label at a time."""

from collections.abc import Iterator

import numpy as np

from truemask.noise.counts import Share
from truemask.noise.draws import Draws
from truemask.noise.image.roster import Gallery, Roster, relabelled
from truemask.noise.image.set_draws import SetDraws
from truemask.noise.spec import Spec, Step
from truemask.noise.table import NOISES, SET_NOISES
from truemask.types import Problem


def sees_the_set(spec: Spec) -> bool:
    """Whether the spec has a noise on whole data sets, so that it cannot go image by image."""
    return any(step.name in SET_NOISES for step in spec.steps)


def stepwise_set(
    roster: Roster, spec: Spec, *, problem: Problem, seed: int, gallery: Gallery
) -> Iterator[Roster]:
    """The rows after each step of `spec`; noises on single images go row by row, by the row's key.

    What comes of a row depends on the rows that there are, not on their order.
    """
    for place, step in enumerate(spec.steps):
        if step.name in SET_NOISES:
            apply = SET_NOISES[step.name].apply
            roster = apply(roster, problem, SetDraws(seed, place), gallery, **step.knobs())
        else:
            roster = _row_by_row(roster, step, problem, seed, place)
        yield roster


def share(before: Roster, after: Roster, step: Step, problem: Problem) -> Share:
    """What a step did: how many, of how many."""
    if step.name in SET_NOISES:
        return SET_NOISES[step.name].realised(before, after, problem, step.knobs())
    realised, knobs = NOISES[step.name].realised, step.knobs()
    both = zip(before.labels.tolist(), after.labels.tolist(), strict=True)
    shares = np.array([realised(old, new, problem, knobs) for old, new in both]).reshape(-1, 2)
    count, of = shares.sum(axis=0).tolist()
    return count, of


def _row_by_row(roster: Roster, step: Step, problem: Problem, seed: int, place: int) -> Roster:
    apply, knobs = NOISES[step.name].apply, step.knobs()
    labels = [
        apply(label, problem, Draws(seed, key, place), **knobs)
        for key, label in zip(roster.keys, roster.labels.tolist(), strict=True)
    ]
    return relabelled(roster, np.array(labels, dtype=np.uint8))
