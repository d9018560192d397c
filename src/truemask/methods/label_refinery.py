"""Label refinery: Bagherinezhad, Horton, Rastegari & Farhadi, arXiv:1805.02641."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from truemask.batch import Batch
from truemask.losses.cross_entropy import soft_cross_entropy
from truemask.methods.ce import CE
from truemask.methods.method import Engine, Method, Setup, Stage
from truemask.types import IGNORE, BadInput, Task


@dataclass(frozen=True, kw_only=True)
class LabelRefinery(Method):
    """A chain of networks: each learns what the one before it says of the very crop that it sees itself.

    Only the first one learns the given labels, so a crop that shows something else than its label says gets
    a label of its own. Units without a label are left out by all. The teacher predicts in evaluation
    mode; the released code trains with it in training mode. What a teacher knows by heart is handed down:
    hence the best epoch on the noisy validation labels, not the last.

    Args:
        generations: networks after the first one, 1 and up; the epochs are shared out evenly.
        best: teach by the best epoch of each generation; else by its last.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.CLASSIFICATION, Task.SEMANTIC})

    generations: int = 2
    best: bool = True

    def __post_init__(self) -> None:
        if self.generations < 1:
            raise BadInput(f"label_refinery needs 1 or more generations, got {self.generations}")

    def build(self, setup: Setup) -> None:
        """The network that learns, and the one before it."""
        setup.network()
        setup.network("teacher", predicts=False)

    def stages(self, epochs: int) -> Sequence[Stage]:
        """The given labels, then generation by generation; the first ones get what does not divide."""
        count = self.generations + 1
        lengths = [epochs // count + (number < epochs % count) for number in range(count)]
        later = tuple(
            Stage(f"generation {number}", length, start="best" if self.best else "keep", restart=True)
            for number, length in enumerate(lengths[1:], start=1)
        )
        return Stage("labels", lengths[0], hooks=CE()), *later

    def before_epoch(self, engine: Engine) -> None:
        """A generation becomes the teacher of the next one, which begins anew."""
        if engine.epoch > 0:
            return
        engine.networks["teacher"].load_state_dict(engine.networks["main"].state_dict())
        engine.renew("main")

    def step(self, engine: Engine, batch: Batch) -> dict[str, float]:
        """One update by what the teacher says of the same views."""
        teacher = engine.networks["teacher"].eval()
        with torch.no_grad():
            said = engine.logits(teacher, batch).softmax(dim=1)
        losses = soft_cross_entropy(engine.logits(engine.networks["main"], batch), said)
        loss = engine.mean(losses, batch.weigh((batch.labels != IGNORE).to(losses.dtype)))
        engine.update(loss)
        return {"loss": loss.item()}
