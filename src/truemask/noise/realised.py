"""What a step really did, measured on the labels before and after it: how many, of how many."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import UInt8

from truemask.noise.class_conditional import exempt_class
from truemask.noise.counts import Share, changed_among, counts, units
from truemask.noise.objects import bearing
from truemask.noise.pixel import flip_rates
from truemask.noise.segment import segments
from truemask.types import IGNORE, Instances, Labels, Problem

Knobs = Mapping[str, Any]
"""The values that the step had, by keyword."""


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


def wrong(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Labels changed, among those that may change."""
    classes = np.arange(problem.num_classes) != exempt_class(problem)
    return changed_among(counts(before, after, problem), classes)


def mapped_wrong(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:
    """Labels changed, among the classes that the map mistakes for another."""
    sources = np.isin(np.arange(problem.num_classes), list(knobs["map"].targets(problem.classes)))
    return changed_among(counts(before, after, problem), sources)


def missed(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Segments left out, among all segments."""
    if isinstance(before, Instances):
        assert isinstance(after, Instances)
        return int((bearing(before) & ~np.isin(before.ids, after.ids)).sum()), units(before)
    old, new = _maps(before, after)
    assert problem.background is not None
    _, places = segments(old, problem.background)
    return int((new.ravel()[places] == problem.background).sum()), len(places)


def redrawn(before: Labels, after: Labels, problem: Problem, knobs: Knobs) -> Share:  # noqa: ARG001
    """Pixels whose class changed, or objects whose outline did."""
    if isinstance(before, Instances):
        assert isinstance(after, Instances)
        outlines = dict(zip(after.ids.tolist(), after.masks, strict=True))
        same = sum(outlines.get(i) == mask for i, mask in zip(before.ids.tolist(), before.masks, strict=True))
        return len(before) - same, units(before)
    old, new = _maps(before, after)
    return int(np.count_nonzero(old != new)), int(np.count_nonzero(old != IGNORE))


def _maps(before: Labels, after: Labels) -> tuple[UInt8[np.ndarray, "h w"], UInt8[np.ndarray, "h w"]]:
    assert isinstance(before, np.ndarray)
    assert isinstance(after, np.ndarray)
    return before, after
