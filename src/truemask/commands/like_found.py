"""Noises that make errors of objects and segments like those that an audit found, kind by kind."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from truemask.audit.calibration.outline_sizes import MEASURED, sizes_px
from truemask.audit.calibration.pointing import Row
from truemask.noise import Spec, check, parse
from truemask.types import BadInput, Problem, Task

_USUAL_PX: dict[str, tuple[float, float]] = {
    "shifted": (6, 6),
    "boundary_over": (2, 4),
    "boundary_under": (2, 4),
    "hole": (3, 3),
}
"""Sizes of errors, where findings are too few to say."""
_LEAST_MEASURED = 10
_LEAST_PX, _MOST_PX = 1.0, 200.0
_MOST = 0.5
"""Chance of a thing to get an error, at most: a class that is hardly ever right would be lost."""
_BY_CLASS = {"missing": ("miss", "proposed"), "spurious": ("spurious", "given")}
_PLAIN = {"split": "split:{rate}", "duplicate": "duplicate:{rate}"}


def noise_like(
    kind: str, rate: float, findings: Sequence[Row], things: Int64[np.ndarray, "k"], problem: Problem
) -> Spec | None:
    """A noise that makes errors of a kind; None where there is none for such labels.

    Classes are swapped for those that findings propose, and left out or made up as often as findings say,
    each weighing as much as its score. Outlines are off as far as those of the more suspect half of the
    findings.

    Args:
        kind: see `findings.KINDS`.
        rate: share of the things that get an error.
        findings: of the kind, of objects or segments.
        things: objects or connected regions of each class.
        problem: what the classes are.
    """
    text = _text(kind, rate, findings, things, problem)
    if text is None:
        return None
    noise = parse(text)
    try:
        check(noise, problem)
    except BadInput:
        return None
    return noise


def _text(
    kind: str, rate: float, findings: Sequence[Row], things: Int64[np.ndarray, "k"], problem: Problem
) -> str | None:
    share = f"{min(_MOST, rate):.5f}"
    if kind in _BY_CLASS:
        noise, column = _BY_CLASS[kind]
        chances = _chances(rate, findings, column, things)
        return f"{noise}:{share}" + _rates(chances, problem)
    if kind in _PLAIN:
        return _PLAIN[kind].format(rate=share)
    if kind == "merged":
        # Two regions of different classes cannot be one.
        return f"merge:{share},gap_px=8" + (",across=any" if problem.task == Task.INSTANCE else "")
    if kind == "swapped":
        return _swapping(rate, findings, things, problem)
    if kind not in MEASURED:
        return None
    low, high = _sizes(kind, findings)
    middle = (low + high) / 2
    return {
        "shifted": f"affine:{middle:.1f},rate={share}",
        "boundary_over": f"shift:{low:.1f},high_px={high:.1f},rate={share}",
        "boundary_under": f"shift:{-high:.1f},high_px={-low:.1f},rate={share}",
        "hole": f"holes:{share},radius_px={round(middle)}",
    }[kind]


def _chances(
    rate: float, findings: Sequence[Row], column: str, things: Int64[np.ndarray, "k"]
) -> Float64[np.ndarray, "k"]:
    """The chance of each class, as often as findings name it, and a tenth of all alike."""
    said = np.zeros(len(things))
    for row in findings:
        said[row[column]] += row["score"]
    even = things / max(1, things.sum())
    spread = 0.9 * said / said.sum() + 0.1 * even if said.sum() else even
    chances = np.zeros(len(things))
    np.divide(rate * things.sum() * spread, things, out=chances, where=things > 0)
    return np.minimum(chances, _MOST)


def _rates(chances: Float64[np.ndarray, "k"], problem: Problem) -> str:
    """The knob that names the chance of each class, where there are several."""
    if any(name.isdigit() for name in problem.classes):
        return ""  # a number would be taken for a name
    classes = [c for c in range(problem.num_classes) if c != problem.background and chances[c] > 0]
    if len(classes) < 2:
        return ""
    return ",rates=" + ";".join(f"{c}:{chances[c]:.5f}" for c in classes)


def _swapping(
    rate: float, findings: Sequence[Row], things: Int64[np.ndarray, "k"], problem: Problem
) -> str | None:
    """Each true class becomes the given ones of its findings, and a tenth of them any."""
    able = things > 0
    if problem.background is not None:
        able[problem.background] = False
    k = len(things)
    if np.count_nonzero(able) < 2:
        return None
    others = able[None] & ~np.eye(k, dtype=bool)
    goes = others / others.sum(axis=1, keepdims=True)
    said = np.zeros((k, k))
    for row in findings:
        said[row["proposed"], row["given"]] += row["score"]
    said[:, ~able] = 0
    total = said.sum(axis=1, keepdims=True)
    np.divide(said, total, out=said, where=total > 0)
    goes = np.where(total > 0, 0.9 * said + 0.1 * goes, goes)
    leaves = np.where(able, _chances(rate, findings, "proposed", things), 0)
    transition = np.round(goes * leaves[:, None], 6)
    np.fill_diagonal(transition, 0)
    np.fill_diagonal(transition, 1 - transition.sum(axis=1))
    rows = ";".join("/".join(f"{chance:.6f}" for chance in row) for row in transition)
    return f"misclassify:1,matrix={rows}"


def _sizes(kind: str, findings: Sequence[Row]) -> tuple[float, float]:
    """The middle half of them, in pixels."""
    measured = sizes_px(findings, kind)
    if len(measured) < _LEAST_MEASURED:
        return _USUAL_PX[kind]
    low, high = np.clip(np.quantile(measured, [0.25, 0.75]), _LEAST_PX, _MOST_PX).tolist()
    return low, high
