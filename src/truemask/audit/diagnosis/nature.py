"""What kind of noise it is: which kinds of errors, by rule or by chance, in a few images or in all."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from truemask.audit.findings import rows_of
from truemask.audit.result import AuditResult

OUTLINES = ("shifted", "boundary_over", "boundary_under", "hole")
"""Kinds of errors of shape."""

_DRAWS = 1000


@dataclass(frozen=True)
class Nature:
    """What kind of noise it is.

    Args:
        kinds: share of the findings of each kind, each counted by `p_wrong` where it is known.
        on: what those shares are of: `findings` of single errors.
        spread: how evenly wrong labels of a class are spread over the other classes: 1 for any other class
            alike, 0 for always the same one; NaN where there are fewer than three classes or no wrong label.
        by_rule: chance that labels wrong at random would be spread as unevenly as this; small: by a rule.
        worst_tenth: share of the flagged labels that lie in the tenth of the images that has most of them.
        expected_tenth: the same if flagged labels fell on images at random.
        by_image: chance that they would pile up as much as this at random; small: some images are bad.
    """

    kinds: Mapping[str, float]
    on: int
    spread: float
    by_rule: float
    worst_tenth: float
    expected_tenth: float
    by_image: float


def nature(result: AuditResult) -> Nature:
    """The kind of noise that an audit's findings and its joint speak of."""
    rng = np.random.default_rng(0)
    kinds, count = _kinds(result)
    spread, by_rule = _spread(result.flagged.astype(np.float64), rng)
    worst, expected, by_image = _piling(result, rng)
    return Nature(kinds, count, spread, by_rule, worst, expected, by_image)


def _kinds(result: AuditResult) -> tuple[dict[str, float], int]:
    weights: dict[str, float] = {}
    count = 0
    for row in rows_of(result.findings, ["kind", "p_wrong", "action"]):
        if row["action"] != "none":
            known = row["p_wrong"]
            weights[row["kind"]] = weights.get(row["kind"], 0.0) + (1.0 if known is None else known)
            count += 1
    total = sum(weights.values())
    shares = {kind: weight / total for kind, weight in weights.items()} if total else {}
    return dict(sorted(shares.items(), key=lambda one: (-one[1], one[0]))), count


def _spread(flagged: Float64[np.ndarray, "k k"], rng: np.random.Generator) -> tuple[float, float]:
    """Evenness of flagged pairs over given classes, and how often chance is as uneven.

    Columns are presumed true classes; of each, the flagged labels go to given classes in some proportion.
    """
    k = len(flagged)
    wrong = flagged - np.diag(np.diag(flagged))
    if k < 3 or not wrong.sum():
        return float("nan"), float("nan")
    observed = _evenness(wrong)
    even = (1 - np.eye(k)) / (k - 1)
    # Neighbouring pixels are flagged together: at most a hundred of a class are taken to be on their own.
    counts = np.minimum(wrong.sum(axis=0), 100).astype(np.int64)
    scaled = wrong * np.divide(counts, wrong.sum(axis=0), out=np.zeros(k), where=wrong.sum(axis=0) > 0)
    of_class = [rng.multinomial(counts[j], even[j], _DRAWS) for j in range(k)]
    drawn = np.stack(of_class, axis=2).astype(np.float64)
    lower = [_evenness(one) <= _evenness(scaled) for one in drawn]
    return observed, (1 + sum(lower)) / (1 + _DRAWS)


def _evenness(wrong: Float64[np.ndarray, "k k"]) -> float:
    """Mean entropy of the columns over its maximum, each column by its sum."""
    sums = wrong.sum(axis=0)
    shares = np.divide(wrong, sums, out=np.zeros_like(wrong), where=sums > 0)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy = -(shares * logs).sum(axis=0) / np.log(len(wrong) - 1)
    return float((entropy * sums).sum() / sums.sum())


def _piling(result: AuditResult, rng: np.random.Generator) -> tuple[float, float, float]:
    """Share of flags in the worst tenth of the images, by fact and by chance, and how likely chance is."""
    units = np.array(result.images["units"].to_pylist(), np.float64)
    flags = np.array(result.images["flagged"].to_pylist(), np.int64)
    several = units.max(initial=0) > 1
    if not several or not flags.sum() or len(units) < 10:
        return float("nan"), float("nan"), float("nan")
    flagged = _errors(result) if result.unit == "pixels" else flags
    if not flagged.sum():
        return float("nan"), float("nan"), float("nan")
    tenth = max(1, round(len(units) / 10))
    worst = np.sort(flagged)[::-1][:tenth].sum() / flagged.sum()
    drawn = rng.multinomial(int(flagged.sum()), units / units.sum(), _DRAWS)
    chance = np.sort(drawn, axis=1)[:, ::-1][:, :tenth].sum(axis=1) / flagged.sum()
    return float(worst), float(chance.mean()), float((1 + (chance >= worst).sum()) / (1 + _DRAWS))


def _errors(result: AuditResult) -> np.ndarray:
    """Segments found in each image: pixels of one error are no errors of their own."""
    place = {key: row for row, key in enumerate(result.images["image"].to_pylist())}
    counts = np.zeros(len(place), np.int64)
    for row in rows_of(result.findings, ["level", "image"]):
        if row["level"] == "segment":
            counts[place[row["image"]]] += 1
    return counts
