"""Mask folders: what opens, what it opens as, what goes back, and what is said when it cannot."""

import json

import numpy as np
import pytest
from PIL import Image

from truemask import rle
from truemask.data import open_dataset, write_dataset
from truemask.data.formats.id_maps import first_id
from truemask.data.image_file import read_map, write_image, write_map
from truemask.types import IGNORE, BadInput, Instances, Task

RNG = np.random.default_rng(0)
SIZE = (12, 16)


def make(home, values=(0, 1, 2), n=4, labels="labels", dtype=np.uint8, channels=3):
    """Images a, b, c, ... with maps of the given values."""
    (home / "images").mkdir(parents=True, exist_ok=True)
    (home / labels).mkdir()
    for name in "abcdefgh"[:n]:
        write_image(home / "images" / f"{name}.png", RNG.integers(0, 256, (*SIZE, channels), dtype=np.uint8))
        held = RNG.choice(np.array(values, dtype=dtype), SIZE)
        held.flat[: len(values)] = values  # each at least once
        write_map(home / labels / f"{name}.png", held)
    return home


def with_classes(home, **said):
    (home / "meta.json").write_text(json.dumps(said))
    return home


def maps(data):
    return [data.labels(row) for row in range(len(data))]


def test_without_splits_there_is_one_called_all(tmp_path):
    opened = open_dataset(make(tmp_path / "set"))
    assert (opened.name, opened.format, list(opened.splits)) == ("set", "mask-folder", ["all"])
    data = opened.split("all")
    assert data.keys == ("a", "b", "c", "d")
    assert data.size(0) == SIZE
    assert data.image(1).shape == (*SIZE, 3)
    np.testing.assert_array_equal(data.labels(2), read_map(tmp_path / "set" / "labels" / "c.png"))


def test_splits_come_in_the_order_train_val_test(tmp_path):
    for split in ("test", "val", "train"):
        make(tmp_path / split)
    opened = open_dataset(tmp_path)
    assert list(opened.splits) == ["train", "val", "test"]
    assert all(data.split == name for name, data in opened.splits.items())


def test_a_split_alone_keeps_the_name_and_the_classes_of_the_whole(tmp_path):
    make(tmp_path / "set" / "val")
    with_classes(tmp_path / "set", classes=["x", "y", "z"])
    opened = open_dataset(tmp_path / "set" / "val")
    assert (opened.name, list(opened.splits)) == ("set", ["val"])
    assert opened.problem.classes == ("x", "y", "z")


def test_grey_images_have_one_channel(tmp_path):
    opened = open_dataset(make(tmp_path / "set", channels=1))
    assert opened.problem.channels == 1
    assert opened.split("all").image(0).shape == (*SIZE, 1)


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ((0, 1), ("background", "foreground")),
        ((0, 255), ("background", "foreground")),
        ((0, 1, 255), ("background", "foreground")),
        ((0, 2, 3), ("class 0", "class 1", "class 2", "class 3")),
    ],
)
def test_without_a_class_file_classes_are_what_the_maps_hold(tmp_path, values, classes):
    assert open_dataset(make(tmp_path / "set", values)).problem.classes == classes


def test_maps_of_0_and_255_are_background_and_foreground(tmp_path):
    data = open_dataset(make(tmp_path / "set", (0, 255))).split("all")
    np.testing.assert_array_equal(data.labels(0), read_map(tmp_path / "set" / "labels" / "a.png") == 255)


def test_the_ignored_class_becomes_ignore(tmp_path):
    home = with_classes(make(tmp_path / "set", (0, 1, 2)), classes=["x", "y", "void"], ignore=2)
    opened = open_dataset(home)
    assert opened.problem.classes == ("x", "y")
    before = read_map(home / "labels" / "a.png")
    np.testing.assert_array_equal(opened.split("all").labels(0), np.where(before == 2, IGNORE, before))


def test_16_bit_maps_hold_objects(tmp_path):
    home = make(tmp_path / "set", (0, 3, 700), dtype=np.uint16)
    opened = open_dataset(home)
    assert opened.problem.task == Task.INSTANCE
    assert opened.problem.classes == ("background", "object")
    objects = opened.split("all").labels(1)
    values = read_map(home / "labels" / "b.png")
    np.testing.assert_array_equal(objects.ids - first_id("b"), [3, 700])
    np.testing.assert_array_equal(rle.unpack(objects.masks, SIZE), [values == 3, values == 700])
    np.testing.assert_array_equal(objects.classes, [1, 1])
    np.testing.assert_array_equal(objects.boxes, rle.boxes(objects.masks, SIZE))


