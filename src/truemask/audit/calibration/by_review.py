"""Calibrates the lists of an audit by what a reviewer decided about some of their findings.

No score can tell a network's surest mistakes from errors of the labels; a person who looks can. How probably
a finding is an error falls with its rank: its log odds are a straight line that never rises down the list,
with a posterior by what was decided. What was decided itself is known.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Float64, Int64
from scipy.special import expit, log_expit
from scipy.stats import rankdata

from truemask.audit.calibration.calibration import Calibration, ListCalibration, Uncalibrated
from truemask.audit.calibration.curve import Curve, with_interval
from truemask.audit.calibration.lists import List, list_calibration, with_p_wrong
from truemask.audit.identity import finding_ids
from truemask.seeds import seed_for

LEAST_DECISIONS = 10
"""About one list; fewer say too little, unless they are about all of it."""

_MIDDLES = np.linspace(-9, 9, 73)
"""Log odds halfway down a list."""
_SLOPES = np.linspace(0, 18, 37)
"""How much higher they are at its top than at its end."""
_SLOPE = 4.0
"""Expected slope, before anything is decided; its prior is exponential, that of the share halfway down
Jeffreys'."""
_PLACES = 100
"""Places down a list that findings are told apart by."""
_DRAWS = 200
_EDGES = 20


