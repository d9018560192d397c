"""The loop: a run's way through stages, epochs and steps, and what hooks may use on it."""

import math
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from truemask.batch import Batch, Slice
from truemask.data.dataset import Dataset
from truemask.data.trust import Trust
from truemask.methods.method import Method, Stage
from truemask.progress import Bar, progress_bar
from truemask.seeds import seed_for
from truemask.training.blueprint import Blueprint
from truemask.training.checkpoint import (
    Checkpoints,
    network_tensors,
    read_tensors,
    write_tensors,
)
from truemask.training.diagnosis import Diagnosis
from truemask.training.geometry import Geometry
from truemask.training.journal import Journal
from truemask.training.learners import Learners
from truemask.training.plan import Plan
from truemask.training.scoring import Monitor
from truemask.training.stages import learning_rate, segments
from truemask.training.store import MapSlice, Store, UnitSlice
from truemask.training.streams import Sample, Stream, Views
from truemask.training.tasks import ImageLoss, InstanceLoss, TaskLoss
from truemask.training.watching import LabelWatch
from truemask.types import BadInput, Problem, Task

if TYPE_CHECKING:
    from lightning_fabric import Fabric


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
        fabric: "Fabric",
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
        self.learners = Learners(fabric, self.problem, plan, blueprint)
        self.networks, self.parameters = self.learners.networks, self.learners.parameters
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
        """Backward, clip, optimiser step, averaged weights; stores that learn take a step, too."""
        rate = self._learning_rate()
        self.learners.step(loss, rate)
        for live in self._live_slices:
            cast("UnitSlice | MapSlice", live).learn(rate / self.plan.lr)
        self._live_slices.clear()

    def batches(self, stream: str) -> Iterator[Batch]:
        """Endless batches of a second stream; an empty one yields nothing."""
        if stream not in self._passes:
            self._passes[stream] = self._endless(self.streams[stream])
        return self._passes[stream]

    def sweep(
        self, network: nn.Module, stream: str = "main"
    ) -> Iterator[tuple[Batch, Float[Tensor, "b k *space"]]]:
        """Every row of a stream's data set once, in order, unaugmented, evaluation mode, no gradient."""
        inner = self.learners.bare(network)
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
        self.learners.redraw(self._stage_index, [name])
        self.learners.forget_steps(name)
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
            self.learners.load_weights(read_tensors(self._best_file(len(self.stages) - 1)))
        return network_tensors(self.learners.predicting())

    def discard(self) -> None:
        """Remove what only a run in motion needs: stores and the best epoch so far."""
        shutil.rmtree(self.folder / "stores", ignore_errors=True)
        for file in self.folder.glob("best-*.safetensors"):
            file.unlink()

    def _train_epoch(self, bar: Bar) -> dict[str, float | int | str]:
        self._enter_epoch()
        started, cpu_started = time.perf_counter(), time.process_time()
        self.hooks.before_epoch(self)
        sums: dict[str, float] = {}
        self.learners.to_training_mode()
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
            "lr": self.learners.rate,
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
            self.learners.redraw(index)
        if stage.start == "best" and index > 0:
            self.learners.load_weights(read_tensors(self._best_file(index - 1)))
        if stage.start != "keep":
            self._best = float("-inf")
        if stage.restart or stage.start == "fresh":
            self.learners.forget_steps()

    def _learning_rate(self) -> float:
        """The scheduled rate of the coming step."""
        segment = next(s for s in reversed(self._segments) if s.first_stage <= self._stage_index)
        epochs = self._epochs_done - segment.start_epoch + self.step_in_epoch / self.main.steps
        # The middle of the step, so that the first is not at zero and the last not at the end.
        done = (epochs + 0.5 / self.main.steps) / segment.epochs
        since = round((self._epochs_done - segment.start_epoch) * self.main.steps) + self.step_in_epoch
        return learning_rate(self.plan, done, since) * self.stage.lr_scale

    def _score(self) -> dict[str, float]:
        """Metrics of the epoch; the weights are kept aside where held-out noisy labels say they are best."""
        networks = self.learners.predicting()
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
                    write_tensors(self._best_file(self._stage_index), self.learners.weights())
        return scores

    def _best_file(self, stage: int) -> Path:
        """Where the best epoch is kept as of a stage: a file of its own for each stretch that is judged anew.

        A stage that starts from the best epoch must find it again when its first epoch was killed after
        having been scored itself.
        """
        since = max((i for i in range(stage + 1) if self.stages[i].start != "keep"), default=0)
        return self.folder / f"best-{since}.safetensors"

    # Building, saving, restoring ---------------------------------------------------------------------

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

    def _share_stores(self) -> None:
        """Make every process's stores agree: each row was visited by one of them. Memories become a mean."""
        if self._fabric.world_size == 1:
            return
        self.learners.agree()
        for store in self.stores.values():
            store.agree(self._sum_over_processes)
        if self.watch is not None:
            self.watch.agree(self._sum_over_processes, (self._fabric.global_rank, self._fabric.world_size))

    def _sum_over_processes(self, values: Tensor) -> Tensor:
        return cast(Tensor, self._fabric.all_reduce(values, reduce_op="sum"))

    def _save(self, checkpoints: Checkpoints, journal: Journal) -> None:
        groups: dict[str, Mapping[str, Tensor]] = {
            **self.learners.state(),
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
        self.learners.load_state(groups)
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
