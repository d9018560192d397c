"""Each rule on a data set that breaks it and no other; a sound data set has no finding."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from truemask import rle
from truemask.data.image_file import read_image, write_image, write_map
from truemask.data.lint import RULES, check
from truemask.types import BadInput

HEIGHT, WIDTH = 80, 96
SIZE = (HEIGHT, WIDTH)


def picture(seed):
    """A smooth image with contrast, unlike that of any other seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (10, 12, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))


def square(left, top, side=20):
    right, bottom = left + side, top + side
    return [[left, top, right, top, right, bottom, left, bottom]]


def annotation(id_, image_id, left, **more):
    entry = {"id": id_, "image_id": image_id, "category_id": 1, "iscrowd": 0}
    return {**entry, "segmentation": square(left, 10), "bbox": [left, 10, 20, 20], "area": 400, **more}


def coco_content(split):
    first = 10 if split == "val" else 1
    images = [
        {"id": i, "file_name": f"{split}{i}.png", "height": HEIGHT, "width": WIDTH}
        for i in (first, first + 1)
    ]
    return {
        "images": images,
        "annotations": [
            annotation(first * 10, first, 10),
            annotation(first * 10 + 1, first, 50),
            annotation(first * 10 + 2, first + 1, 10, category_id=2),
        ],
        "categories": [{"id": 1, "name": "nut"}, {"id": 2, "name": "bolt"}],
    }


@pytest.fixture
def coco(tmp_path):
    home = tmp_path / "coco"
    for number, split in enumerate(("train", "val")):
        said = coco_content(split)
        (home / split).mkdir(parents=True)
        for image in said["images"]:
            write_image(home / split / image["file_name"], picture(image["id"] + 100 * number))
        (home / "annotations").mkdir(exist_ok=True)
        (home / f"annotations/instances_{split}.json").write_text(json.dumps(said))
    return home


@pytest.fixture
def maps(tmp_path):
    home = tmp_path / "maps"
    for number, split in enumerate(("train", "test")):
        for folder in ("images", "labels"):
            (home / split / folder).mkdir(parents=True)
        for i in range(2):
            write_image(home / split / f"images/{split}{i}.png", picture(10 * number + i))
            labels = np.zeros(SIZE, dtype=np.uint8)
            labels[5:20, 5:40], labels[0, 0] = 1 + i, 255
            write_map(home / split / f"labels/{split}{i}.png", labels)
    (home / "classes.txt").write_text("background\nnut\nbolt\n")
    return home


def findings(home, **how):
    return [(one.rule, one.object) for one in check(str(home), show=False, **how)]


def edit(home, change, split="train"):
    file = home / f"annotations/instances_{split}.json"
    said = json.loads(file.read_text())
    change(said)
    file.write_text(json.dumps(said))


def test_sound_data_sets_have_no_finding(coco, maps):
    assert findings(coco) == []
    assert findings(maps) == []
    assert findings("organelles:train=2,val=1,test=1,size=64") == []
    assert findings("scenes:train=2,val=1,test=1,size=96") == []


def runs(mask):
    return {"size": list(SIZE), "counts": rle.pack(mask[None])[0].decode()}


