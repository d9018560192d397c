"""Class sets in npz files and folders: what opens, what goes back, what is said when it cannot."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from truemask.data import open_dataset, write_dataset
from truemask.data.image_file import write_image
from truemask.types import IGNORE, BadInput, Task

RNG = np.random.default_rng(0)


def labels(data):
    return [data.labels(row) for row in range(len(data))]


def digits(path, **more):
    arrays = {
        "train_x": RNG.integers(0, 256, (6, 8, 9), dtype=np.uint8),
        "train_y": np.array([0, 1, 2, 0, 1, IGNORE]),
        "train_k": np.arange(6, dtype=np.int32) + 100,
        "test_x": RNG.integers(0, 256, (2, 8, 9), dtype=np.uint8),
        "test_y": np.array([2, 1], dtype=np.uint8),
        **more,
    }
    path.parent.mkdir(exist_ok=True)
    np.savez(path, allow_pickle=False, **arrays)
    return arrays


def jpegs(folder, counts, **arrays):
    folder.mkdir()
    for split, count in counts.items():
        coded = []
        for i in range(count):
            file = io.BytesIO()
            Image.fromarray(np.full((8, 9, 3), 20 * i, dtype=np.uint8)).save(file, "JPEG", quality=95)
            coded.append(file.getvalue())
        np.savez(
            folder / f"{split}_jpeg.npz",
            buf=np.frombuffer(b"".join(coded), dtype=np.uint8),
            off=np.cumsum([0, *map(len, coded)]),
        )
    np.savez(folder / "labels.npz", allow_pickle=False, **arrays)
    (folder / "classes.json").write_text('["ant", "bee"]')
    return folder


def photos(folder, names_by_class):
    for name, files in names_by_class.items():
        (folder / name).mkdir(parents=True)
        for file in files:
            write_image(folder / name / file, RNG.integers(0, 256, (5, 6, 3), dtype=np.uint8))
    return folder


# npz


def test_an_npz_has_its_splits_labels_and_grey_images(tmp_path):
    arrays = digits(tmp_path / "set" / "d.npz")
    opened = open_dataset(tmp_path / "set")
    assert (opened.name, opened.format) == ("set", "class-arrays")
    assert opened.problem.classes == ("0", "1", "2")
    assert {name: len(data) for name, data in opened.splits.items()} == {"train": 6, "test": 2}
    assert labels(opened.split("train")) == [0, 1, 2, 0, 1, IGNORE]
    np.testing.assert_array_equal(opened.split("test").image(1), arrays["test_x"][1][..., None])
    assert opened.split("train").size(0) == (8, 9)
    assert opened.split("train").keys[3] == "000003"


def test_x_and_y_alone_are_one_split(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.zeros((3, 4, 4, 3), np.uint8), y=[0, 1, 1])
    opened = open_dataset(tmp_path / "d.npz")
    assert (opened.name, list(opened.splits), opened.problem.channels) == ("d", ["all"], 3)


def test_floats_in_two_dimensions_are_points(tmp_path):
    np.savez(tmp_path / "d.npz", x=RNG.normal(size=(3, 2)), y=[0, 1, 1])
    opened = open_dataset(tmp_path / "d.npz")
    assert opened.problem.points
    assert opened.problem.channels == 2
    assert opened.split("all").image(0).dtype == np.float32
    assert opened.split("all").size(0) == (1, 1)


def test_names_come_from_the_class_file(tmp_path):
    digits(tmp_path / "d.npz")
    (tmp_path / "classes.txt").write_text("zero\none\ntwo\nthree\n")
    assert open_dataset(tmp_path / "d.npz").problem.classes == ("zero", "one", "two", "three")


def test_a_label_beyond_the_classes_is_named(tmp_path):
    digits(tmp_path / "d.npz")
    (tmp_path / "classes.txt").write_text("zero\none\n")
    with pytest.raises(BadInput, match=r"d\.npz: image 2 of train has class 2 of 2 \(0 to 1, IGNORE"):
        open_dataset(tmp_path / "d.npz")


def test_other_labels_are_chosen_by_name(tmp_path):
    digits(tmp_path / "d.npz", train_noisy=np.array([2, 2, 2, 2, 2, 2]))
    opened = open_dataset(tmp_path / "d.npz", labels="noisy")
    assert opened.name == "d/noisy"
    assert labels(opened.split("train")) == [2] * 6
    assert labels(opened.split("test")) == [2, 1]
    with pytest.raises(BadInput, match="no labels called 'worst'; there is: test_y, train_k, train_noisy"):
        open_dataset(tmp_path / "d.npz", labels="worst")


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"a": [1]}, "holds a; a class set has x and y"),
        ({"x": np.zeros((2, 3, 3)), "y": [0, 1]}, r"x is float64 of shape \(2, 3, 3\); images are uint8"),
        ({"x": np.zeros((2, 3, 3), np.uint8)}, "no array y with a class for each of the 2 images of all"),
        ({"x": np.zeros((2, 3, 3), np.uint8), "y": [0]}, "no array y with a class for each"),
        ({"x": np.zeros((2, 3, 3), np.uint8), "y": [0.5, 1]}, "no array y with a class for each"),
        ({"x": np.zeros((3, 3, 3), np.uint8), "y": [0, 1, -1]}, "image 2 of all has class -1 of 2"),
    ],
)
def test_arrays_that_are_no_class_set_are_one_line(tmp_path, arrays, complaint):
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(BadInput, match=complaint):
        open_dataset(tmp_path / "d.npz")


def test_a_broken_npz_is_named(tmp_path):
    digits(tmp_path / "d.npz")
    whole = (tmp_path / "d.npz").read_bytes()
    for content in (whole[:300], b"hello", b""):
        (tmp_path / "d.npz").write_bytes(content)
        with pytest.raises(BadInput, match=r"d\.npz: cannot be read as arrays"):
            open_dataset(tmp_path / "d.npz")


HEADERS = (b'{\'descr\': """|u1', b"{'descr': (((", b"\0" * 20, b"{'shape': (9" + b"9" * 60)
"""Of arrays: numpy reads them as Python, and Python has many ways of refusing."""


