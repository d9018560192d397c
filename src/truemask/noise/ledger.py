"""Keeps account of what noise does to the labels of a data set, image by image."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from truemask.noise.changes import Changes, changes
from truemask.noise.corrupt import stepwise
from truemask.noise.counts import Share, class_counts, counts, units
from truemask.noise.digest import digest, hash_of
from truemask.noise.draws import Draws
from truemask.noise.row import Knobs, Noise
from truemask.noise.spec import Spec
from truemask.noise.table import NOISES
from truemask.types import BadInput, Labels, Problem

_GRAIN = 2.0**-40
"""Expected numbers are added up in whole grains: so the order in which images come changes no digit."""


class _Packed(NamedTuple):
    """Changes of one image, compressed: dense pixel noise has one change for every few pixels."""

    rows: int
    content: bytes
    masks: dict[int, bytes]


@dataclass
class Ledger:
    """What was done to which labels. Ledgers of parts of a data set merge, in any order, to one of the whole.

    Use: `noisy = ledger.corrupt(labels, key)` for every image, `ledger.merge(other)` for what other workers
    did, then `write_manifest(ledger, folder)`.

    Args:
        spec: the noise.
        problem: what the classes are.
        seed: of all draws.
    """

    spec: Spec
    problem: Problem
    seed: int
    units: int = 0
    changed: int = 0
    steps: list[Share] = field(init=False)
    counts: Int64[np.ndarray, "k k+1"] = field(init=False)
    occurred: Int64[np.ndarray, "steps k"] = field(init=False)
    expected: list[int | None] = field(init=False)
    _digests: dict[str, bytes] = field(default_factory=dict)
    _changes: dict[str, _Packed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        k = self.problem.num_classes
        self.steps = [(0, 0)] * len(self.spec.steps)
        self.counts = np.zeros((k, k + 1), dtype=np.int64)
        self.occurred = np.zeros((len(self.spec.steps), k), dtype=np.int64)
        self.expected = [None if NOISES[step.name].expected is None else 0 for step in self.spec.steps]

    @property
    def images(self) -> int:
        """How many have been added."""
        return len(self._digests)

    def corrupt(self, labels: Labels, key: str) -> Labels:
        """The labels of an image with the noise, which the ledger now knows about.

        Raises:
            BadInput: as `truemask.noise.corrupt`; or if an image of this key is in the ledger already.
        """
        before, done = labels, []
        occurred = np.zeros_like(self.occurred)
        expected: list[int | None] = []
        made = stepwise(labels, self.spec, problem=self.problem, seed=self.seed, key=key)
        for place, (step, after) in enumerate(zip(self.spec.steps, made, strict=True)):
            row = NOISES[step.name]
            done.append(row.realised(before, after, self.problem, step.knobs()))
            if row.transition is not None:
                occurred[place] = class_counts(before, self.problem)
            expected.append(_grains(row, before, self.problem, step.knobs()))
            before = after
        self._add(key, labels, before, done)
        self.occurred += occurred
        self.expected = _sums(self.expected, expected)
        return before

    def merge(self, other: "Ledger") -> None:
        """Take over what another ledger of the same noise knows.

        Raises:
            BadInput: if it is of another noise, seed or problem, or both know an image of the same key.
        """
        if (self.spec, self.seed, self.problem) != (other.spec, other.seed, other.problem):
            raise BadInput(
                f"ledgers of different corruptions do not merge: {self.spec} with seed {self.seed}, and "
                f"{other.spec} with seed {other.seed}"
            )
        for key in other._digests:
            self._must_be_new(key)
        self._digests.update(other._digests)
        self._changes.update(other._changes)
        self.steps = [_sum(ours, theirs) for ours, theirs in zip(self.steps, other.steps, strict=True)]
        self.counts += other.counts
        self.occurred += other.occurred
        self.expected = _sums(self.expected, other.expected)
        self.units += other.units
        self.changed += other.changed

    def declared(self, place: int) -> float | None:
        """What the realised rate of a step should come to: of a class-conditional noise the effective rate,
        its matrix weighed by how often each class occurred; where chances differ from unit to unit their
        mean; else the knob that says it; else None.
        """
        step, (_, of) = self.spec.steps[place], self.steps[place]
        row, knobs = NOISES[step.name], step.knobs()
        if row.transition is not None:
            matrix = row.transition(self.problem, Draws(self.seed, "", place), **knobs)
            expected = float(self.occurred[place] @ (1 - matrix.diagonal()))
            return round(expected / of, 12) if of else None
        if row.expected is not None:
            grains = self.expected[place]
            return round(grains * _GRAIN / of, 12) if of and grains is not None else None
        value = knobs[row.declares] if row.declares else None
        return float(value) if isinstance(value, float | int) else None

    def changes(self) -> Iterator[Changes]:
        """The changes of every image that has some, in the order of their keys."""
        for key in sorted(self._changes):
            yield _unpacked(key, self._changes[key])

    def data_hash(self) -> str:
        """A hash of all labels before the noise, with their keys, in whatever order they came."""
        return hash_of(self._digests)

    def _add(self, key: str, before: Labels, after: Labels, done: list[Share]) -> None:
        self._must_be_new(key)
        self._digests[key] = digest(before)
        self.steps = [_sum(ours, theirs) for ours, theirs in zip(self.steps, done, strict=True)]
        self.counts += counts(before, after, self.problem)
        self.units += units(before)
        differ = changes(before, after, key, self.problem)
        self.changed += int(differ.run.sum())
        if len(differ):
            self._changes[key] = _packed(differ)

    def _must_be_new(self, key: str) -> None:
        if key in self._digests:
            raise BadInput(f"image {key!r} is in the ledger already; keys of a data set are unique")


def _sum(one: Share, other: Share) -> Share:
    return one[0] + other[0], one[1] + other[1]


def _grains(row: Noise, before: Labels, problem: Problem, knobs: Knobs) -> int | None:
    expected = None if row.expected is None else row.expected(before, problem, knobs)
    return None if expected is None else round(expected / _GRAIN)


def _sums(ours: list[int | None], theirs: list[int | None]) -> list[int | None]:
    return [
        None if one is None or other is None else one + other for one, other in zip(ours, theirs, strict=True)
    ]


def _packed(done: Changes) -> _Packed:
    import pyarrow as pa

    # Steps from unit to unit instead of the units themselves: small numbers, which compress.
    columns = (np.diff(done.unit, prepend=0), done.run, done.source, done.target, done.kind)
    content = b"".join(column.tobytes() for column in columns)
    return _Packed(len(done), pa.compress(content, codec="zstd", asbytes=True), done.masks)


def _unpacked(key: str, packed: _Packed) -> Changes:
    import pyarrow as pa

    n = packed.rows
    content = pa.decompress(packed.content, n * (8 + 4 + 3), codec="zstd", asbytes=True)
    unit = np.cumsum(np.frombuffer(content, np.int64, n))
    run = np.frombuffer(content, np.int32, n, 8 * n)
    source, target, kind = np.frombuffer(content, np.uint8, 3 * n, 12 * n).reshape(3, n)
    return Changes(key, unit, run, source, target, kind, packed.masks)
