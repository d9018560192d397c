"""Distillation with side information: Li, Yang, Song, Cao, Luo & Li, ICCV 2017, arXiv:1703.02391."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64
from torch import Tensor

from truemask.batch import Batch
from truemask.methods.knobs import check_share
from truemask.methods.method import Engine, Method, Setup, Stage, Targets
from truemask.methods.siblings import sibling_matrix
from truemask.methods.verified import STREAM, Verified
from truemask.seeds import seed_for
from truemask.structure.risk_hedging import best_label_weight, label_errors
from truemask.types import IGNORE, BadInput, Task

_LEAST_WEIGHT = 0.05
"""Neither a label nor the teacher is ever left out of the mixture."""


@dataclass(frozen=True, kw_only=True)
class Distillation(Method):
    """A teacher learns verified rows; all others learn a mixture of their label and what the teacher says.

    The mixture has the least risk where the label's weight is teacher risk / (teacher risk + label risk).
    The teacher's risk shows on verified rows that it was not trained on. The label's shows in how far labels
    and teacher are apart, for no row needs to have both labels. The student begins anew, and learns only
    the rows that are not verified, by these mixtures.

    Args:
        label_weight: of the given label in the mixture, in [0, 1]; lambda in the paper; none: by the rule, in
            [0.05, 0.95].
        correlated: let the rule know that where the teacher errs it may lean to where labels go.
        per_class: a weight for each given class, by the risks of that class.
        siblings: classes that are taken for each other, names or ids: `cat/dog;car/truck`; none: no groups.
        sibling_share: of what the teacher says of a class that goes to its siblings, in [0, 1).
        held_out: share of the verified rows that only measure the teacher's risk, in (0, 1).
        warm_up: share of the epochs that the teacher has, in [0, 1), and at least one epoch.
        stride: label maps only: pixels per remembered cell of the teacher's predictions along each side.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.CLASSIFICATION, Task.SEMANTIC})
    clean_labels: ClassVar[bool] = True

    label_weight: float | None = None
    correlated: bool = False
    per_class: bool = False
    siblings: str | None = None
    sibling_share: float = 0.2
    held_out: float = 0.2
    warm_up: float = 0.5
    stride: int = 1

    def __post_init__(self) -> None:
        if self.label_weight is not None and not 0 <= self.label_weight <= 1:
            raise BadInput(f"distillation needs 0 <= label_weight <= 1, got label_weight={self.label_weight}")
        for name in ("sibling_share", "held_out", "warm_up"):
            check_share("distillation", name, getattr(self, name))
        if self.stride < 1:
            raise BadInput(f"distillation needs a stride of 1 pixel or more, got stride={self.stride}")

    def build(self, setup: Setup) -> None:
        """One network, what the teacher said, the label's weight by class, and the verified rows.

        Raises:
            BadInput: if `siblings` are no classes of the problem.
        """
        setup.network()
        problem = setup.problem
        setup.store("teacher", channels=problem.num_classes, stride=self.stride)
        setup.parameter("siblings", sibling_matrix(problem, self.siblings, self.sibling_share))
        setup.parameter("label_weight", torch.ones(problem.num_classes))
        setup.stream(STREAM, trusted=True)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """The teacher, then the student, which begins anew."""
        first = max(1, round(self.warm_up * epochs))
        return (
            Stage("teacher", first, hooks=_Teacher(self.held_out)),
            Stage("student", epochs - first, restart=True),
        )

    def before_epoch(self, engine: Engine) -> None:
        """What the teacher says of every row, and how far that and labels are to be believed."""
        if engine.epoch > 0:
            return
        graph, network = engine.parameters["siblings"].detach(), engine.networks["main"]
        seen, k = engine.rows(STREAM), engine.problem.num_classes
        apart, errors = _Distances(k), _Distances(k)
        for batch, logits in engine.sweep(network):
            said = _smoothed(logits, graph)
            batch.stores["teacher"].update(said)
            apart.add(said, batch.labels)
        for batch, logits in engine.sweep(network, STREAM):
            fresh = ~torch.isin(batch.rows.cpu(), seen)
            errors.add(_smoothed(logits, graph)[fresh], batch.labels[fresh])
        with torch.no_grad():
            engine.parameters["label_weight"].copy_(torch.from_numpy(self.weights(apart, errors)))
        engine.renew("main")

    def weights(self, apart: "_Distances", errors: "_Distances") -> Float64[np.ndarray, "k"]:
        """Of the given label, by class, from distances of the teacher to given and to verified labels."""
        k = len(apart.units)
        if self.label_weight is not None:
            return np.full(k, self.label_weight)
        teacher, doubt, distance = (
            _mean(sums, of.units, per_class=self.per_class)
            for sums, of in ((errors.squares, errors), (errors.doubts, errors), (apart.squares, apart))
        )
        if self.correlated:
            label, covariance = label_errors(distance, teacher, doubt, k)
        else:
            label, covariance = (distance - teacher).clip(0), np.zeros(k)
        return best_label_weight(label, teacher, covariance).clip(_LEAST_WEIGHT, 1 - _LEAST_WEIGHT)

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """The mixture of each label and what the teacher says."""
        known = batch.labels != IGNORE
        given = batch.labels.long().where(known, 0)
        label = torch.zeros_like(logits).scatter_(1, given.unsqueeze(1), 1.0)
        weight = batch.parameters["label_weight"].detach()[given].unsqueeze(1)
        mixed = weight * label + (1 - weight) * batch.stores["teacher"].values
        return mixed * known.unsqueeze(1), None


