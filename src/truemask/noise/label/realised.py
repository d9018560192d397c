"""What class-conditional noise really did."""

import numpy as np

from truemask.noise.counts import Share, changed_among, counts
from truemask.noise.label.class_conditional import exempt_class
from truemask.noise.row import Knobs
from truemask.types import Labels, Problem


def wrong(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Labels changed, among those that may change."""
    classes = np.arange(problem.num_classes) != exempt_class(problem)
    return changed_among(counts(before, after, problem), classes)


def mapped_wrong(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:
    """Labels changed, among the classes that the map mistakes for another."""
    sources = np.isin(np.arange(problem.num_classes), list(knobs["map"].targets(problem.classes)))
    return changed_among(counts(before, after, problem), sources)
