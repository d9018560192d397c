"""Precision and recall down a list, with intervals; and the probability that each finding is an error."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from truemask.audit.calibration.binned import Binned, Scored, binned
from truemask.audit.calibration.mixture import Mixture, fit

LEVEL = 0.9
"""Share of the truth that intervals are to hold."""

_DRAWS = 200
_POWERS = (2.0, 3.0, 4.0, 5.0)
"""Shapes of false alarms that bootstrap draws choose among: what is not known of them is in the interval."""
_LOOK_ALIKE = 2.0
"""False alarms that score like errors to the top, for each one that scores lower: in bootstrap draws any
number up to here, in the estimate none (see `mixture`). Measured on 20 lists of digits and of objects, judged
by networks: none to 6, two or less in 18."""
_AVERAGED = 60
"""Draws that `p_wrong` is the mean over: a single fit says 1 where nothing speaks against it, the mean over
draws says how much could."""


@dataclass(frozen=True)
class Curve:
    """What is to be expected of a list, and of its parts from the top down to each edge.

    Args:
        edges: scores, highest first; the last is the list's lowest.
        counts: findings of each score or more.
        precision: share of them that are errors: estimate, low, high.
        recall: share of all errors of the kind that they point at: estimate, low, high.
        errors: errors of the kind in the given labels, found or not: estimate, low, high.
        p_wrong: of each finding, in the order given.
    """

    edges: Float64[np.ndarray, "e"]
    counts: Float64[np.ndarray, "e"]
    precision: Float64[np.ndarray, "e 3"]
    recall: Float64[np.ndarray, "e 3"]
    errors: Float64[np.ndarray, "3"]
    p_wrong: Float64[np.ndarray, "n"]


def curve(findings: Scored, hits: Scored, errors: Scored, *, rng: np.random.Generator) -> Curve:
    """Precision, recall and P(wrong) of a list from the scores of injected errors.

    Intervals are by bootstrap over groups of images, over shapes of false alarms, and over how many of these
    no score can tell from errors; none is narrower than so few findings, or injected errors, allow. They do
    not know whether injected errors are like the real ones.

    Args:
        findings: the list.
        hits: findings that point at injected errors, of an audit after the injection; at least one.
        errors: each injected error with its best finding's score.
        rng: for the bootstrap.
    """
    counted = binned(findings, hits, errors)
    groups = len(counted.findings)
    weights = np.vstack([np.ones(groups), rng.multinomial(groups, np.full(groups, 1 / groups), _DRAWS)])
    powers = np.concatenate([[4.0], rng.choice(_POWERS, _DRAWS)])
    listed, hit, injected = (
        weights @ table for table in (counted.findings, counted.hits, counted.errors)
    )  # a row for the data, and one for each draw
    mixtures = fit(listed[:, :-1], hit, powers)
    p_bins = np.stack([_p_bins(mixture, row) for mixture, row in zip(mixtures, hit, strict=True)])
    p_bins = np.concatenate([p_bins, np.zeros((len(p_bins), 1))], axis=1)
    p_wrong = _p_wrong(findings, hits, mixtures[1 : 1 + _AVERAGED])
    # Findings inside a bin differ in p_wrong; the estimate is their mean, so that lists can be cut by it.
    lowest = np.append(counted.edges, findings.scores.min(initial=np.inf))
    totals, found = listed.cumsum(axis=1), (listed * p_bins).cumsum(axis=1)
    found[0] = [p_wrong[findings.scores >= edge].sum() for edge in lowest]
    fewer = _without_look_alikes(found, totals, hit, rng)
    known = np.minimum(totals, len(hits))
    precision, at_least = (of_so_few(_share(part, totals), known, rng) for part in (found, fewer))
    recall = _share(injected.cumsum(axis=1), injected.sum(axis=1, keepdims=True))
    recall[:, -1] = recall[:, -2]  # the last bin of errors holds those without a finding
    # True findings for each injected one, times the injected errors; of a kind that was not injected, but
    # that injected errors are taken for, the true findings alone.
    there, there_at_least = (
        _share(part[:, -1:], hit.sum(axis=1, keepdims=True)) * injected.sum(axis=1, keepdims=True)
        if len(errors)
        else part[:, -1:]
        for part in (found, fewer)
    )
    distinct = _distinct(counted, lowest)
    return Curve(
        edges=lowest[distinct],
        counts=totals[0][distinct],
        precision=with_interval(precision, at_least)[distinct],
        recall=with_interval(recall, recall)[distinct],
        errors=with_interval(there, there_at_least)[0],
        p_wrong=p_wrong,
    )


def u_of(scores: Float64[np.ndarray, "n"], hits: Float64[np.ndarray, "h"]) -> Float64[np.ndarray, "n"]:
    """Share of hits that score higher, half of equal ones included."""
    ranked = np.sort(-hits)
    higher = np.searchsorted(ranked, -scores, side="left") + np.searchsorted(ranked, -scores, side="right")
    return higher / (2 * max(1, len(hits)))


def _p_wrong(findings: Scored, hits: Scored, mixtures: Sequence[Mixture]) -> Float64[np.ndarray, "n"]:
    u, places = np.unique(u_of(findings.scores, hits.scores), return_inverse=True)
    p = np.mean([mixture.p_error(u) for mixture in mixtures], axis=0)
    # Where no injected error scores, no error is expected.
    return np.where(findings.scores < hits.scores.min(), 0.0, p[places])


def _p_bins(mixture: Mixture, hits: Float64[np.ndarray, "bins"]) -> Float64[np.ndarray, "bins"]:
    reached = np.cumsum(hits) / max(float(hits.sum()), 1e-12)
    return mixture.p_error(reached - np.diff(reached, prepend=0.0) / 2)


def _without_look_alikes(
    found: Float64[np.ndarray, "draws e"],
    totals: Float64[np.ndarray, "draws e"],
    hits: Float64[np.ndarray, "draws bins"],
    rng: np.random.Generator,
) -> Float64[np.ndarray, "draws e"]:
    """Errors down to each edge, in the draws less the false alarms that score like them."""
    share = np.append(0, rng.uniform(0, _LOOK_ALIKE, len(found) - 1))
    alike = share * (totals[:, -1] - found[:, -1])
    reached = _share(hits.cumsum(axis=1), hits.sum(axis=1, keepdims=True))
    reached = np.concatenate([reached, reached[:, -1:]], axis=1)
    return np.asarray(np.maximum(0, found - alike[:, None] * np.nan_to_num(reached)))


def of_so_few(
    shares: Float64[np.ndarray, "draws e"], counts: Float64[np.ndarray, "draws e"], rng: np.random.Generator
) -> Float64[np.ndarray, "draws e"]:
    """In the draws, shares of so many findings (Jeffreys' posterior), where there are any."""
    drawn = shares.copy()
    known = np.nan_to_num(shares[1:])
    rest = np.maximum(0, 1 - known)
    drawn[1:] = rng.beta(known * counts[1:] + 0.5, rest * counts[1:] + 0.5)
    return np.where(np.isnan(shares), np.nan, drawn)


def _distinct(counted: Binned, lowest: Float64[np.ndarray, "e"]) -> Int64[np.ndarray, "d"]:
    """Places of edges that the list reaches, each once."""
    counts = counted.findings.sum(axis=0).cumsum()
    return np.flatnonzero((np.diff(counts, prepend=0) > 0) & np.isfinite(lowest))


def _share(parts: Float64[np.ndarray, "*s"], wholes: Float64[np.ndarray, "*w"]) -> Float64[np.ndarray, "*s"]:
    wide, shares = np.broadcast_to(wholes, parts.shape), np.full(parts.shape, np.nan)
    np.divide(parts, wide, out=shares, where=wide > 0)
    return shares


def with_interval(
    draws: Float64[np.ndarray, "draws e"], lower: Float64[np.ndarray, "draws e"]
) -> Float64[np.ndarray, "e 3"]:
    """Of the first row's value, by the quantiles of the others; the low end by those of `lower`."""
    tail = 100 * (1 - LEVEL) / 2
    low, high = _quantile(lower[1:], tail), _quantile(draws[1:], 100 - tail)
    middle = draws[0]
    return np.stack([middle, np.fmin(low, middle), np.fmax(high, middle)], axis=1)


def _quantile(draws: Float64[np.ndarray, "draws e"], percent: float) -> Float64[np.ndarray, "e"]:
    """By column, over the draws where it is defined; NaN where it is in none."""
    columns = [column[~np.isnan(column)] for column in draws.T]
    return np.array([np.percentile(column, percent) if len(column) else np.nan for column in columns])