@dataclass(frozen=True)
class _Teacher(Method):
    """Verified rows alone, less some that only measure."""

    held_out: float

    def before_epoch(self, engine: Engine) -> None:
        rows = engine.rows(STREAM)
        if engine.epoch > 0:
            return
        if len(rows) < 2:
            raise BadInput(
                "distillation learns from some verified rows and measures on others, and there is "
                f"{len(rows)}; verify two or more"
            )
        order = np.random.default_rng(seed_for("held out", STREAM)).permutation(len(rows))
        measuring = min(len(rows) - 1, max(1, round(self.held_out * len(rows))))
        engine.use_rows(STREAM, rows[torch.from_numpy(np.sort(order[measuring:]))])

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        return Verified().step(engine, batch)


class _Distances:
    """Sums over units of each class: squared distance of the teacher to the label, and doubts of it."""

    def __init__(self, classes: int) -> None:
        self.units, self.squares, self.doubts = np.zeros((3, classes))

    def add(self, said: Float[Tensor, "b k *space"], labels: Tensor) -> None:
        known = labels != IGNORE
        given = labels.long()[known]
        probs = said.movedim(1, -1)[known].double()
        at_label = probs.gather(1, given.unsqueeze(1)).squeeze(1)
        squares = probs.square().sum(dim=1) - 2 * at_label + 1
        self.units += self._by_class(given, torch.ones_like(at_label))
        self.squares += self._by_class(given, squares)
        self.doubts += self._by_class(given, 1 - at_label)

    def _by_class(self, given: Tensor, values: Tensor) -> Float64[np.ndarray, "k"]:
        sums = torch.bincount(given, weights=values, minlength=len(self.units))
        return sums.double().cpu().numpy()  # of nothing at all it counts in whole numbers


def _mean(
    sums: Float64[np.ndarray, "k"], units: Float64[np.ndarray, "k"], *, per_class: bool
) -> Float64[np.ndarray, "k"]:
    """The mean over units of each class, or over all; also where a class has none, or nothing has any."""
    overall = sums.sum() / max(1.0, units.sum())
    everywhere = np.full_like(sums, overall)
    return np.divide(sums, units, out=everywhere, where=units > 0) if per_class else everywhere


def _smoothed(
    logits: Float[Tensor, "b k *space"], graph: Float[Tensor, "k k"]
) -> Float[Tensor, "b k *space"]:
    """What the teacher says, with each class's siblings given their share."""
    return torch.einsum("bi...,ij->bj...", F.softmax(logits.float(), dim=1), graph)
