"""What noise on single pixels really did."""

import numpy as np

from truemask.noise.counts import Share, changed_among, counts
from truemask.noise.pixel.independent import flip_rates
from truemask.noise.row import Knobs
from truemask.types import Labels, Problem


def flipped(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:
    """Pixels changed, among classes without a rate of their own."""
    chances = flip_rates(problem, np.nan, knobs["background"], knobs["rates"])
    return changed_among(counts(before, after, problem), np.isnan(chances))


def kept(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:
    """Pixels that kept their label, among those that could lose it."""
    losable = np.ones(problem.num_classes, dtype=bool)
    if knobs["as_"] == "background":
        losable[problem.background] = False
    lost, total = changed_among(counts(before, after, problem), losable)
    return total - lost, total


def foreground(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Pixels that are foreground afterwards; without a background, pixels that changed."""
    table = counts(before, after, problem)
    if problem.background is None:
        return changed_among(table, np.ones(problem.num_classes, dtype=bool))
    return int(table.sum() - table[:, problem.background].sum()), int(table.sum())