def calibrate_reviewed(
    findings: pa.Table,
    decisions: Mapping[str, bool],
    *,
    precision: float | None = None,
    before: Calibration | None = None,
) -> tuple[Calibration, pa.Table]:
    """What is to be expected of each list; and the findings with `p_wrong`.

    Rests on decisions about findings from all of a list (see `to_review`). Where they are about its top
    alone, its rest is guessed, and the intervals are wide.

    Args:
        findings: all of the audit.
        decisions: whether it is an error, by finding (see `identity.finding_ids`); others are ignored.
        precision: where to cut.
        before: an earlier calibration, for the share of all errors that a list points at: decisions about
            what is listed do not say what is not.
    """
    names = [*zip(findings["level"].to_pylist(), findings["kind"].to_pylist(), strict=True)]
    listed: dict[List, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        listed[name].append(place)
    verdicts = np.array([decisions.get(one, np.nan) for one in finding_ids(findings)], np.float64)
    scores = findings["score"].to_numpy().astype(np.float64)
    earlier = {} if before is None else {(one.level, one.kind): one for one in before.lists}
    p_wrong, curves, why = verdicts.copy(), {}, []
    for name, places in sorted(listed.items()):
        decided = int(np.isfinite(verdicts[places]).sum())
        if decided < min(LEAST_DECISIONS, len(places)):
            why.append(Uncalibrated(*name, len(places), _too_few(decided, len(places))))
            continue
        rng = np.random.default_rng(seed_for("reviewed", *name))
        curves[name] = _curve(scores[places], verdicts[places], earlier.get(name), rng)
        p_wrong[places] = curves[name].p_wrong
    told = with_p_wrong(findings, p_wrong)
    lists = tuple(
        list_calibration(name, curve, told, precision, *_put_in(earlier.get(name)))
        for name, curve in curves.items()
    )
    specs = () if before is None else before.specs
    return Calibration("reviewed", precision, specs, lists, tuple(why)), told


def to_review(findings: pa.Table, each: int, *, seed: int = 0) -> Int64[np.ndarray, "m"]:
    """Rows of findings to decide about, so many of each list, in the order in which to decide.

    However many of them are decided, they are of all lists in turn, and spread evenly from top to end of
    each. What a smaller number draws, a larger one draws first. Lists that are not longer are drawn whole.

    Args:
        findings: all of the audit.
        each: list.
        seed: of the draw.
    """
    pairs = zip(findings["level"].to_pylist(), findings["kind"].to_pylist(), strict=True)
    names = np.array([f"{level} {kind}" for level, kind in pairs], str)
    scores = findings["score"].to_numpy().astype(np.float64)
    rows, turns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for name in np.unique(names).tolist():
        places = np.flatnonzero(names == name)
        places = places[np.argsort(-scores[places], kind="stable")]
        start = np.random.default_rng(seed_for("to review", name, seed)).random()
        rows.append(places[_evenly(start, len(places))[:each]])
        turns.append(np.arange(len(rows[-1])))
    return np.concatenate(rows)[np.argsort(np.concatenate(turns), kind="stable")]


@dataclass(frozen=True)
class _Posterior:
    """Of the line: weights of its middles and slopes."""

    weights: Float64[np.ndarray, "g"]
    middles: Float64[np.ndarray, "g"]
    slopes: Float64[np.ndarray, "g"]

    def p_error(self, height: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "g n"]:
        """Of findings at a height, -1/2 at the end of the list and 1/2 at its top."""
        return np.asarray(expit(self.middles[:, None] + self.slopes[:, None] * height))


def _posterior(height: Float64[np.ndarray, "n"], wrong: Float64[np.ndarray, "n"]) -> _Posterior:
    """By decisions at heights."""
    middles, slopes = (grid.ravel() for grid in np.meshgrid(_MIDDLES, _SLOPES, indexing="ij"))
    log_weight = (log_expit(middles) + log_expit(-middles)) / 2 - slopes / _SLOPE
    for at in np.unique(height):
        yes, odds = wrong[height == at], middles + slopes * at
        log_weight += yes.sum() * log_expit(odds) + (1 - yes).sum() * log_expit(-odds)
    weights = np.exp(log_weight - log_weight.max())
    return _Posterior(weights / weights.sum(), middles, slopes)


def _curve(
    scores: Float64[np.ndarray, "n"],
    verdicts: Float64[np.ndarray, "n"],
    before: ListCalibration | None,
    rng: np.random.Generator,
) -> Curve:
    """Precision down a list, known where decided; recall as it was said before, if it was."""
    place = np.round((rankdata(scores) - 0.5) / len(scores) * _PLACES).astype(np.int64)
    heights = np.arange(_PLACES + 1) / _PLACES - 0.5
    decided = np.isfinite(verdicts)
    posterior = _posterior(heights[place[decided]], verdicts[decided])
    p_wrong = np.where(decided, verdicts, (posterior.weights @ posterior.p_error(heights))[place])
    edges = np.unique(np.quantile(scores, np.arange(_EDGES) / _EDGES, method="lower"))[::-1]
    above = scores >= edges[:, None]
    known = np.where(decided, verdicts, 0) @ above.T
    open_ = np.stack([np.bincount(place[mine & ~decided], minlength=_PLACES + 1) for mine in above])
    drawn = rng.choice(len(posterior.weights), _DRAWS, p=posterior.weights)
    p_drawn = expit(posterior.middles[drawn, None] + posterior.slopes[drawn, None] * heights)
    between = np.diff(open_, axis=0, prepend=0)  # each finding is drawn once, and counts below, too
    errors = rng.binomial(between, p_drawn[:, None, :]).sum(axis=2).cumsum(axis=1)
    counts = above.sum(axis=1).astype(np.float64)
    found = np.vstack([above @ p_wrong, known + errors])
    precision = found / counts
    recall, there = _recalled(before, edges, found[:, -1])
    return Curve(
        edges=edges,
        counts=counts,
        precision=with_interval(precision, precision),
        recall=recall,
        errors=there,
        p_wrong=p_wrong,
    )


def _recalled(
    before: ListCalibration | None, edges: Float64[np.ndarray, "e"], found: Float64[np.ndarray, "draws"]
) -> tuple[Float64[np.ndarray, "e 3"], Float64[np.ndarray, "3"]]:
    """Recall down to each edge, and errors in all: by what was said of the list before, else unknown."""
    if before is None:
        return np.full((len(edges), 3), np.nan), np.full(3, np.nan)
    lowest = np.array([part.score for part in before.parts])
    rows = np.clip(np.searchsorted(-lowest, -edges, side="left"), 0, len(lowest) - 1)
    recall = np.array([part.recall for part in before.parts], np.float64)[rows]
    estimate, low, high = before.whole.recall
    least, most = np.percentile(found[1:], [5, 95])
    there = np.array([found[0], least, most]) / np.maximum([estimate, high, low], 1e-12)
    return recall, there


def _evenly(start: float, count: int) -> Int64[np.ndarray, "count"]:
    """The numbers below `count`, of which any first ones are spread evenly: by multiples of the golden
    ratio."""
    points = (start + np.arange(3 * count + 3) * (5**0.5 - 1) / 2) % 1  # as many leave no gap of 1 / count
    places, first = np.unique((points * count).astype(np.int64), return_index=True)
    return places[np.argsort(first)]


def _too_few(decided: int, findings: int) -> str:
    return f"{decided} are decided: at least {min(LEAST_DECISIONS, findings)} are needed"


def _put_in(before: ListCalibration | None) -> tuple[int, int]:
    return (0, 0) if before is None else (before.injected, before.recovered)
