"""A small stand-in for the training engine: what hooks may use, over tensors in memory, one process."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from truemask.batch import Batch, Slice
from truemask.methods.method import Engine, Method, Setup, Stage
from truemask.types import IGNORE, Problem, Task

HIDDEN = 64


class FakeSlice(Slice):
    """The part of a store that belongs to some rows; -1 has zeros and is not written."""

    def __init__(self, store: Tensor, rows: Tensor, momentum: float) -> None:
        self.store, self.rows, self.momentum = store, rows, momentum

    @property
    def values(self) -> Tensor:
        known = (self.rows >= 0).reshape(-1, *[1] * (self.store.ndim - 1))
        return self.store[self.rows.clamp(min=0)] * known

    def update(self, values: Tensor) -> None:
        for row in self.rows[self.rows >= 0].unique():
            given = values[self.rows == row].mean(dim=0)
            self.store[row] = self.momentum * self.store[row] + (1 - self.momentum) * given


class FakeEngine(Setup, Engine):
    """Learns given labels of images (or points) by a method's hooks; keeps what `build` asks for."""

    def __init__(
        self,
        method: Method,
        problem: Problem,
        images: Tensor,
        labels: Tensor,
        *,
        lr: float = 0.01,
        network: Callable[[Problem], nn.Module] | None = None,
        trusted: tuple[Tensor, Tensor] | None = None,
    ) -> None:
        self.method, self.problem, self.images, self.labels = method, problem, images, labels
        self.lr, self._new = lr, network or small_network
        self.verified, self.renewed = trusted, 0
        self.batch_size = 32 if labels.ndim == 1 else 4
        self.networks: dict[str, nn.Module] = {}
        self.predicts: dict[str, bool] = {}
        self.parameters: dict[str, Tensor] = {}
        self.lr_scales: dict[str, float] = {}
        self.stores: dict[str, tuple[Tensor, float]] = {}
        self.asked: dict[str, Mapping[str, Any]] = {}
        self.chosen: dict[str, Tensor] = {}
        self.sweeps: list[tuple[str, int]] = []
        self.started: dict[str, dict[str, Tensor]] = {}
        self.best: tuple[float, dict[str, Tensor]] = (float("inf"), {})
        self.epoch, self.step_in_epoch, self.stage = 0, 0, Stage("none", 1)
        method.build(self)
        weights = [weight for net in self.networks.values() for weight in net.parameters()]
        beside = [{"params": [p], "lr": lr * self.lr_scales[n]} for n, p in self.parameters.items()]
        self.optimiser = torch.optim.Adam([{"params": weights}, *beside], lr=lr)

    # What `build` may ask for

    def network(
        self,
        name: str = "main",
        *,
        predicts: bool = True,
        outputs: int | None = None,
        dropout: float | None = None,
    ) -> None:
        torch.manual_seed(len(self.networks))
        classes = tuple(str(c) for c in range(outputs or 0)) or self.problem.classes
        self.networks[name] = self._new(replace(self.problem, classes=classes))
        self.predicts[name] = predicts

    def parameter(self, name: str, value: Tensor, *, lr_scale: float = 1.0) -> None:
        self.parameters[name] = nn.Parameter(value.clone())
        self.lr_scales[name] = lr_scale

    def store(self, name: str, **asked: Any) -> None:
        self.asked[name] = asked
        shape = (len(self.labels), asked["channels"], *self.labels.shape[1:])
        self.stores[name] = torch.zeros(shape), asked.get("momentum", 0.0)

    def stream(self, name: str, **asked: Any) -> None:
        self.asked[name] = asked

    # What hooks may use

    def precision(self) -> AbstractContextManager[None]:
        return nullcontext()

    def logits(self, network: nn.Module, batch: Batch) -> Tensor:
        return network(batch.images)

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        logits = self.logits(network, batch)
        targets, weights = self.hooks.targets(batch, logits.detach())
        soft = targets.is_floating_point()
        valid = (targets.sum(dim=1) > 0) if soft else (targets != IGNORE)
        losses = self.hooks.unit_loss(logits, targets.detach(), batch)
        valid = valid.flatten(1).any(dim=1) if losses.ndim < valid.ndim else valid
        return self.mean(losses, valid if weights is None else valid * weights)

    def mean(self, unit_losses: Tensor, valid: Tensor) -> Tensor:
        return (unit_losses * valid).sum() / valid.sum().clamp(min=1e-6)

    def update(self, loss: Tensor) -> None:
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    def sweep(self, network: nn.Module, stream: str = "main") -> Iterator[tuple[Batch, Tensor]]:
        self.sweeps.append((self.stage.name, self.epoch))
        trusted = self.asked.get(stream, {}).get("trusted", False)
        for rows in self.rows(stream, every=True).split(self.batch_size):
            batch = self.verified_batch(rows, stream) if trusted else self.batch(rows)
            with torch.no_grad():
                yield batch, self.logits(network, batch)

    def renew(self, name: str) -> None:
        self.renewed += 1
        torch.manual_seed(100 + self.renewed)
        self.networks[name].load_state_dict(self._new(self.problem).state_dict())
        for weight in self.networks[name].parameters():
            self.optimiser.state.pop(weight, None)
        self.best = (float("inf"), {})

    def batches(self, stream: str) -> Iterator[Batch]:
        order = torch.Generator().manual_seed(len(stream))
        while True:
            rows = self.rows(stream)
            for some in rows[torch.randperm(len(rows), generator=order)].split(self.batch_size):
                yield self.verified_batch(some, stream)

    def rows(self, stream: str, *, every: bool = False) -> Tensor:
        trusted = self.asked.get(stream, {}).get("trusted", False)
        labels = self.verified[1] if trusted and self.verified is not None else self.labels
        return torch.arange(len(labels)) if every else self.chosen.get(stream, torch.arange(len(labels)))

    def use_rows(self, stream: str, rows: Tensor, weights: Tensor | None = None) -> None:
        self.chosen[stream] = rows

    # The way through the stages

    @property
    def hooks(self) -> Method:
        return self.stage.hooks or self.method

    def batch(self, rows: Tensor) -> Batch:
        slices = {name: FakeSlice(store, rows, m) for name, (store, m) in self.stores.items()}
        return Batch(
            images=self.images[rows],
            labels=self.labels[rows],
            rows=rows,
            stores=slices,
            parameters=self.parameters,
            background=self.problem.background,
        )

    def verified_batch(self, rows: Tensor, stream: str) -> Batch:
        images, labels = cast("tuple[Tensor, Tensor]", self.verified)
        return Batch(
            images=images[rows],
            labels=labels[rows],
            rows=rows,
            parameters=self.parameters,
            background=self.problem.background,
            stream=stream,
            trusted=True,
        )

    def fit(self, epochs: int) -> "FakeEngine":
        order = torch.Generator().manual_seed(0)
        for number, stage in enumerate(stage for stage in self.method.stages(epochs) if stage.epochs):
            self.stage = stage
            if stage.start == "fresh":
                torch.manual_seed(100 + number)
                self.networks["main"].load_state_dict(self._new(self.problem).state_dict())
                self.optimiser.state.clear()
            if stage.start == "best":
                self.networks["main"].load_state_dict(self.best[1])
            self.started[stage.name] = _copy(self.networks["main"])
            for self.epoch in range(stage.epochs):
                self.hooks.before_epoch(self)
                for rows in torch.randperm(len(self.labels), generator=order).split(self.batch_size):
                    self.hooks.step(self, self.batch(rows))
                wrong = 1 - self.agreement(self.labels)
                if wrong < self.best[0]:
                    self.best = wrong, _copy(self.networks["main"])
        return self

    def agreement(self, labels: Tensor) -> float:
        """Share of units whose prediction is the label."""
        with torch.no_grad():
            networks = [network for name, network in self.networks.items() if self.predicts[name]]
            probs = self.method.predict(networks, self.images)
        return (probs.argmax(dim=1) == labels).float().mean().item()


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def small_network(problem: Problem) -> nn.Module:
    """Enough weights to learn a few hundred wrong labels by heart."""
    if problem.task == Task.SEMANTIC:
        layers = (
            nn.Conv2d(problem.channels, HIDDEN, 1),
            nn.ReLU(),
            nn.Conv2d(HIDDEN, problem.num_classes, 1),
        )
    else:
        layers = (nn.Linear(problem.channels, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, problem.num_classes))
    return nn.Sequential(*layers)


