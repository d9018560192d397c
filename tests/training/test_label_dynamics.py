"""Runs that watch their labels: what they note, that nothing else changes, and what is refused."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from truemask import rle
from truemask.batch import Batch
from truemask.data.relabelled import Relabelled
from truemask.data.views import ArrayDataset, Subset
from truemask.training import Plan, Recipe, train
from truemask.training.checkpoint import read_tensors
from truemask.training.label_dynamics import DYNAMICS, read_dynamics
from truemask.training.loop import Loop
from truemask.training.sketches import margin
from truemask.training.streams import Look, Views
from truemask.training.watching import LabelWatch
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

DOTS = Problem(Task.CLASSIFICATION, ("left", "right"), channels=2, points=True)
BLOBS = Problem(Task.SEMANTIC, ("background", "blob", "other"), channels=1, background=0)


def dots(rows: int = 90) -> tuple[ArrayDataset, Relabelled]:
    points = np.random.default_rng(0).normal(0, 1, (rows, 2)).astype(np.float32)
    keys = [str(row) for row in range(rows)]
    clean = ArrayDataset("dots", "train", DOTS, keys, points, (points[:, 0] > 0).astype(int))
    return clean, Relabelled(clean, [int(clean.labels(row)) ^ (row % 5 == 0) for row in range(rows)])


def blobs(rows: int = 6) -> ArrayDataset:
    """Bright squares; a corner of the labels is IGNORE, and in image 0 one square was forgotten."""
    images, labels = [], []
    rng = np.random.default_rng(1)
    for row in range(rows):
        truth = np.zeros((40, 48), np.uint8)
        top, left = rng.integers(4, 18, 2)
        truth[top : top + 14, left : left + 14] = 1
        images.append((truth * 150 + rng.integers(0, 60, truth.shape)).astype(np.uint8)[..., None])
        given = np.zeros_like(truth) if row == 0 else truth
        given[:4, :4] = IGNORE
        labels.append(given)
    return ArrayDataset("blobs", "train", BLOBS, [f"{row:02d}" for row in range(rows)], images, labels)


def point_plan(**settings):
    return Plan(network="mlp:hidden=64", batch_size=10, precision="fp32", augment="none").changed(settings)


def blob_plan(**settings):
    plan = Plan(network="unet_small:base=4", batch_size=2, precision="fp32", augment="dihedral", crop_px=32)
    return plan.changed({"epochs": 12, "lr": 0.01, **settings})


def learn(recipe, folder, **asked):
    return train(recipe, folder, show=False, tensorboard=False, **asked)


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """Points learnt by heart, a fifth of their labels wrong."""
    folder = tmp_path_factory.mktemp("watched") / "run"
    _, given = dots()
    plan = point_plan(epochs=60, lr=0.02, schedule="constant", weight_decay=0.0)
    learn(Recipe(dataset=given, plan=plan, watch_labels=True), folder)
    return given, folder


@pytest.fixture(scope="module")
def watched_maps(tmp_path_factory):
    folder = tmp_path_factory.mktemp("watched-maps") / "run"
    learn(Recipe(dataset=blobs(), plan=blob_plan(), watch_labels=True), folder)
    return folder


@pytest.mark.parametrize("evidence", DYNAMICS)
def test_wrong_labels_are_believed_less(watched, evidence):
    given, folder = watched
    dynamics = read_dynamics(folder)
    predicted = list(dynamics.predict(dynamics.judged(given), evidence))
    assert [one.key for one in predicted] == list(given.keys)
    own = np.array([one.probs[given.labels(one.row)] for one in predicted])
    wrong = np.arange(len(own)) % 5 == 0
    # How often a wrong label is below a right one: half by chance, standard error 0.07.
    assert np.mean(own[wrong][:, None] < own[~wrong]) > 0.75
    assert all(one.probs.sum() == pytest.approx(1) for one in predicted)


def test_watching_changes_nothing(watched, tmp_path):
    given, folder = watched
    plan = point_plan(epochs=60, lr=0.02, schedule="constant", weight_decay=0.0)
    learn(Recipe(dataset=given, plan=plan), tmp_path / "blind")
    seen, blind = (read_tensors(one / "weights.safetensors") for one in (folder, tmp_path / "blind"))
    assert all(torch.equal(seen[name], blind[name]) for name in seen)
    assert not (tmp_path / "blind" / "label_dynamics").exists()


def test_the_margin_is_the_mean_of_what_the_network_said(tmp_path):
    """Against full precision, noted by hand; views are turned and cropped, cells lie in the image."""
    dataset = blobs()
    views = Views(dataset, blob_plan())
    watch = LabelWatch(views, 9, tmp_path / "cells")
    sums = np.zeros((len(dataset), 40, 48))
    counts = np.zeros_like(sums)
    value = torch.linspace(-2, 2, 40 * 48).view(1, 40, 48)  # a logit of each place, the same at each visit
    for visit in range(9):
        samples = [views[Look(row, (visit, row))] for row in range(len(dataset))]
        logits = torch.zeros(len(samples), 3, 32, 32)
        for i, sample in enumerate(samples):
            logits[i, 0] = sample.geometry.forward(value, 0.0)[0]
            logits[i, 2] = -9
        labels = torch.stack([sample.labels for sample in samples])
        batch = Batch(torch.zeros(len(samples), 1, 32, 32), labels, torch.arange(len(samples)))
        watch.expect(batch, samples, visit, 0)
        watch.see(batch, logits)
        watch.see(batch, -logits)  # a second look at the same batch does not count
        for i, sample in enumerate(samples):
            _, window = sample.geometry.backward(logits[i, 0])
            counts[i][window] += 1
            place = torch.sigmoid(torch.where(torch.from_numpy(dataset.labels(i)) == 0, value[0], -value[0]))
            sums[i][window] += place[window].numpy()
    cells = watch.cells.reshape(len(dataset), 40, 48, 6)
    known = np.stack([dataset.labels(row) for row in range(len(dataset))]) != IGNORE
    np.testing.assert_array_equal(cells[..., 0], np.where(known, counts, 0))
    seen = known & (counts > 0)
    np.testing.assert_allclose(margin(cells)[seen], (sums / np.maximum(counts, 1))[seen], atol=0.012)


def test_label_maps_are_judged_where_they_were_shown(watched_maps):
    dataset, dynamics = blobs(), read_dynamics(watched_maps)
    shown = dynamics.judged(dataset)
    forgotten = next(iter(dynamics.predict(shown, "margin")))
    given, image = shown.labels(0), dataset.image(0)[..., 0]
    assert (given[:4, :4] == IGNORE).all()
    assert set(np.unique(given)) <= {0, IGNORE}
    blob = (image > 130) & (given == 0)
    assert forgotten.probs[0][blob].mean() < forgotten.probs[0][(image < 60) & (given == 0)].mean() - 0.1
    assert (forgotten.probs[:, blob].argmax(axis=0) != 2).mean() > 0.9


def test_a_smaller_sketch_is_enlarged(tmp_path):
    recipe = Recipe(dataset=blobs(), plan=blob_plan(size_px=24, crop_px=16, epochs=2), watch_labels=True)
    learn(recipe, tmp_path / "run")
    dynamics = read_dynamics(tmp_path / "run")
    assert dynamics.sizes[0] == (20, 24)
    assert dynamics.map_of("00", (40, 48)).shape == (40, 48, 6)
    one = next(iter(dynamics.predict(dynamics.judged(blobs()))))
    assert one.probs.shape == (3, 40, 48)


def test_resumed_sketches_are_those_of_a_run_never_killed(watched_maps, tmp_path, monkeypatch):
    recipe = Recipe(dataset=blobs(), plan=blob_plan(), watch_labels=True)
    saved, save = [], Loop._save

    def dying(self, *args):
        save(self, *args)
        saved.append(1)
        if len(saved) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(Loop, "_save", dying)
    with pytest.raises(KeyboardInterrupt):
        learn(recipe, tmp_path / "run")
    with pytest.raises(BadInput, match="no finished run"):
        read_dynamics(tmp_path / "run")
    learn(recipe, tmp_path / "run", resume=True)
    np.testing.assert_array_equal(read_dynamics(tmp_path / "run").cells, read_dynamics(watched_maps).cells)


def test_a_run_that_did_not_watch_cannot_go_on_watching(tmp_path, monkeypatch):
    _, given = dots()
    recipe = Recipe(dataset=given, plan=point_plan(epochs=2))
    learn(recipe, tmp_path / "run")
    with pytest.raises(BadInput, match="train with --watch-labels"):
        read_dynamics(tmp_path / "run")
    with pytest.raises(BadInput, match="did not watch its labels"):
        learn(dataclasses.replace(recipe, watch_labels=True), tmp_path / "run", resume=True)


def test_other_labels_or_images_are_refused(watched):
    _, folder = watched
    clean, _ = dots()
    dynamics = read_dynamics(folder)
    with pytest.raises(BadInput, match=r"^0: dots has other labels than"):
        dynamics.judged(clean)
    others = ArrayDataset("dots", "train", DOTS, ["a"], np.zeros((1, 2), np.float32), [0])
    with pytest.raises(BadInput, match="learnt from no image"):
        dynamics.judged(others)


def test_rows_that_were_held_out_are_not_judged(tmp_path):
    _, given = dots()
    learn(
        Recipe(dataset=given, plan=point_plan(epochs=2, val_share=0.3), watch_labels=True), tmp_path / "run"
    )
    dynamics = read_dynamics(tmp_path / "run")
    judged = dynamics.judged(given)
    assert 45 < len(judged) < 80
    assert len(list(dynamics.predict(judged))) == len(judged)
    assert len(list(dynamics.predict(dynamics.judged(Subset(given, range(20)))))) <= 20


def test_processes_agree_on_what_each_saw(tmp_path):
    views = Views(dots(4)[0], point_plan())
    watches = [LabelWatch(views, 1, tmp_path / str(place)) for place in range(2)]
    for place, rows in ((0, [0, 1]), (1, [1, 3])):
        watches[place]._take_units(
            torch.tensor(rows), torch.full((2,), 0.25 + 0.5 * place), torch.ones(2, dtype=torch.uint8)
        )
    asked: list[list[torch.Tensor]] = [[], []]
    # What each process gives to the sums, played back to both.
    for place in range(2):
        copy = LabelWatch(views, 1, tmp_path / f"copy-{place}")
        copy.cells[:], copy._written[:] = watches[place].cells, watches[place]._written
        seen = torch.tensor([[1.0, 1, 0, 0], [0, 1, 0, 1]])

        def note(values, place=place, seen=seen):
            asked[place].append(values.clone())
            return seen if len(asked[place]) == 1 else values

        copy.agree(note, (place, 2))
    sums = [a + b for a, b in zip(*asked, strict=True)]
    for place in range(2):
        played = iter(sums)
        watches[place].agree(lambda _, played=played: next(played), (place, 2))
    assert (watches[0].cells == watches[1].cells).all()
    np.testing.assert_allclose(margin(watches[0].cells)[[0, 1, 3]], [0.25, 0.25, 0.75], atol=0.004)
    assert watches[0].cells[2].sum() == 0


def test_objects_are_seen_by_their_proposals(tmp_path):
    """Background proposals do not count; several of one object are one visit, of their mean."""
    masks = np.zeros((3, 20, 20), bool)
    for number in range(3):
        masks[number, 4 : 10 + number, 2:12] = True
    problem = Problem(Task.INSTANCE, ("background", "disk", "ring"), channels=1, background=0)
    boxes = np.array([[2, 4, 12, 10 + number] for number in range(3)], np.float32)
    classes, crowd = np.array([1, 2, 1], np.uint8), np.zeros(3, bool)
    objects = [
        Instances((20, 20), classes, tuple(rle.pack(masks)), boxes, np.arange(3) + 3 * image, crowd)
        for image in range(2)
    ]
    image = np.zeros((20, 20, 1), np.uint8)
    dataset = ArrayDataset("things", "train", problem, ["a", "b"], [image, image], objects)
    watch = LabelWatch(Views(dataset, blob_plan(crop_px=None)), 3, tmp_path / "cells")
    batch = Batch(torch.zeros(2, 1, 20, 20), torch.full((2,), IGNORE), torch.arange(2))
    watch.expect(batch, (), 0, 0)
    logits = torch.tensor([[9.0, 0, 0], [0, 2, 0], [0, 0, 2], [0, 3, 0]])
    watch.see_objects(batch, torch.tensor([-1, 0, 0, 4]), torch.tensor([0, 1, 1, 2]), logits)
    assert watch.cells[:, 0].tolist() == [1, 0, 0, 0, 1, 0]
    rates = torch.sigmoid(torch.tensor([2.0, -2, -3]))
    np.testing.assert_allclose(margin(watch.cells)[[0, 4]], [rates[:2].mean(), rates[2]], atol=0.005)
    assert watch.cells[[0, 4], 4].tolist() == [2, 1]
    watch.keep(tmp_path / "kept")
    index = json.loads((tmp_path / "kept" / "index.json").read_text())
    assert index["keys"] == ["a#0", "a#1", "a#2", "b#3", "b#4", "b#5"]
    assert index["sizes"] is None


def test_a_method_that_shows_no_given_image_is_told(tmp_path):
    watch = LabelWatch(Views(dots(4)[0], point_plan()), 3, tmp_path / "cells")
    with pytest.raises(BadInput, match="nothing to watch"):
        watch.keep(tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