def test_ids_differ_between_images_and_fit_a_double(tmp_path):
    data = open_dataset(make(tmp_path / "set", (0, 3, 700), dtype=np.uint16)).split("all")
    ids = np.concatenate([data.labels(row).ids for row in range(len(data))])
    assert len(np.unique(ids)) == len(ids)
    assert ids.min() > 0
    assert ids.max() < 2**53


def test_objects_seen_as_semantic_are_foreground(tmp_path):
    home = make(tmp_path / "set", (0, 3, 700), dtype=np.uint16)
    data = open_dataset(home, task=Task.SEMANTIC).split("all")
    assert data.problem.task == Task.SEMANTIC
    np.testing.assert_array_equal(data.labels(0), read_map(home / "labels" / "a.png") > 0)


def test_16_bit_maps_with_a_class_file_hold_classes(tmp_path):
    home = with_classes(make(tmp_path / "set", (0, 1), dtype=np.uint16), classes=["x", "y"])
    data = open_dataset(home).split("all")
    assert data.problem.task == Task.SEMANTIC
    np.testing.assert_array_equal(data.labels(0), read_map(home / "labels" / "a.png"))


def test_8_bit_maps_hold_objects_when_told(tmp_path):
    home = make(tmp_path / "set", (0, 1, 9))
    assert open_dataset(home, task=Task.INSTANCE).split("all").labels(0).classes.tolist() == [1, 1]
    with_classes(home, classes=["background", "cell"], task="instance", ignore=9)
    opened = open_dataset(home)
    objects = opened.split("all").labels(0)
    assert opened.problem.classes == ("background", "cell")
    assert objects.crowd.tolist() == [False, True]
    assert objects.classes.tolist() == [1, IGNORE]


def test_one_other_folder_of_labels_is_taken(tmp_path):
    assert open_dataset(make(tmp_path / "set", labels="masks")).name == "set"


def test_labels_are_chosen_by_name_or_by_opening_their_folder(tmp_path):
    home = make(tmp_path / "set", (0, 1), labels="orig")
    make(home, (0, 2), n=3, labels="fixed")
    chosen, direct = open_dataset(home, labels="fixed"), open_dataset(home / "fixed")
    assert chosen.name == direct.name == "set/fixed"
    np.testing.assert_array_equal(maps(chosen.split("all")), maps(direct.split("all")))
    with pytest.raises(BadInput, match=r"has 2 folders of labels \(fixed, orig\); choose one"):
        open_dataset(home)
    with pytest.raises(BadInput, match="has no labels called 'gold'; there is: fixed, orig"):
        open_dataset(home, labels="gold")
    with pytest.raises(BadInput, match="is a folder of labels already"):
        open_dataset(home / "fixed", labels="orig")


def test_images_without_a_label_are_no_rows_but_counted(tmp_path):
    home = make(tmp_path / "set")
    (home / "labels" / "b.png").unlink()
    data = open_dataset(home).split("all")
    assert data.keys == ("a", "c", "d")
    assert [path.name for path in data.files.unlabelled] == ["b.png"]


def test_a_split_without_labels_has_no_rows(tmp_path):
    make(tmp_path / "train")
    make(tmp_path / "test", labels="temporary")
    for path in (tmp_path / "test" / "temporary").iterdir():
        path.unlink()
    opened = open_dataset(tmp_path)
    assert (len(opened.split("train")), len(opened.split("test"))) == (4, 0)


def test_a_label_without_an_image_is_an_error(tmp_path):
    home = make(tmp_path / "set")
    (home / "images" / "c.png").unlink()
    with pytest.raises(BadInput, match=r"c\.png: no image of that name in images"):
        open_dataset(home)


