"""How losses of units or whole images, and weights, become one loss; what hooks find in a batch."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from truemask.data.views import ArrayDataset
from truemask.methods.method import Method
from truemask.training.checkpoint import Checkpoints
from truemask.training.devices import make_fabric
from truemask.training.loop import Loop
from truemask.training.plan import Plan
from truemask.types import IGNORE, Problem, Task

PROBLEM = Problem(Task.SEMANTIC, ("background", "blob"), channels=1, background=0)


def loop(tmp_path, method: Method) -> Loop:
    """Three label maps: no label at all, one labelled pixel, all of them."""
    rng = np.random.default_rng(0)
    labels = [np.full((16, 16), IGNORE, dtype=np.uint8) for _ in range(3)]
    labels[1][3, 4] = 1
    labels[2][:] = 0
    images = [rng.integers(0, 255, (16, 16, 1)).astype(np.uint8) for _ in range(3)]
    dataset = ArrayDataset("three", "train", PROBLEM, ["a", "b", "c"], images, labels)
    plan = Plan(
        network="unet_small:base=4,norm=group", batch_size=3, epochs=2, augment="none", precision="fp32"
    )
    return Loop(make_fabric("fp32"), dataset, method, plan, tmp_path)


def first_loss(engine: Loop) -> float:
    (views,) = engine.main.epoch(0)
    batch = engine.task.batch(engine, views[0], "main", trusted=False)
    return engine.loss(engine.networks["main"], batch).item()


@dataclass(frozen=True)
class ByRow(Method):
    """Each image, or each of its pixels, costs the row it comes from; weights are 1 + the row."""

    whole: bool
    weigh: bool = False
    wrong_weights: bool = False

    def targets(self, batch, logits):
        if not self.weigh:
            return batch.labels, None
        rows = 1.0 + batch.rows
        pixels = self.whole == self.wrong_weights
        return batch.labels, rows[:, None, None].expand(-1, 16, 16) if pixels else rows

    def unit_loss(self, logits, targets, batch):
        rows = batch.rows.float() + 0 * logits.sum()
        return rows if self.whole else rows[:, None, None].expand(-1, 16, 16)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (ByRow(whole=False), (1 * 1 + 2 * 256) / 257),
        (ByRow(whole=True), (1 + 2) / 2),
        (ByRow(whole=False, weigh=True), (1 * 2 + 2 * 3 * 256) / (2 + 3 * 256)),
        (ByRow(whole=True, weigh=True), (1 * 2 + 2 * 3) / (2 + 3)),
    ],
    ids=["pixels", "images", "weighted pixels", "weighted images"],
)
def test_pixels_count_one_by_one_and_images_once_if_they_have_a_label(tmp_path, method, expected):
    assert first_loss(loop(tmp_path, method)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("whole", [True, False])
def test_weights_that_are_not_one_for_each_loss_are_refused(tmp_path, whole):
    with pytest.raises(ValueError, match="one for each"):
        first_loss(loop(tmp_path, ByRow(whole=whole, weigh=True, wrong_weights=True)))


@dataclass(frozen=True)
class Counting(Method):
    """Learns a number that should be 3, and counts its batches in a tensor that no loss depends on."""

    def build(self, setup):
        setup.network()
        setup.parameter("learnt", torch.tensor(0.0), lr_scale=100.0)
        setup.parameter("batches", torch.tensor(0.0))

    def targets(self, batch, logits):
        with torch.no_grad():
            batch.parameters["batches"] += 1
        return batch.labels, None

    def unit_loss(self, logits, targets, batch):
        assert batch.background == 0
        per_image = (batch.parameters["learnt"] - 3) ** 2
        return per_image + 0 * logits.flatten(1).sum(dim=1)


def test_parameters_are_learnt_and_memories_kept_through_the_batch(tmp_path):
    engine = loop(tmp_path, Counting())
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    engine.run(checkpoints, show=False, title="", tensorboard=False)
    assert engine.parameters["batches"].item() == 2
    assert engine.parameters["learnt"].item() > 0.05
    groups, _ = checkpoints.read()
    assert torch.equal(groups["parameters"]["batches"], torch.tensor(2.0))
    assert torch.equal(groups["parameters"]["learnt"], engine.parameters["learnt"].data)
