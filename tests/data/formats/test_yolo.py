"""YOLO sets: what lines mean, what goes back byte by byte, and what is said when a line is wrong."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from truemask import rle
from truemask.data import ArrayDataset, Splits, open_dataset, write_dataset
from truemask.data.image_file import write_image
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

HEIGHT, WIDTH = 10, 20
SIZE = (HEIGHT, WIDTH)
SQUARE = "1 0.1 0.2 0.5 0.2 0.5 0.8 0.1 0.8"  # x 2 to 10, y 2 to 8
BOX = "0 0.500 0.5 0.2 0.4"  # x 8 to 12, y 3 to 7
TRIANGLE = "2   0.0 0.0\t1.0 0.0 0.0 1.0  "
CONFIG = """\
# our parts
train: images/train   # 2 images
val: images/val
nc: 3
names:
  0: wheel
  1: door
  2: "no"
kpt_shape: [17, 3]
"""


def make(home, config=CONFIG, labels=None):
    labels = {"train/a": f"{SQUARE}\n{BOX}\r\n\n{TRIANGLE}", "val/c": ""} if labels is None else labels
    for key in ("train/a", "train/b", "val/c"):
        (home / "images" / key).parent.mkdir(parents=True, exist_ok=True)
        write_image(home / f"images/{key}.png", np.full((*SIZE, 3), 7, dtype=np.uint8))
    for key, text in labels.items():
        (home / "labels" / key).parent.mkdir(parents=True, exist_ok=True)
        (home / f"labels/{key}.txt").write_bytes(text.encode())
    (home / "data.yaml").write_text(config)
    return home


def opened(home, **more):
    return open_dataset(home, **more)


def masks(objects):
    return rle.unpack(objects.masks, objects.size)


def rectangle(top, bottom, left, right):
    mask = np.zeros(SIZE, dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def picked(given, keep, **changes):
    part = Instances(
        size=given.size,
        classes=given.classes[keep],
        masks=tuple(given.masks[i] for i in keep),
        boxes=given.boxes[keep],
        ids=given.ids[keep],
        crowd=given.crowd[keep],
    )
    return replace(part, **changes)


def rewritten(tmp_path, change):
    """The bytes of train/a's label file after a change of its objects."""
    source = opened(make(tmp_path / "set"))
    a, b = (source.split("train").labels(row) for row in range(2))
    write_dataset(source, {"train": [change(a), b]}, tmp_path / "out")
    return (tmp_path / "out/labels/train/a.txt").read_bytes()


# Opening


def test_lines_are_objects_and_boxes_are_filled(tmp_path):
    source = opened(make(tmp_path / "parts"))
    assert (source.name, source.format, list(source.splits)) == ("parts", "yolo", ["train", "val"])
    assert source.problem.classes == ("background", "wheel", "door", "no")
    data = source.split("train")
    assert list(data.keys) == ["a", "b"]
    a = data.labels(0)
    assert a.classes.tolist() == [2, 1, 3]
    np.testing.assert_array_equal(masks(a)[0], rectangle(2, 8, 2, 10))
    np.testing.assert_array_equal(masks(a)[1], rectangle(3, 7, 8, 12))
    assert a.boxes[1].tolist() == [8, 3, 12, 7]
    ys, xs = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    assert (masks(a)[2] == (xs / WIDTH + ys / HEIGHT < 1)).mean() > 0.97
    assert not a.crowd.any()


def test_a_missing_and_an_empty_file_are_images_without_objects(tmp_path):
    source = opened(make(tmp_path / "set"))
    assert len(source.split("train").labels(1)) == 0
    assert len(source.split("val").labels(0)) == 0


def test_ids_are_unique_and_hang_on_the_line(tmp_path):
    source = opened(make(tmp_path / "one", labels={"train/a": f"{BOX}\n{BOX}", "val/c": BOX}))
    ids = [i for data in source.splits.values() for row in range(len(data)) for i in data.labels(row).ids]
    assert len(set(ids)) == len(ids) == 3
    other = opened(make(tmp_path / "two", labels={"train/a": f"\n{BOX}"}))
    assert other.split("train").labels(0).ids.tolist() == [ids[1]]


