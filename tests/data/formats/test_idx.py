"""MNIST's idx files: what opens, how labels go back, and what is said of broken ones."""

import gzip
from struct import pack

import numpy as np
import pytest

from truemask.data import ArrayDataset, Splits, open_dataset, write_dataset
from truemask.data.formats import FORMATS
from truemask.types import IGNORE, BadInput, Problem, Task

RNG = np.random.default_rng(0)
TRAIN = [5, 0, 4, 1, 9, 2]
TEST = [7, 2, 1]


def put(path, values, dims=None):
    """An idx file as its owners describe it, packed where its name says so."""
    values = np.asarray(values, dtype=np.uint8)
    shape = values.shape if dims is None else dims
    content = pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + values.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def make(home, suffix="", dot="-"):
    home.mkdir(parents=True, exist_ok=True)
    for stem, labels in (("train", TRAIN), ("t10k", TEST)):
        put(home / f"{stem}-images{dot}idx3-ubyte{suffix}", RNG.integers(0, 256, (len(labels), 4, 5)))
        put(home / f"{stem}-labels{dot}idx1-ubyte{suffix}", labels)
    return home


def ids(data):
    return [data.labels(row) for row in range(len(data))]


@pytest.mark.parametrize(("suffix", "dot"), [("", "-"), (".gz", "-"), ("", ".")])
def test_files_open_plain_or_packed(tmp_path, suffix, dot):
    opened = open_dataset(make(tmp_path / "mnist", suffix, dot))
    assert (opened.name, opened.format, list(opened.splits)) == ("mnist", "idx", ["train", "test"])
    assert opened.problem == Problem(Task.CLASSIFICATION, tuple("0123456789"), channels=1)
    assert (ids(opened.split("train")), ids(opened.split("test"))) == (TRAIN, TEST)
    data = opened.split("train")
    assert (data.image(3).shape, data.size(3), data.keys[3]) == ((4, 5, 1), (4, 5), "000003")


def test_the_values_are_the_bytes_in_their_order(tmp_path):
    home = make(tmp_path)
    values = np.arange(3 * 4 * 5).reshape(3, 4, 5)
    put(home / "t10k-images-idx3-ubyte", values)
    data = open_dataset(home).split("test")
    np.testing.assert_array_equal([data.image(row)[..., 0] for row in range(3)], values)


@pytest.mark.parametrize("inside", ["raw", "MNIST/raw", "FashionMNIST/raw"])
def test_the_folders_of_torchvision_open(tmp_path, inside):
    make(tmp_path / inside)
    (tmp_path / inside / "classes.txt").write_text("\n".join("abcdefghij"))
    assert open_dataset(tmp_path).problem.classes == tuple("abcdefghij")


def test_plain_files_come_before_packed_ones(tmp_path):
    make(tmp_path, ".gz")
    put(tmp_path / "t10k-labels-idx1-ubyte", [3, 3, 3])
    assert ids(open_dataset(tmp_path).split("test")) == [3, 3, 3]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_new_labels_go_into_their_file_and_the_rest_is_linked(tmp_path, suffix):
    home = make(tmp_path / "mnist", suffix)
    new = [5, 0, 4, 1, IGNORE, 3]
    for out in ("one", "two"):
        write_dataset(open_dataset(home), {"train": new, "test": TEST}, tmp_path / out)
    name = f"train-labels-idx1-ubyte{suffix}"
    for path in home.iterdir():
        assert (tmp_path / "one" / path.name).samefile(path) == (path.name != name)
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    written = open_dataset(tmp_path / "one")
    assert ids(written.split("train")) == new
    assert written.problem.num_classes == 10  # although no 9 is left
    content = (tmp_path / "one" / name).read_bytes()
    content = gzip.decompress(content) if suffix else content
    assert content == pack(">II", 2049, 6) + bytes(new)


