"""CamVid in both layouts: colours and ids, what goes back, and what is said when something is missing."""

import numpy as np
import pytest
from PIL import Image

from truemask.data import ArrayDataset, Splits, open_dataset, write_dataset
from truemask.data.formats import FORMATS
from truemask.data.image_file import read_image, read_map, write_image, write_map
from truemask.types import IGNORE, BadInput, Problem, Task

SIZE = (3, 5)
ANIMAL, ROAD, VOID = (64, 128, 64), (128, 64, 128), (0, 0, 0)
COLOURS = "64 128 64\tAnimal\n0 0 0\t\tVoid\n128 64 128\tRoad\n"
PAINTED = np.array([[ANIMAL, ROAD, VOID, ROAD, ROAD]] * 3, dtype=np.uint8)
IDS = np.array([[0, 10, 11, 3, 8]] * 3, dtype=np.uint8)
PHOTO = np.full((*SIZE, 3), 60, dtype=np.uint8)


def painted(home):
    """The owners' layout."""
    for folder in ("701_StillsRaw_full", "LabeledApproved_full"):
        (home / folder).mkdir(parents=True)
    for key in ("0001TP_006690", "0016E5_07959"):
        write_image(home / f"701_StillsRaw_full/{key}.png", PHOTO)
        write_image(home / f"LabeledApproved_full/{key}_L.png", PAINTED)
    write_image(home / "701_StillsRaw_full/unlabelled.png", PHOTO)
    (home / "label_colors.txt").write_text(COLOURS)
    return home


def annotated(home):
    """The layout of SegNet's authors."""
    for split, keys in {"train": ("b", "a"), "val": ("c",)}.items():
        (home / split).mkdir(parents=True)
        (home / f"{split}annot").mkdir()
        for key in (*keys, f"{split}_unlisted"):
            write_image(home / f"{split}/{key}.png", PHOTO)
            write_map(home / f"{split}annot/{key}.png", IDS)
        lines = [f"/SegNet/CamVid/{split}/{k}.png /SegNet/CamVid/{split}annot/{k}.png\n" for k in keys]
        (home / f"{split}.txt").write_text("".join(lines))
    return home


def test_colours_are_classes_by_their_names(tmp_path):
    opened = open_dataset(painted(tmp_path / "camvid"))
    assert (opened.format, list(opened.splits), opened.problem.classes) == (
        "camvid",
        ["all"],
        ("Animal", "Road"),
    )
    data = opened.split("all")
    assert data.keys == ("0001TP_006690", "0016E5_07959")
    np.testing.assert_array_equal(data.labels(1), [[0, 1, IGNORE, 1, 1]] * 3)
    assert data.file(0).name == "0001TP_006690.png"
    np.testing.assert_array_equal(data.image(0), PHOTO)


def test_ids_are_segnets_11_classes_in_the_order_of_the_lists(tmp_path):
    opened = open_dataset(annotated(tmp_path / "camvid"))
    assert {split: data.keys for split, data in opened.splits.items()} == {"train": ("b", "a"), "val": ("c",)}
    assert (len(opened.problem.classes), opened.problem.classes[3]) == (11, "Road")
    np.testing.assert_array_equal(opened.split("val").labels(0), [[0, 10, IGNORE, 3, 8]] * 3)


def test_without_lists_all_that_is_annotated_counts(tmp_path):
    home = annotated(tmp_path / "camvid")
    (home / "train.txt").unlink()
    assert open_dataset(home).split("train").keys == ("a", "b", "train_unlisted")


def test_new_colours_go_into_their_file_alone(tmp_path):
    home = painted(tmp_path / "camvid")
    source = open_dataset(home)
    new = [source.split("all").labels(0), np.array([[IGNORE, 0, 1, 1, 1]] * 3, dtype=np.uint8)]
    write_dataset(source, {"all": new}, tmp_path / "out")
    changed = "LabeledApproved_full/0016E5_07959_L.png"
    for path in home.rglob("*.*"):
        same = (tmp_path / "out" / path.relative_to(home)).samefile(path)
        assert same == (path.relative_to(home).as_posix() != changed), path
    np.testing.assert_array_equal(
        read_image(tmp_path / "out" / changed, 3)[0], [VOID, ANIMAL, ROAD, ROAD, ROAD]
    )
    np.testing.assert_array_equal(open_dataset(tmp_path / "out").split("all").labels(1), new[1])


