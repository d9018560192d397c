"""`data`: what there is, what a data set holds, and the embedded ones on disk."""

import numpy as np
from PIL import Image

from truemask.data import FORMATS, open_dataset
from truemask.data.embedded import EMBEDDED
from truemask.data.image_file import read_map


def test_list_names_every_embedded_set_with_its_options_and_every_format(truemask):
    said = truemask("data", "list")
    assert said.code == 0
    for name in (*EMBEDDED, *FORMATS, "train=200,val=24,test=48,size=128,seed=0"):
        assert name in said.out


def test_show_counts_images_sizes_and_pixels_of_every_class(truemask, maps):
    said = truemask("data", "show", "maps", "--out", "sheet.png", "--images", 2)
    labels = np.stack([read_map(maps / "labels" / f"{i}.png") for i in range(3)])
    assert said.code == 0
    assert "maps: semantic, format mask-folder, 3 classes" in said.out
    assert "all: 3 images; height x width 32x40 / 32x40 / 32x40" in said.out.replace("\n", " ")
    known = labels[labels != 255]
    for class_id, name in enumerate(("background", "kind1", "kind2")):
        count = int((known == class_id).sum())
        row = next(line for line in said.out.splitlines() if f" {name} " in line)
        cells = [cell.strip() for cell in row.split("│")[1:-1]]
        assert cells == [str(class_id), name, f"{count:,}", f"{count / len(known):.1%}", "3"]
    assert "sheet.png: 2 images of all, with their labels" in said.out
    with Image.open("sheet.png") as sheet:
        assert sheet.width >= 2 * 40
        assert sheet.height >= 32


def test_show_of_one_split_is_about_that_one(truemask):
    said = truemask("data", "show", "organelles:train=3,val=2,test=1,size=48", "--split", "val")
    assert "val: 2 images" in said.out
    assert "train:" not in said.out
    assert "organelles-sheet.png: 2 images of val" in said.out


def test_make_writes_labels_and_images_as_they_are_drawn(truemask):
    name = "organelles:train=2,val=1,test=1,size=48,seed=3"
    said = truemask("data", "make", name, "made")
    assert said.out == "made: organelles as mask-folder: train 2, val 1, test 1\n"
    drawn, written = open_dataset(name), open_dataset("made")
    assert written.problem == drawn.problem
    for split in ("train", "val", "test"):
        mine, theirs = drawn.split(split), written.split(split)
        assert list(mine.keys) == list(theirs.keys)
        for row in range(len(mine)):
            np.testing.assert_array_equal(mine.image(row), theirs.image(row))
            np.testing.assert_array_equal(mine.labels(row), theirs.labels(row))


def test_make_takes_the_natural_format_of_each_task(truemask):
    scenes = truemask("data", "make", "scenes:train=2,val=0,test=1,size=64", "scenes")
    assert scenes.out == "scenes: scenes as coco: train 2, test 1\n"
    digits = truemask("data", "make", "digits", "digits")
    assert digits.out == "digits: digits as class-arrays: train 1250, val 183, test 364\n"
    assert open_dataset("./digits").split("test").labels(5) == open_dataset("digits").split("test").labels(5)
