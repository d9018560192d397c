"""How many findings of a list are errors, told from the scores that injected errors get.

The scores of a list are a mixture: errors, which score like injected ones, and false alarms. On the scale
u = share of injected errors' findings that score higher, errors are spread evenly over [0, 1], whatever their
scores are. What exceeds that level are false alarms, of which there are the more, the larger u is: their
density is taken as a mixture of (u - a)^3 above a, for a in [0, 1), which is smooth, grows, and is none at
u = 0, the highest scores. The share of the even part, found by maximum likelihood, is that of errors.

That is the estimation of a mixture's proportion (Blanchard, Lee & Scott, JMLR 2010; Scott, AISTATS 2015)
under the condition of those papers, that the purest part of the list is pure: nothing in the scores can tell
false alarms that score like errors to the very top from errors. With scales turned around, it is the
estimation of the share of true null hypotheses from p-values by a density of a given shape (Langaas,
Lindqvist & Ferkingstad, JRSS B 2005).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

POWER = 4.0
"""Density of false alarms: (u - a)^(POWER - 1). Measured on simulated lists: at 3 the share of errors comes
out .007 too low on average, at 4 .001 too high, at 6 .014 too high."""

_STARTS = 30
_STEPS = 100  # of expectation maximisation; ten times as many fit the noise of short lists, and gain nothing


@dataclass(frozen=True)
class Mixture:
    """The share of errors, and how false alarms are spread over u.

    Args:
        errors: share of the findings that are errors.
        false: share of each part of the false alarms; with `errors`, the rest of the findings.
        power: of the density of false alarms, see POWER.
    """

    errors: float
    false: Float64[np.ndarray, "parts"]
    power: float = POWER

    def p_error(self, u: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
        """Probability that a finding at u is an error; never rises with u."""
        starts = _starts()
        above = np.clip(u[:, None] - starts, 0, None) / (1 - starts)
        density = (above ** (self.power - 1) * self.power / (1 - starts)) @ self.false
        whole = self.errors + density
        chances = np.zeros(len(u))
        np.divide(self.errors, whole, out=chances, where=whole > 0)
        return chances


def fit(
    findings: Float64[np.ndarray, "lists bins"],
    errors: Float64[np.ndarray, "lists bins"],
    powers: Float64[np.ndarray, "lists"] | None = None,
) -> list[Mixture]:
    """The mixture of each of several lists.

    Args:
        findings: of the list in each bin of scores, highest first; those that score below every injected
            error's finding are left out.
        errors: findings of injected errors in the same bins.
        powers: of each list, where it is not POWER.
    """
    chosen = np.full(len(findings), POWER) if powers is None else powers
    parts = _parts(errors, chosen)
    weights = np.full((len(findings), _STARTS + 1), 0.5 / _STARTS)
    weights[:, 0] = 0.5
    totals = findings.sum(axis=1, keepdims=True)
    counts = np.divide(findings, totals, out=np.zeros_like(findings), where=totals > 0)
    for _ in range(_STEPS):
        whole = np.einsum("lbp,lp->lb", parts, weights)
        ratio = np.divide(counts, whole, out=np.zeros_like(counts), where=whole > 0)
        weights = weights * np.einsum("lbp,lb->lp", parts, ratio)
    return [Mixture(float(w[0]), w[1:], float(power)) for w, power in zip(weights, chosen, strict=True)]


def _starts() -> Float64[np.ndarray, "parts"]:
    return np.arange(_STARTS) / _STARTS


def _parts(
    errors: Float64[np.ndarray, "lists bins"], powers: Float64[np.ndarray, "lists"]
) -> Float64[np.ndarray, "lists bins p"]:
    """Share of each part of the mixture that lies in each bin: the even one first."""
    reached = np.cumsum(errors, axis=1) / np.maximum(errors.sum(axis=1, keepdims=True), 1e-12)
    edges = np.concatenate([np.zeros((len(errors), 1)), reached], axis=1)
    starts = _starts()
    above = np.clip(edges[:, :, None] - starts, 0, None) / (1 - starts)
    below = np.concatenate([edges[:, :, None], above ** powers[:, None, None]], axis=2)
    return np.diff(below, axis=1)
