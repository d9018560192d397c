"""Predictions in every format that people have them in, and what happens where they do not fit."""

import json

import numpy as np
import pytest

from truemask import rle
from truemask.data import ArrayDataset, Subset, open_dataset
from truemask.data.image_file import write_map
from truemask.data.predictions import open_predictions
from truemask.types import BadInput, Instances, Problem, Task

MAPS = Problem(Task.SEMANTIC, ("ground", "car", "tree"))
PAIR = Problem(Task.SEMANTIC, ("ground", "car"), background=0)
CLASSES = Problem(Task.CLASSIFICATION, ("cat", "dog", "owl"))
KEYS = ["a", "b/c", "d"]
SIZES = [(4, 5), (3, 6), (2, 2)]


def dataset(problem=MAPS, sizes=SIZES):
    images = [np.zeros((*size, 3), np.uint8) for size in sizes]
    semantic = problem.task == Task.SEMANTIC
    labels = [np.zeros(size, np.uint8) if semantic else 1 for size in sizes]
    return ArrayDataset("mine", "all", problem, KEYS, images, labels)


def drawn(k=3, sizes=SIZES, dtype=np.float32):
    rng = np.random.default_rng(0)
    return [rng.dirichlet(np.ones(k), size).transpose(2, 0, 1).astype(dtype) for size in sizes]


def said(stored):
    return {one.key: one.probs for one in stored}


def write_arrays(folder, suffix, arrays, keys=KEYS):
    for key, array in zip(keys, arrays, strict=True):
        file = folder / f"{key}{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        if suffix == ".npz":
            np.savez_compressed(file, probs=array)
        else:
            np.save(file, array)
    return folder


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_an_array_an_image_comes_as_it_is(tmp_path, suffix, dtype):
    probs = drawn(dtype=dtype)
    stored = open_predictions(write_arrays(tmp_path / "said", suffix, probs), dataset())
    assert [*stored.keys] == KEYS
    assert not stored.hard
    for key, expected in zip(KEYS, probs, strict=True):
        assert said(stored)[key].dtype == dtype
        assert (said(stored)[key] == expected).all()
    assert [one.key for one in stored.of(["d"])] == ["d"]


@pytest.mark.parametrize("write", ["png8", "png16", "npy", "zarr"])
def test_classes_become_probabilities_of_0_and_1(tmp_path, write):
    classes = [probs.argmax(axis=0) for probs in drawn()]
    folder = tmp_path / "said"
    if write.startswith("png"):
        for key, one in zip(KEYS, classes, strict=True):
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            write_map(folder / f"{key}.png", one.astype(np.uint8 if write == "png8" else np.uint16))
    elif write == "npy":
        write_arrays(folder, ".npy", classes)
    else:
        write_zarr_group(folder, classes)
    stored = open_predictions(folder, dataset())
    assert stored.hard
    for key, one in zip(KEYS, classes, strict=True):
        assert (said(stored)[key] == (one == np.arange(3)[:, None, None])).all()


def write_zarr_group(folder, arrays):
    zarr = pytest.importorskip("zarr", reason="the zarr extra is not installed")
    group = zarr.open_group(str(folder), mode="w")
    for key, array in zip(KEYS, arrays, strict=True):
        group.create_array(key, data=array)


def test_a_zarr_group_has_an_array_a_key(tmp_path):
    write_zarr_group(tmp_path / "said.zarr", drawn(dtype=np.float16))
    stored = open_predictions(tmp_path / "said.zarr", dataset())
    assert (said(stored)["b/c"] == drawn(dtype=np.float16)[1]).all()


SQUARE = [(4, 4)] * 3


def test_the_rows_of_a_zarr_array_are_those_of_the_data_set_or_as_named(tmp_path):
    zarr = pytest.importorskip("zarr", reason="the zarr extra is not installed")
    probs = np.stack(drawn(sizes=SQUARE))
    for name, keys in (("plain", None), ("named", ["d", "a", "b/c"])):
        array = zarr.create_array(str(tmp_path / name), data=probs)
        if keys:
            array.attrs["keys"] = keys
        stored = open_predictions(tmp_path / name, dataset(sizes=SQUARE))
        for key, expected in zip(keys or KEYS, probs, strict=True):
            assert (said(stored)[key] == expected).all()


