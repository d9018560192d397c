"""What became of how many labels: counts by class before and after, and shares of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from truemask.noise.objects import bearing
from truemask.types import IGNORE, Instances, Labels, Problem

Share = tuple[int, int]
"""How many, of how many."""


def counts(before: Labels, after: Labels, problem: Problem) -> Int64[np.ndarray, "k k+1"]:
    """Units of class i that became class j; in the last column those that became IGNORE.

    Objects are matched by id: one that vanished became background, one that is new was background.
    """
    if isinstance(before, Instances):
        assert isinstance(after, Instances)
        old, new = _classes_by_id(before, after)
    else:
        old, new = (np.asarray(side, dtype=np.uint8).ravel() for side in (before, after))
    return _joint(old, new, problem.num_classes)[:-1]


def units(labels: Labels) -> int:
    """How many units bear a label: pixels, objects or the image, without IGNORE and crowd objects."""
    if isinstance(labels, Instances):
        return int(bearing(labels).sum())
    return int(np.count_nonzero(np.asarray(labels) != IGNORE))


def class_counts(labels: Labels, problem: Problem) -> Int64[np.ndarray, "k"]:
    """How many units there are of each class, without IGNORE and crowd objects."""
    if isinstance(labels, Instances):
        classes = labels.classes[bearing(labels)]
    else:
        classes = np.asarray(labels, dtype=np.uint8).ravel()
    k = problem.num_classes
    return _joint(classes, classes, k)[:k, :k].diagonal()


def changed(before: Labels, after: Labels, problem: Problem, knobs: Mapping[str, Any]) -> Share:  # noqa: ARG001
    """Labels changed, of all: what a class-conditional noise is measured by."""
    return changed_among(counts(before, after, problem), np.ones(problem.num_classes, dtype=bool))


def changed_among(table: Int64[np.ndarray, "k m"], classes: Bool[np.ndarray, "k"]) -> Share:
    """Units that did not keep their class, among those of the given true classes."""
    total = table[classes].sum()
    return int(total - np.diagonal(table)[classes].sum()), int(total)


def _classes_by_id(
    before: Instances, after: Instances
) -> tuple[UInt8[np.ndarray, "n"], UInt8[np.ndarray, "n"]]:
    """Old and new class of every object of either list that bears a label; 0 where it is not there."""
    ids = np.union1d(before.ids[bearing(before)], after.ids[bearing(after)])
    both = np.zeros((2, len(ids)), dtype=np.uint8)
    for side, objects in enumerate((before, after)):
        here = np.isin(objects.ids, ids)
        both[side, np.searchsorted(ids, objects.ids[here])] = objects.classes[here]
    return both[0], both[1]


def _joint(
    old: UInt8[np.ndarray, "n"], new: UInt8[np.ndarray, "n"], num_classes: int
) -> Int64[np.ndarray, "m m"]:
    from truemask.noise import kernels  # late: numba takes half a second to import

    table = np.zeros((num_classes + 1, num_classes + 1), dtype=np.int64)
    kernels.joint(old, new, table)
    return table