EMPTY = runs(np.zeros(SIZE, dtype=bool))
SAME = {"segmentation": square(10, 10), "bbox": [10, 10, 20, 20]}
ENTRIES = {
    "a second annotation with its id": ("annotations", 1, {"id": 10}, [("id-twice", "annotation 10")]),
    "a second image with its id": (
        "images",
        1,
        {"id": 1},
        [("id-twice", "image 1"), ("reference-broken", "annotation 12"), ("image-unlabelled", "")],
    ),
    "a second category with its id": (
        "categories",
        1,
        {"id": 1},
        [("id-twice", "category 1"), ("class-unknown", "annotation 12")],
    ),
    "an image that is not listed": (
        "annotations",
        0,
        {"image_id": 77},
        [("reference-broken", "annotation 10")],
    ),
    "a category that is not listed": (
        "annotations",
        0,
        {"category_id": 3},
        [("class-unknown", "annotation 10")],
    ),
    "an id in letters": ("annotations", 0, {"id": "ten"}, [("entry-broken", "annotation 'ten'")]),
    "category 0": (
        "categories",
        1,
        {"id": 0},
        [("category-zero", "category 0"), ("class-unknown", "annotation 12")],
    ),
    "no mask": ("annotations", 0, {"segmentation": None}, [("mask-broken", "annotation 10")]),
    "a polygon of two points": (
        "annotations",
        0,
        {"segmentation": [[1, 2, 3, 4]]},
        [("mask-broken", "annotation 10")],
    ),
    "a polygon with a word": (
        "annotations",
        0,
        {"segmentation": [[1, 2, 3, 4, 5, "6"]]},
        [("mask-broken", "annotation 10")],
    ),
    "runs of another size": (
        "annotations",
        0,
        {"segmentation": {"size": [4, 4], "counts": [16]}},
        [("mask-broken", "annotation 10")],
    ),
    "runs that are too few": (
        "annotations",
        0,
        {"segmentation": {"size": list(SIZE), "counts": [16]}},
        [("mask-broken", "annotation 10")],
    ),
    "a code that is cut": (
        "annotations",
        0,
        {"segmentation": {"size": list(SIZE), "counts": "11"}},
        [("mask-broken", "annotation 10")],
    ),
    "an empty mask": ("annotations", 0, {"segmentation": EMPTY}, [("mask-empty", "annotation 10")]),
    "a line": (
        "annotations",
        0,
        {"segmentation": [*square(10, 10), [12, 12, 20, 20, 16, 16]]},
        [("mask-degenerate", "annotation 10")],
    ),
    "a polygon out of the image": (
        "annotations",
        0,
        {"segmentation": square(85, 10), "bbox": [85, 10, 20, 20]},
        [("mask-outside", "annotation 10")],
    ),
    "a box of three numbers": ("annotations", 0, {"bbox": [1, 2, 3]}, [("box-broken", "annotation 10")]),
    "a box of corners": ("annotations", 0, {"bbox": [10, 10, 30, 30]}, [("box-disagrees", "annotation 10")]),
    "a box of negative width": (
        "annotations",
        0,
        {"bbox": [30, 10, -20, 20]},
        [("box-broken", "annotation 10")],
    ),
    "the same object again": ("annotations", 1, SAME, [("object-twice", "annotation 11")]),
    "the same mask as another class": (
        "annotations",
        1,
        {**SAME, "category_id": 2},
        [("object-disputed", "annotation 11")],
    ),
    "an image entry without a size": (
        "images",
        1,
        {"height": None},
        [("entry-broken", "image 2"), ("reference-broken", "annotation 12"), ("image-unlabelled", "")],
    ),
    "an image entry of another size": ("images", 1, {"height": 70}, [("size-mismatch", "image train2.png")]),
}


@pytest.mark.parametrize("case", ENTRIES)
def test_a_wrong_entry_of_a_coco_file_is_found_and_nothing_else(coco, case):
    kind, i, changes, expected = ENTRIES[case]
    edit(coco, lambda said: said[kind][i].update(changes))
    assert findings(coco) == expected


def test_every_broken_entry_is_listed_not_just_the_first(coco):
    edit(coco, lambda said: [entry.update(segmentation=[]) for entry in said["annotations"]])
    assert findings(coco) == [("mask-broken", f"annotation {i}") for i in (10, 11, 12)]


def test_a_broken_coco_file_does_not_hide_the_other(coco):
    file = coco / "annotations/instances_train.json"
    file.write_text(file.read_text()[:-20])
    edit(coco, lambda said: said["annotations"][0].update(category_id=9), split="val")
    assert findings(coco) == [("unreadable", ""), ("class-unknown", "annotation 100")]


def test_images_and_entries_that_miss_each_other(coco):
    edit(coco, lambda said: said["annotations"].pop())
    shutil.copy(coco / "val/val10.png", coco / "train/stray.png")
    (coco / "train/train1.png").unlink()
    assert findings(coco) == [
        ("image-missing", "image train1.png"),
        ("image-without-objects", "image train2.png"),
        ("image-unlabelled", ""),
    ]


def test_a_picture_in_two_splits_or_twice_in_one(coco):
    shutil.copy(coco / "train/train1.png", coco / "val/val10.png")
    shutil.copy(coco / "train/train1.png", coco / "train/train2.png")
    found = list(check(str(coco), show=False))
    assert [(one.rule, one.file.rpartition("/")[2]) for one in found] == [
        ("image-twice", "train2.png"),
        ("split-leak", "val10.png"),
    ]
    assert "in train as" in found[1].says


