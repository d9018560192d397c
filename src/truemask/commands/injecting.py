"""Which errors to put into given labels, to see where an audit ranks them: of the kinds that it found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from truemask.audit import AuditResult
from truemask.audit.calibration import Injected, injected
from truemask.audit.calibration.calibrate import LEAST_FINDINGS
from truemask.audit.calibration.pointing import Row
from truemask.commands.like_found import noise_like
from truemask.data.dataset import Dataset
from truemask.noise import Spec, parse, stepwise
from truemask.seeds import seed_for
from truemask.types import Instances, Labels, Problem, Task

MOST_WRONG = 0.15
"""Share of the labels that get an error, all kinds together: networks and thresholds hardly notice."""
WANTED = 400
"""Injected errors of each kind, from as few trials as possible."""
MOST_TRIALS = 3
MOST_IMAGES = 1500
"""Small data sets are tried oftener than MOST_TRIALS times, up to so many images in all."""


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
    """Errors of the kinds in the audit's lists, like those that it found; about as many of each kind.

    None where there is no list that is long enough to be calibrated, or none whose errors can be made.
    """
    problem, level = dataset.problem, _LEVELS[dataset.problem.task]
    listed: dict[str, list[Row]] = {}
    for row in result.findings.to_pylist():
        if row["level"] == level:
            listed.setdefault(row["kind"], []).append(row)
    kinds = sorted(kind for kind, rows in listed.items() if len(rows) >= LEAST_FINDINGS)
    if not kinds:
        return None
    things = _things(dataset)
    units = int(things.sum())
    if problem.task == Task.CLASSIFICATION:
        rate = min(MOST_WRONG, max(0.02, WANTED / max(1, units)))
        return Injection(((None, parse(like_presumed(result.joint, rate))),), _trials(rate * units, dataset))
    wanted = min(float(WANTED), MOST_WRONG * units / len(kinds))
    rates = dict.fromkeys(kinds, wanted / max(1, units))
    made = _made(dataset, _injection(rates, listed, things, problem))
    # Of some kinds fewer come about than there are things to befall: not all have a neighbour to merge with.
    rates = {kind: rate * min(_MOST_FASTER, wanted / max(1, made[kind])) for kind, rate in rates.items()}
    injection = _injection(rates, listed, things, problem)
    if not injection.steps:
        return None
    return replace(injection, trials=_trials(wanted, dataset))


_LEVELS = {Task.CLASSIFICATION: "image", Task.SEMANTIC: "segment", Task.INSTANCE: "instance"}
_MOST_FASTER = 20.0
"""Rates rise at most so far, however seldom an error comes about."""
_TRIED = 200
"""Images on which rates are tried."""


def _injection(
    rates: Mapping[str, float],
    listed: Mapping[str, list[Row]],
    things: Int64[np.ndarray, "k"],
    problem: Problem,
) -> Injection:
    noises = ((kind, noise_like(kind, rate, listed[kind], things, problem)) for kind, rate in rates.items())
    return Injection(tuple((kind, noise) for kind, noise in noises if noise is not None), 1)


def _made(dataset: Dataset, injection: Injection) -> Counter[str]:
    """Errors of each kind that come about, tried on some of the images, for all of them."""
    tried = range(0, len(dataset), ceil(len(dataset) / _TRIED))
    seed = seed_for("calibration", dataset.name, "rates")
    made = Counter(
        error.kind
        for row in tried
        for error in injection.into(dataset.labels(row), dataset.keys[row], dataset.problem, seed)[1]
    )
    return Counter({kind: round(count * len(dataset) / len(tried)) for kind, count in made.items()})


def _trials(wanted: float, dataset: Dataset) -> int:
    most = max(MOST_TRIALS, MOST_IMAGES // len(dataset))
    return min(most, ceil(WANTED / max(1.0, wanted)))


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


def _things(dataset: Dataset) -> Int64[np.ndarray, "k"]:
    """What an error could befall, by class: images, objects, or connected regions of label maps."""
    counts = np.zeros(256, np.int64)
    for row in range(len(dataset)):
        np.add.at(counts, _classes(dataset.labels(row), dataset.problem), 1)
    return counts[: dataset.problem.num_classes]


def _classes(labels: Labels, problem: Problem) -> UInt8[np.ndarray, "n"]:
    if isinstance(labels, Instances):
        return np.asarray(labels.classes[~labels.crowd], np.uint8)
    if isinstance(labels, int):
        return np.array([labels], np.uint8)
    from truemask.noise.segment.regions import segments

    return np.asarray(labels.reshape(-1)[segments(labels, problem.background)[1]], np.uint8)


def trial(dataset: Dataset, injection: Injection, seed: int) -> tuple[Sequence[Labels], list[Injected]]:
    """The labels of a data set with errors, and the errors."""
    labels: list[Labels] = []
    errors: list[Injected] = []
    for row, key in enumerate(dataset.keys):
        after, put_in = injection.into(dataset.labels(row), key, dataset.problem, seed)
        labels.append(after)
        errors += put_in
    return labels, errors
