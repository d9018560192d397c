"""The loop: the only place that steps an optimiser."""

import math
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from lightning_fabric import Fabric
from lightning_fabric.wrappers import _FabricOptimizer
from torch import Tensor, nn

from truemask.batch import Batch, Slice
from truemask.data.dataset import Dataset
from truemask.data.trust import Trust
from truemask.methods.method import Method, Stage
from truemask.networks import build_network
from truemask.networks.knobs import with_knob
from truemask.progress import Bar, progress_bar
from truemask.seeds import seed_for
from truemask.training.blueprint import Blueprint, saying
from truemask.training.checkpoint import (
    Checkpoints,
    load_networks,
    load_optimiser,
    network_tensors,
    optimiser_tensors,
    read_tensors,
    write_tensors,
)
from truemask.training.diagnosis import Diagnosis
from truemask.training.geometry import Geometry
from truemask.training.journal import Journal
from truemask.training.plan import Plan
from truemask.training.scoring import Monitor
from truemask.training.stages import learning_rate, segments
from truemask.training.store import MapSlice, Store, UnitSlice
from truemask.training.streams import Sample, Stream, Views
from truemask.training.tasks import ImageLoss, InstanceLoss, TaskLoss
from truemask.training.watching import LabelWatch
from truemask.types import BadInput, Problem, Task


