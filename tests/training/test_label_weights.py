"""Weights of given labels: nothing where all are 1, IGNORE where 0, in between a factor, in every view."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from truemask import rle
from truemask.data.relabelled import Relabelled
from truemask.data.trust import read_trust, write_map_trust, write_unit_trust
from truemask.data.views import ArrayDataset
from truemask.methods import make_method
from truemask.methods.method import Method
from truemask.training.devices import make_fabric
from truemask.training.loop import Loop
from truemask.training.plan import Plan
from truemask.training.run import Recipe, train
from truemask.training.streams import Look, Views
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

PROBLEM = Problem(Task.SEMANTIC, ("background", "blob"), channels=1, background=0)
SIZE = (16, 20)
KEYS = ("a", "b", "c")


def maps():
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (*SIZE, 1)).astype(np.uint8) for _ in KEYS]
    given = [rng.integers(0, 2, SIZE).astype(np.uint8) for _ in KEYS]
    return ArrayDataset("maps", "train", PROBLEM, KEYS, images, given)


def plan(**changes):
    settings = {"augment": "dihedral", "crop_px": 16, "batch_size": 3, "epochs": 2, "precision": "fp32"}
    return Plan(network="unet_small:base=4,norm=group", **(settings | changes))


def learnt(dataset, folder, weights=None, method="ce"):
    recipe = Recipe(dataset=dataset, method=method, plan=plan(), weights=weights)
    trained = train(recipe, folder, show=False, tensorboard=False)
    return torch.cat([p.detach().flatten() for net in trained.networks.values() for p in net.parameters()])


def loop(dataset, folder, weights, method=None, **changes):
    method = method or make_method("ce", {})
    return Loop(make_fabric("fp32"), dataset, method, plan(**changes), folder, weights=weights)


def first_batch(engine):
    (views,) = engine.main.epoch(0)
    return engine.task.batch(engine, views[0], "main", trusted=False)


@pytest.mark.parametrize("method", ["ce", "co_teaching", "label_refinery"])
def test_weights_of_one_change_nothing_to_the_bit(tmp_path, method):
    for key in KEYS:
        write_map_trust(tmp_path / "full", key, np.full(SIZE, 255, np.uint8))
    plain = learnt(maps(), tmp_path / "plain", method=method)
    weighed = learnt(maps(), tmp_path / "weighed", read_trust(tmp_path / "full"), method=method)
    assert torch.equal(plain, weighed)


@pytest.mark.parametrize("method", ["ce", "co_teaching", "dice", "elr"])
def test_weights_of_zero_are_ignore(tmp_path, method):
    dataset, known = maps(), np.zeros(SIZE, np.uint8)
    known[3:9, 5:17] = 255
    for key in KEYS:
        write_map_trust(tmp_path / "part", key, known)
    ignored = [np.where(known > 0, dataset.labels(row), IGNORE).astype(np.uint8) for row in range(3)]
    by_weights = learnt(dataset, tmp_path / "weights", read_trust(tmp_path / "part"), method=method)
    by_labels = learnt(Relabelled(dataset, ignored), tmp_path / "labels", method=method)
    assert torch.equal(by_weights, by_labels)
    assert not torch.equal(by_labels, learnt(dataset, tmp_path / "plain", method=method))


def test_weights_go_through_the_views_of_their_labels(tmp_path):
    dataset = maps()
    for row, key in enumerate(KEYS):
        write_map_trust(tmp_path / "by_label", key, np.uint8(51) + np.uint8(153) * dataset.labels(row))
    batch = first_batch(loop(dataset, tmp_path, read_trust(tmp_path / "by_label"), crop_px=24))
    padding = batch.labels == IGNORE
    assert padding.any()
    assert (batch.weights[padding] == 0).all()
    expected = torch.where(batch.labels == 1, 0.8, 0.2)
    torch.testing.assert_close(batch.weights[~padding], expected[~padding])


@dataclass(frozen=True)
class Weighing(Method):
    """A pixel of class 1 costs 3, any other 1; the method's own weights are 1 + the row."""

    whole: bool

    def targets(self, batch, logits):
        rows = 1.0 + batch.rows
        return batch.labels, rows if self.whole else rows[:, None, None].expand(batch.labels.shape)

    def unit_loss(self, logits, targets, batch):
        costs = torch.where(targets == 1, 3.0, 1.0) + 0 * logits.sum()
        return 10.0 + batch.rows + 0 * logits.sum() if self.whole else costs


