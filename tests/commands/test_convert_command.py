"""`data convert`: labels in another format, and one line for what that format cannot hold."""

import json

import numpy as np
import pytest

from truemask.data import open_dataset
from truemask.data.image_file import read_map
from truemask.types import Task


def test_a_coco_file_becomes_label_maps_with_the_same_images(truemask, coco, tmp_path):
    said = truemask("data", "convert", "coco", "maps", "--format", "mask-folder", "--task", "semantic")
    assert (said.code, said.out) == (0, "maps: coco/annotations as mask-folder, semantic: all 3\n")
    expected = open_dataset(coco, task=Task.SEMANTIC).split("all")
    written = open_dataset(tmp_path / "maps")
    assert written.problem.classes == ("background", "bolt", "nut")
    for row in range(3):
        np.testing.assert_array_equal(written.split("all").labels(row), expected.labels(row))
        assert (tmp_path / f"maps/images/{row + 1}.png").samefile(coco / f"images/{row + 1}.png")


def test_the_format_that_it_is_in_is_a_copy_byte_for_byte(truemask, coco, tmp_path):
    said = truemask("data", "convert", "coco", "copy", "--format", "coco")
    assert said.out == "copy: coco/annotations as coco, instance: all 3\n"
    assert (tmp_path / "copy/annotations.json").read_bytes() == (coco / "annotations.json").read_bytes()


def test_one_split_alone_if_it_is_named(truemask, tmp_path):
    source = "digits"
    said = truemask("data", "convert", source, "out", "--format", "class-folder", "--split", "val", "--quiet")
    assert said.out == "out: digits as class-folder, classification: val 183\n"
    assert said.err == ""
    assert [path.name for path in tmp_path.joinpath("out").iterdir() if path.is_dir()] == ["val"]


def test_outlines_say_what_they_lost(truemask, coco, tmp_path):
    said = truemask("data", "convert", "coco", "out", "--format", "yolo", "--quiet")
    first, second = said.out.splitlines()
    assert first == "out: coco/annotations as yolo, instance: all 3"
    assert second.startswith("yolo holds outlines alone: 6 masks lost 0.00% IoU on average, 0.00% at worst (")
    before, after = (open_dataset(path).split("all").labels(0) for path in (coco, tmp_path / "out"))
    np.testing.assert_array_equal(before.boxes, after.boxes)
    exact = truemask("data", "convert", "coco", "exact", "--format", "coco", "--quiet")
    assert len(exact.out.splitlines()) == 1


def test_one_of_several_label_folders_is_converted(truemask, maps, tmp_path):
    (maps / "labels").rename(maps / "anna")
    (maps / "bert").mkdir()
    for path in (maps / "anna").iterdir():
        (maps / "bert" / path.name).write_bytes(path.read_bytes())
    refused = truemask("data", "convert", "maps", "out", "--format", "mask-folder")
    assert refused.code == 2
    truemask("data", "convert", "maps", "out", "--format", "mask-folder", "--labels", "bert")
    for name in "012":
        path = tmp_path / f"out/labels/{name}.png"
        np.testing.assert_array_equal(read_map(path), read_map(maps / f"bert/{name}.png"))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("coco", "--format", "kokos"), "--format kokos: no such format; there is: "),
        (("coco", "--format", "mask-folder"), "or see the objects as label maps with --task semantic"),
        (
            ("coco", "--format", "class-folder"),
            "class-folder holds classification labels, coco/annotations has",
        ),
        (("maps", "--format", "coco"), "coco holds instance labels, maps has semantic ones; choose one of "),
        (
            ("coco", "--format", "coco", "--split", "train"),
            "coco/annotations has no split called 'train'; there is: all",
        ),
    ],
)
def test_what_the_target_cannot_hold_is_one_line_and_nothing_is_written(
    truemask, coco, maps, tmp_path, words, complaint
):
    source, *options = words
    said = truemask("data", "convert", source, "out", *options)
    assert said.code == 2
    assert complaint in said.err
    assert said.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coco", "maps"]


def test_a_label_that_turns_out_not_to_fit_leaves_nothing(truemask, tmp_path):
    images = np.zeros((2, 4, 4), dtype=np.uint8)
    np.savez(tmp_path / "set.npz", x=images, y=np.array([0, 255]))
    (tmp_path / "classes.json").write_text(json.dumps(["a", "b"]))
    said = truemask("data", "convert", "set.npz", "out", "--format", "class-folder", "--quiet")
    assert said.code == 2
    assert "its label is IGNORE, which no folder stands for" in said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["classes.json", "set.npz"]