def test_a_folder_its_file_and_seen_as_semantic(tmp_path):
    make(tmp_path / "set")
    assert opened(tmp_path / "set/data.yaml").problem == opened(tmp_path / "set").problem
    label_map = opened(tmp_path / "set", task=Task.SEMANTIC).split("train").labels(0)
    assert set(np.unique(label_map)) == {0, 1, 2, 3}
    with pytest.raises(BadInput, match="open it as instance or semantic"):
        opened(tmp_path / "set", task=Task.CLASSIFICATION)
    with pytest.raises(BadInput, match="one set of labels, not 'v2'"):
        opened(tmp_path / "set", labels="v2")


@pytest.mark.parametrize(
    "lines",
    [
        "path: .\ntrain: images/train\nval: images/val",
        "path: nowhere/else\ntrain: images/train\nval: images/val",
        "train: ../images/train\nval: ../images/val",
        "train: [images/train]\nval: [images/val]",
        "train: train.txt\nval: images/val",
    ],
)
def test_places_as_people_write_them(tmp_path, lines):
    make(tmp_path / "set", config=f"{lines}\nnames: [wheel, door, 'no']\n")
    (tmp_path / "set/train.txt").write_text("./images/train/b.png\n./images/train/a.png\n")
    source = opened(tmp_path / "set")
    assert sorted(key.rsplit("/")[-1] for key in source.split("train").keys) == ["a", "b"]
    write_dataset(source, {}, tmp_path / "out")
    back = opened(tmp_path / "out")
    assert list(back.split("train").keys) == list(source.split("train").keys)
    assert back.split("train").file(0).is_relative_to(tmp_path / "out")


def test_a_set_far_from_its_file_is_laid_out_as_usual(tmp_path):
    make(tmp_path / "set")
    (tmp_path / "set/data.yaml").unlink()
    config = CONFIG.replace("# our parts", f"path: {tmp_path}").replace(": images", ": set/images")
    (tmp_path / "far").mkdir()
    (tmp_path / "far/data.yaml").write_text(config.replace("set/images/val", f"{tmp_path}/set/images/val"))
    source = opened(tmp_path / "far")
    write_dataset(source, {}, tmp_path / "out")
    said = yaml.safe_load((tmp_path / "out/data.yaml").read_text())
    assert said == {
        "train": "images/train",
        "val": "images/val",
        "nc": 3,
        "names": {0: "wheel", 1: "door", 2: "no"},
        "kpt_shape": [17, 3],
    }
    assert (tmp_path / "out/labels/train/a.txt").samefile(tmp_path / "set/labels/train/a.txt")


def test_labels_lie_beside_images_where_no_folder_is_called_images(tmp_path):
    home = tmp_path / "set"
    (home / "pictures").mkdir(parents=True)
    write_image(home / "pictures/a.png", np.zeros((*SIZE, 3), dtype=np.uint8))
    (home / "pictures/a.txt").write_text(SQUARE)
    (home / "data.yaml").write_text("val: pictures\nnames: [wheel, door]\n")
    assert opened(home).split("val").labels(0).classes.tolist() == [2]


