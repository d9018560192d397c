"""What a transition matrix means for whoever learns from labels that came through it, in plain words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from truemask.noise.transition import TOLERANCE

_SAME = 1e-9
"""Chances and singular values that differ by less are taken for equal: rounding."""
_WELL, _BADLY = 10.0, 100.0
"""Conditions up to which errors stay bearable, and beyond which an estimate says next to nothing."""
_NAMED = 5
"""Classes that a sentence names before it only counts."""


@dataclass(frozen=True)
class Verdict:
    """One check of a transition matrix.

    Args:
        check: what was looked at.
        found: the value.
        means: what follows for learning, in a sentence.
        severity: `error`: this is no transition matrix; `warning`: some methods fail on such labels.
    """

    check: str
    found: str
    means: str
    severity: Literal["good", "warning", "error"]


def verdicts(transition: Float64[np.ndarray, "k m"], classes: tuple[str, ...]) -> list[Verdict]:
    """All checks: is it a transition matrix at all, can it be undone, and what does a plain fit to it learn.

    Source of the last two: Patrini et al., CVPR 2017, arXiv:1609.03683 (undoing needs an invertible matrix);
    Luo et al., AAAI 2022, arXiv:2103.11594 (full rank decides whether meta-structures can be told).

    Args:
        transition: P(given = column | true = row), a last column beyond the classes for IGNORE; it may break
            every rule, that is told.
        classes: names, by row.
    """
    found = [_sums(transition, classes), _entries(transition, classes)]
    if any(one.severity == "error" for one in found):
        return found
    undone = [*_twins(transition, classes), *_rank(transition, classes)]
    return [*found, *undone, *_lost(transition, classes), *_plain_fit(transition, classes)]


def _sums(transition: Float64[np.ndarray, "k m"], classes: tuple[str, ...]) -> Verdict:
    sums = transition.sum(axis=1)
    off = [f"{classes[row]}: {sums[row]:.6g}" for row in np.flatnonzero(~(np.abs(sums - 1) <= TOLERANCE))]
    if not off:
        return Verdict("row sums", "all 1", "every label of a true class goes somewhere", "good")
    square = transition.shape[0] == transition.shape[1]
    turned = square and (np.abs(transition.sum(axis=0) - 1) <= TOLERANCE).all()
    way_out = "the columns do, so it is transposed" if turned else "divide each row by its sum"
    means = f"a row says where the labels of one true class go, so it sums to 1; {way_out}"
    return Verdict("row sums", _some(off), means, "error")


def _entries(transition: Float64[np.ndarray, "k m"], classes: tuple[str, ...]) -> Verdict:
    wrong = np.argwhere(~((transition >= 0) & (transition <= 1)))
    if not len(wrong):
        return Verdict("chances", "all in 0 to 1", "each is a share of the labels of its true class", "good")
    names = (*classes, "IGNORE")
    off = [f"{classes[row]} > {names[column]}: {transition[row, column]:.6g}" for row, column in wrong]
    means = "a chance is in 0 to 1; an estimate beyond took away too much: clip it, then divide rows by sums"
    return Verdict("chances", _some(off), means, "error")


def _twins(transition: Float64[np.ndarray, "k m"], classes: tuple[str, ...]) -> Iterator[Verdict]:
    left = list(range(len(transition)))
    while left:
        first = left[0]
        alike = [row for row in left if np.abs(transition[row] - transition[first]).max() <= _SAME]
        left = [row for row in left if row not in alike]
        if len(alike) > 1:
            who = _these([classes[row] for row in alike])
            means = f"classes {who} have the same row: no method can tell them apart from these labels"
            yield Verdict("equal rows", who, means, "warning")


def _rank(transition: Float64[np.ndarray, "k m"], classes: tuple[str, ...]) -> Iterator[Verdict]:
    directions, values, _ = np.linalg.svd(transition, full_matrices=False)
    k, rank = len(transition), int((values > _SAME * values[0]).sum())
    if rank < k:
        mixed = np.flatnonzero((np.abs(directions[:, rank:]) > _SAME**0.5).any(axis=1))
        who = _these([classes[row] for row in mixed])
        means = f"different shares of classes {who} give the same labels, so they cannot be estimated"
        yield Verdict("rank", f"{rank} of {k}", means, "warning")
        means = "the matrix cannot be inverted: corrections that undo it (backward, shares) are undefined"
        yield Verdict("condition", "infinite", means, "warning")
        return
    yield Verdict("rank", f"{k} of {k}", "the true shares of the classes follow from the given ones", "good")
    condition = values[0] / values[-1]
    means = f"undoing the noise turns an error of 1 % in the given shares into up to {condition:.3g} %"
    if condition > _BADLY:
        means += ": such an estimate says next to nothing"
    yield Verdict("condition", f"{condition:.3g}", means, "good" if condition <= _WELL else "warning")


def _lost(transition: Float64[np.ndarray, "k m"], classes: tuple[str, ...]) -> Iterator[Verdict]:
    k = len(transition)
    if transition.shape[1] == k:
        return
    lost = transition[:, k]
    gone = _these([classes[row] for row in np.flatnonzero(lost >= 1 - _SAME)])
    share = f"{lost.mean():.1%} on average"
    if gone:
        means = f"no label is left of {gone}: nothing learns it from these"
        yield Verdict("labels lost", share, means, "warning")
    else:
        means = "labels that are IGNORE say nothing, but they are not wrong either"
        yield Verdict("labels lost", share, means, "good")


def _plain_fit(transition: Float64[np.ndarray, "k m"], classes: tuple[str, ...]) -> Iterator[Verdict]:
    """What a network that fits the given labels predicts: for each true class the most frequent given one."""
    k = len(transition)
    given, own = transition[:, :k], np.diagonal(transition)
    rivals = np.where(np.eye(k, dtype=bool), -1.0, given)
    beaten = np.flatnonzero((rivals.max(axis=1) >= own - _SAME) & (given.sum(axis=1) > _SAME))
    # Of two classes it is the sum of the two flips that decides: above 1 a higher score means the other one.
    if k == 2 and np.linalg.det(given) < -_SAME:
        means = "det < 0: a binary flip above 0.5 swaps the classes: predictions come out inverted"
        yield Verdict("diagonal", f"det {np.linalg.det(given):.3g}", means, "warning")
    elif len(beaten):
        who = _some([classes[row] for row in beaten])
        yield Verdict("diagonal", who, _learned(given, beaten, classes), "warning")
    else:
        means = "the true class is the most frequent one among its labels: a plain fit in the end predicts it"
        yield Verdict("diagonal", "largest in each row", means, "good")
    wrong = 1 - own.mean()
    means = "share of labels that are not the true class, if all classes occur alike"
    yield Verdict("effective rate", f"{wrong:.1%}", means, "good")


def _learned(given: Float64[np.ndarray, "k k"], beaten: np.ndarray, classes: tuple[str, ...]) -> str:
    """For the classes that are not the most frequent one among their labels: which one is."""
    parts = []
    for row in beaten[:_NAMED].tolist():
        rival = int(np.where(np.arange(len(given)) == row, -1, given[row]).argmax())
        tie = abs(given[row, rival] - given[row, row]) <= _SAME
        than = f"as often as {classes[row]}" if tie else f"more often than as {classes[row]}"
        shares = f"({given[row, rival]:.3g} and {given[row, row]:.3g})"
        parts.append(f"{classes[row]} is given as {classes[rival]} {than} {shares}")
    more = f"; {len(beaten) - _NAMED} more" if len(beaten) > _NAMED else ""
    return f"{'; '.join(parts)}{more}: a plain fit learns to say that"


def _some(parts: list[str]) -> str:
    more = [f"{len(parts) - _NAMED} more"] if len(parts) > _NAMED else []
    return ", ".join(parts[:_NAMED] + more)


def _these(names: list[str]) -> str:
    if len(names) > _NAMED:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""
