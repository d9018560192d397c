"""From counts to the noise spec that makes labels such as the noisy ones from the clean ones."""

from math import copysign, sqrt

import numpy as np
from jaxtyping import Float64, Int64

from truemask.noise.knobs import number_text
from truemask.noise.segment.rates import SIZES
from truemask.noise.twin.compare import MAP_GAPS_PX
from truemask.noise.twin.tally import BINS_PX, GAPS_PX, Tally
from truemask.types import Task

_SIZES_DIFFER = 9.21
"""Chi-squared with 2 degrees of freedom exceeds this by chance once in 100 times."""
_SCALE = 1.8
_GROSS_BY_SCALE = 0.5
"""What was grossly off is made by a wrong size: up to 1.8 times or a 1.8th, so that the IoU is 0.3 at least.
The factor is even in its logarithm, so 3 of 4 things come below an IoU of 0.75; a third of those are too
small to be 10 px off, or cut off at the image's edge. What is not grossly off then is redrawn still."""
_GROSS_BY_THE_WAY = 0.25
_LEAST_SHIFT_PX = 1.0
_LEAST_SIGMA_PX = 1.0
"""What moves less moves no pixel, or none that one would notice."""
_JITTER_OF_SIGMA = 0.78
_BIAS_OF_SIGMA = 0.1
_BIAS_SD_OF_SIGMA = 0.24
"""How far outlines of ellipses stray, lie outside and differ in that, of how far `jitter` moves corners."""
_LOST_PX = 0.4
"""A disk of whole pixels reaches less far than its radius: so much less on the mean, for 1 to 8 px."""
_TENTHS_APART = 2.56
"""From the lowest tenth of normal numbers to the highest, in deviations."""
_LEAST_SPECKLE = 1e-3
"""Single pixels that are wrong so seldom are left out."""
_DIGITS = 4


def spec_of(tally: Tally) -> str:
    """The text of the spec; `none` if nothing differs.

    Its steps, in this order: `miss`, `merge`, `split` by the class of a clean thing, `misclassify`, `affine`
    for outlines that are grossly off, `shift` and `jitter`, then `duplicate` and `spurious` by the class of a
    noisy thing, and for single pixels of label maps `matrix`. Each rate is a share of the things that the
    step meets. Sizes of a class have rates of their own where they differ by more than chance (G-test, 1 %).
    """
    if not tally.of_segments:
        return _joined(_matrix(tally.confused))
    return _joined(
        _by_class("miss", tally, tally.missed, tally.things),
        _merge(tally),
        _by_class("split", tally, tally.split, tally.matched),
        _misclassify(tally),
        *_outlines(tally),
        _by_class("duplicate", tally, tally.twice, tally.given)
        if tally.problem.task == Task.INSTANCE
        else "",
        _by_class("spurious", tally, tally.spurious, tally.given + tally.twice),
        _specks(tally),
    )


def _joined(*steps: str) -> str:
    return "+".join(step for step in steps if step) or "none"


def _by_class(
    name: str, tally: Tally, counts: Int64[np.ndarray, "k 3"], of: Int64[np.ndarray, "k 3"], more: str = ""
) -> str:
    """A step with rates by class, and by size where that matters; nothing if it never happened."""
    rates: list[str] = []
    for row, label in enumerate(tally.problem.classes):
        called = _called(label, row)
        # Nothing can happen to what is not there; what happened all the same is spread over all sizes.
        if _differ(counts[row], of[row]):
            rates += [
                f"{called}/{size}:{_share(n, total)}"
                for size, n, total in zip(SIZES, counts[row].tolist(), of[row].tolist(), strict=True)
                if n and total
            ]
        elif counts[row].any() and of[row].any():
            rates.append(f"{called}:{_share(int(counts[row].sum()), int(of[row].sum()))}")
    return f"{name}:0{more},rates={';'.join(rates)}" if rates else ""


def _called(label: str, row: int) -> str:
    """The class by name, or by number where a spec would take the name for something else."""
    return str(row) if label in SIZES or set(label) & set("/:;,+>=") or label != label.strip() else label


def _differ(counts: Int64[np.ndarray, "3"], of: Int64[np.ndarray, "3"]) -> bool:
    """Whether the shares of the sizes differ by more than chance."""
    if not counts.any() or (counts > of).any():
        return False
    share = counts.sum() / of.sum()
    seen = np.stack([counts, of - counts]).astype(np.float64)
    expected = np.stack([of * share, of * (1 - share)])
    logs = np.log(np.where(seen > 0, seen, 1) / np.where(seen > 0, expected, 1))
    return float(2 * (seen * logs).sum()) > _SIZES_DIFFER


def _share(count: int, of: int) -> str:
    return number_text(float(f"{min(1.0, count / of):.{_DIGITS}g}"))


