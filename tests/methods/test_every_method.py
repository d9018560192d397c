"""What every row of METHODS must do, on every task it declares, through the real engine.

A new method is held to this with no line written here. The matrix in docs/reference/methods.md is made
from the same rows.
"""

import dataclasses
import json

import numpy as np
import pytest

from truemask import rle
from truemask.data import open_dataset
from truemask.data.dataset import Dataset
from truemask.data.relabelled import Relabelled
from truemask.data.views import ArrayDataset
from truemask.methods import METHODS
from truemask.training import Plan, Recipe, headline, score, train
from truemask.types import IGNORE, Instances, Problem, Task

SOURCES = {
    Task.CLASSIFICATION: "digits",
    Task.SEMANTIC: "organelles:train=24,val=1,test=12,size=48",
}
PLANS = {
    Task.CLASSIFICATION: Plan(
        network="small_cnn", epochs=2, batch_size=32, lr=5e-3, augment="none", precision="fp32"
    ),
    Task.SEMANTIC: Plan(network="unet_small", epochs=10, batch_size=6, lr=5e-3),
    Task.INSTANCE: Plan(
        network="mask_rcnn_light:width=8,fpn=16",
        epochs=12,
        batch_size=4,
        lr=5e-3,
        clip=5.0,
        augment="hflip",
        precision="fp32",
    ),
}
LEARNT = {Task.CLASSIFICATION: 0.85, Task.SEMANTIC: 0.6, Task.INSTANCE: 0.1}
"""What a network that learnt anything reaches in a few seconds; one that did not: 0.1, 0.4 at most, 0.00."""

KNOBS = {
    ("active_passive", Task.INSTANCE): {"warm_up": 0.6},
    ("backward", Task.INSTANCE): {"warm_up": 0.1, "smoothing": 0.9},
    ("dfc", Task.SEMANTIC): {"channels": 24, "steps": 25},
    ("dmi", Task.INSTANCE): {"warm_up": 0.6},
    ("forward", Task.INSTANCE): {"warm_up": 0.1, "smoothing": 0.9},
    ("glc", Task.INSTANCE): {"warm_up": 0.1},
    ("importance_reweighting", Task.INSTANCE): {"warm_up": 0.1, "smoothing": 0.9},
    ("gce", Task.INSTANCE): {"q": 0.3},
    ("label_refinery", Task.SEMANTIC): {"generations": 1},
    ("mae", Task.INSTANCE): {"warm_up": 0.6},
    **{(name, Task.CLASSIFICATION): {"unlabelled": 0} for name in METHODS if name.startswith("pu_")},
    ("pu_nonnegative", Task.INSTANCE): {"labelled": 0.9, "loss": "cross_entropy"},
    ("rce", Task.INSTANCE): {"warm_up": 0.6},
    ("truncated_gce", Task.INSTANCE): {"q": 0.3, "threshold": 0.1, "warm_up": 0.6},
}
"""A box head from scratch begins to learn late at q = 0.7, later than these few seconds last, and is sure
of nothing by then: at the paper's threshold of 0.5 every object would be dropped, and what is said of objects
tells little of how labels are given. Ten epochs are too few for three generations of networks."""

BY_CHANCE = {"ac": 0.45, "igtt_published": 0.45}
"""Without labels, and from weights drawn at random: how much they find beyond what an untrained network says
is up to chance. What they find where it is easy: test_igtt.py, test_thresholds_without_labels.py."""

CASES = [(name, task) for name, method in METHODS.items() for task in Task if task in method.tasks]


@pytest.fixture(scope="module")
def data() -> dict[Task, tuple[Dataset, Dataset]]:
    opened = {task: open_dataset(source) for task, source in SOURCES.items()}
    splits = {task: (each.split("train"), each.split("test")) for task, each in opened.items()}
    return splits | {Task.INSTANCE: (_rectangles("train", 16, seed=0), _rectangles("test", 12, seed=1))}


