"""Which errors to put into given labels, to see where an audit ranks them: of the kinds that it found."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Float64

from truemask.audit import AuditResult
from truemask.audit.calibration import Injected, injected
from truemask.data.dataset import Dataset
from truemask.noise import Spec, check, parse, stepwise
from truemask.types import BadInput, Instances, Labels, Problem, Task

MOST_WRONG = 0.15
"""Share of the labels that get an error, all kinds together: networks and thresholds hardly notice."""
WANTED = 400
"""Injected errors of each kind, from as few trials as possible."""
MOST_TRIALS = 3

_SHAPES: dict[str, str] = {
    "missing": "miss:{rate}",
    "spurious": "spurious:{rate}",
    "merged": "merge:{rate},gap_px=8",
    "split": "split:{rate}",
    "shifted": "affine:6,rate={rate}",
    "boundary_over": "shift:2,high_px=4,rate={rate}",
    "boundary_under": "shift:-4,high_px=-2,rate={rate}",
    "hole": "holes:{rate}",
    "duplicate": "duplicate:{rate}",
}
"""How errors of each kind are made of objects and segments."""


@dataclass(frozen=True)
class Injection:
    """Errors of several kinds, put in one after the other.

    Args:
        steps: kind, or None where classes say it, and the noise that makes errors of it.
        trials: how often, with other draws.
    """

    steps: tuple[tuple[str | None, Spec], ...]
    trials: int

    @property
    def spec(self) -> Spec:
        """All noises as one."""
        return Spec(tuple(step for _, spec in self.steps for step in spec.steps))

    def into(self, labels: Labels, key: str, problem: Problem, seed: int) -> tuple[Labels, list[Injected]]:
        """The labels of one image with errors, and the errors."""
        errors: list[Injected] = []
        kinds = [kind for kind, _ in self.steps]
        for kind, after in zip(
            kinds, stepwise(labels, self.spec, problem=problem, seed=seed, key=key), strict=True
        ):
            errors += injected(labels, after, key, problem, kind)
            labels = after
        return labels, errors


def planned(dataset: Dataset, result: AuditResult) -> Injection | None:
    """Errors of the kinds in the audit's lists, classes swapped as the audit says they are swapped.

    None where there is no list, or none whose errors can be made.
    """
    levels, kinds = (result.findings[name].to_pylist() for name in ("level", "kind"))
    lists = {*zip(levels, kinds, strict=True)}
    problem, level = dataset.problem, _LEVELS[dataset.problem.task]
    found = sorted(kind for of, kind in lists if of == level)
    if not found:
        return None
    units = _units(dataset)
    share = WANTED / max(1, units)
    rate = min(MOST_WRONG / len(found), max(0.02, share))
    steps = [step for kind in found if (step := _step(kind, rate, problem, result)) is not None]
    if not steps:
        return None
    return Injection(tuple(steps), min(MOST_TRIALS, ceil(WANTED / max(1.0, rate * units))))


_LEVELS = {Task.CLASSIFICATION: "image", Task.SEMANTIC: "segment", Task.INSTANCE: "instance"}


def _step(kind: str, rate: float, problem: Problem, result: AuditResult) -> tuple[str | None, Spec] | None:
    if problem.task == Task.CLASSIFICATION:
        return None, parse(like_presumed(result.joint, rate))
    if kind != "swapped":
        return _fitting(kind, _SHAPES.get(kind, "").format(rate=f"{rate:.4f}"), problem)
    things = [c for c in range(problem.num_classes) if c != problem.background]
    if problem.task == Task.INSTANCE and len(things) > 1:
        return kind, parse(like_presumed(result.joint[np.ix_(things, things)], rate))
    return _fitting(kind, f"misclassify:{rate:.4f}", problem) if len(things) > 1 else None


def _fitting(kind: str, spec: str, problem: Problem) -> tuple[str | None, Spec] | None:
    """The noise, where there is one and it applies to such labels."""
    if not spec:
        return None
    noise = parse(spec)
    try:
        check(noise, problem)
    except BadInput:
        return None
    return kind, noise


def like_presumed(joint: Float64[np.ndarray, "k k"], rate: float) -> str:
    """A transition matrix whose errors are spread over pairs of classes as the audit presumes them to be.

    Args:
        joint: share of the labels given as row and presumed to be truly column.
        rate: share of the labels that become wrong.
    """
    known = np.nan_to_num(joint)
    wrong = known.T - np.diag(np.diag(known))  # by true class, then given one
    k = len(known)
    if not wrong.sum():
        wrong = known.sum(axis=0)[:, None] * (1 - np.eye(k)) / (k - 1)
    of_class = known.sum(axis=0)[:, None]
    chances = np.divide(wrong, of_class, out=np.zeros((k, k)), where=of_class > 0)
    chances *= rate * known.sum() / max(wrong.sum(), 1e-12)
    # A class that is hardly ever right would be lost altogether.
    chances *= np.minimum(1, 0.5 / np.maximum(chances.sum(axis=1, keepdims=True), 1e-12))
    chances = np.round(chances, 6)
    np.fill_diagonal(chances, 1 - chances.sum(axis=1))
    return "matrix:" + ";".join("/".join(f"{chance:.6f}" for chance in row) for row in chances)


def _units(dataset: Dataset) -> int:
    """How many things an error could befall: images, objects, or connected regions of label maps."""
    if dataset.problem.task == Task.CLASSIFICATION:
        return len(dataset)
    labels = (dataset.labels(row) for row in range(len(dataset)))
    return sum(_things(one, dataset.problem) for one in labels)


def _things(labels: Labels, problem: Problem) -> int:
    if isinstance(labels, Instances):
        return int((~labels.crowd).sum())
    from truemask.noise.segment.regions import segments

    assert isinstance(labels, np.ndarray)
    return len(segments(labels, problem.background)[1])


def trial(dataset: Dataset, injection: Injection, seed: int) -> tuple[Sequence[Labels], list[Injected]]:
    """The labels of a data set with errors, and the errors."""
    labels: list[Labels] = []
    errors: list[Injected] = []
    for row, key in enumerate(dataset.keys):
        after, put_in = injection.into(dataset.labels(row), key, dataset.problem, seed)
        labels.append(after)
        errors += put_in
    return labels, errors
