"""What the engine promises to hooks: stages, streams, sweeps, stores that learn, views."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from truemask.data.views import ArrayDataset
from truemask.methods.elr import ELR
from truemask.methods.method import Method, Stage
from truemask.training.blueprint import Blueprint
from truemask.training.checkpoint import Checkpoints, network_tensors
from truemask.training.devices import make_fabric
from truemask.training.loop import Loop
from truemask.training.plan import Plan
from truemask.training.scoring import Monitor
from truemask.types import BadInput, Problem, Task

PROBLEM = Problem(Task.SEMANTIC, ("background", "blob"), channels=1, background=0)


def blobs(rows: int, first: int = 0) -> ArrayDataset:
    rng = np.random.default_rng(first)
    labels = [(rng.random((16, 16)) < 0.4).astype(np.uint8) for _ in range(rows)]
    images = [
        (label * 120 + rng.integers(0, 80, label.shape)).astype(np.uint8)[..., None] for label in labels
    ]
    return ArrayDataset("blobs", "train", PROBLEM, [f"{first + row}" for row in range(rows)], images, labels)


def loop(tmp_path, method: Method, *, trusted=None, **settings) -> Loop:
    plan = Plan(network="unet_small:base=4,norm=group", batch_size=2, precision="fp32", **settings)
    return Loop(make_fabric("fp32"), blobs(6), method, plan, tmp_path, trusted=trusted)


def run(engine: Loop, tmp_path) -> None:
    engine.run(Checkpoints(tmp_path / "checkpoints"), show=False, title="", tensorboard=False)


@dataclass(frozen=True)
class Watched(Method):
    """Cross entropy that writes down what it sees."""

    seen: list

    def before_epoch(self, engine):
        weights = network_tensors({"main": engine.networks["main"]})
        self.seen.append({name: tensor.clone() for name, tensor in weights.items()})


def distance(one, other) -> float:
    return max(float((one[name] - other[name]).abs().max()) for name in one if "weight" in name)


@dataclass(frozen=True)
class TwoStages(Watched):
    start: str = "keep"

    def stages(self, epochs):
        ce = Watched(self.seen)
        return (Stage("first", 1, hooks=ce), Stage("second", 1, start=self.start, hooks=ce))


@pytest.mark.parametrize(("start", "moved"), [("keep", False), ("fresh", True)])
def test_a_stage_goes_on_with_its_weights_or_draws_new_ones(tmp_path, start, moved):
    seen = []
    # A rate so small that training alone moves nothing.
    run(loop(tmp_path, TwoStages(seen, start), epochs=2, lr=1e-9), tmp_path)
    assert (distance(seen[0], seen[1]) > 0.05) == moved


@dataclass(frozen=True)
class WithTrusted(Method):
    seen: list

    def build(self, setup):
        setup.network()
        setup.stream("verified", batch_size=3, trusted=True)

    def step(self, engine, batch):
        verified = next(engine.batches("verified"))
        self.seen.append((verified.stream, verified.trusted, verified.rows.tolist(), dict(verified.stores)))
        engine.update(engine.loss(engine.networks["main"], verified))
        return {"loss": 0.0}


def test_a_trusted_stream_has_rows_of_the_verified_set_and_no_stores(tmp_path):
    seen = []
    run(loop(tmp_path, WithTrusted(seen), trusted=blobs(3, first=50), epochs=2), tmp_path)
    assert len(seen) == 6
    assert all(
        step[:2] == ("verified", True) and sorted(step[2]) == [0, 1, 2] and not step[3] for step in seen
    )


def test_without_verified_labels_a_method_that_asks_for_some_is_refused(tmp_path):
    with pytest.raises(BadInput, match="none were given; name a data set of verified rows with --trusted"):
        loop(tmp_path, WithTrusted([]), epochs=1)


@dataclass(frozen=True)
class Sweeps(Method):
    seen: list

    def before_epoch(self, engine):
        for batch, logits in engine.sweep(engine.networks["main"]):
            self.seen.append((batch.rows.tolist(), batch.labels.clone(), logits.requires_grad))


def test_a_sweep_visits_every_row_once_in_order_unturned_and_without_gradient(tmp_path):
    seen = []
    engine = loop(tmp_path, Sweeps(seen), epochs=1, augment="dihedral", crop_px=None)
    run(engine, tmp_path)
    assert [row for rows, _, _ in seen for row in rows] == list(range(6))
    truth = blobs(6)
    for rows, labels, wants_gradient in seen:
        assert not wants_gradient
        for row, label in zip(rows, labels, strict=True):
            assert np.array_equal(label.numpy(), truth.labels(row))


@dataclass(frozen=True)
class SweepsTrusted(Method):
    seen: list

    def build(self, setup):
        setup.network()
        setup.stream("verified", trusted=True)

    def before_epoch(self, engine):
        for batch, _ in engine.sweep(engine.networks["main"], "verified"):
            self.seen.append((batch.stream, batch.trusted, batch.rows.tolist()))


def test_verified_rows_are_swept_by_the_name_of_their_stream(tmp_path):
    seen = []
    run(loop(tmp_path, SweepsTrusted(seen), trusted=blobs(3, first=50), epochs=1), tmp_path)
    assert seen == [("verified", True, [0, 1]), ("verified", True, [2])]


@dataclass(frozen=True)
class Renews(Watched):
    """Looks at the weights of the stage before, then starts anew."""

    def stages(self, epochs):
        return (Stage("first", 1), Stage("second", 2, restart=True))

    def before_epoch(self, engine):
        super().before_epoch(engine)
        if engine.stage.name == "second" and engine.epoch == 0:
            engine.renew("main")
            super().before_epoch(engine)


def test_a_network_can_be_renewed_once_its_weights_have_been_used(tmp_path):
    seen = []
    engine = loop(tmp_path, Renews(seen), epochs=3, lr=1e-9, ema=0.5)
    run(engine, tmp_path)
    first, before, renewed, after = seen
    assert distance(first, before) < 1e-6
    assert distance(before, renewed) > 0.05
    assert distance(renewed, after) < 1e-6
    assert distance(after, engine.finish()) < 1e-6  # the averaged weights began anew as well


@dataclass(frozen=True)
class Describes(Method):
    """Beside the classes, five numbers of each pixel."""

    shapes: list

    def build(self, setup):
        setup.network()
        setup.network("teller", predicts=False, outputs=5)

    def step(self, engine, batch):
        self.shapes.extend(tuple(engine.logits(net, batch).shape) for net in engine.networks.values())
        return {"loss": 0.0}


def test_a_network_may_say_something_else_than_a_number_per_class(tmp_path):
    shapes = []
    run(loop(tmp_path, Describes(shapes), epochs=1), tmp_path)
    assert set(shapes) == {(2, 2, 16, 16), (2, 5, 16, 16)}
    with pytest.raises(ValueError, match="cannot predict classes"):
        Blueprint(PROBLEM).network("teller", outputs=5)


@dataclass(frozen=True)
class Rows(Method):
    seen: list

    def before_epoch(self, engine):
        if engine.epoch == 1:
            engine.use_rows("main", torch.tensor([1, 4]))
            with pytest.raises(ValueError, match="cannot be empty"):
                engine.use_rows("main", torch.tensor([], dtype=torch.long))

    def step(self, engine, batch):
        self.seen.append((engine.epoch, sorted(batch.rows.tolist())))
        return {"loss": 0.0}


def test_a_method_may_choose_the_rows_that_training_draws_from(tmp_path):
    seen = []
    run(loop(tmp_path, Rows(seen), epochs=3), tmp_path)
    assert sorted(row for epoch, rows in seen for row in rows if epoch == 0) == list(range(6))
    assert {tuple(rows) for epoch, rows in seen if epoch > 0} == {(1, 4)}


@dataclass(frozen=True)
class LearnsLabels(Method):
    """The labels themselves are learnt, as in PENCIL."""

    def build(self, setup):
        setup.network()
        setup.store("labels", channels=2, learning_rate=10.0)

    def unit_loss(self, logits, targets, batch):
        learnt = batch.stores["labels"].values.softmax(dim=1)
        return -(learnt * logits.detach().log_softmax(dim=1)).sum(dim=1) + 0 * logits.sum(dim=1)


def test_a_store_that_learns_moves_towards_what_the_network_says(tmp_path):
    engine = loop(tmp_path, LearnsLabels(), epochs=2, augment="dihedral")
    run(engine, tmp_path)
    (batch, logits), *_ = engine.sweep(engine.networks["main"])
    learnt = engine.stores["labels"].read(int(batch.rows[0]))
    assert float(learnt.abs().max()) > 0
    agree = (learnt.argmax(dim=0) == logits[0].argmax(dim=0)).float().mean()
    assert float(agree) > 0.9


@dataclass(frozen=True)
class TwoViews(Method):
    seen: list

    def build(self, setup):
        setup.network()
        setup.stream("main", views=2)

    def step(self, engine, batch):
        (other,) = batch.views
        self.seen.append((batch.rows.tolist(), other.rows.tolist(), torch.equal(batch.images, other.images)))
        return {"loss": 0.0}


def test_views_show_the_same_rows_drawn_apart(tmp_path):
    seen = []
    run(loop(tmp_path, TwoViews(seen), epochs=4, augment="dihedral"), tmp_path)
    assert all(rows == others for rows, others, _ in seen)
    assert sum(same for *_, same in seen) < len(seen) / 3


def test_averaged_weights_are_those_that_predict(tmp_path):
    engine = loop(tmp_path, Watched([]), epochs=2, lr=0.05, ema=0.9)
    run(engine, tmp_path)
    trained = network_tensors({"main": engine.networks["main"]})
    finished = {name.replace("main/", "main/module."): tensor for name, tensor in engine.finish().items()}
    assert len(finished) == len(trained)
    assert (
        max(float((a - b).abs().max()) for a, b in zip(trained.values(), finished.values(), strict=True))
        > 1e-3
    )


@dataclass(frozen=True)
class FromBest(Watched):
    """Two stages, the second from the best epoch of the first."""

    def stages(self, epochs):
        return (Stage("first", 2), Stage("second", 2, start="best"))


class Killed(Exception):
    pass


def test_a_best_start_is_found_again_after_a_kill_in_the_stage_that_made_it(tmp_path):
    def judged(folder):
        plan = Plan(network="unet_small:base=4,norm=group", epochs=4, batch_size=2, precision="fp32", lr=0.02)
        judge = Monitor("noisy_val", blobs(4, first=9), Watched([]), plan)
        return Loop(make_fabric("fp32"), blobs(6), FromBest([]), plan, folder, judge=judge)

    whole = judged(tmp_path / "whole")
    run(whole, tmp_path / "whole")
    broken = judged(tmp_path / "broken")
    save, saved = broken._save, []

    def die_before_the_third(checkpoints, journal):
        if len(saved) == 2:
            raise Killed
        saved.append(save(checkpoints, journal))

    broken._save = die_before_the_third
    with pytest.raises(Killed):
        run(broken, tmp_path / "broken")
    resumed = judged(tmp_path / "broken")
    run(resumed, tmp_path / "broken")
    ours, theirs = resumed.finish(), whole.finish()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_memory_of_reduced_resolution_holds_the_means_of_its_cells(tmp_path):
    # No momentum, and a rate so small that training alone moves nothing: what is kept is what is said.
    engine = loop(tmp_path, ELR(momentum=0.0, stride=4), epochs=1, lr=1e-9, augment="dihedral")
    run(engine, tmp_path)
    for batch, logits in engine.sweep(engine.networks["main"]):
        for row, probs in zip(batch.rows.tolist(), logits.softmax(dim=1), strict=True):
            kept = engine.stores["elr"].read(row)
            assert kept.shape == (2, 4, 4)  # a sixteenth of 16 x 16
            assert kept.sum(dim=0) == pytest.approx(torch.ones(4, 4), abs=2e-3)
            # A U-Net does not say quite the same of a turned image.
            assert (kept - F.avg_pool2d(probs, 4)).abs().max() < 0.2


def test_pixels_of_a_cell_are_held_to_one_memory(tmp_path):
    engine = loop(tmp_path, ELR(momentum=0.0, stride=4), epochs=1, lr=1e-9, augment="none")
    run(engine, tmp_path)
    batch, _ = next(iter(engine.sweep(engine.networks["main"])))
    values = batch.stores["elr"].values
    assert values.shape == (2, 2, 16, 16)
    assert torch.equal(values, values[..., ::4, ::4].repeat_interleave(4, 2).repeat_interleave(4, 3))
    # Float16 keeps three digits.
    logits = next(iter(engine.sweep(engine.networks["main"])))[1]
    expected = F.avg_pool2d(logits.softmax(dim=1), 4)
    torch.testing.assert_close(values[..., ::4, ::4], expected, rtol=2e-3, atol=1e-3)
