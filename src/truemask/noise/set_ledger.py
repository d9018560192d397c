"""The account of noise on a whole classification set: made in one go, because such noise is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from truemask.noise.changes import Changes, changed_row
from truemask.noise.corrupt import must_apply, must_be_of
from truemask.noise.corrupt_set import share, stepwise_set
from truemask.noise.counts import Share
from truemask.noise.draws import Draws
from truemask.noise.image.roster import Gallery, Roster
from truemask.noise.ledger import Ledger
from truemask.noise.spec import Spec, Step
from truemask.noise.table import EVERY_NOISE, NOISES
from truemask.types import IGNORE, Problem


@dataclass(frozen=True)
class SetLedger:
    """What was done to a set; `write_manifest` writes it as it does a `Ledger`.

    Args:
        spec: the noise.
        problem: what the classes are.
        seed: of all draws.
        before: the rows as they were.
        after: the rows with the noise.
        steps: what each noise of the spec did.
        expected: what its rate should have come to, where something says so.
    """

    spec: Spec
    problem: Problem
    seed: int
    before: Roster
    after: Roster
    steps: Sequence[Share]
    expected: Sequence[float | None]

    @property
    def images(self) -> int:
        """Rows in the end."""
        return len(self.after)

    @property
    def units(self) -> int:
        """Rows in the end, without those that bore no label from the start."""
        unlabelled = dict(zip(self.before.keys, ~self.before.labelled, strict=True))
        return sum(not unlabelled.get(key, False) for key in self.after.keys)

    @property
    def changed(self) -> int:
        """Rows that are new, or show another image, or have another label."""
        return sum(1 for _ in self.changes())

    @property
    def counts(self) -> Int64[np.ndarray, "k k+1"]:
        """Images of class i that are under j in the end, copies too; other sets' images have no class."""
        k = self.problem.num_classes
        table = np.zeros((k, k + 1), dtype=np.int64)
        true = dict(zip(self.before.keys, self.before.labels.tolist(), strict=True))
        rows = zip(self.after.origins, self.after.donors, self.after.labels.tolist(), strict=True)
        for origin, donor, label in rows:
            if donor is None and true[origin] != IGNORE:
                table[true[origin], k if label == IGNORE else label] += 1
        return table

    def declared(self, place: int) -> float | None:
        """What the realised rate of a step should come to."""
        return self.expected[place]

    def data_hash(self) -> str:
        """A hash of all labels before the noise, with their keys: what a `Ledger` says of them."""
        clean = Ledger(Spec(()), self.problem, self.seed)
        for key, label in zip(self.before.keys, self.before.labels.tolist(), strict=True):
            clean.corrupt(label, key)
        return clean.data_hash()

    def changes(self) -> Iterator[Changes]:
        """Every row that is not as it was, in the order of their keys."""
        given = dict(zip(self.before.keys, self.before.labels.tolist(), strict=True))
        columns = (self.after.keys, self.after.labels.tolist(), self.after.origins, self.after.donors)
        for key, label, origin, donor in sorted(zip(*columns, strict=True), key=lambda row: row[0]):
            if key not in given or donor is not None or label != given[key]:
                copy_of = None if key in given else origin
                yield changed_row(key, given[origin], label, copy_of=copy_of, donor=donor)


def corrupt_set(roster: Roster, spec: Spec, *, problem: Problem, seed: int, gallery: Gallery) -> SetLedger:
    """The rows of a classification set with the noise of `spec`, and the account of it.

    Args:
        roster: all rows, from `roster_of`.
        spec: from `parse`; noises on single images and on whole sets in any order.
        problem: what the classes are.
        seed: such as `seed_for("noise", data set, str(spec), repetition)`.
        gallery: the images, and those of other data sets.

    Raises:
        BadInput: if a label is not the problem's, a noise does not apply to it, or asks for images that
            there are not.
    """
    for key, label in zip(roster.keys, roster.labels.tolist(), strict=True):
        must_be_of(problem, label, key)
    must_apply(spec, problem)
    steps, expected, before = [], [], roster
    made = stepwise_set(roster, spec, problem=problem, seed=seed, gallery=gallery)
    for place, (step, after) in enumerate(zip(spec.steps, made, strict=True)):
        steps.append(share(before, after, step, problem))
        expected.append(_expected(step, before, problem, Draws(seed, "", place)))
        before = after
    return SetLedger(spec, problem, seed, roster, before, steps, expected)


def apply_to_roster(before: Roster, done: Iterable[Changes]) -> Roster:
    """The rows after the changes: of `ledger.changes()` they are those of `ledger.after`, originals first."""
    rows = {
        key: (label, key, donor)
        for key, label, donor in zip(before.keys, before.labels.tolist(), before.donors, strict=True)
    }
    for one in done:
        rows[one.image] = int(one.target[0]), one.copy_of or one.image, one.donor
    labels, origins, donors = zip(*rows.values(), strict=True) if rows else ((), (), ())
    return Roster(tuple(rows), np.array(labels, dtype=np.uint8), origins, donors)


def _expected(step: Step, before: Roster, problem: Problem, draws: Draws) -> float | None:
    """The effective rate of a noise that looks at nothing but the class; else the knob that says it."""
    knobs, row = step.knobs(), NOISES.get(step.name)
    if row is not None and row.transition is not None:
        wrong = 1 - row.transition(problem, draws, **knobs).diagonal()
        occurred = np.bincount(before.labels[before.labelled], minlength=problem.num_classes)
        return round(float(occurred @ wrong) / int(occurred.sum()), 12) if occurred.any() else None
    declares = EVERY_NOISE[step.name].declares
    value = knobs[declares] if declares else None
    return float(value) if isinstance(value, float | int) else None
