"""Calibrates the lists of an audit by what a reviewer decided about some of their findings.

No score can tell a network's surest mistakes from errors of the labels; a person who looks can. How probably
a finding is an error falls with its rank: its log odds are a straight line that never rises down the list,
below a ceiling, as the lapse rate of psychometric functions is (Wichmann & Hill, Perception & Psychophysics
2001): the top of a list need not be pure. Both have a posterior by what was decided. Where the likelihood of
the labels has said how probable it is, the log odds may as well be those, all moved alike; decisions tell
which of the two. What was decided itself is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa
from jaxtyping import Float64, Int64
from scipy.special import expit, log_expit, logit, xlog1py, xlogy

from truemask.audit.calibration.calibration import Calibration, ListCalibration, Uncalibrated
from truemask.audit.calibration.curve import Curve, with_interval
from truemask.audit.calibration.listed import by_list
from truemask.audit.calibration.lists import list_calibration, with_p_wrong
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
_CEILINGS = np.array([1.0, 0.95, 0.9, 0.85, 0.8, 0.7])
"""How probably a finding is an error where the line says it surely is."""
_PURE = 0.5
"""Weight of the first of them, before anything is decided; the others share the rest."""
_NEGLIGIBLE = 1e-6
"""Weight of lines, over the largest, that are left out once something is decided."""
_SHIFT = 0.5
"""Standard deviation of by how much log odds of the likelihood are off, before anything is decided."""
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

    Rests on decisions about findings from all of a list (see `sample`). Where they are about its top
    alone, its rest is guessed, and the intervals are wide.

    Args:
        findings: all of the audit, with `p_wrong` by the likelihood of the labels, if it has any.
        decisions: whether it is an error, by finding (see `identity.finding_ids`); others are ignored.
        precision: where to cut.
        before: the audit's own calibration, for the share of all errors that a list points at: decisions
            about what is listed do not say what is not.
    """
    verdicts = np.array([decisions.get(one, np.nan) for one in finding_ids(findings)], np.float64)
    scores = findings["score"].to_numpy().astype(np.float64)
    earlier = {} if before is None else {(one.level, one.kind): one for one in before.lists}
    said = np.full(len(findings), np.nan)
    if before is not None and before.mode == "likelihood":
        said = np.array(findings["p_wrong"].to_pylist(), np.float64)
    p_wrong, curves, why = verdicts.copy(), {}, []
    for name, places in by_list(findings).items():
        decided = int(np.isfinite(verdicts[places]).sum())
        if decided < min(LEAST_DECISIONS, len(places)):
            why.append(Uncalibrated(*name, len(places), _too_few(decided, len(places))))
            continue
        rng = np.random.default_rng(seed_for("reviewed", *name))
        curves[name] = _curve(scores[places], verdicts[places], said[places], earlier.get(name), rng)
        p_wrong[places] = curves[name].p_wrong
    told = with_p_wrong(findings, p_wrong)
    lists = tuple(
        list_calibration(name, curve, told, precision, *_put_in(earlier.get(name)))
        for name, curve in curves.items()
    )
    specs = () if before is None else before.specs
    return Calibration("reviewed", precision, specs, lists, tuple(why)), told


@dataclass(frozen=True)
class _Lines:
    """Log odds of an error down a list: `middle + slope * height + trust * said`, each with a weight.

    A height is 1/2 at the top of the list and -1/2 at its end; `said` are the log odds by the likelihood.
    Some findings are no errors whatever the line says: a network's surest mistakes. The probability by the
    line is multiplied by a ceiling.
    """

    weights: Float64[np.ndarray, "g"]
    middles: Float64[np.ndarray, "g"]
    slopes: Float64[np.ndarray, "g"]
    trusts: Float64[np.ndarray, "g"]
    ceilings: Float64[np.ndarray, "g"]

    def p_wrong(
        self, heights: Float64[np.ndarray, "n"], said: Float64[np.ndarray, "n"]
    ) -> Float64[np.ndarray, "g n"]:
        """Of findings at some heights."""
        columns = (self.middles, self.slopes, self.trusts, self.ceilings)
        middle, slope, trust, ceiling = (each[:, None] for each in columns)
        return np.asarray(ceiling * expit(middle + slope * heights + trust * said))

    def after(self, p_wrong: Float64[np.ndarray, "g n"], wrong: Float64[np.ndarray, "n"]) -> "_Lines":
        """The posterior by decisions about findings that were errors with some probability."""
        log_weights = (
            np.log(self.weights)
            + xlogy(wrong, p_wrong).sum(axis=1)
            + xlog1py(1 - wrong, -p_wrong).sum(axis=1)
        )
        weights = np.exp(log_weights - log_weights.max())
        rows = np.flatnonzero(weights > _NEGLIGIBLE)
        return replace(self._only(rows), weights=weights[rows] / weights[rows].sum())

    def drawn(self, count: int, rng: np.random.Generator) -> "_Lines":
        """So many of them, by their weights."""
        rows = rng.choice(len(self.weights), count, p=self.weights)
        return replace(self._only(rows), weights=np.full(count, 1 / count))

    def below_ceilings(self) -> "_Lines":
        """The same, each below each of the ceilings."""
        others = len(_CEILINGS) - 1
        shares = np.array([_PURE, *[(1 - _PURE) / others] * others])
        each = self._only(np.repeat(np.arange(len(self.weights)), len(_CEILINGS)))
        ceilings = np.tile(_CEILINGS, len(self.weights))
        return replace(each, weights=np.outer(self.weights, shares).ravel(), ceilings=ceilings)

    def _only(self, rows: Int64[np.ndarray, "n"]) -> "_Lines":
        return replace(self, **{each.name: getattr(self, each.name)[rows] for each in fields(self)})


