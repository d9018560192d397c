"""CIFAR's batches: what opens, which bytes change, and pickles that do something else."""

import io
import pickle
from struct import pack
from typing import ClassVar

import numpy as np
import pytest

from truemask.data import ArrayDataset, Splits, open_dataset, write_dataset
from truemask.data.formats import FORMATS
from truemask.data.formats.cifar100_classes import COARSE_CLASSES, COARSE_OF, FINE_CLASSES
from truemask.data.formats.pickles import read_pickle
from truemask.types import IGNORE, BadInput, Problem, Task

RNG = np.random.default_rng(0)
NAMES = ("airplane", "automobile", "bird")


class OldPickler(pickle._Pickler):
    """Pickles bytes as Python 2 pickled its strings, as the owners' files have them."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_bytes(self, text):
        short = len(text) < 256
        self.write((b"U" + pack("<B", len(text)) if short else b"T" + pack("<i", len(text))) + text)
        self.memoize(text)

    dispatch[bytes] = save_bytes


def old(said, path):
    stream = io.BytesIO()
    OldPickler(stream, protocol=2).dump(said)
    path.write_bytes(stream.getvalue())


def batch(n, kinds, first=0):
    said = {b"batch_label": b"training batch 1 of 5"}
    said |= {kind: RNG.integers(0, high, n).tolist() for kind, high in kinds.items()}
    said[b"data"] = RNG.integers(0, 256, (n, 3072)).astype(np.uint8)
    said[b"filenames"] = [b"leptodactylus_s_%06d.png" % (first + i) for i in range(n)]
    return said


def make10(home):
    home.mkdir(parents=True)
    for i in range(1, 6):
        old(batch(300, {b"labels": 3}, 300 * i), home / f"data_batch_{i}")
    old(batch(7, {b"labels": 3}), home / "test_batch")
    meta = {b"num_cases_per_batch": 300, b"label_names": [n.encode() for n in NAMES], b"num_vis": 3072}
    old(meta, home / "batches.meta")
    (home / "readme.html").write_text("<html>")
    return home


def make100(home):
    home.mkdir(parents=True)
    for split, n in (("train", 50), ("test", 10)):
        old(batch(n, {b"fine_labels": 100, b"coarse_labels": 20}), home / split)
    names = {b"fine_label_names": FINE_CLASSES, b"coarse_label_names": COARSE_CLASSES}
    old({key: [n.encode() for n in held] for key, held in names.items()}, home / "meta")
    (home / "file.txt~").write_text("")
    return home


def said(path):
    return pickle.loads(path.read_bytes(), encoding="bytes")


def ids(data):
    return [data.labels(row) for row in range(len(data))]


@pytest.mark.parametrize("inside", [False, True])
def test_cifar10_is_its_batches_in_their_order(tmp_path, inside):
    home = make10(tmp_path / "cifar-10-batches-py")
    opened = open_dataset(tmp_path if inside else home)
    assert (opened.name, opened.format) == ("cifar-10-batches-py", "cifar")
    assert {split: len(data) for split, data in opened.splits.items()} == {"train": 1500, "test": 7}
    assert opened.problem == Problem(Task.CLASSIFICATION, NAMES)
    train = opened.split("train")
    assert ids(train)[300:600] == said(home / "data_batch_2")[b"labels"]
    assert train.keys[300] == "leptodactylus_s_000600"
    planes = said(home / "data_batch_2")[b"data"][4].reshape(3, 32, 32)
    np.testing.assert_array_equal(train.image(304), np.moveaxis(planes, 0, 2))
    assert train.size(0) == (32, 32)


@pytest.mark.parametrize(("labels", "key"), [(None, "fine"), ("fine", "fine"), ("coarse", "coarse")])
def test_cifar100_has_fine_and_coarse_labels(tmp_path, labels, key):
    home = make100(tmp_path / "cifar")
    opened = open_dataset(home, labels=labels)
    assert opened.problem.classes == (FINE_CLASSES if key == "fine" else COARSE_CLASSES)
    assert ids(opened.split("test")) == said(home / "test")[f"{key}_labels".encode()]


def test_names_that_are_not_different_are_no_keys(tmp_path):
    home = make10(tmp_path / "cifar")
    held = said(home / "test_batch")
    held[b"filenames"][3] = held[b"filenames"][2]
    old(held, home / "test_batch")
    assert open_dataset(home).split("test").keys[:2] == ["000000", "000001"]


def test_new_labels_change_their_bytes_and_no_others(tmp_path):
    home = make10(tmp_path / "cifar")
    source = open_dataset(home)
    new = ids(source.split("train"))
    new[310], new[599] = IGNORE, (new[599] + 1) % 3
    write_dataset(source, {"train": new}, tmp_path / "out")
    for name in ("data_batch_1", "data_batch_3", "test_batch", "batches.meta"):
        assert (tmp_path / "out" / name).samefile(home / name)
    before, after = ((at / "data_batch_2").read_bytes() for at in (home, tmp_path / "out"))
    assert len(before) == len(after)
    assert sum(x != y for x, y in zip(before, after, strict=True)) == 2
    assert ids(open_dataset(tmp_path / "out").split("train")) == new


@pytest.mark.parametrize(("labels", "kept"), [("coarse", b"fine_labels"), ("fine", b"coarse_labels")])
def test_the_other_kind_of_labels_stays(tmp_path, labels, kept):
    home = make100(tmp_path / "cifar")
    source = open_dataset(home, labels=labels)
    write_dataset(source, {"test": [1] * 10}, tmp_path / "out")
    before, after = said(home / "test"), said(tmp_path / "out/test")
    assert after[f"{labels}_labels".encode()] == [1] * 10
    assert after[kept] == before[kept]
    assert (tmp_path / "out/train").samefile(home / "train")


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_python_3_open_too(tmp_path, protocol):
    home = make10(tmp_path / "cifar")
    held = batch(260, {b"labels": 3})
    (home / "test_batch").write_bytes(pickle.dumps(held, protocol=protocol))
    data = open_dataset(home).split("test")
    assert ids(data) == held[b"labels"]
    np.testing.assert_array_equal(data._data, held[b"data"])
    new = [2] * 260
    write_dataset(open_dataset(home), {"test": new}, tmp_path / "out")
    assert pickle.loads((tmp_path / "out/test_batch").read_bytes())[b"labels"] == new


def test_labels_in_an_array_open_and_are_not_written_over(tmp_path):
    home = make10(tmp_path / "cifar")
    held = batch(4, {b"labels": 3})
    held[b"labels"] = np.array([0, 2, 1, 1], dtype=np.int64)
    old(held, home / "test_batch")
    assert ids(open_dataset(home).split("test")) == [0, 2, 1, 1]
    with pytest.raises(BadInput, match="not a list of single bytes; write it as class-arrays"):
        write_dataset(open_dataset(home), {"test": [0, 0, 0, 0]}, tmp_path / "out")


class Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('it ran')",))


@pytest.mark.parametrize(
    ("held", "complaint"),
    [
        (Bomb(), "it calls"),
        ({b"labels": Bomb()}, "it calls"),
        ({b"data": np.array([None])}, "an array of other than whole numbers"),
        ({b"data": {1, 2}}, "it calls"),
        ([1], "cannot be read as a pickle"),
        ({(1, 2): 3}, "a number where a text is expected"),
    ],
)
def test_a_pickle_that_does_more_than_hold_values_is_refused(tmp_path, held, complaint):
    with pytest.raises(BadInput, match=complaint) as caught:
        read_pickle(pickle.dumps(held, protocol=2), tmp_path / "x")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "changes", "complaint"),
    [
        ("test_batch", {b"data": np.zeros((7, 3071), np.uint8)}, "has no array data of 3072 bytes an image"),
        ("test_batch", {b"data": np.zeros((7, 3072))}, "an array of other than whole numbers"),
        ("test_batch", {b"labels": [0, 1]}, "has no list labels with a class for each of 7 images"),
        ("test_batch", {b"labels": [0, 1, 2, 0, 1, 2, 3]}, r"image 6 has class 3 of 3 \(0 to 2"),
        ("test_batch", {b"labels": [0, 1, 2, 0, 1, 2, -1]}, "image 6 has class -1"),
        ("batches.meta", {b"label_names": [b"one"]}, "has no list label_names of 2 to 255 classes"),
    ],
)
def test_wrong_values_are_named(tmp_path, name, changes, complaint):
    home = make10(tmp_path / "cifar")
    old(said(home / name) | changes, home / name)
    with pytest.raises(BadInput, match=complaint):
        open_dataset(home)


def test_broken_files_are_one_line(tmp_path):
    home = make10(tmp_path / "cifar")
    whole = (home / "test_batch").read_bytes()
    for length in [*range(0, 200, 7), *range(200, len(whole), 911)]:
        (home / "test_batch").write_bytes(whole[:length])
        with pytest.raises(BadInput, match="test_batch: cannot be read as a pickle"):
            open_dataset(home)
    marks = RNG.integers(0, 200, 150)
    for at in marks.tolist():
        broken = bytearray(whole)
        broken[at] ^= 1 << int(RNG.integers(0, 8))
        (home / "test_batch").write_bytes(broken)
        try:
            assert len(open_dataset(home).split("test")) == 7
        except BadInput:
            continue


def test_other_labels_and_tasks_are_refused(tmp_path):
    with pytest.raises(BadInput, match="there is: fine, coarse"):
        open_dataset(make100(tmp_path / "a"), labels="medium")
    with pytest.raises(BadInput, match="there is: but one kind"):
        open_dataset(make10(tmp_path / "b"), labels="coarse")
    with pytest.raises(BadInput, match="a classification problem"):
        open_dataset(tmp_path / "b", task=Task.SEMANTIC)


# In its layout


def in_memory(names, labels, split="train", size=32, channels=3):
    problem = Problem(Task.CLASSIFICATION, names, channels)
    images = RNG.integers(0, 256, (len(labels), size, size, channels)).astype(np.uint8)
    keys = [f"k{i}" for i in range(len(labels))]
    return {split: ArrayDataset("m", split, problem, keys, images, labels)}


@pytest.mark.parametrize("encoding", ["latin1", "bytes"])
def test_any_images_of_its_size_as_batches_that_others_read(tmp_path, encoding):
    labels = RNG.integers(0, 3, 1003).tolist()
    labels[5] = IGNORE
    splits = in_memory(NAMES, labels) | in_memory(NAMES, [2], "val")
    write_dataset(Splits("m", "m", splits), {}, tmp_path / "out", format="cifar")
    opened = open_dataset(tmp_path / "out")
    assert opened.problem.classes == NAMES
    assert {split: ids(data) for split, data in opened.splits.items()} == {"train": labels, "val": [2]}
    assert list(opened.split("train").keys) == splits["train"].keys
    np.testing.assert_array_equal(opened.split("train").image(700), splits["train"].image(700))
    with (tmp_path / "out/data_batch_1").open("rb") as file:
        held = pickle.load(file, encoding=encoding)
    name = (lambda text: text) if encoding == "latin1" else str.encode
    assert held[name("labels")] == labels[:201]
    assert held[name("data")].shape == (201, 3072)
    assert held[name("filenames")][0] == name("k0.png")


def test_fine_classes_are_written_as_cifar100_with_their_coarse_ones(tmp_path):
    labels = [0, 99, IGNORE, 1]
    write_dataset(Splits("m", "m", in_memory(FINE_CLASSES, labels)), {}, tmp_path / "out", format="cifar")
    assert ids(open_dataset(tmp_path / "out").split("train")) == labels
    coarse = open_dataset(tmp_path / "out", labels="coarse")
    assert coarse.problem.classes == COARSE_CLASSES
    names = [None if i == IGNORE else COARSE_CLASSES[i] for i in ids(coarse.split("train"))]
    assert names == ["fruit_and_vegetables", "non-insect_invertebrates", None, "fish"]


def test_grey_images_become_coloured_and_others_do_not_fit(tmp_path):
    grey = in_memory(NAMES, [1], "test", channels=1)
    write_dataset(Splits("m", "m", grey), {}, tmp_path / "grey", format="cifar")
    image = open_dataset(tmp_path / "grey").split("test").image(0)
    np.testing.assert_array_equal(image, np.repeat(grey["test"].image(0), 3, axis=2))
    with pytest.raises(BadInput, match="k0: has 28 x 28 px; CIFAR holds images of 32 x 32 px"):
        write_dataset(Splits("m", "m", in_memory(NAMES, [1], size=28)), {}, tmp_path / "x", format="cifar")


def test_the_coarse_classes_hold_five_fine_ones_each():
    assert (len(FINE_CLASSES), len(COARSE_CLASSES), len(COARSE_OF)) == (100, 20, 100)
    # the first ten images' worth of the owners' own pairing: apple, aquarium_fish, baby, bear, beaver, ...
    assert [COARSE_CLASSES.index(COARSE_OF[name]) for name in FINE_CLASSES[:10]] == [
        4,
        1,
        14,
        8,
        0,
        6,
        7,
        7,
        18,
        3,
    ]
    assert [sum(c == name for c in COARSE_OF.values()) for name in COARSE_CLASSES] == [5] * 20


@pytest.mark.parametrize("make", [make10, make100])
def test_nothing_else_sees_it_first(tmp_path, make):
    home = make(tmp_path / "cifar")
    assert next(name for name, row in FORMATS.items() if row.sniff(home)) == "cifar"


def test_an_odd_escape_in_a_text_of_a_broken_pickle_is_one_line_without_a_warning(tmp_path):
    with pytest.raises(BadInput, match="cannot be read as a pickle"):
        read_pickle(b"S'\\q'\n.", tmp_path / "x")  # warnings are errors here
