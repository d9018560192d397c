"""What the methods for positive and unlabelled units share: which are which, how many, how many are hidden.

One class id stands for "not labelled as any other": a unit that bears it may be of any class.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64, Int
from torch import Tensor

from truemask.batch import Batch
from truemask.methods.ce import CE
from truemask.methods.method import Engine, Method, Stage
from truemask.types import IGNORE, BadInput, Problem, Task

MEMORY = 0.99
"""How much of the counts stays at each step: shares are those of the last hundred batches."""
LEAST_LABELLED = 0.01
"""Least share of a class that is taken to be labelled: its units weigh a hundredfold at most."""


def check_unlabelled(method: str, unlabelled: int | None, problem: Problem) -> None:
    """Refuse a problem in which it is not clear what an unlabelled unit is labelled as.

    Raises:
        BadInput: no id is given and the problem has no background, or the id is not a class of it.
    """
    classes = ", ".join(problem.classes)
    if unlabelled is None and problem.background is None:
        raise BadInput(
            f"{method} needs to know which class unlabelled units bear, and this data set names no "
            f"background ({classes}); set unlabelled to its id"
        )
    if unlabelled is not None and not 0 <= unlabelled < problem.num_classes:
        raise BadInput(f"{method}: there is no class {unlabelled} for unlabelled units among {classes}")
    if problem.task == Task.INSTANCE and unlabelled not in {None, problem.background}:
        raise BadInput(f"{method}: unlabelled objects are background here; leave unlabelled at none")


def unlabelled_class(batch: Batch, unlabelled: int | None) -> int:
    """The class id that unlabelled units bear: the one given, else the background."""
    found = batch.background if unlabelled is None else unlabelled
    assert found is not None, "check_unlabelled was not called"
    return found


def count(batch: Batch) -> Float64[Tensor, "k"]:
    """Units per class as of late, in proportion: the memory `counts`, after it took in this batch."""
    memory = batch.parameters["counts"].detach()
    given = batch.labels[batch.labels != IGNORE].long()
    memory.mul_(MEMORY).add_(torch.bincount(given, minlength=len(memory)))
    return memory.clone()


def balanced(counts: Float64[Tensor, "k"], unlabelled: int) -> tuple[float, float]:
    """Weights of unlabelled and labelled units with which both groups weigh the same: n / 2 n_U, n / 2 n_P.

    In the proportion of Lee & Liu (ICML 2003), who give a labelled unit the share of the unlabelled and the
    other way round. All positive classes are one group.
    """
    of_u, total = counts[unlabelled].item(), counts.sum().item()
    return total / (2 * max(of_u, 1e-9)), total / (2 * max(total - of_u, 1e-9))


def per_unit(
    labels: Int[Tensor, "b *space"], unlabelled: int, of_u: float, of_p: float
) -> Float[Tensor, "b *space"]:
    """One number for unlabelled units, another for all others."""
    return torch.where(labels == unlabelled, of_u, of_p).float()


def fade(engine: Engine, fade_in: float) -> None:
    """Set the memory `share`: how far a loss has taken over from cross entropy in this epoch of its stage.

    It rises evenly from 0 to 1 over a share `fade_in` of the stage's epochs.
    """
    until = fade_in * engine.stage.epochs
    with torch.no_grad():
        engine.parameters["share"].fill_(1.0 if engine.epoch >= until else engine.epoch / until)


def estimate_labelled(engine: Engine, unlabelled: int) -> None:
    """Set the memory `labelled` to the share of each class that bears its label (Elkan & Noto, KDD 2008).

    That is the mean, over the units labelled so, of how likely the network finds it that they are labelled at
    all. It holds where labels are missing by chance. The paper takes held-out units; these are those that it
    learnt from, so the longer it learnt the closer to 1 the estimate gets.
    """
    memory = engine.parameters["labelled"].detach()
    sums, units = torch.zeros_like(memory), torch.zeros_like(memory)
    for batch, logits in engine.sweep(engine.networks["main"]):
        seen = positives(batch.labels, unlabelled)
        given = batch.labels[seen].long()
        believed = 1 - logits.softmax(dim=1)[:, unlabelled][seen].double()
        sums.index_add_(0, given, believed)
        units.index_add_(0, given, torch.ones_like(believed))
    memory.copy_((sums / units.clamp(min=1)).where(units > 0, 1.0).clamp(LEAST_LABELLED, 1))


@dataclass(frozen=True, kw_only=True)
class Estimate(Method):
    """An epoch of cross entropy that begins with a look at what the epochs before it came to.

    Args:
        unlabelled: class id that unlabelled units bear; none: the background.
        remember: keep what the network says of each unit, in the store `first`.
    """

    unlabelled: int | None = None
    remember: bool = False

    def before_epoch(self, engine: Engine) -> None:
        """Estimate what share of each class is labelled; remember the predictions."""
        found = engine.problem.background if self.unlabelled is None else self.unlabelled
        assert found is not None, "check_unlabelled was not called"
        estimate_labelled(engine, found)
        if self.remember:
            for batch, logits in engine.sweep(engine.networks["main"]):
                batch.stores["first"].update(logits.softmax(dim=1))


def estimating(epochs: int, share: float, hooks: Estimate) -> Sequence[Stage]:
    """A share of the epochs, two or more if there are as many, of cross entropy up to an `Estimate`."""
    first = min(epochs, max(2, round(share * epochs)))
    return Stage("labelled", first - 1, hooks=CE()), Stage("estimate", 1, hooks=hooks)


def labelled_shares(
    batch: Batch, unlabelled: int, *, prior: float | None, labelled: float | None
) -> Float64[Tensor, "k"]:
    """Share of each class that bears its label: given, by the prior of all positive classes, or estimated."""
    memory = batch.parameters["labelled"].detach()
    if labelled is not None:
        return torch.full_like(memory, labelled)
    if prior is not None:
        counts = batch.parameters["counts"].detach()
        with_label = 1 - counts[unlabelled] / counts.sum().clamp(min=1e-9)
        return (with_label / prior).clamp(LEAST_LABELLED, 1).expand_as(memory).clone()
    return memory


def positives(labels: Int[Tensor, "b *space"], unlabelled: int) -> Bool[Tensor, "b *space"]:
    """Units that are labelled as something."""
    return (labels != unlabelled) & (labels != IGNORE)


def check_prior(method: str, prior: float | None, labelled: float | None) -> None:
    """Refuse shares that cannot be, or two that may contradict each other.

    Raises:
        BadInput: both are given, or one is outside (0, 1].
    """
    if prior is not None and labelled is not None:
        raise BadInput(f"{method}: labelled follows from prior; give one of them, or none to estimate it")
    for knob, value in (("prior", prior), ("labelled", labelled)):
        if value is not None and not 0 < value <= 1:
            raise BadInput(f"{method} needs 0 < {knob} <= 1, a share, got {knob}={value}")
