"""Real packs of images open as they are, with the counts that their makers state."""

import csv
import json
import time

import numpy as np
import pytest

from truemask import rle
from truemask.data import describe, hold_out, open_dataset, write_dataset
from truemask.data.image_file import read_map
from truemask.types import BadInput, Task


def test_camvid_has_its_splits_classes_and_void(real_data):
    opened = open_dataset(real_data / "camvid")
    assert {name: len(data) for name, data in opened.splits.items()} == {
        "train": 367,
        "val": 101,
        "test": 233,
    }
    assert len(opened.problem.classes) == 11
    assert "Unlabelled" not in opened.problem.classes
    labels = opened.split("train").labels(0)
    path = opened.split("train").files.labels[0]
    np.testing.assert_array_equal(labels == 255, read_map(path) == 11)


def test_membranes_are_binary_and_grey(real_data):
    opened = open_dataset(real_data / "isbi2012-membrane")
    assert (opened.problem.num_classes, opened.problem.channels) == (2, 1)
    assert describe(opened)["all"].largest == (512, 512)


def test_nuclei_have_the_counts_of_their_table(real_data):
    home = real_data / "nuclei-dsb2018"
    with pytest.raises(BadInput, match="fixed, orig"):
        open_dataset(home)
    with (home / "images.csv").open() as file:
        stated = {line["image"]: line for line in csv.DictReader(file)}
    for labels, column in (("orig", "n_orig"), ("fixed", "n_fixed")):
        data = open_dataset(home / labels).split("all")
        counts = [len(data.labels(row)) for row in range(len(data))]
        assert counts == [int(stated[key][column]) for key in data.keys]
    assert len(open_dataset(home, labels="fixed").split("all").files.unlabelled) == 4


def test_carparts_opens_fast_with_every_annotation(real_data):
    file = real_data / "carparts" / "instances_v2.json"
    start = time.perf_counter()
    data = open_dataset(file).split("all")
    assert time.perf_counter() - start < 2
    said = json.loads(file.read_text())
    ids = np.concatenate([data.labels(row).ids for row in range(len(data))])
    assert len(data) == 400
    assert sorted(ids.tolist()) == sorted(a["id"] for a in said["annotations"])


def test_the_same_cars_are_held_out_of_every_version(real_data):
    held = [
        set(hold_out(open_dataset(real_data / "carparts", labels=version).split("all"), 0.2)[1].keys)
        for version in ("v1", "v2")
    ]
    assert held[0] == held[1]
    assert 60 <= len(held[0]) <= 100


def test_carparts_and_coco_mini_go_out_value_by_value(real_data, tmp_path):
    for source, file in (
        ("carparts/instances_v1.json", "instances_v1.json"),
        ("coco-mini", "annotations/instances_train2017.json"),
    ):
        opened = open_dataset(real_data / source)
        split = opened.default_train
        data = opened.split(split)
        unchanged = (data.labels(row) for row in range(len(data)))
        out = tmp_path / source.replace("/", "-")
        write_dataset(opened, {split: unchanged}, out)
        home = real_data / source.split("/")[0]
        assert json.loads((out / file).read_text()) == json.loads((home / file).read_text())


def test_coco_mini_has_its_crowds(real_data):
    opened = open_dataset(real_data / "coco-mini")
    crowds = {
        name: sum(int(data.labels(row).crowd.sum()) for row in range(len(data)))
        for name, data in opened.splits.items()
    }
    assert crowds == {"train": 8, "val": 5}
    assert opened.problem.num_classes == 81


def test_areas_of_coco_masks_are_close_to_the_areas_stated(real_data):
    data = open_dataset(real_data / "coco-mini").split("val")
    said = json.loads(data.columns.path.read_text())
    stated = {a["id"]: a["area"] for a in said["annotations"]}
    for row in range(len(data)):
        objects = data.labels(row)
        areas = rle.areas(objects.masks, objects.size)
        expected = np.array([stated[i] for i in objects.ids.tolist()])
        # Stated areas are of polygons, ours of their pixels: outlines differ by about a pixel.
        close = np.abs(areas - expected) <= 0.1 * expected + 40
        assert (close | objects.crowd).all()


def test_coco_as_semantic_covers_what_its_objects_cover(real_data):
    data = open_dataset(real_data / "coco-mini", task=Task.SEMANTIC).split("val")
    painted, objects = data.labels(0), data.dataset.labels(0)
    covered = rle.unpack(objects.masks, objects.size).any(axis=0)
    np.testing.assert_array_equal(painted > 0, covered)


@pytest.mark.parametrize(
    ("labels", "rate"), [(None, 0), ("n_aggre", 0.0903), ("n_random1", 0.172), ("n_worst", 0.402)]
)
def test_cifar10_has_the_noise_that_its_makers_state(real_data, labels, rate):
    clean = open_dataset(real_data / "cifar10").split("train")
    given = open_dataset(real_data / "cifar10", labels=labels).split("train")
    wrong = np.mean([clean.labels(row) != given.labels(row) for row in range(len(clean))])
    assert wrong == pytest.approx(rate, abs=5e-4)
    assert given.image(0).shape == (32, 32, 3)


def test_mnist_and_fashion_mnist_open(real_data):
    mnist = open_dataset(real_data / "mnist10k")
    assert (len(mnist.split("all")), mnist.problem.num_classes) == (10_000, 10)
    fashion = open_dataset(real_data / "fashion-mnist")
    assert fashion.problem.classes[9] == "Ankle boot"
    assert describe(fashion)["train"].units["Sandal"] == 2000
