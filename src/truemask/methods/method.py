"""What a method is: five hooks over networks, stores, streams and stages that the engine keeps for it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from truemask.batch import Batch
from truemask.losses.cross_entropy import cross_entropy, soft_cross_entropy
from truemask.types import Problem, Task

Targets = Int[Tensor, "b *space"] | Float[Tensor, "b k *space"]
"""What a network is asked to say: class ids (IGNORE allowed), or a distribution over classes per unit."""


@dataclass(frozen=True)
class Stage:
    """A stretch of training with its own hooks, start and learning rate.

    Args:
        name: shown in the log and the curves.
        epochs: how many passes over the main stream; 0 skips the stage.
        start: `keep` goes on with the weights at hand, `fresh` draws new ones, `best` goes back to the
            epoch of the stage before that did best on the noisy validation labels.
        lr_scale: factor on the plan's learning rate.
        restart: begin the learning-rate schedule (and the optimiser's state) anew; otherwise the stages
            share one schedule.
        hooks: another method whose `before_epoch`, `targets`, `unit_loss` and `step` hold in this stage;
            None: its own.
    """

    name: str
    epochs: int
    start: Literal["keep", "fresh", "best"] = "keep"
    lr_scale: float = 1.0
    restart: bool = False
    hooks: "Method | None" = None


@runtime_checkable
class Setup(Protocol):
    """What `build` may ask for. Everything asked for is kept, checkpointed and resumed by the engine."""

    problem: Problem

    def network(
        self,
        name: str = "main",
        *,
        predicts: bool = True,
        outputs: int | None = None,
        dropout: float | None = None,
    ) -> None:
        """A network of the plan's architecture with initial weights of its own seed.

        `predicts`: it takes part in `predict` (the mean over such networks). `outputs`: how many numbers it
        says of each unit, where that is not one per class; such a network cannot predict. `dropout`: in place
        of the plan's, for networks that have that knob.
        """

    def parameter(self, name: str, value: Float[Tensor, "*shape"], *, lr_scale: float = 1.0) -> None:
        """A tensor beside the networks, such as a noise layer's logits; hooks find it in their batch.

        Trained with the networks' optimiser if a loss depends on it. If none does it is a memory: hooks
        write to it in place, without gradient. Several processes agree on it after each epoch, by their mean.
        """

    def store(
        self,
        name: str,
        *,
        channels: int,
        rule: Literal["replace", "ema", "ring"] = "replace",
        momentum: float = 0.0,
        dtype: Literal["float16", "uint8"] = "float16",
        stride: int = 1,
        learning_rate: float | None = None,
    ) -> None:
        """`channels` values per unit of every training row, kept from epoch to epoch.

        ema: new = momentum * old + (1 - momentum) * given. ring: the last `channels` values, newest first.
        uint8 holds values in [0, 1] to 1/255. stride: pixels per stored cell (label maps only).
        learning_rate: the values take gradients and a plain gradient step of this rate after each update
        (held as float32), for methods that learn the labels themselves.
        """

    def stream(
        self, name: str, *, batch_size: int | None = None, views: int = 1, trusted: bool = False
    ) -> None:
        """A second stream of batches, or another batch size or number of views for `main`.

        trusted: it draws from the rows whose labels the user declared verified, and a run without such
        rows is refused.
        """


@runtime_checkable
class Engine(Protocol):
    """What hooks may use while training runs."""

    problem: Problem
    networks: Mapping[str, nn.Module]
    parameters: Mapping[str, Tensor]
    epoch: int
    """Within the stage, from 0."""
    stage: Stage
    step_in_epoch: int

    def logits(self, network: nn.Module, batch: Batch) -> Float[Tensor, "b k *space"]:
        """Forward pass in training mode, under the run's precision; logits come back as float32."""

    def precision(self) -> AbstractContextManager[None]:
        """The run's autocast, for what does not go through `logits`."""

    def loss(self, network: nn.Module, batch: Batch) -> Float[Tensor, ""]:
        """The task's training loss, through the stage's `targets` and `unit_loss`."""

    def mean(self, unit_losses: Float[Tensor, "b *space"], valid: Tensor) -> Float[Tensor, ""]:
        """Weighted mean over units; the same number on one process and on many."""

    def update(self, loss: Float[Tensor, ""]) -> None:
        """Backward, clip, optimiser step, averaged weights."""

    def batches(self, stream: str) -> Iterator[Batch]:
        """Endless batches of a second stream."""

    def sweep(
        self, network: nn.Module, stream: str = "main"
    ) -> Iterator[tuple[Batch, Float[Tensor, "b k *space"]]]:
        """Every row of a stream's data set once, in order, unaugmented, evaluation mode, no gradient.

        Yields batch and logits. Instance problems: units are the given objects themselves (their own boxes as
        proposals).
        """

    def renew(self, name: str) -> None:
        """New initial weights for a network, as at a fresh start; what was best so far no longer counts.

        For hooks that need the weights of the stage before once more: a stage that starts `fresh` has lost
        them.
        """

    def rows(self, stream: str) -> Int[Tensor, "n"]:
        """Data set rows that a stream draws from."""

    def use_rows(
        self, stream: str, rows: Int[Tensor, "n"], weights: Float[Tensor, "n"] | None = None
    ) -> None:
        """Change what a stream draws from, from the next epoch on; empty is allowed for streams but main."""


class Method:
    """How to learn in spite of wrong labels. Subclasses are frozen dataclasses whose fields are the knobs.

    A method holds no state: networks, parameters and stores belong to the engine, so that a checkpoint is
    complete by construction. Each hook's default amounts to cross entropy. No method subclasses another.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset(Task)
    clean_labels: ClassVar[bool] = False
    """Whether it asks for trusted rows: tables say so."""

    def build(self, setup: Setup) -> None:
        """Ask for networks, parameters, stores, streams. Default: one network."""
        setup.network()

    def stages(self, epochs: int) -> Sequence[Stage]:
        """How `epochs` passes are divided. Default: one stage."""
        return (Stage("train", epochs),)

    def before_epoch(self, engine: Engine) -> None:
        """Sweeps, relabelling, splits, estimates. Default: nothing."""

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """What to learn, and weights or None: one for each loss. `logits` carry no gradient.

        Default: the labels.
        """
        return batch.labels, None

    def unit_loss(
        self, logits: Float[Tensor, "b k *space"], targets: Targets, batch: Batch
    ) -> Float[Tensor, "b *space"]:
        """How far from the targets, per unit. Default: cross entropy.

        A loss of whole regions (Dice, DMI) may return one value per entry of the first axis, "b": the mean
        is then over the images that have a labelled pixel. Where the units of a batch hang together, all
        entries may have the same value.
        """
        if targets.is_floating_point():
            return soft_cross_entropy(logits, targets)
        return cross_entropy(logits, targets)

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        """One update; only methods with two networks, mix-ups or inner loops replace it. Scalars to log."""
        loss = engine.loss(engine.networks["main"], batch)
        engine.update(loss)
        return {"loss": loss.item()}

    def predict(
        self, networks: Sequence[nn.Module], images: Float[Tensor, "b c *size"]
    ) -> Float[Tensor, "b k *space"]:
        """Class probabilities. Default: the mean over the networks that predict."""
        return torch.stack([net(images).float().softmax(dim=1) for net in networks]).mean(dim=0)