class Loop:
    """A run in motion: what `methods.method.Engine` promises to the hooks, and the way through the stages.

    Args:
        fabric: device, precision, processes.
        dataset: images and given labels to learn from.
        method: how.
        plan: with what network, optimiser and schedule.
        folder: where stores and checkpoints live while the run goes.
        trusted: rows whose labels were verified, for methods that ask for them.
        weights: how far the given labels are to be trusted; None: all alike.
        judge: scores the networks on held-out noisy labels, for stages that start from the best epoch.
        monitors: scored after every epoch for the curves; nothing is chosen by them.
        diagnosis: looks after every epoch at how labels are taken; nothing is chosen by it.
        watch_labels: keep a sketch of how each label is taken, for an audit; nothing is chosen by it.
    """

    def __init__(
        self,
        fabric: Fabric,
        dataset: Dataset,
        method: Method,
        plan: Plan,
        folder: Path,
        *,
        trusted: Dataset | None = None,
        weights: Trust | None = None,
        judge: Monitor | None = None,
        monitors: Sequence[Monitor] = (),
        diagnosis: Diagnosis | None = None,
        watch_labels: bool = False,
    ) -> None:
        self.problem: Problem = dataset.problem
        self.plan, self.method, self.folder = plan, method, folder
        self.judge, self.monitors, self.diagnosis = judge, monitors, diagnosis
        self._fabric = fabric
        self.device = fabric.device
        self.task: TaskLoss = InstanceLoss() if self.problem.task == Task.INSTANCE else ImageLoss()
        self.stages: tuple[Stage, ...] = tuple(s for s in method.stages(plan.epochs) if s.epochs > 0)
        self._segments = segments(self.stages)
        self.stage, self.epoch, self.step_in_epoch = self.stages[0], 0, 0
        self._stage_index, self._epochs_done = 0, 0
        self._best = float("-inf")

        blueprint = Blueprint(self.problem)
        method.build(blueprint)
        self._build_networks(blueprint)
        views = Views(dataset, plan, weights)
        self.streams = self._build_streams(blueprint, views, trusted)
        self.main = self.streams["main"]
        sizes = blueprint.store_sizes(views)
        self.stores = {
            name: Store(spec, sizes, folder / "stores" / f"{name}.{fabric.global_rank}")
            for name, spec in blueprint.stores.items()
        }
        self.watch: LabelWatch | None = None
        if watch_labels:
            file = folder / "stores" / f"label_dynamics.{fabric.global_rank}"
            self.watch = LabelWatch(views, sum(stage.epochs for stage in self.stages), file)
        self._live_slices: list[Slice] = []
        self._passes: dict[str, Iterator[Batch]] = {}

    # What hooks may use ------------------------------------------------------------------------------

    def logits(self, network: nn.Module, batch: Batch) -> Float[Tensor, "b k *space"]:
        """Forward pass under the run's precision; logits come back as float32."""
        with self.precision():
            scores: Tensor = network(batch.images)
        if self.watch is not None:
            self.watch.see(batch, scores)
        return scores.float()

    def loss(self, network: nn.Module, batch: Batch) -> Float[Tensor, ""]:
        """The task's training loss, through the stage's `targets` and `unit_loss`."""
        return self.task.loss(self, self.hooks, network, batch)

    def mean(self, unit_losses: Float[Tensor, "b *space"], valid: Tensor) -> Float[Tensor, ""]:
        """Weighted mean over units; the same number on one process and on many."""
        count = valid.sum().detach()
        if self._fabric.world_size > 1:
            count = cast(Tensor, self._fabric.all_reduce(count, reduce_op="sum")) / self._fabric.world_size
        return (unit_losses * valid).sum() / count.clamp(min=1e-6)

    def update(self, loss: Float[Tensor, ""]) -> None:
        """Backward, clip, optimiser step, averaged weights."""
        self._optimiser.zero_grad(set_to_none=True)
        self._fabric.backward(loss)
        self._share_gradients()
        if self.plan.clip is not None:
            for network in self._modules.values():
                nn.utils.clip_grad_norm_(network.parameters(), self.plan.clip)
        factor = self._set_learning_rate()
        self._optimiser.step()
        for live in self._live_slices:
            cast("UnitSlice | MapSlice", live).learn(factor)
        self._live_slices.clear()
        self._average_weights()

    def batches(self, stream: str) -> Iterator[Batch]:
        """Endless batches of a second stream; an empty one yields nothing."""
        if stream not in self._passes:
            self._passes[stream] = self._endless(self.streams[stream])
        return self._passes[stream]

    def sweep(
        self, network: nn.Module, stream: str = "main"
    ) -> Iterator[tuple[Batch, Float[Tensor, "b k *space"]]]:
        """Every row of a stream's data set once, in order, unaugmented, evaluation mode, no gradient."""
        inner = self._modules[next(name for name, other in self.networks.items() if other is network)]
        was_training = inner.training
        inner.eval()
        source = self.streams[stream]
        every = Stream("sweep", source.views, range(len(source.views)), batch_size=1)
        batches = (
            self.task.batch(self, samples, stream, trusted=source.trusted)
            for samples in every.ordered(self.plan.batch_size)
        )
        try:
            for batch, logits in self.task.sweep(self, inner, batches):
                yield batch, logits
                self._live_slices.clear()
        finally:
            inner.train(was_training)

    def renew(self, name: str) -> None:
        """New initial weights for a network, as at a fresh start; what was best so far no longer counts."""
        self._draw_weights(name, self._stage_index)
        for weight in self._modules[name].parameters():
            self._raw_optimiser.state.pop(weight, None)
        self._best = float("-inf")

    def rows(self, stream: str) -> Int[Tensor, "n"]:
        """Data set rows that a stream draws from."""
        return torch.from_numpy(self.streams[stream].rows.copy())

    def use_rows(
        self, stream: str, rows: Int[Tensor, "n"], weights: Float[Tensor, "n"] | None = None
    ) -> None:
        """Change what a stream draws from, from the next epoch on; empty is allowed for streams but main."""
        if stream == "main" and not len(rows):
            raise ValueError("the main stream sets the length of an epoch, so it cannot be empty")
        self.streams[stream].use(rows.tolist(), None if weights is None else weights.numpy())

    # What the task uses ------------------------------------------------------------------------------

    @property
    def hooks(self) -> Method:
        """Whose `targets`, `unit_loss` and `step` hold in this stage."""
        return self.stage.hooks or self.method

    def precision(self) -> AbstractContextManager[None]:
        """The run's autocast."""
        return self._fabric.autocast()

    def slices(self, rows: Tensor, geometries: Sequence[Geometry] | None) -> dict[str, Slice]:
        """Slices of all stores: per pixel where geometries are given, else per row."""
        found: dict[str, Slice] = {}
        for name, store in self.stores.items():
            if geometries is None:
                found[name] = UnitSlice(store, rows, self.device)
            else:
                found[name] = MapSlice(store, rows, geometries, self.device)
        self._live_slices.extend(found.values())
        return found

    # The way through the stages ----------------------------------------------------------------------

    def run(self, checkpoints: Checkpoints, *, show: bool, title: str, tensorboard: bool) -> Journal:
        """All epochs that are still to do, from the newest checkpoint on."""
        history = self._restore(checkpoints)
        total = sum(stage.epochs for stage in self.stages)
        leads = self._fabric.global_rank == 0
        journal = Journal(self.folder, history, tensorboard=tensorboard and leads)
        steps = (total * self.main.steps, self._epochs_done * self.main.steps)
        with closing(journal), progress_bar(title, *steps, show=show and leads) as bar:
            for _ in range(self._epochs_done, total):
                row = self._train_epoch(bar)
                row |= self._score()
                if self.diagnosis is not None and (warning := self.diagnosis.warning([*journal.rows, row])):
                    row["warning"] = warning
                    bar.say(warning)
                self._share_stores()
                if leads:
                    journal.add(row)
                    self._save(checkpoints, journal)
                self._fabric.barrier()
        return journal

    def finish(self) -> dict[str, Tensor]:
        """Weights of the networks that predict, after the plan's selection."""
        if self.plan.select == "noisy_val":
            self._load_weights(read_tensors(self._best_file(len(self.stages) - 1)))
        return network_tensors(self._predicting())

    def discard(self) -> None:
        """Remove what only a run in motion needs: stores and the best epoch so far."""
        shutil.rmtree(self.folder / "stores", ignore_errors=True)
        for file in self.folder.glob("best-*.safetensors"):
            file.unlink()

    def _predicting(self) -> dict[str, nn.Module]:
        """The networks that predict: averaged ones where the plan averages."""
        source = self._averages or self._modules
        return {name: source[name] for name in self._predicts}

    def _train_epoch(self, bar: Bar) -> dict[str, float | int | str]:
        self._enter_epoch()
        started, cpu_started = time.perf_counter(), time.process_time()
        self.hooks.before_epoch(self)
        sums: dict[str, float] = {}
        for network in self._modules.values():
            network.train()
        for step, views in enumerate(self.main.epoch(self._epochs_done)):
            self.step_in_epoch = step
            batch = self._batch(self.main, views)
            if self.watch is not None:
                self.watch.expect(batch, views[0], self._epochs_done, step)
            logged = self.hooks.step(self, batch)
            for name, value in logged.items():
                sums[name] = sums.get(name, 0.0) + value
            self._live_slices.clear()
            bar.advance(f"{self.stage.name} · loss {logged.get('loss', float('nan')):.3f}")
        self._epochs_done += 1
        self.epoch += 1
        return {
            "epoch": self._epochs_done,
            "stage": self.stage.name,
            "lr": self._raw_optimiser.param_groups[0]["lr"],
            **{name: value / self.main.steps for name, value in sums.items()},
            "seconds": time.perf_counter() - started,
            "cpu_seconds": time.process_time() - cpu_started,
        }

    def _enter_epoch(self) -> None:
        """The stage that the coming epoch belongs to, begun where it begins, and the epoch's own seed."""
        first = 0
        for index, stage in enumerate(self.stages):
            if first <= self._epochs_done < first + stage.epochs:
                self.stage, self._stage_index, self.epoch = stage, index, self._epochs_done - first
                if self.epoch == 0:
                    self._begin_stage(index)
                break
            first += stage.epochs
        self._passes.clear()
        # One seed an epoch: a resumed run draws the same dropout masks and proposals as one never killed.
        torch.manual_seed(seed_for("epoch", self.plan.seed, self._epochs_done, self._fabric.global_rank))

    def _begin_stage(self, index: int) -> None:
        stage = self.stages[index]
        if stage.start == "fresh" and index > 0:
            for name in self._modules:
                self._draw_weights(name, index)
        if stage.start == "best" and index > 0:
            self._load_weights(read_tensors(self._best_file(index - 1)))
        if stage.start != "keep":
            self._best = float("-inf")
        if stage.restart or stage.start == "fresh":
            self._raw_optimiser.state.clear()

    def _draw_weights(self, name: str, stage: int) -> None:
        self._modules[name].load_state_dict(self._new_network(name, stage).state_dict())
        if name in self._averages:
            self._averages[name].load_state_dict(self._modules[name].state_dict())

    def _set_learning_rate(self) -> float:
        """The scheduled rate on every parameter group; returns it as a factor on the plan's."""
        segment = next(s for s in reversed(self._segments) if s.first_stage <= self._stage_index)
        epochs = self._epochs_done - segment.start_epoch + self.step_in_epoch / self.main.steps
        # The middle of the step, so that the first is not at zero and the last not at the end.
        done = (epochs + 0.5 / self.main.steps) / segment.epochs
        since = round((self._epochs_done - segment.start_epoch) * self.main.steps) + self.step_in_epoch
        rate = learning_rate(self.plan, done, since) * self.stage.lr_scale
        for group in self._raw_optimiser.param_groups:
            group["lr"] = rate * group["lr_scale"]
        return rate / self.plan.lr

    def _score(self) -> dict[str, float]:
        """Metrics of the epoch; the weights are kept aside where held-out noisy labels say they are best."""
        networks = self._predicting()
        scores: dict[str, float] = {}
        for monitor in self.monitors:
            scores |= monitor.score(networks, self.precision)
        if self.diagnosis is not None:
            scores |= self.diagnosis.score(networks, self.precision)
        if self.judge is not None:
            judged = self.judge.score(networks, self.precision)
            scores |= judged
            value = judged[self.judge.headline]
            # Undefined where not one held-out unit has a label: the last epoch is then as good as any.
            if value > self._best or (math.isnan(value) and math.isinf(self._best)):
                self._best = self._best if math.isnan(value) else value
                if self._fabric.global_rank == 0:
                    write_tensors(self._best_file(self._stage_index), self._weights())
        return scores

    def _best_file(self, stage: int) -> Path:
        """Where the best epoch is kept as of a stage: a file of its own for each stretch that is judged anew.

        A stage that starts from the best epoch must find it again when its first epoch was killed after
        having been scored itself.
        """
        since = max((i for i in range(stage + 1) if self.stages[i].start != "keep"), default=0)
        return self.folder / f"best-{since}.safetensors"

    # Building, saving, restoring ---------------------------------------------------------------------

    def _build_networks(self, blueprint: Blueprint) -> None:
        self._outputs, self._dropout = blueprint.outputs, blueprint.dropout
        self._modules = {name: self._new_network(name) for name in blueprint.networks}
        self._predicts = [name for name, predicts in blueprint.networks.items() if predicts]
        self.parameters: Mapping[str, Tensor] = {
            name: nn.Parameter(value.clone().to(self.device))
            for name, (value, _) in blueprint.parameters.items()
        }
        self._averages: dict[str, nn.Module] = {}
        if self.plan.ema is not None:
            self._averages = {n: deepcopy(m).to(self.device).eval() for n, m in self._modules.items()}
        wrapped = {}
        for name, module in self._modules.items():
            module.to(self.device).to(memory_format=torch.channels_last)
            prepared = torch.compile(module) if self.plan.compile else module
            wrapped[name] = self._fabric.setup_module(cast(nn.Module, prepared), move_to_device=False)
        self.networks: Mapping[str, nn.Module] = wrapped
        raw = _optimiser(self.plan, self._modules, self.parameters, blueprint)
        self._optimiser = cast(_FabricOptimizer, self._fabric.setup_optimizers(raw))
        self._raw_optimiser = raw

    def _new_network(self, name: str, stage: int = 0) -> nn.Module:
        torch.manual_seed(seed_for("init", self.plan.network, name, self.plan.seed, stage))
        outputs = self._outputs.get(name)
        problem = self.problem if outputs is None else saying(outputs, self.problem)
        dropout = self._dropout.get(name)
        network = self.plan.network if dropout is None else with_knob(self.plan.network, "dropout", dropout)
        return build_network(network, problem)

    def _build_streams(
        self, blueprint: Blueprint, views: Views, trusted: Dataset | None
    ) -> dict[str, Stream]:
        streams = {}
        for name, wanted in blueprint.streams.items():
            if wanted.trusted and trusted is None:
                raise BadInput(
                    f"the method learns from verified labels (stream {name!r}), and none were given; "
                    "name a data set of verified rows with --trusted"
                )
            source = Views(cast(Dataset, trusted), self.plan) if wanted.trusted else views
            streams[name] = Stream(
                name,
                source,
                range(len(source)),
                batch_size=wanted.batch_size or self.plan.batch_size,
                share=(self._fabric.global_rank, self._fabric.world_size),
                trusted=wanted.trusted,
                copies=wanted.views,
            )
        return streams

    def _batch(self, stream: Stream, views: Sequence[Sequence[Sample]]) -> Batch:
        """One batch; further views of the same rows hang on it."""
        first, *others = (self.task.batch(self, view, stream.name, trusted=stream.trusted) for view in views)
        return replace(first, views=tuple(others)) if others else first

    def _endless(self, stream: Stream) -> Iterator[Batch]:
        number = 0
        while len(stream.rows):
            for views in stream.epoch(self._epochs_done, number):
                yield self._batch(stream, views)
            number += 1

    def _average_weights(self) -> None:
        if self.plan.ema is None:
            return
        with torch.no_grad():
            for name, average in self._averages.items():
                for mine, theirs in zip(
                    average.state_dict().values(), self._modules[name].state_dict().values(), strict=True
                ):
                    if mine.is_floating_point():
                        mine.lerp_(theirs, 1 - self.plan.ema)
                    else:
                        mine.copy_(theirs)

    def _share_gradients(self) -> None:
        """Mean over processes of the gradients of tensors beside the networks; the networks share theirs."""
        if self._fabric.world_size == 1:
            return
        for tensor in self.parameters.values():
            mine = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
            tensor.grad = cast(Tensor, self._fabric.all_reduce(mine, reduce_op="mean"))

    def _share_stores(self) -> None:
        """Make every process's stores agree: each row was visited by one of them. Memories become a mean."""
        if self._fabric.world_size == 1:
            return
        for tensor in self.parameters.values():
            tensor.data.copy_(cast(Tensor, self._fabric.all_reduce(tensor.data.clone(), reduce_op="mean")))
        for store in self.stores.values():
            store.agree(self._sum_over_processes)
        if self.watch is not None:
            self.watch.agree(self._sum_over_processes, (self._fabric.global_rank, self._fabric.world_size))

    def _sum_over_processes(self, values: Tensor) -> Tensor:
        return cast(Tensor, self._fabric.all_reduce(values, reduce_op="sum"))

    def _weights(self) -> dict[str, Tensor]:
        averages = {f"average-{name}": average for name, average in self._averages.items()}
        return network_tensors({**self._modules, **averages})

    def _load_weights(self, tensors: Mapping[str, Tensor]) -> None:
        averages = {f"average-{name}": average for name, average in self._averages.items()}
        load_networks({**self._modules, **averages}, tensors)

    def _save(self, checkpoints: Checkpoints, journal: Journal) -> None:
        groups: dict[str, Mapping[str, Tensor]] = {
            "weights": self._weights(),
            "parameters": dict(self.parameters),
            "optimiser": optimiser_tensors(self._raw_optimiser),
            "stores": {name: torch.from_numpy(store.flat) for name, store in self.stores.items()},
            "streams": {
                f"{name}/{part}": torch.from_numpy(values)
                for name, stream in self.streams.items()
                for part, values in (("rows", stream.rows), ("weights", stream.weights))
                if values is not None
            },
        }
        if self.watch is not None:
            groups["label_dynamics"] = {"cells": torch.from_numpy(self.watch.cells)}
        state: dict[str, Any] = {
            "epochs_done": self._epochs_done,
            "best": self._best,
            "history": journal.rows,
        }
        checkpoints.write(self._epochs_done, groups, state)

    def _restore(self, checkpoints: Checkpoints) -> list[dict[str, float | int | str]]:
        """Go back to the newest checkpoint; returns the metrics of the epochs before it."""
        found = checkpoints.read()
        if found is None:
            return []
        groups, state = found
        self._load_weights(groups["weights"])
        load_optimiser(self._raw_optimiser, groups["optimiser"])
        for name, value in groups["parameters"].items():
            self.parameters[name].data.copy_(value)
        for name, value in groups["stores"].items():
            self.stores[name].flat[:] = value.numpy()
        if self.watch is not None:
            self.watch.restore(groups.get("label_dynamics", {}).get("cells"))
        for name, stream in self.streams.items():
            weights = groups["streams"].get(f"{name}/weights")
            stream.use(
                groups["streams"][f"{name}/rows"].numpy(), None if weights is None else weights.numpy()
            )
        self._epochs_done, self._best = state["epochs_done"], state["best"]
        history: list[dict[str, float | int | str]] = state["history"]
        return history


def _optimiser(
    plan: Plan, modules: Mapping[str, nn.Module], parameters: Mapping[str, Tensor], blueprint: Blueprint
) -> torch.optim.Optimizer:
    """One optimiser for all networks and parameters; biases and norms are not decayed."""
    weights = [p for module in modules.values() for p in module.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in weights if p.ndim > 1], "weight_decay": plan.weight_decay, "lr_scale": 1.0},
        {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0, "lr_scale": 1.0},
    ]
    for name, (_, lr_scale) in blueprint.parameters.items():
        groups.append({"params": [parameters[name]], "weight_decay": 0.0, "lr_scale": lr_scale})
    if plan.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=plan.lr, momentum=plan.momentum)
    return torch.optim.AdamW(groups, lr=plan.lr)
