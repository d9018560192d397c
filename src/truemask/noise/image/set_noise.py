"""What SET_NOISES says about a noise on a whole data set."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from truemask.noise.counts import Share
from truemask.noise.image.roster import Roster
from truemask.noise.row import Knobs
from truemask.types import Problem, Task


@dataclass(frozen=True)
class SetNoise:
    """One way that a set of labelled images goes wrong.

    Args:
        apply: `(roster, problem, draws, gallery, *, knobs) -> noisy roster`; its signature is the config.
        formula: in one line, for a label y of k classes.
        realised: measures what a step did: `(before, after, problem, knobs) -> (how many, of how many)`.
        share_of: what `realised` counts.
        declares: the knob that says what `realised` should come to, if one does.
        example: a spec.
        nothing: a spec of it that leaves all rows as they are.
        source: authors, venue, arXiv.
        draws: whether another seed makes another set.
    """

    apply: Callable[..., Roster]
    formula: str
    realised: Callable[[Roster, Roster, Problem, Knobs], Share]
    share_of: str
    declares: str | None
    example: str
    nothing: str
    source: str
    draws: bool = True
    level: Literal["image"] = "image"
    tasks: frozenset[Task] = frozenset({Task.CLASSIFICATION})