@pytest.mark.parametrize("channels", [1, 3])
def test_any_images_of_one_size_as_idx(tmp_path, channels):
    problem = Problem(Task.CLASSIFICATION, ("cat", "dog", "ox"), channels)
    images = RNG.integers(0, 256, (4, 3, 2, channels)).astype(np.uint8)
    splits = {
        "test": ArrayDataset("m", "test", problem, list("abcd"), images, [0, 2, IGNORE, 1]),
        "all": ArrayDataset("m", "all", problem, ["z"], images[:1], [1]),
    }
    write_dataset(Splits("m", "m", splits), {}, tmp_path / "out", format="idx")
    opened = open_dataset(tmp_path / "out")
    assert opened.problem == problem
    assert {split: ids(data) for split, data in opened.splits.items()} == {"test": [0, 2, 255, 1], "all": [1]}
    np.testing.assert_array_equal([opened.split("test").image(row) for row in range(4)], images)
    assert (tmp_path / f"out/t10k-images-idx{3 if channels == 1 else 4}-ubyte").is_file()


def test_images_of_two_sizes_do_not_fit(tmp_path):
    problem = Problem(Task.CLASSIFICATION, ("cat", "dog"), 1)
    images = [np.zeros((2, 2, 1), dtype=np.uint8), np.zeros((2, 3, 1), dtype=np.uint8)]
    data = ArrayDataset("m", "all", problem, ["a", "b"], images, [0, 1])
    with pytest.raises(BadInput, match="an idx file holds images of one size; resize them"):
        write_dataset(Splits("m", "m", {"all": data}), {}, tmp_path / "out", format="idx")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("labels-idx1", b"", "is no idx file of labels"),
        ("labels-idx1", b"\0\0\x0d\x01\0\0\0\x03abc", "is no idx file of labels"),
        ("labels-idx1", b"\0\0\x08\x01\0\0\0\x04\1\1\1", "says 4 values and does not hold"),
        ("labels-idx1", b"\0\0\x08\x01\0\0", "says 65535 values and does not hold"),
        ("labels-idx1", b"\0\0\x08\x01\0\0\0\x02\1\1", "2 labels for 3 images"),
        (
            "images-idx3",
            b"\0\0\x08\x03" + b"\xff" * 12 + b"a" * 9,
            "says 4294967295 x 4294967295 x 4294967295",
        ),
        ("images-idx3", b"\0\0\x08\x03\0\0\0\x03\0\0\0\0\0\0\0\0", "its images have no pixels"),
        ("images-idx3", b"\0\0\x08\x04\0\0\0\x03\0\0\0\1\0\0\0\1\0\0\0\x02abcdef", "images with 2 channels"),
    ],
)
def test_a_broken_file_is_named(tmp_path, name, content, complaint):
    home = make(tmp_path / "mnist")
    (home / f"t10k-{name}-ubyte").write_bytes(content)
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(home)
    assert f"t10k-{name}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cut_or_damaged_gz_is_named(tmp_path):
    home = make(tmp_path / "mnist", ".gz")
    path = home / "train-labels-idx1-ubyte.gz"
    whole = path.read_bytes()
    for broken in (whole[:-9], whole[:-3], whole[:12] + b"\xff\xff" + whole[14:], b"", b"abc"):
        path.write_bytes(broken)
        with pytest.raises(BadInput, match=r"train-labels-idx1-ubyte\.gz: "):
            open_dataset(home)


def test_a_label_without_a_class_and_other_tasks_are_refused(tmp_path):
    home = make(tmp_path / "mnist")
    with pytest.raises(BadInput, match="has one set of labels"):
        open_dataset(home, labels="x")
    with pytest.raises(BadInput, match="a classification problem"):
        open_dataset(home, task=Task.SEMANTIC)
    (home / "classes.json").write_text('["a", "b", "c"]')
    with pytest.raises(BadInput, match=r"image 0 has class 5 of 3 \(0 to 2, IGNORE is 255\)"):
        open_dataset(home)


def test_nothing_else_sees_it_first(tmp_path):
    home = make(tmp_path / "mnist", ".gz")
    assert next(name for name, row in FORMATS.items() if row.sniff(home)) == "idx"