def _lines(*, trusted: bool) -> _Lines:
    """Before anything is decided: any line; with half of the weight that of the likelihood, if `trusted`."""
    middles, slopes = (grid.ravel() for grid in np.meshgrid(_MIDDLES, _SLOPES, indexing="ij"))
    weights = np.exp((log_expit(middles) + log_expit(-middles)) / 2 - slopes / _SLOPE)
    nothing, pure = np.zeros(len(middles)), np.ones(len(middles))
    lines = _Lines(weights / weights.sum(), middles, slopes, nothing, pure)
    if not trusted:
        return lines.below_ceilings()
    shifts = np.linspace(-4, 4, 65) * _SHIFT
    moved = np.exp(-((shifts / _SHIFT) ** 2) / 2)
    return _Lines(
        np.concatenate([lines.weights, moved / moved.sum()]) / 2,
        np.concatenate([middles, shifts]),
        np.concatenate([slopes, np.zeros(len(shifts))]),
        np.concatenate([lines.trusts, np.ones(len(shifts))]),
        np.ones(len(middles) + len(shifts)),
    ).below_ceilings()


def _curve(
    scores: Float64[np.ndarray, "n"],
    verdicts: Float64[np.ndarray, "n"],
    said: Float64[np.ndarray, "n"],
    before: ListCalibration | None,
    rng: np.random.Generator,
) -> Curve:
    """Precision down a list, known where decided; recall as it was said before, if it was."""
    ranks = np.add(*(np.searchsorted(np.sort(scores), scores, side=side) for side in ("left", "right"))) / 2
    place = np.round(ranks / len(scores) * _PLACES).astype(np.int64)
    heights = np.arange(_PLACES + 1) / _PLACES - 0.5
    odds = _odds_said(place, said)
    decided = np.isfinite(verdicts)
    prior = _lines(trusted=bool(np.isfinite(said).all()))
    there = place[decided]
    lines = prior.after(prior.p_wrong(heights[there], odds[there]), verdicts[decided])
    p_wrong = np.where(decided, verdicts, (lines.weights @ lines.p_wrong(heights, odds))[place])
    edges = np.unique(np.quantile(scores, np.arange(_EDGES) / _EDGES, method="lower"))[::-1]
    above = scores >= edges[:, None]
    known = np.where(decided, verdicts, 0) @ above.T
    open_ = np.stack([np.bincount(place[mine & ~decided], minlength=_PLACES + 1) for mine in above])
    p_drawn = lines.drawn(_DRAWS, rng).p_wrong(heights, odds)
    between = np.diff(open_, axis=0, prepend=0)  # each finding is drawn once, and counts below, too
    errors = rng.binomial(between, p_drawn[:, None, :]).sum(axis=2).cumsum(axis=1)
    counts = above.sum(axis=1).astype(np.float64)
    found = np.vstack([above @ p_wrong, known + errors])
    precision = found / counts
    recall, errors_there = _recalled(before, edges, found[:, -1])
    return Curve(
        edges=edges,
        counts=counts,
        precision=with_interval(precision, precision),
        recall=recall,
        errors=errors_there,
        p_wrong=p_wrong,
    )


def _odds_said(place: Int64[np.ndarray, "n"], said: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "p"]:
    """Mean log odds by the likelihood at each place down the list; 0 where it says nothing."""
    counts = np.bincount(place, minlength=_PLACES + 1)
    odds = logit(np.clip(np.nan_to_num(said, nan=0.5), 0.001, 0.999))
    sums = np.bincount(place, odds, minlength=_PLACES + 1)
    return np.divide(sums, counts, out=np.zeros(_PLACES + 1), where=counts > 0)


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


def _too_few(decided: int, findings: int) -> str:
    return f"{decided} are decided: at least {min(LEAST_DECISIONS, findings)} are needed"


def _put_in(before: ListCalibration | None) -> tuple[int, int]:
    return (0, 0) if before is None else (before.injected, before.recovered)