def test_the_rows_of_a_stack_are_those_of_the_data_set_or_as_listed(tmp_path):
    probs = np.stack(drawn(sizes=SQUARE))
    np.save(tmp_path / "said.npy", probs)
    assert (said(open_predictions(tmp_path / "said.npy", dataset(sizes=SQUARE)))["d"] == probs[2]).all()
    (tmp_path / "said.txt").write_text("d\na\n")
    np.save(tmp_path / "said.npy", probs[:2])
    stored = open_predictions(tmp_path / "said.npy", dataset(sizes=SQUARE))
    assert [*stored.keys] == ["d", "a"]
    assert (said(stored)["a"] == probs[1]).all()


def test_a_stack_of_classes_of_images(tmp_path):
    np.save(tmp_path / "said.npy", np.array([2, 0, 1]))
    stored = open_predictions(tmp_path / "said.npy", dataset(CLASSES))
    assert stored.hard
    assert [said(stored)[key].tolist() for key in KEYS] == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_one_plane_is_the_probability_of_the_second_of_two_classes(tmp_path):
    planes = [probs[1] for probs in drawn(2)]
    stored = open_predictions(write_arrays(tmp_path / "said", ".npz", planes), dataset(PAIR))
    assert said(stored)["a"] == pytest.approx(np.stack([1 - planes[0], planes[0]]))


def test_the_first_broken_file_is_named(tmp_path):
    folder = write_arrays(tmp_path / "said", ".npz", drawn())
    (folder / "d.npz").write_bytes((folder / "d.npz").read_bytes()[:50])
    with pytest.raises(BadInput, match=r"d\.npz: cannot be read"):
        said(open_predictions(folder, dataset()))