@pytest.mark.parametrize(("name", "task"), CASES, ids=[f"{name}-{task}" for name, task in CASES])
def test_learns_clean_labels(name, task, data, tmp_path):
    learn, test = data[task]
    knobs, trusted = KNOBS.get((name, task), {}), _verified(name, learn)
    plan = dataclasses.replace(PLANS[task], precision="fp32") if name in BY_CHANCE else PLANS[task]
    recipe = Recipe(dataset=learn, method=name, knobs=knobs, plan=plan, trusted=trusted)
    run = train(recipe, tmp_path / "run", show=False, tensorboard=False)
    values = score(run.predict(test), test)
    assert values[headline(test.problem)] > BY_CHANCE.get(name, LEARNT[task])
    assert json.loads((tmp_path / "run" / "done.json").read_text())["seconds"] > 0


@pytest.mark.parametrize("task", Task)
def test_without_learning_no_network_passes(task, data, tmp_path):
    learn, test = data[task]
    still = dataclasses.replace(PLANS[task], epochs=1, lr=1e-12)
    run = train(Recipe(dataset=learn, plan=still), tmp_path / "run", show=False, tensorboard=False)
    assert score(run.predict(test), test)[headline(test.problem)] < 0.75 * LEARNT[task]


@pytest.mark.parametrize(("name", "task"), CASES, ids=[f"{name}-{task}" for name, task in CASES])
def test_survives_batches_without_a_single_label(name, task, data, tmp_path):
    learn, _ = data[task]
    few = _first_rows(learn, 4)
    silent = Relabelled(few, [_silenced(few.labels(row)) for row in range(len(few))])
    plan = dataclasses.replace(PLANS[task], epochs=2, batch_size=2, val_share=0.0)
    knobs, trusted = KNOBS.get((name, task), {}), _verified(name, silent)
    recipe = Recipe(dataset=silent, method=name, knobs=knobs, plan=plan, trusted=trusted)
    run = train(recipe, tmp_path / "run", show=False, tensorboard=False)
    for network in run.networks.values():
        assert all(bool(p.isfinite().all()) for p in network.parameters())


def _rectangles(split: str, count: int, seed: int) -> Dataset:
    """Images with two or three red and blue rectangles each: a Mask R-CNN learns them in two seconds."""
    rng = np.random.default_rng(seed)
    images, objects = zip(*(_drawn(rng, first_id=10 * row) for row in range(count)), strict=True)
    problem = Problem(Task.INSTANCE, ("nothing", "red", "blue"), background=0)
    keys = [f"{split}-{row}" for row in range(count)]
    return ArrayDataset("rectangles", split, problem, keys, images, objects)


def _drawn(rng: np.random.Generator, first_id: int) -> tuple[np.ndarray, Instances]:
    """64 x 64 px of dark noise, a rectangle in two or three of its quarters."""
    image = rng.integers(0, 60, (64, 64, 3), dtype=np.uint8)
    quarters = rng.permutation(4)[: rng.integers(2, 4)]
    classes = rng.integers(1, 3, len(quarters)).astype(np.uint8)
    masks = np.zeros((len(quarters), 64, 64), dtype=bool)
    for quarter, class_id, mask in zip(quarters, classes, masks, strict=True):
        size = rng.integers(14, 25, 2)
        top, left = 32 * np.array(divmod(quarter, 2)) + rng.integers(2, 31 - size)
        mask[top : top + size[0], left : left + size[1]] = True
        image[mask, 0 if class_id == 1 else 2] += 180
    codes, ids = rle.pack(masks), first_id + np.arange(len(masks), dtype=np.int64)
    return image, Instances(
        image.shape[:2], classes, codes, rle.boxes(codes, image.shape[:2]), ids, np.zeros(len(masks), bool)
    )


def _verified(name: str, dataset: Dataset) -> Dataset | None:
    """Some rows of their own, for methods that ask for verified ones."""
    return _first_rows(dataset, max(4, len(dataset) // 4)) if METHODS[name].clean_labels else None


def _first_rows(dataset: Dataset, count: int) -> Dataset:
    return ArrayDataset(
        dataset.name,
        dataset.split,
        dataset.problem,
        list(dataset.keys)[:count],
        [dataset.image(row) for row in range(count)],
        [dataset.labels(row) for row in range(count)],
    )


def _silenced(labels):
    if isinstance(labels, Instances):
        return dataclasses.replace(labels, classes=np.full_like(labels.classes, IGNORE))
    if isinstance(labels, np.ndarray):
        return np.full_like(labels, IGNORE)
    return IGNORE