@pytest.mark.parametrize("header", HEADERS)
def test_an_array_with_a_broken_header_is_named(tmp_path, header):
    start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as bundle:
        bundle.writestr("x.npy", start + header)
    with pytest.raises(BadInput, match=r"d\.npz: cannot be read as arrays") as caught:
        open_dataset(tmp_path / "d.npz")
    assert "\n" not in str(caught.value)


def test_an_npz_round_trip_changes_the_labels_alone(tmp_path):
    before = digits(tmp_path / "set" / "d.npz")
    source = open_dataset(tmp_path / "set")
    write_dataset(source, {"train": [0, 0, 0, 1, IGNORE, 0]}, tmp_path / "out")
    with np.load(tmp_path / "out" / "d.npz") as after:
        assert after["train_y"].tolist() == [0, 0, 0, 1, IGNORE, 0]
        for name in ("train_x", "train_k", "test_x", "test_y"):
            np.testing.assert_array_equal(after[name], before[name])
    # The last class is still known, though no training image has it any more.
    assert open_dataset(tmp_path / "out").problem == source.problem


def test_jpegs_end_to_end_open_with_their_clean_labels_or_others(tmp_path):
    folder = jpegs(
        tmp_path / "set",
        {"train": 3, "test": 2},
        train_clean=np.array([0, 1, 1]),
        n_worst=np.array([1, 1, 1]),
        test=np.array([0, 1]),
        votes=np.zeros((3, 2), np.uint8),
    )
    opened = open_dataset(folder)
    assert opened.problem.classes == ("ant", "bee")
    assert labels(opened.split("train")) == [0, 1, 1]
    assert opened.split("train").size(2) == (8, 9)
    assert abs(int(opened.split("train").image(2).mean()) - 40) <= 2
    worst = open_dataset(folder, labels="n_worst")
    assert worst.name == "set/n_worst"
    assert labels(worst.split("train")) == [1, 1, 1]
    assert labels(worst.split("test")) == [0, 1]


def test_a_copy_of_jpegs_opens_with_its_new_labels(tmp_path):
    folder = jpegs(
        tmp_path / "set", {"train": 3}, train_clean=np.array([0, 1, 1]), n_worst=np.array([1, 1, 1])
    )
    write_dataset(open_dataset(folder, labels="n_worst"), {"train": [0, 0, 1]}, tmp_path / "out")
    assert labels(open_dataset(tmp_path / "out").split("train")) == [0, 0, 1]
    assert (tmp_path / "out/train_jpeg.npz").samefile(folder / "train_jpeg.npz")