def test_a_mask_with_class_37_of_11_is_named_when_it_is_read(tmp_path):
    home = make(tmp_path / "set", (0, 1))
    with_classes(home, classes=[*"abcdefghijk", "void"], ignore=11)
    wrong = np.zeros(SIZE, dtype=np.uint8)
    wrong[3, 4] = 37
    write_map(home / "labels" / "b.png", wrong)
    data = open_dataset(home).split("all")
    data.labels(0)
    with pytest.raises(BadInput, match=r"b\.png: a mask with class 37 of 11"):
        data.labels(1)


def test_a_mask_of_another_size_than_its_image_is_an_error(tmp_path):
    home = make(tmp_path / "set", (0, 1))
    write_map(home / "labels" / "b.png", np.ones((3, 4), dtype=np.uint8))
    with pytest.raises(BadInput, match=r"b\.png: the map has 3 x 4 px, its image b\.png has 12 x 16"):
        open_dataset(home).split("all").labels(1)


@pytest.mark.parametrize(("folder", "read"), [("images", "image"), ("labels", "labels")])
def test_a_broken_file_is_named_when_it_is_read(tmp_path, folder, read):
    home = with_classes(make(tmp_path / "set"), classes=["x", "y", "z"])
    path = home / folder / "c.png"
    path.write_bytes(path.read_bytes()[:-40])
    data = open_dataset(home).split("all")
    with pytest.raises(BadInput, match=rf"{folder}/c\.png: cannot be read as an image"):
        getattr(data, read)(2)


def test_many_values_without_a_class_file_are_an_error(tmp_path):
    with pytest.raises(BadInput, match=r"values up to 200 and no class file names them; write classes\.txt"):
        open_dataset(make(tmp_path / "set", (0, 200)))


def test_objects_of_many_classes_are_an_error(tmp_path):
    home = with_classes(make(tmp_path / "set"), classes=["x", "y", "z"])
    with pytest.raises(BadInput, match="maps of objects have two classes"):
        open_dataset(home, task=Task.INSTANCE)


def test_label_maps_are_no_classification_problem(tmp_path):
    with pytest.raises(BadInput, match="open it as semantic or instance"):
        open_dataset(make(tmp_path / "set"), task=Task.CLASSIFICATION)


# Writing


def test_a_semantic_round_trip_gives_the_new_labels_and_links_the_rest(tmp_path):
    home = tmp_path / "set"
    for split in ("train", "val"):
        make(home / split, (0, 1, 2, 4))
    with_classes(home, classes=["x", "y", "void", "z", "w"], ignore=2)
    source = open_dataset(home)
    new = [(labels + 1) % 4 for labels in maps(source.split("train"))]
    new[0][:, :3] = IGNORE
    new[3] = source.split("train").labels(3)
    write_dataset(source, {"train": new}, tmp_path / "out")
    written = open_dataset(tmp_path / "out")
    assert written.problem == source.problem
    np.testing.assert_array_equal(maps(written.split("train")), new)
    np.testing.assert_array_equal(maps(written.split("val")), maps(source.split("val")))
    for path in ("train/images/a.png", "val/labels/b.png", "train/labels/d.png", "meta.json"):
        assert (tmp_path / "out" / path).samefile(home / path), path
    assert not (tmp_path / "out/train/labels/a.png").samefile(home / "train/labels/a.png")
    # IGNORE goes back as the source's own value
    assert set(np.unique(read_map(tmp_path / "out/train/labels/a.png")[:, :3])) == {2}


def test_without_a_class_file_the_copy_gets_one(tmp_path):
    source = open_dataset(make(tmp_path / "set", (0, 255)))
    write_dataset(source, {"all": [np.zeros(SIZE, dtype=np.uint8)] * 4}, tmp_path / "out")
    written = open_dataset(tmp_path / "out")
    assert written.problem == source.problem
    assert not np.any(maps(written.split("all")))


def test_an_indexed_map_keeps_its_palette_and_a_wide_one_its_bits(tmp_path):
    home = with_classes(make(tmp_path / "set", (0, 1), n=2), classes=["x", "y"])
    write_map(home / "labels/a.png", np.zeros(SIZE, np.uint8), palette=[9, 8, 7, 6, 5, 4])
    write_map(home / "labels/b.png", np.zeros(SIZE, np.uint16))
    write_dataset(open_dataset(home), {"all": [np.ones(SIZE, np.uint8)] * 2}, tmp_path / "out")
    with Image.open(tmp_path / "out/labels/a.png") as image:
        assert image.mode == "P"
        assert image.getpalette()[:6] == [9, 8, 7, 6, 5, 4]
    assert read_map(tmp_path / "out/labels/b.png").dtype == np.uint16
    np.testing.assert_array_equal(maps(open_dataset(tmp_path / "out").split("all")), np.ones((2, *SIZE)))