@pytest.mark.parametrize("whole", [False, True], ids=["pixels", "images"])
def test_weights_multiply_those_of_the_method(tmp_path, whole):
    dataset = maps()
    trust = np.full(SIZE, 255, np.uint8)
    trust[:8] = 102
    write_map_trust(tmp_path / "half", "b", trust)
    engine = loop(
        dataset, tmp_path, read_trust(tmp_path / "half"), Weighing(whole), augment="none", crop_px=None
    )
    batch = first_batch(engine)
    loss = engine.loss(engine.networks["main"], batch).item()
    labels = np.stack([dataset.labels(row) for row in range(3)])
    weights = np.stack([np.ones(SIZE), trust / 255, np.ones(SIZE)])
    if whole:
        counts, costs = weights.mean(axis=(1, 2)) * [1, 2, 3], np.array([10, 11, 12])
    else:
        counts, costs = weights * np.array([1, 2, 3])[:, None, None], np.where(labels == 1, 3, 1)
    assert loss == pytest.approx((counts * costs).sum() / counts.sum(), rel=1e-5)


def test_images_and_points_have_one_weight_each(tmp_path):
    problem = Problem(Task.CLASSIFICATION, ("left", "right"), channels=2, points=True)
    points = np.array([[-1, 0], [1, 0], [2, 0]], np.float32)
    dataset = ArrayDataset("points", "train", problem, KEYS, points, [0, 1, 1])
    write_unit_trust(tmp_path, {"b": 0.25, "c": 0})
    views = Views(dataset, plan(), read_trust(tmp_path))
    samples = [views[Look(row)] for row in range(3)]
    assert [float(one.weights) for one in samples] == [1.0, 0.25, 0.0]
    assert [int(one.labels) for one in samples] == [0, 1, IGNORE]


def objects_set():
    masks = np.zeros((2, 16, 20), bool)
    masks[0, 2:8, 2:8], masks[1, 9:15, 10:18] = True, True
    codes = rle.pack(masks)
    one = Instances(
        SIZE, np.array([1, 2], np.uint8), codes, rle.boxes(codes, SIZE), np.array([7, 9]), np.zeros(2, bool)
    )
    problem = Problem(Task.INSTANCE, ("background", "cat", "dog"), channels=1, background=0)
    image = np.zeros((*SIZE, 1), np.uint8)
    return ArrayDataset("objects", "train", problem, ("x", "y"), [image, image], [one, one])


def test_objects_have_weights_by_their_ids_and_background_has_none(tmp_path):
    write_unit_trust(tmp_path, {"x#9": 0.5, "y#7": 0.0})
    views = Views(objects_set(), plan(augment="none", crop_px=None), read_trust(tmp_path))
    assert views[Look(0)].objects.labels.tolist() == [1, 2]
    assert views[Look(1)].objects.labels.tolist() == [IGNORE, 2]
    rows = torch.tensor([-1, 1, 2, 0])
    assert views.weights_of(rows).tolist() == [1.0, 0.5, 0.0, 1.0]
    assert views[Look(0)].weights is None
    assert Views(objects_set(), plan()).weights_of(rows) is None


def test_a_run_goes_on_with_its_own_weights_alone(tmp_path):
    for folder, value in (("one", 100), ("other", 200)):
        write_map_trust(tmp_path / folder, "a", np.full(SIZE, value, np.uint8))
    recipe = Recipe(dataset=maps(), plan=plan(epochs=1), weights=read_trust(tmp_path / "one"))
    train(recipe, tmp_path / "run", show=False, tensorboard=False)
    train(recipe, tmp_path / "run", show=False, tensorboard=False, resume=True)
    other = Recipe(dataset=maps(), plan=plan(epochs=1), weights=read_trust(tmp_path / "other"))
    with pytest.raises(BadInput, match="another weights"):
        train(other, tmp_path / "run", show=False, tensorboard=False, resume=True)