# Errors


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("0 a b c d", r"not a row of numbers \(0 a b c d\)"),
        ("0 0.5 0.5", "2 numbers after the class"),
        ("0 0.1 0.1 0.2 0.1 0.2 0.2 0.3", "7 numbers after the class"),
        ("3 0.5 0.5 0.1 0.1", "class 3; data.yaml has 0 to 2"),
        ("-1 0.5 0.5 0.1 0.1", "class -1; data.yaml has 0 to 2"),
        ("0.5 0.5 0.5 0.1 0.1", r"class 0\.5; data.yaml has 0 to 2"),
        ("nan 0.5 0.5 0.1 0.1", "class nan; data.yaml has"),
        ("0 0.5 0.5 nan 0.1", "shares of the image, from 0 to 1"),
        ("0 0.5 0.5 10 0.1", "shares of the image, from 0 to 1"),
        ("0 1e400 0 0 0 1 1", "shares of the image, from 0 to 1"),
        ("0 \xff", "not a row of numbers"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, complaint):
    home = make(tmp_path / "set", labels={"train/a": f"{BOX}\n{line}\n"})
    with pytest.raises(BadInput, match=complaint) as caught:
        opened(home).split("train").labels(0)
    assert "a.txt, line 2: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ("train: images/train\nnames: [a\n", "not valid YAML"),
        ("train: images/train\nnames: 3\n", "names is a list"),
        ("train: images/train\nnames: {1: a}\n", "without gaps"),
        ("train: images/train\nnames: []\n", "names is a list"),
        ("train: images/train\nnames: [[a]]\n", "names is a list"),
        ("train: images/train\nnames: [a]\nnc: 2\n", "nc does not agree with its 1 names"),
        ("train: images/nowhere\nnames: [a]\n", "train is to be in images/nowhere, which is not below"),
        ("train: {a: b}\nnames: [a]\n", "train is a folder of images"),
        ("train:\nnames: [a]\n", "names no folder of images"),
        ("train: list.txt\nnames: [a]\n", r"gone\.png is not there"),
        ("train: labels\nnames: [a]\n", "its folders hold no image"),
    ],
)
def test_a_wrong_config_is_one_line(tmp_path, config, complaint):
    make(tmp_path / "set", config=config)
    (tmp_path / "set/list.txt").write_text("gone.png\n")
    with pytest.raises(BadInput, match=complaint) as caught:
        opened(tmp_path / "set")
    assert "\n" not in str(caught.value)


def test_two_images_of_one_name_are_an_error(tmp_path):
    home = make(tmp_path / "set")
    write_image(home / "images/train/a.bmp", np.zeros((*SIZE, 3), dtype=np.uint8))
    with pytest.raises(BadInput, match="two images are called a"):
        opened(home)


# Writing


def test_an_untouched_set_is_linked_file_by_file(tmp_path):
    source = opened(make(tmp_path / "set"))
    train = source.split("train")
    write_dataset(source, {"train": [train.labels(row) for row in range(2)]}, tmp_path / "out")
    files, copied = (
        sorted(p.relative_to(tmp_path / name) for p in (tmp_path / name).rglob("*") if p.is_file())
        for name in ("set", "out")
    )
    assert copied == files
    assert all((tmp_path / "set" / p).samefile(tmp_path / "out" / p) for p in files)


def test_a_new_class_changes_one_number(tmp_path):
    content = rewritten(tmp_path, lambda a: replace(a, classes=np.array([2, 3, 1], dtype=np.uint8)))
    expected = f"{SQUARE}\n{BOX.replace('0 ', '2 ', 1)}\r\n\n{TRIANGLE.replace('2', '0', 1)}"
    assert content == expected.encode()


def test_a_new_mask_changes_its_line(tmp_path):
    new = rle.pack(rectangle(0, 5, 5, 15)[None])
    content = rewritten(tmp_path, lambda a: replace(a, masks=(a.masks[0], *new, a.masks[2])))
    assert content == f"{SQUARE}\n0 0.25 0 0.75 0 0.75 0.5 0.25 0.5\r\n\n{TRIANGLE}".encode()


def test_what_is_gone_leaves_an_empty_line_and_ids_stay(tmp_path):
    kept = []
    content = rewritten(tmp_path, lambda a: kept.append(a) or picked(a, [2]))
    assert content == f"\n\r\n\n{TRIANGLE}".encode()
    assert opened(tmp_path / "out").split("train").labels(0).ids.tolist() == [kept[0].ids[2]]


def test_new_objects_come_last(tmp_path):
    def with_one_more(a):
        both = picked(a, [0, 1, 2, 1])
        return replace(both, ids=np.append(a.ids, 5), classes=np.append(a.classes, np.uint8(2)))

    content = rewritten(tmp_path, with_one_more)
    assert content.startswith(f"{SQUARE}\n{BOX}\r\n\n{TRIANGLE}\n1 0.4 0.3 ".encode())
    assert content.endswith(b"\n")