def test_images_without_labels_are_carried_over(tmp_path):
    home = make(tmp_path / "set")
    (home / "labels" / "b.png").unlink()
    write_dataset(open_dataset(home), {}, tmp_path / "out")
    assert (tmp_path / "out/images/b.png").exists()


def dropped(objects, keep):
    return Instances(
        size=objects.size,
        classes=objects.classes[keep],
        masks=tuple(objects.masks[i] for i in keep),
        boxes=objects.boxes[keep],
        ids=objects.ids[keep],
        crowd=objects.crowd[keep],
    )


def test_objects_keep_their_values_when_others_go(tmp_path):
    home = make(tmp_path / "set", (0, 3, 5, 700), dtype=np.uint16, labels="orig")
    source = open_dataset(home)
    new = [dropped(objects, [0, 2]) for objects in maps(source.split("all"))]
    write_dataset(source, {"all": new}, tmp_path / "out")
    before, after = read_map(home / "orig/a.png"), read_map(tmp_path / "out/labels/a.png")
    np.testing.assert_array_equal(after, np.where(before == 5, 0, before))
    written = open_dataset(tmp_path / "out")
    assert written.problem == source.problem
    for one, other in zip(maps(written.split("all")), new, strict=True):
        assert one.masks == other.masks
        np.testing.assert_array_equal(one.ids, other.ids)


def test_a_new_object_gets_a_free_value_and_covers_larger_ones(tmp_path):
    home = make(tmp_path / "set", (0, 1, 2), n=1, dtype=np.uint16)
    source = open_dataset(home)
    before = source.split("all").labels(0)
    spot = np.zeros((1, *SIZE), dtype=bool)
    spot[0, 5, 5:7] = True
    new = Instances(
        size=SIZE,
        classes=np.array([1, 1, 1], dtype=np.uint8),
        masks=(*rle.pack(spot), *before.masks),
        boxes=np.concatenate([rle.boxes(rle.pack(spot), SIZE), before.boxes]),
        ids=np.array([17, *before.ids]),
        crowd=np.zeros(3, dtype=bool),
    )
    write_dataset(source, {"all": [new]}, tmp_path / "out")
    expected = read_map(home / "labels/a.png")
    expected[spot[0]] = 3
    np.testing.assert_array_equal(read_map(tmp_path / "out/labels/a.png"), expected)


def test_a_crowd_needs_a_value_to_ignore(tmp_path):
    home = make(tmp_path / "set", (0, 1, 2), n=1, dtype=np.uint16)
    objects = open_dataset(home).split("all").labels(0)
    unknown = Instances(
        objects.size,
        np.array([1, IGNORE], np.uint8),
        objects.masks,
        objects.boxes,
        objects.ids,
        objects.crowd,
    )
    with pytest.raises(BadInput, match=r"no value for that; add \"ignore\": 65535 to meta\.json"):
        write_dataset(open_dataset(home), {"all": [unknown]}, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [home]
    with_classes(home, classes=["background", "object"], task="instance", ignore=65535)
    write_dataset(open_dataset(home), {"all": [unknown]}, tmp_path / "out")
    back = open_dataset(tmp_path / "out").split("all").labels(0)
    assert back.classes.tolist() == [1, IGNORE]
    assert back.crowd.tolist() == [False, True]


def test_objects_seen_as_semantic_are_written_as_label_maps(tmp_path):
    home = make(tmp_path / "set", (0, 3, 700), dtype=np.uint16)
    source = open_dataset(home, task=Task.SEMANTIC)
    new = [1 - labels for labels in maps(source.split("all"))]
    write_dataset(source, {"all": new}, tmp_path / "out")
    written = open_dataset(tmp_path / "out")
    assert written.problem == source.problem
    np.testing.assert_array_equal(maps(written.split("all")), new)
    assert (tmp_path / "out/images/a.png").samefile(home / "images/a.png")