def test_new_ids_go_into_their_file_alone(tmp_path):
    home = annotated(tmp_path / "camvid")
    source = open_dataset(home)
    new = [source.split("train").labels(0), np.array([[IGNORE, 0, 1, 1, 1]] * 3, dtype=np.uint8)]
    write_dataset(source, {"train": new}, tmp_path / "out")
    np.testing.assert_array_equal(read_map(tmp_path / "out/trainannot/a.png"), [[11, 0, 1, 1, 1]] * 3)
    assert (tmp_path / "out/trainannot/b.png").samefile(home / "trainannot/b.png")
    assert (tmp_path / "out/train/train_unlisted.png").samefile(home / "train/train_unlisted.png")
    again = open_dataset(tmp_path / "out")
    assert again.split("train").keys == ("b", "a")
    np.testing.assert_array_equal(again.split("val").labels(0), source.split("val").labels(0))


@pytest.mark.parametrize(
    ("make", "gone", "complaint"),
    [
        (annotated, "train/a.png", r"camvid/train: nothing called a there"),
        (annotated, "trainannot/a.png", r"trainannot: nothing called a there"),
        (painted, "701_StillsRaw_full/0016E5_07959.png", "nothing called 0016E5_07959 there"),
        (painted, "label_colors.txt", r"no label_colors\.txt names its colours"),
    ],
)
def test_what_is_missing_is_named(tmp_path, make, gone, complaint):
    home = make(tmp_path / "camvid")
    (home / gone).unlink()
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(home)
    assert "\n" not in str(caught.value)


def test_wrong_files_are_named_when_they_are_read(tmp_path):
    home = annotated(tmp_path / "camvid")
    write_map(home / "trainannot/a.png", np.full(SIZE, 12, dtype=np.uint8))
    write_map(home / "trainannot/b.png", np.zeros((2, 2), dtype=np.uint8))
    (home / "valannot/c.png").write_bytes(b"\x89PNG\r\n")
    opened = open_dataset(home)
    with pytest.raises(BadInput, match=r"a\.png: a mask with class 12 of 11"):
        opened.split("train").labels(1)
    with pytest.raises(BadInput, match=r"b\.png: the label map has 2 x 2 px, its image has 3 x 5"):
        opened.split("train").labels(0)
    with pytest.raises(BadInput, match=r"c\.png: cannot be read as an image"):
        opened.split("val").labels(0)


def test_a_line_twice_other_labels_and_other_tasks_are_errors(tmp_path):
    home = annotated(tmp_path / "camvid")
    (home / "train.txt").write_text("x/a.png\ny/a.png\n")
    with pytest.raises(BadInput, match="names 'a' twice"):
        open_dataset(home)
    with pytest.raises(BadInput, match="open it as semantic"):
        open_dataset(home, task=Task.INSTANCE)
    with pytest.raises(BadInput, match="has one set of labels"):
        open_dataset(home, labels="x")


@pytest.mark.parametrize("names", [("background", "cup"), tuple(f"c{i}" for i in range(255))])
def test_any_label_maps_in_segnets_layout(tmp_path, names):
    labels = np.array([[0, 1, IGNORE, len(names) - 1, 0]] * 3, dtype=np.uint8)
    problem = Problem(Task.SEMANTIC, names, background=0 if names[0] == "background" else None)
    splits = {
        "extra": ArrayDataset("m", "extra", problem, ["z b", "a"], [PHOTO] * 2, [labels] * 2),
        "test": ArrayDataset("m", "test", problem, [], [], []),
    }
    write_dataset(Splits("m", "m", splits), {}, tmp_path / "out", format="camvid")
    opened = open_dataset(tmp_path / "out")
    assert opened.problem == problem
    assert {split: data.keys for split, data in opened.splits.items()} == {"test": (), "extra": ("z b", "a")}
    np.testing.assert_array_equal(opened.split("extra").labels(0), labels)


def test_its_own_classes_need_no_class_file(tmp_path):
    problem = open_dataset(annotated(tmp_path / "camvid")).problem
    labels = np.array([[0, 10, IGNORE, 3, 8]] * 3, dtype=np.uint8)
    data = ArrayDataset("m", "all", problem, ["a"], [PHOTO], [labels])
    write_dataset(Splits("m", "m", {"all": data}), {}, tmp_path / "out", format="camvid")
    assert not (tmp_path / "out/meta.json").exists()
    with Image.open(tmp_path / "out/allannot/a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), IDS)
    np.testing.assert_array_equal(open_dataset(tmp_path / "out").split("all").labels(0), labels)


@pytest.mark.parametrize("make", [painted, annotated])
def test_nothing_else_sees_it_first(tmp_path, make):
    home = make(tmp_path / "camvid")
    assert next(name for name, row in FORMATS.items() if row.sniff(home)) == "camvid"