@dataclass(frozen=True)
class Flipped:
    """Units that are easy to tell apart, a share of them wrongly labelled."""

    problem: Problem
    images: Tensor
    truth: Tensor
    labels: Tensor


def flipped(task: Task, rate: float, *, shares: Sequence[float] = (1, 1, 1), seed: int = 1) -> Flipped:
    """Three classes in 20 features; each label is another class with probability `rate`."""
    rng = torch.Generator().manual_seed(seed)
    space = () if task == Task.CLASSIFICATION else (6, 6)
    count = 300 if task == Task.CLASSIFICATION else 12
    drawn = torch.multinomial(
        torch.tensor(shares, dtype=torch.float), count * (36 if space else 1), True, generator=rng
    )
    truth = drawn.reshape(count, *space)
    images = torch.randn(count, 20, *space, generator=rng)
    images[:, :3] += 3 * nn.functional.one_hot(truth, 3).movedim(-1, 1)
    wrong = torch.rand(truth.shape, generator=rng) < rate
    other = (truth + torch.randint(1, 3, truth.shape, generator=rng)) % 3
    problem = Problem(
        task, ("nothing", "cat", "dog"), channels=20, background=0, points=task == Task.CLASSIFICATION
    )
    return Flipped(problem, images, truth, torch.where(wrong, other, truth))


@pytest.fixture(params=[Task.CLASSIFICATION, Task.SEMANTIC])
def noisy(request) -> Flipped:
    """Two units in five are wrongly labelled; images of one unit each, then label maps."""
    return flipped(request.param, 0.4)


@pytest.fixture(scope="session")
def make_flipped() -> Callable[..., Flipped]:
    return flipped


@pytest.fixture(scope="session")
def make_engine() -> type[FakeEngine]:
    return FakeEngine


@pytest.fixture(scope="session")
def make_network() -> Callable[[Problem], nn.Module]:
    return small_network
