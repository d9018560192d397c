"""How good each of several annotators is, where nobody knows the truth: by what the others say.

Each is compared with a consensus of all others, image by image: nobody agrees with their own votes. The
consensus is the majority, or STAPLE (Warfield, Zou and Wells, IEEE TMI 23(7), 2004). Intervals are of the
bootstrap over images (Efron, Annals of Statistics 7(1), 1979).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, UInt8

from truemask.noise.annotator.fusion import Fusion, majority
from truemask.noise.annotator.staple import staple
from truemask.seeds import seed_for
from truemask.types import IGNORE, BadInput, Problem

LabelMap = UInt8[np.ndarray, "_ _"]


@dataclass(frozen=True)
class Annotator:
    """What an audit says of one annotator.

    Args:
        name: of the annotator.
        images: how many were compared.
        agreement: mean over them of the overlap with the consensus of the others, in [0, 1].
        low, high: an interval of it, of 95 % of the bootstrap's draws.
        rank: 1 is the best.
        best_rank, worst_rank: the same draws' interval of the rank.
    """

    name: str
    images: int
    agreement: float
    low: float
    high: float
    rank: int
    best_rank: int
    worst_rank: int


def annotator_quality(
    images: Iterable[tuple[str, Mapping[str, LabelMap]]],
    problem: Problem,
    *,
    how: Fusion = "majority",
    draws: int = 2000,
) -> list[Annotator]:
    """The annotators, best first. One number an image and annotator is kept.

    Args:
        images: key, and the label maps by annotator's name; not everyone needs to have labelled everything.
        problem: what the classes are.
        how: the consensus is made.
        draws: of the bootstrap.

    Raises:
        BadInput: no image was labelled by two, or maps do not fit together.
    """
    rows: list[dict[str, float]] = []
    for key, maps in images:
        if len(maps) < 2:
            continue
        try:
            rows.append(against_others(maps, problem, how))
        except BadInput as error:
            raise BadInput(f"image '{key}': {error}") from error
    names = sorted({name for row in rows for name in row})
    if not names:
        raise BadInput("annotators are judged by each other: no image was labelled by two of them")
    table = np.array([[row.get(name, np.nan) for name in names] for row in rows])
    rng = np.random.default_rng(seed_for("annotators", len(rows)))
    drawn = np.stack([_means(table[rng.integers(0, len(rows), len(rows))]) for _ in range(draws)])
    mean = _means(table)
    low, high = _interval(drawn)
    ranks = _ranks(mean[None])[0]
    best, worst = _interval(_ranks(drawn))
    found = [
        Annotator(
            name=name,
            images=int((~np.isnan(table[:, i])).sum()),
            agreement=float(mean[i]),
            low=float(low[i]),
            high=float(high[i]),
            rank=int(ranks[i]),
            best_rank=int(np.floor(best[i])),
            worst_rank=int(np.ceil(worst[i])),
        )
        for i, name in enumerate(names)
    ]
    return sorted(found, key=lambda one: (one.rank, one.name))


def against_others(maps: Mapping[str, LabelMap], problem: Problem, how: Fusion) -> dict[str, float]:
    """Each annotator's overlap with what all others together say of one image.

    An annotator who says nothing that can be compared has NaN.
    """
    found = {}
    for name, mine in maps.items():
        others = [other for them, other in maps.items() if them != name]
        found[name] = overlap(mine, consensus(others, problem, how), problem)
    return found


def consensus(maps: Sequence[LabelMap], problem: Problem, how: Fusion) -> LabelMap:
    """What several annotators say together.

    STAPLE is estimated from disputed pixels: on a large background that all agree on, everyone looks good,
    and the order of workers came out turned round.
    """
    return majority(maps, problem) if how == "majority" else staple(maps, problem, disputed=True)[0]


def overlap(mine: LabelMap, other: LabelMap, problem: Problem) -> float:
    """Mean intersection over union of the classes that either gives, without the background; NaN for none.

    1 where both give background alone. Pixels that are IGNORE in either do not count.
    """
    both = (mine != IGNORE) & (other != IGNORE)
    if not both.any():
        return float("nan")
    k = problem.num_classes
    counts = np.bincount(mine[both].astype(np.int64) * k + other[both], minlength=k * k).reshape(k, k)
    shared = np.diag(counts)
    either = counts.sum(axis=0) + counts.sum(axis=1) - shared
    asked = either > 0
    if problem.background is not None:
        asked[problem.background] = False
    return float(np.mean(shared[asked] / either[asked])) if asked.any() else 1.0


def rank_correlation(found: Sequence[float], true: Sequence[float]) -> float:
    """Spearman's correlation of two orders of the same annotators; NaN where one of them has no order."""
    a, b = (_ranks(-np.asarray(one, np.float64)[None])[0].astype(np.float64) for one in (found, true))
    if a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def _means(table: Float64[np.ndarray, "n r"]) -> Float64[np.ndarray, "r"]:
    """Mean of each annotator over the images that it labelled; NaN without one."""
    known = ~np.isnan(table)
    sums, counts = np.where(known, table, 0).sum(axis=0), known.sum(axis=0)
    means: np.ndarray = np.full(len(counts), np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def _ranks(values: Float64[np.ndarray, "d r"]) -> Float64[np.ndarray, "d r"]:
    """1 for the highest of each row; equal ones share the mean of their ranks; NaN last."""
    from scipy.stats import rankdata

    known = np.where(np.isnan(values), -np.inf, values)
    ranks: Float64[np.ndarray, "d r"] = rankdata(-known, axis=1)
    return ranks


def _interval(drawn: Float64[np.ndarray, "d r"]) -> Float64[np.ndarray, "two r"]:
    bounds: Float64[np.ndarray, "two r"] = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    return bounds