def test_a_broken_jpeg_is_named(tmp_path):
    folder = jpegs(tmp_path / "set", {"train": 3}, train=np.array([0, 1, 1]))
    with np.load(folder / "train_jpeg.npz") as file:
        buf, off = file["buf"].copy(), file["off"]
    buf[off[1] : off[1] + 50] = 0
    np.savez(folder / "train_jpeg.npz", buf=buf, off=off)
    data = open_dataset(folder).split("train")
    data.image(0)
    with pytest.raises(BadInput, match=r"train_jpeg\.npz: image 1 cannot be read"):
        data.image(1)


# Folders


def test_a_folder_a_class(tmp_path):
    home = photos(tmp_path / "pets", {"dog": ["d1.png"], "cat": ["c1.png", "c2.png"]})
    opened = open_dataset(home)
    assert (opened.name, opened.format, opened.problem.classes) == ("pets", "class-folder", ("cat", "dog"))
    data = opened.split("all")
    assert data.keys == ["c1", "c2", "d1"]
    assert labels(data) == [0, 0, 1]
    assert data.image(0).shape == (5, 6, 3)
    assert data.size(0) == (5, 6)


def test_a_folder_a_split_and_class(tmp_path):
    for split in ("test", "train"):
        photos(tmp_path / split, {"dog": ["d1.png"], "cat": ["c1.png"]})
    assert list(open_dataset(tmp_path).splits) == ["train", "test"]


def test_folders_of_images_with_masks_beside_them_are_no_classes(tmp_path):
    files = ["x.png", "x_gold.png", "y.png", "y_gold.png", "y_crowd.png"]
    with pytest.raises(BadInput, match=r"no data set seen there: it holds 2 folders \(one, two\)"):
        open_dataset(photos(tmp_path / "set", {"one": files, "two": files}))


def test_a_class_file_orders_the_folders(tmp_path):
    home = photos(tmp_path / "pets", {"dog": ["1.png"], "cat": ["2.png"]})
    (home / "classes.txt").write_text("dog\nemu\ncat\n")
    assert labels(open_dataset(home).split("all")) == [0, 2]
    (home / "classes.txt").write_text("dog\nemu\n")
    with pytest.raises(BadInput, match="folder cat is none of the classes dog, emu"):
        open_dataset(home)


def test_an_image_moves_to_the_folder_of_its_new_class_and_keeps_its_key(tmp_path):
    home = photos(tmp_path / "pets", {"dog": ["1.png", "2.png"], "cat": ["1.png"]})
    source = open_dataset(home)
    assert source.split("all").keys == ["cat__1", "dog__1", "dog__2"]
    write_dataset(source, {"all": [0, 0, 0]}, tmp_path / "out")
    written = open_dataset(tmp_path / "out")
    assert written.problem == source.problem  # though no dog is left
    assert written.split("all").keys == source.split("all").keys
    assert labels(written.split("all")) == [0, 0, 0]
    assert (tmp_path / "out/cat/dog__2.png").samefile(home / "dog/2.png")


def test_no_folder_stands_for_ignore(tmp_path):
    home = photos(tmp_path / "pets", {"dog": ["1.png"], "cat": ["2.png"]})
    with pytest.raises(BadInput, match=r"1\.png: its new label is IGNORE"):
        write_dataset(open_dataset(home), {"all": [0, IGNORE]}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_class_sets_have_no_other_task_and_folders_no_other_labels(tmp_path):
    home = photos(tmp_path / "pets", {"dog": ["1.png"], "cat": ["2.png"]})
    digits(tmp_path / "d.npz")
    for path in (home, tmp_path / "d.npz"):
        with pytest.raises(BadInput, match="are a classification problem, not semantic"):
            open_dataset(path, task=Task.SEMANTIC)
    with pytest.raises(BadInput, match="its folders are its labels"):
        open_dataset(home, labels="x")


def test_classes_are_written_as_json(tmp_path):
    home = photos(tmp_path / "pets", {"dog": ["1.png"], "cat": ["2.png"]})
    write_dataset(open_dataset(home), {}, tmp_path / "out")
    assert json.loads((tmp_path / "out/classes.json").read_text()) == ["cat", "dog"]