@pytest.mark.parametrize(
    ("arrays", "keys", "problem", "message"),
    [
        (drawn(), ["a", "b/c", "x"], MAPS, "is about 'x', which mine does not have; .* such as 'a'"),
        ([np.full((4, 5), 7)], ["a"], MAPS, r"a\.npz: predicts class 7; there are 0\.\.2"),
        ([np.full((4, 5), -1)], ["a"], MAPS, r"a\.npz: predicts class -1"),
        (
            [np.zeros((1, 3, 4, 5))],
            ["a"],
            MAPS,
            r"of shape \(1, 3, 4, 5\) says nothing about semantic",
        ),
        ([np.zeros((4, 5))], ["a"], MAPS, "says nothing about semantic"),
        ([np.array(["x"])], ["a"], CLASSES, "says nothing about classification"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path, arrays, keys, problem, message):
    folder = write_arrays(tmp_path / "said", ".npz", arrays, keys)
    with pytest.raises(BadInput, match=message):
        said(open_predictions(folder, dataset(problem)))


def test_a_stack_of_another_length_is_refused(tmp_path):
    np.save(tmp_path / "said.npy", np.stack(drawn(sizes=SQUARE))[:2])
    with pytest.raises(BadInput, match=r"has 2 rows .* but mine has 3 images"):
        open_predictions(tmp_path / "said.npy", dataset(sizes=SQUARE))
    (tmp_path / "said.txt").write_text("a\na\n")
    with pytest.raises(BadInput, match="'a' is named twice"):
        open_predictions(tmp_path / "said.npy", dataset(sizes=SQUARE))
    (tmp_path / "said.npy").write_bytes(b"no array")
    with pytest.raises(BadInput, match="cannot be read as an array"):
        open_predictions(tmp_path / "said.npy", dataset(sizes=SQUARE))


@pytest.mark.parametrize("make", [None, "empty", "file.csv"])
def test_what_is_no_predictions_is_refused(tmp_path, make):
    where = tmp_path / (make or "nowhere")
    if make == "empty":
        where.mkdir()
    elif make:
        where.write_text("1,2")
    with pytest.raises(BadInput, match=r"holds no predictions \(.*\); looked for: .* COCO results"):
        open_predictions(where, dataset())


def write_coco(home):
    (home / "images").mkdir(parents=True)
    images = [{"id": i, "file_name": f"{i}.png", "width": 48, "height": 48} for i in (1, 2, 3)]
    for one in images:
        write_map(home / "images" / one["file_name"], np.zeros((48, 48), np.uint8))
    names = [{"id": 3, "name": "bolt"}, {"id": 7, "name": "nut"}]
    file = home / "annotations.json"
    file.write_text(json.dumps({"images": images, "annotations": [], "categories": names}))
    return file


def results(image_ids, category):
    """One square by its code, the same by its outline, and a box without a mask."""
    mask = np.zeros((1, 48, 48), bool)
    mask[0, 8:20, 4:16] = True
    code = {"size": [48, 48], "counts": rle.pack(mask)[0].decode()}
    outline = [[4, 8, 16, 8, 16, 20, 4, 20]]
    one = {"image_id": image_ids[0], "category_id": category, "bbox": [4, 8, 12, 12]}
    return [
        one | {"score": 0.5, "segmentation": code},
        one | {"score": 0.9, "segmentation": outline, "image_id": image_ids[0]},
        one | {"score": 0.7},
        one | {"score": 0.4, "image_id": image_ids[1]},
    ]


def test_coco_results_go_by_the_ids_of_the_coco_file(tmp_path):
    train = open_dataset(write_coco(tmp_path / "coco")).split("all")
    file = tmp_path / "results.json"
    file.write_text(json.dumps(results([2, 3], category=7)))
    stored = open_predictions(file, Subset(train, [2, 1, 0]))
    found = {one.key: one.found for one in stored}
    assert [*found] == ["3", "2", "1"]
    assert len(found["1"].labels) == 0
    assert found["1"].masks.shape == (0, 48, 48)
    assert found["2"].scores.tolist() == pytest.approx([0.9, 0.7, 0.5])
    assert found["2"].labels.tolist() == [2, 2, 2]  # 7 is the second category
    assert found["2"].boxes[0].tolist() == [4, 8, 16, 20]
    assert found["2"].masks.sum(axis=(1, 2)).tolist() == [144, 144, 144]
    assert len(found["3"].labels) == 1


def test_coco_results_of_another_data_set_go_by_keys_and_class_ids(tmp_path):
    problem = Problem(Task.INSTANCE, ("background", "bolt", "nut"), background=0)
    none = Instances(
        (48, 48),
        np.zeros(0, np.uint8),
        (),
        np.zeros((0, 4), np.float32),
        np.zeros(0, np.int64),
        np.zeros(0, bool),
    )
    images = [np.zeros((48, 48, 3), np.uint8)] * 2
    train = ArrayDataset("mine", "all", problem, ["0007", "x"], images, [none, none])
    file = tmp_path / "results.json"
    file.write_text(json.dumps(results([7, "x"], category=2)))
    assert [one.found.labels.tolist() for one in open_predictions(file, train)] == [[2, 2, 2], [2]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image_id": 9}, "result 1 has image_id 9, which the data set does not list"),
        ({"category_id": 1}, "result 1 has category_id 1, which"),
        ({"score": None}, "results of image '1' cannot be used .*TypeError"),
        ({"segmentation": None, "bbox": None}, "results of image '1' cannot be used"),
        ({"segmentation": {"size": [9, 9], "counts": [81]}}, "results of image '1' cannot be used"),
    ],
)
def test_coco_results_that_do_not_fit_are_refused(tmp_path, change, message):
    train = open_dataset(write_coco(tmp_path / "coco")).split("all")
    entries = results([1, 2], category=3)
    entries[1] |= change
    file = tmp_path / "results.json"
    file.write_text(json.dumps(entries))
    with pytest.raises(BadInput, match=message):
        list(open_predictions(file, train))


@pytest.mark.parametrize(("text", "message"), [("{}", "are a list of found objects"), ("[", "is no JSON")])
def test_json_that_holds_no_results_is_refused(tmp_path, text, message):
    train = open_dataset(write_coco(tmp_path / "coco")).split("all")
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(BadInput, match=message):
        open_predictions(tmp_path / "results.json", train)


def test_kinds_of_labels_that_formats_say_nothing_about(tmp_path):
    (tmp_path / "results.json").write_text("[]")
    with pytest.raises(BadInput, match="found objects say nothing about semantic"):
        open_predictions(tmp_path / "results.json", dataset())
    write_map(tmp_path / "a.png", np.zeros((4, 5), np.uint8))
    with pytest.raises(BadInput, match="label maps say nothing about classification"):
        open_predictions(tmp_path, dataset(CLASSES))