def _merge(tally: Tally) -> str:
    """Merged with the closest larger neighbour: the gap is the widest one that was seen."""
    at = np.flatnonzero(tally.merged[..., : GAPS_PX + 1].any(axis=(0, 1)))
    if not len(at):
        return ""
    gap_px = int(at[-1])
    merged, near = (counts[..., : gap_px + 1].sum(axis=2) for counts in (tally.merged, tally.near))
    more = f",gap_px={gap_px}" + ",close=false" * (gap_px > MAP_GAPS_PX)
    return _by_class("merge", tally, merged, near, more)


def _misclassify(tally: Tally) -> str:
    wrong = tally.confused * ~np.eye(len(tally.confused), dtype=bool)
    total, names = tally.confused.sum(axis=1), tally.problem.classes
    mix = [
        f"{_called(names[true], true)}>{_called(names[given], given)}:"
        f"{_share(int(wrong[true, given]), int(total[true]))}"
        for true, given in np.argwhere(wrong).tolist()
    ]
    return f"misclassify,mix={';'.join(mix)}" if mix else ""


def _outlines(tally: Tally) -> list[str]:
    """Outlines that are grossly off, moved as a whole, and such that stray."""
    compared = int(tally.outlines.sum())
    gross, redrawn = int(tally.gross.sum()), int(tally.redrawn.sum())
    steps = []
    if gross > _GROSS_BY_THE_WAY * redrawn:
        touched = min(compared, gross / _GROSS_BY_SCALE)
        steps.append(f"affine:0,scale={_SCALE}{_rate(touched / compared)}")
        redrawn = max(0, round(redrawn - (touched - gross)))
    elif redrawn:
        # Of many outlines that are a little off, some of small things come to be grossly off.
        redrawn += gross
    return steps + (_shift_and_jitter(tally, redrawn / compared) if redrawn else [])


def _shift_and_jitter(tally: Tally, share: float) -> list[str]:
    """Outlines moved, and such that stray. The two noises draw on their own whom they touch.

    So that as many things are touched by the one or the other as were redrawn, each has then a rate of
    1 - sqrt(1 - share).
    """
    tenth, middle, last_tenth = (_quantile(tally.biases, part) for part in (0.1, 0.5, 0.9))
    sigma = _quantile(tally.strays, 0.5) / _JITTER_OF_SIGMA
    strays = sigma >= _LEAST_SIGMA_PX
    deviation = (last_tenth - tenth) / _TENTHS_APART
    if strays:
        middle -= _BIAS_OF_SIGMA * sigma
        deviation = sqrt(max(0.0, deviation**2 - (_BIAS_SD_OF_SIGMA * sigma) ** 2))
    low, high = (_to_shift(middle + end * sqrt(3) * deviation) for end in (-1, 1))
    moves = max(-low, high) >= _LEAST_SHIFT_PX
    rate = 1 - sqrt(1 - share) if moves and strays else share
    steps = []
    if moves:
        idle = max(0.0, min(high, 1) - max(low, -1)) / (high - low) if high > low else 0.0
        steps.append(f"shift:{_px(low)},high_px={_px(high)}{_rate(min(1.0, rate / (1 - idle)))}")
    if strays:
        steps.append(f"jitter:{_px(sigma)}{_rate(rate)}")
    return steps


def _to_shift(off_px: float) -> float:
    """The distance to move an outline by so that it is measured to be off by so much."""
    return off_px + copysign(_LOST_PX, off_px) if abs(off_px) > _LOST_PX else off_px


def _quantile(counts: Int64[np.ndarray, "bins"], share: float) -> float:
    """The value below which this share of the counts lies."""
    return float(BINS_PX[np.searchsorted(np.cumsum(counts), share * counts.sum())])


def _px(length: float) -> str:
    return number_text(round(length, 2) + 0.0)


def _rate(rate: float) -> str:
    return "" if rate == 1 else f",rate={number_text(float(f'{rate:.{_DIGITS}g}'))}"


def _specks(tally: Tally) -> str:
    """Pixels that are wrong one by one."""
    if tally.problem.task != Task.SEMANTIC:
        return ""
    wrong = tally.inside.sum() - np.trace(tally.inside)
    return _matrix(tally.inside) if wrong > _LEAST_SPECKLE * tally.inside.sum() else ""


def _matrix(counts: Int64[np.ndarray, "k k"]) -> str:
    if not (counts - np.diag(counts.diagonal())).any():
        return ""
    shares = _rows(counts)
    return "matrix:" + ";".join("/".join(number_text(chance) for chance in row) for row in shares.tolist())


def _rows(counts: Int64[np.ndarray, "k k"]) -> Float64[np.ndarray, "k k"]:
    """Shares of each row, rounded; what rounding leaves goes to the true class, so that rows add up to 1."""
    total = counts.sum(axis=1, keepdims=True)
    shares = np.where(total > 0, counts / np.maximum(total, 1), np.eye(len(counts))).round(6)
    np.fill_diagonal(shares, 0)
    np.fill_diagonal(shares, (1 - shares.sum(axis=1)).round(6))
    return np.asarray(shares)