def test_a_picture_that_is_compressed_anew_is_a_near_leak(coco):
    again = Image.fromarray(read_image(coco / "train/train1.png", 3))
    again.save(coco / "val/val10.jpg", quality=60)
    edit(coco, lambda said: said["images"][0].update(file_name="val10.jpg"), split="val")
    (coco / "val/val10.png").unlink()
    (found,) = check(str(coco), show=False)
    assert (found.rule, found.file.rpartition("/")[2]) == ("split-near-leak", "val10.jpg")
    assert "looks like" in found.says


@pytest.mark.parametrize("shade", [0, 200])
def test_flat_pictures_and_other_pictures_are_no_leak(coco, shade):
    for number, path in enumerate((coco / "train/train1.png", coco / "val/val10.png")):
        write_image(path, np.full((*SIZE, 3), shade + number, dtype=np.uint8))
    assert findings(coco) == []


def test_one_split_alone(coco):
    edit(coco, lambda said: said["annotations"][0].update(category_id=9), split="val")
    assert findings(coco, split="train") == []
    assert findings(coco, split="val") == [("class-unknown", "annotation 100")]
    with pytest.raises(BadInput, match="has no split called 'test'; there is: train, val"):
        findings(coco, split="test")


def spoil_value(home):
    labels = np.zeros(SIZE, dtype=np.uint8)
    labels[3, :7] = 9
    write_map(home / "train/labels/train0.png", labels)


def spoil_size(home):
    write_map(home / "train/labels/train0.png", np.zeros((4, 5), dtype=np.uint8))


def spoil_map(home):
    file = home / "train/labels/train0.png"
    file.write_bytes(file.read_bytes()[:50])


def spoil_image(home):
    file = home / "train/images/train0.png"
    file.write_bytes(file.read_bytes()[:-200])


def spoil_blank(home):
    write_map(home / "train/labels/train0.png", np.full(SIZE, 255, dtype=np.uint8))


FILES = {
    "class-unknown": (spoil_value, "train/labels/train0.png", "value 9"),
    "size-mismatch": (spoil_size, "train/labels/train0.png", ""),
    "unreadable": (spoil_map, "train/labels/train0.png", ""),
    "unreadable image": (spoil_image, "train/images/train0.png", ""),
    "label-blank": (spoil_blank, "train/labels/train0.png", ""),
    "image-missing": (
        lambda home: (home / "train/images/train0.png").unlink(),
        "train/labels/train0.png",
        "",
    ),
    "image-unlabelled": (
        lambda home: (home / "train/labels/train0.png").unlink(),
        "train/images/train0.png",
        "",
    ),
    "name-twice": (
        lambda home: write_image(home / "train/images/train0.tif", picture(55)),
        "train/images/train0.tif",
        "",
    ),
}


@pytest.mark.parametrize("case", FILES)
@pytest.mark.parametrize("named", [True, False], ids=["class file", "no class file"])
def test_a_wrong_file_of_a_mask_folder_is_found_and_nothing_else(maps, case, named):
    spoil, file, thing = FILES[case]
    if not named:
        if case == "class-unknown":
            pytest.skip("without a class file, every small value is a class")
        (maps / "classes.txt").unlink()
    spoil(maps)
    found = list(check(str(maps), show=False))
    assert [(one.rule, one.file, one.object) for one in found] == [(case.split()[0], str(maps / file), thing)]


def test_maps_of_objects_may_hold_any_value_and_empty_ones_are_noted(maps):
    (maps / "classes.txt").unlink()
    for i in range(2):
        for split in ("train", "test"):
            write_map(maps / split / f"labels/{split}{i}.png", np.full(SIZE, 4000 * i, dtype=np.uint16))
    assert findings(maps) == [("image-without-objects", "")] * 2


def test_a_class_set_is_looked_through_by_its_images(tmp_path):
    images = np.stack([picture(i)[:, :, 0] for i in (1, 2, 1)])
    np.savez(tmp_path / "set.npz", train_x=images[:2], train_y=[0, 1], test_x=images[2:], test_y=[1])
    assert findings(tmp_path / "set.npz") == [("split-leak", "")]


def test_what_a_reader_refuses_is_a_finding(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"no zip")
    assert findings(tmp_path / "x.npz") == [("unreadable", "")]


def test_no_data_set_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="no such file or folder"):
        findings(tmp_path / "none")


def test_every_rule_is_broken_by_some_test():
    tried = {rule for *_, expected in ENTRIES.values() for rule, _ in expected}
    tried |= {case.split()[0] for case in FILES}
    elsewhere = {"image-without-objects", "image-twice", "split-leak", "split-near-leak"}
    assert tried | elsewhere == set(RULES)
