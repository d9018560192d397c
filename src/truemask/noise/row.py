"""What NOISES says about a noise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64

from truemask.noise.counts import Share
from truemask.types import Labels, Problem, Task

Knobs = Mapping[str, Any]
"""The values that a step had, by keyword."""


@dataclass(frozen=True)
class Noise:
    """One way that labels go wrong.

    Args:
        apply: `(labels, problem, draws, *, knobs) -> noisy labels`; its signature is the config.
        level: what changes together.
        tasks: the problems it applies to.
        formula: in one line, for a label y of k classes.
        realised: measures what a step did: `(before, after, problem, knobs) -> (how many, of how many)`.
        share_of: what `realised` counts.
        declares: the knob that says what `realised` should come to, if one does.
        transition: of a noise that looks at nothing but the class: `(problem, draws, *, knobs) -> P(j | y)`,
            "k k" or with a last column for IGNORE "k k+1". Then `realised` counts labels changed, and what
            it should come to follows from the matrix and how often each class occurs: the effective rate.
        expected: where the chance differs from unit to unit, by class and size: how many of the units that
            `realised` counts should change, `(before, problem, knobs) -> their chances added up`; None where
            that cannot be said. It goes before `declares`.
        example: a spec, for problems with at least three classes, background included.
        nothing: a spec of it that leaves all labels as they are, if there is one.
        source: authors, venue, arXiv.
        draws: whether another seed makes other labels.
    """

    apply: Callable[..., Labels]
    level: Literal["pixel", "boundary", "segment", "class", "image", "annotator"]
    tasks: frozenset[Task]
    formula: str
    realised: Callable[[Labels, Labels, Problem, Knobs], Share]
    share_of: str
    declares: str | None
    example: str
    nothing: str | None
    source: str
    draws: bool = True
    transition: Callable[..., Float64[np.ndarray, "k m"]] | None = None
    expected: Callable[[Labels, Problem, Knobs], float | None] | None = None