def test_an_image_without_a_file_gets_one_when_it_gets_objects(tmp_path):
    source = opened(make(tmp_path / "set"))
    a = source.split("train").labels(0)
    write_dataset(source, {"train": [a, picked(a, [1], ids=np.array([5]))]}, tmp_path / "out")
    text = (tmp_path / "out/labels/train/b.txt").read_text()
    assert text == "0 0.4 0.3 0.6 0.3 0.6 0.7 0.4 0.7\n"


def test_an_image_in_two_splits_is_written_once_and_the_original_stays(tmp_path):
    home = make(tmp_path / "set", config=CONFIG.replace("images/val", "images/train"))
    before = (home / "labels/train/a.txt").read_bytes()
    source = opened(home)
    a, b = (source.split("val").labels(row) for row in range(2))
    write_dataset(source, {"val": [picked(a, [2]), b]}, tmp_path / "out")
    assert (tmp_path / "out/labels/train/a.txt").read_bytes() == f"\n\r\n\n{TRIANGLE}".encode()
    assert (home / "labels/train/a.txt").read_bytes() == before
    a, b = (source.split("train").labels(row) for row in range(2))
    with pytest.raises(BadInput, match=r"a\.png: is in two splits, and their new labels differ"):
        write_dataset(source, {"val": [a, b], "train": [picked(a, [2]), b]}, tmp_path / "other")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"crowd": np.array([True, False, False])}, "is a crowd"),
        ({"classes": np.array([IGNORE, 1, 3], dtype=np.uint8)}, "is of unknown class"),
        ({"masks": rle.pack(np.zeros((3, *SIZE), dtype=bool))}, "has no pixel"),
        ({"classes": np.array([9, 1, 3], dtype=np.uint8)}, "classes of objects are 1 to 3"),
        ({"ids": np.array([1, 1, 1])}, "two objects have the id 1"),
    ],
)
def test_what_yolo_cannot_say_is_refused(tmp_path, changes, complaint):
    with pytest.raises(BadInput, match=complaint):
        rewritten(tmp_path, lambda a: replace(a, **changes))
    assert not (tmp_path / "out").exists()


def test_anything_as_yolo_keeps_masks_with_holes_and_parts(tmp_path):
    rng = np.random.default_rng(0)
    noisy = rng.random((4, *SIZE)) < 0.4
    codes = rle.pack(noisy)
    objects = Instances(
        size=SIZE,
        classes=np.array([1, 2, 2, IGNORE], dtype=np.uint8),
        masks=codes,
        boxes=rle.boxes(codes, SIZE),
        ids=np.arange(4),
        crowd=np.array([False, False, True, False]),
    )
    problem = Problem(Task.INSTANCE, ("background", "a: b", "yes"), background=0)
    image = rng.integers(0, 256, (1, *SIZE, 3), dtype=np.uint8)
    data = ArrayDataset("made", "all", problem, ["x/y"], image, [objects])
    write_dataset(Splits("made", "embedded", {"all": data}), {}, tmp_path / "out", format="yolo")
    said = yaml.safe_load((tmp_path / "out/data.yaml").read_text())
    assert said == {"all": "images/all", "train": "images/all", "names": {0: "a: b", 1: "yes"}}
    back = opened(tmp_path / "out")
    assert (back.problem, list(back.splits)) == (problem, ["all"])
    assert list(back.split("all").keys) == ["x__y"]
    np.testing.assert_array_equal(back.split("all").image(0), image[0])
    np.testing.assert_array_equal(masks(back.split("all").labels(0)), noisy[:2])
    assert back.split("all").labels(0).classes.tolist() == [1, 2]


def test_a_split_that_yolo_does_not_know_is_refused(tmp_path):
    source = opened(make(tmp_path / "set"))
    moved = replace(source, format="coco", splits={"extra": source.split("train")})
    with pytest.raises(BadInput, match="no split called 'extra'"):
        write_dataset(moved, {}, tmp_path / "out", format="yolo")
