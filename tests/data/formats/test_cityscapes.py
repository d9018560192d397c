"""Cityscapes: ids, things and crowds, what changes in which file, and what is said of broken ones."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from truemask import rle
from truemask.data import ArrayDataset, Splits, open_dataset, write_dataset
from truemask.data.formats import FORMATS
from truemask.data.formats.cityscapes_ids import CITYSCAPES
from truemask.data.formats.id_maps import first_id
from truemask.data.image_file import read_map, write_image, write_map
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

SIZE = (4, 6)
ROAD, SKY, PERSON, CAR, CARAVAN = 7, 23, 24, 26, 29
LABELS = np.array([[23] * 6, [26, 26, 24, 24, 0, 29], [26, 26, 7, 7, 0, 29], [26, 7, 7, 24, 24, 3]])
OBJECTS = np.array(
    [
        [23] * 6,
        [26001, 26001, 24, 24, 0, 29000],
        [26000, 26000, 7, 7, 0, 29000],
        [26000, 7, 7, 24000, 24000, 3],
    ]
)
SHAPES = [
    {"label": "sky", "polygon": [[0, 0], [6, 0], [6, 1], [0, 1]], "draw": 1},
    {"label": "car", "polygon": [[0, 2], [2, 2], [2, 4], [0, 4]], "user": "x"},
    {"label": "caravan", "polygon": [[5, 1], [6, 1], [6, 3], [5, 3]]},
    {"label": "car", "polygon": [[0, 1], [2, 1], [2, 2], [0, 2]]},
    {"label": "persongroup", "polygon": [[2, 1], [4, 1], [4, 2], [2, 2]]},
    {"label": "person", "polygon": [[3, 3], [5, 3], [5, 4], [3, 4]], "date": "2015"},
]
KEYS = {"train": ("aachen_000000_000019", "ulm_000001_000019"), "val": ("bonn_000000_000019",)}
KINDS = ("polygons.json", "labelIds.png", "instanceIds.png", "color.png", "labelTrainIds.png")


def make(home, labels="gtFine"):
    """Three images in two splits, with every file that the owners publish or their tools write."""
    for split, keys in KEYS.items():
        for key in keys:
            city = key.split("_")[0]
            photos, there = home / "leftImg8bit" / split / city, home / labels / split / city
            photos.mkdir(parents=True, exist_ok=True)
            there.mkdir(parents=True)
            write_image(photos / f"{key}_leftImg8bit.png", np.full((*SIZE, 3), 77, dtype=np.uint8))
            stem = there / f"{key}_{labels}"
            write_map(there / f"{stem.name}_labelIds.png", LABELS.astype(np.uint8))
            write_map(there / f"{stem.name}_instanceIds.png", OBJECTS.astype(np.uint16))
            classes = CITYSCAPES.to_classes(LABELS, there)
            write_map(there / f"{stem.name}_labelTrainIds.png", classes)
            colours = np.zeros((*SIZE, 4), dtype=np.uint8)
            colours[..., 3] = 255
            Image.fromarray(colours).save(there / f"{stem.name}_color.png")
            said = {"imgHeight": 4, "imgWidth": 6, "objects": SHAPES, "more": [1.50]}
            (there / f"{stem.name}_polygons.json").write_text(json.dumps(said))
    (home / "license.txt").write_text("theirs")
    return home


def place(home, kind, key="aachen_000000_000019", labels="gtFine"):
    return home / labels / "train" / key.split("_")[0] / f"{key}_{labels}_{kind}"


def masks(objects):
    return rle.unpack(objects.masks, objects.size)


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


def objects_in(home):
    return open_dataset(home, task=Task.INSTANCE).split("train").labels(0)


def write_first(home, out, new):
    """Write new labels for the first image, the others as they are."""
    source = open_dataset(home, task=Task.INSTANCE if isinstance(new, Instances) else Task.SEMANTIC)
    write_dataset(source, {"train": [new, source.split("train").labels(1)]}, out)


def changed_files(home, out):
    files = [path.relative_to(home) for path in home.rglob("*.*")]
    return sorted(path.name.split("_")[-1] for path in files if not (out / path).samefile(home / path))


def test_label_maps_are_the_19_classes(tmp_path):
    opened = open_dataset(make(tmp_path / "city"))
    assert (opened.name, opened.format) == ("city", "cityscapes")
    assert {split: data.keys for split, data in opened.splits.items()} == KEYS
    assert opened.problem.classes[0] == "road"
    assert opened.problem.classes[18] == "bicycle"
    assert (opened.problem.num_classes, opened.problem.background) == (19, None)
    expected = np.array(
        [[10] * 6, [13, 13, 11, 11, 255, 255], [13, 13, 0, 0, 255, 255], [13, 0, 0, 11, 11, 255]]
    )
    np.testing.assert_array_equal(opened.split("train").labels(0), expected)
    assert opened.split("train").file(0).name == "aachen_000000_000019_leftImg8bit.png"
    assert opened.split("val").size(0) == SIZE


def test_objects_are_the_things_and_groups_are_crowds(tmp_path):
    objects = objects_in(make(tmp_path / "city"))
    problem = open_dataset(tmp_path / "city", task=Task.INSTANCE).problem
    assert problem.classes == (
        *("background", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle"),
    )
    values = [24, 24000, 26000, 26001]
    np.testing.assert_array_equal(objects.ids - first_id("aachen_000000_000019"), values)
    np.testing.assert_array_equal(objects.classes, [1, 1, 3, 3])
    np.testing.assert_array_equal(objects.crowd, [True, False, False, False])
    np.testing.assert_array_equal(masks(objects), [value == OBJECTS for value in values])


def test_other_labels_are_chosen_by_folder(tmp_path):
    make(tmp_path / "city")
    (tmp_path / "city/gtFine").rename(tmp_path / "fine")
    make(tmp_path / "city", labels="gtCoarse")
    assert open_dataset(tmp_path / "city").name == "city"  # there is but one
    make(tmp_path / "other", labels="gtNoisy")
    (tmp_path / "other/gtNoisy").rename(tmp_path / "city/gtNoisy")
    with pytest.raises(BadInput, match="choose one of its folders of labels: gtCoarse, gtNoisy"):
        open_dataset(tmp_path / "city")
    chosen = open_dataset(tmp_path / "city", labels="gtNoisy")
    assert chosen.name == "city/gtNoisy"
    assert len(chosen.split("train")) == 2


@pytest.mark.parametrize("task", [Task.SEMANTIC, Task.INSTANCE])
def test_untouched_labels_keep_their_files(tmp_path, task):
    home = make(tmp_path / "city")
    source = open_dataset(home, task=task)
    same = [source.split("train").labels(row) for row in range(2)]
    write_dataset(source, {"train": same}, tmp_path / "out")
    assert changed_files(home, tmp_path / "out") == []


def test_new_classes_change_every_map_where_they_are_new(tmp_path):
    home = make(tmp_path / "city")
    new = open_dataset(home).split("train").labels(0).copy()
    new[0, 0], new[1, 0], new[2, 2] = 13, 0, IGNORE  # sky -> car, car -> road, road -> nothing
    out = tmp_path / "out"
    write_first(home, out, new)
    assert changed_files(home, out) == ["color.png", "instanceIds.png", "labelIds.png", "labelTrainIds.png"]
    np.testing.assert_array_equal(open_dataset(out).split("train").labels(0), new)
    at = (np.array([0, 1, 2]), np.array([0, 0, 2]))
    for kind, before in (("labelIds.png", LABELS), ("instanceIds.png", OBJECTS)):
        expected = before.copy()
        expected[at] = [CAR, ROAD, 0]
        np.testing.assert_array_equal(read_map(place(out, kind)), expected)
    np.testing.assert_array_equal(read_map(place(out, "labelTrainIds.png")), new)
    with Image.open(place(out, "color.png")) as image:
        pixels = np.asarray(image)
    np.testing.assert_array_equal(pixels[at], [[0, 0, 142, 255], [128, 64, 128, 255], [0, 0, 0, 255]])
    assert not pixels[3, :, :3].any()


def test_a_relabelled_object_changes_its_label_and_a_removed_one_is_gone(tmp_path):
    home = make(tmp_path / "city")
    given = objects_in(home)
    # crowd, person and second car stay, the second car is a truck; the first car is missing
    new = picked(given, [0, 1, 3], classes=np.array([1, 1, 4], dtype=np.uint8))
    out = tmp_path / "out"
    write_first(home, out, new)
    said = json.loads(place(out, "polygons.json").read_text())
    expected = [SHAPES[0], *SHAPES[2:]]
    assert said["objects"] == [*expected[:2], {**SHAPES[3], "label": "truck"}, *expected[3:]]
    assert said["more"] == [1.5]
    values = np.where(OBJECTS == 26000, 0, np.where(OBJECTS == 26001, 27000, OBJECTS))
    np.testing.assert_array_equal(read_map(place(out, "instanceIds.png")), values)
    ids = np.where(OBJECTS == 26000, 0, np.where(OBJECTS == 26001, 27, LABELS))
    np.testing.assert_array_equal(read_map(place(out, "labelIds.png")), ids)
    again = objects_in(out)
    np.testing.assert_array_equal(again.ids, new.ids)
    np.testing.assert_array_equal(again.classes, new.classes)
    np.testing.assert_array_equal(masks(again), masks(new))


def test_numbers_follow_the_polygons_and_ids_last_over_two_generations(tmp_path):
    home = make(tmp_path / "city")
    given = objects_in(home)
    # the first car becomes a crowd of cars, and the person a car: now the polygons are car, group, car
    first = picked(given, [0, 1, 2, 3], classes=np.array([1, 3, 3, 3], dtype=np.uint8))
    first = replace(first, crowd=np.array([True, False, True, False]))
    write_first(home, tmp_path / "a", first)
    again = objects_in(tmp_path / "a")
    order = np.argsort(again.ids)
    by_id = {int(i): masks(again)[k] for k, i in enumerate(again.ids)}
    assert sorted(by_id) == sorted(given.ids.tolist())
    for i, mask in zip(given.ids.tolist(), masks(given), strict=True):
        np.testing.assert_array_equal(by_id[i], mask)
    assert again.crowd[order].sum() == 2
    # of the copy, the former person vanishes: exactly its polygon must go
    person = int(given.ids[1])
    second = picked(again, [k for k in range(4) if again.ids[k] != person])
    write_first(tmp_path / "a", tmp_path / "b", second)
    said = json.loads(place(tmp_path / "b", "polygons.json").read_text())["objects"]
    assert [shape["label"] for shape in said] == ["sky", "cargroup", "caravan", "car", "persongroup"]
    assert set(objects_in(tmp_path / "b").ids.tolist()) == set(given.ids.tolist()) - {person}


def test_new_masks_are_outlined_and_new_objects_come_last(tmp_path):
    home = make(tmp_path / "city")
    given = objects_in(home)
    square = np.zeros((1, *SIZE), dtype=bool)
    square[0, 2:4, 1:3] = True
    grown = masks(given)[1:2].copy()
    grown[0, 2, 3:5] = True
    new = Instances(
        size=SIZE,
        classes=np.append(given.classes, 8).astype(np.uint8),
        masks=(given.masks[0], *rle.pack(grown), *given.masks[2:], *rle.pack(square)),
        boxes=np.zeros((5, 4), dtype=np.float32),
        ids=np.append(given.ids, 12345),
        crowd=np.append(given.crowd, False),
    )
    write_first(home, tmp_path / "out", new)
    said = json.loads(place(tmp_path / "out", "polygons.json").read_text())["objects"]
    assert said[:5] == SHAPES[:5]
    assert said[5] == {"label": "person", "polygon": [[3, 2], [5, 2], [5, 4], [3, 4]], "date": "2015"}
    assert said[6] == {"label": "bicycle", "polygon": [[1, 2], [3, 2], [3, 4], [1, 4]]}
    again = objects_in(tmp_path / "out")
    assert again.ids[-1] == 12345
    assert again.classes[-1] == 8
    np.testing.assert_array_equal(masks(again)[1], grown[0])


def test_polygons_that_do_not_tell_the_objects_stay(tmp_path):
    home = make(tmp_path / "city")
    place(home, "polygons.json").write_text('{"objects": []}')
    write_first(home, tmp_path / "out", picked(objects_in(home), [0, 1, 3]))
    assert place(tmp_path / "out", "polygons.json").samefile(place(home, "polygons.json"))
    assert (read_map(place(tmp_path / "out", "instanceIds.png")) == 26000).sum() == 0


def test_an_object_of_unknown_class_is_not_written(tmp_path):
    home = make(tmp_path / "city")
    given = objects_in(home)
    new = picked(given, [0, 1, 2, 3], classes=np.array([1, IGNORE, 3, 3], dtype=np.uint8))
    write_first(home, tmp_path / "out", new)
    assert objects_in(tmp_path / "out").ids.tolist() == given.ids[[0, 2, 3]].tolist()
    assert (read_map(place(tmp_path / "out", "labelIds.png"))[3, 3:5] == 0).all()


@pytest.mark.parametrize(
    ("kind", "content", "complaint"),
    [
        ("polygons.json", b"{", "cannot be read as polygons"),
        ("polygons.json", b'{"objects": [{"label": 3}]}', "has an object whose label is no name"),
        ("polygons.json", b'{"objects": [3]}', "cannot be read as polygons"),
        ("polygons.json", b"[" * 100_000, "cannot be read as polygons"),
        ("objectIds.json", b'{"26000": 1, "26001": 1}', "its ids are no different numbers"),
        ("objectIds.json", b'{"26000": "1"}', "its ids are no different numbers"),
        ("objectIds.json", b"[]", "cannot be read as ids"),
        ("color.png", b"", "cannot be read as an image"),
        ("instanceIds.png", b"\x89PNG", "cannot be read as an image"),
    ],
)
def test_a_broken_file_is_named(tmp_path, kind, content, complaint):
    home = make(tmp_path / "city")
    given = objects_in(home)
    place(home, kind).write_bytes(content)
    with pytest.raises(BadInput, match=complaint) as caught:
        write_first(home, tmp_path / "out", picked(given, [0, 1, 3]))
    assert kind in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_strange_ids_and_sizes_are_errors(tmp_path):
    home = make(tmp_path / "city")
    write_map(place(home, "labelIds.png"), np.full(SIZE, 34, dtype=np.uint8))
    write_map(place(home, "instanceIds.png"), np.full(SIZE, 34001, dtype=np.uint16))
    with pytest.raises(BadInput, match="the id 34 stands for nothing"):
        open_dataset(home).split("train").labels(0)
    with pytest.raises(BadInput, match="a value of the id 34, which stands for nothing"):
        objects_in(home)
    write_map(place(home, "labelIds.png"), np.zeros((2, 2), dtype=np.uint8))
    with pytest.raises(BadInput, match="the map has 2 x 2 px, its image has 4 x 6"):
        open_dataset(home).split("train").labels(0)


def test_a_label_without_its_image_is_an_error(tmp_path):
    home = make(tmp_path / "city")
    (home / "leftImg8bit/val/bonn/bonn_000000_000019_leftImg8bit.png").unlink()
    with pytest.raises(BadInput, match=r"no bonn_000000_000019_leftImg8bit\.png in leftImg8bit/"):
        open_dataset(home)
    with pytest.raises(BadInput, match="open it as semantic or instance"):
        open_dataset(home, task=Task.CLASSIFICATION)


# In its layout


def in_memory(problem, labels, keys, split="val"):
    images = [np.full((*SIZE, problem.channels), 5, dtype=np.uint8)] * len(labels)
    return Splits("made", "made", {split: ArrayDataset("made", split, problem, keys, images, labels)})


def test_any_label_maps_in_its_layout(tmp_path):
    labels = np.array([[0, 1, 254, 255, 0, 3]] * 4, dtype=np.uint8)
    problem = Problem(Task.SEMANTIC, tuple(f"c{i}" for i in range(255)))
    source = in_memory(problem, [labels], ["ulm_000000_000001"])
    write_dataset(source, {}, tmp_path / "out", format="cityscapes")
    opened = open_dataset(tmp_path / "out")
    assert opened.problem == problem
    assert (tmp_path / "out/gtFine/val/ulm/ulm_000000_000001_gtFine_labelIds.png").is_file()
    np.testing.assert_array_equal(opened.split("val").labels(0), labels)


def test_its_own_classes_have_their_ids(tmp_path):
    labels = np.array([[0, 1, 18, 255, 0, 3]] * 4, dtype=np.uint8)
    problem = CITYSCAPES.problem(Task.SEMANTIC, 3)
    write_dataset(in_memory(problem, [labels], ["x"]), {}, tmp_path / "out", format="cityscapes")
    assert not (tmp_path / "out/meta.json").exists()
    values = read_map(tmp_path / "out/gtFine/val/val/x_gtFine_labelIds.png")
    np.testing.assert_array_equal(values[0], [7, 8, 33, 0, 7, 12])
    np.testing.assert_array_equal(open_dataset(tmp_path / "out").split("val").labels(0), labels)


@pytest.mark.parametrize(
    "names", [("background", "cup", "spoon"), CITYSCAPES.problem(Task.INSTANCE, 3).classes]
)
def test_any_objects_in_its_layout_with_their_ids(tmp_path, names):
    held = np.zeros((5, *SIZE), dtype=bool)
    held[0, 0] = held[1, 1:, 2] = held[2, 1:, 4] = held[3, 2, 0] = held[4, 3, :2] = True
    packed = rle.pack(held)
    objects = Instances(
        size=SIZE,
        classes=np.array([2, 1, 1, IGNORE, 2], dtype=np.uint8),
        masks=packed,
        boxes=rle.boxes(packed, SIZE),
        ids=np.array([5, 900, 31, 7, 8]),
        crowd=np.array([False, False, True, False, False]),
    )
    problem = Problem(Task.INSTANCE, names, background=0)
    source = in_memory(problem, [objects, picked(objects, [])], ["a", "b"], "all")
    write_dataset(source, {}, tmp_path / "out", format="cityscapes")
    opened = open_dataset(tmp_path / "out", task=Task.INSTANCE)
    again = opened.split("all").labels(0)
    assert opened.problem == problem
    assert dict(zip(again.ids.tolist(), again.classes.tolist(), strict=True)) == {5: 2, 900: 1, 31: 1, 8: 2}
    assert again.ids[again.crowd].tolist() == [31]
    kept = {5: held[0], 900: held[1], 31: held[2], 8: held[4]}
    np.testing.assert_array_equal(masks(again), [kept[i] for i in again.ids.tolist()])
    assert len(opened.split("all").labels(1)) == 0


def test_too_many_classes_or_objects_are_refused(tmp_path):
    problem = Problem(Task.INSTANCE, ("background", *(f"c{i}" for i in range(65))), background=0)
    with pytest.raises(BadInput, match="65 classes of objects; maps of 16 bits hold 64"):
        write_dataset(in_memory(problem, [], []), {}, tmp_path / "out", format="cityscapes")
    held = rle.pack(np.ones((1, *SIZE), dtype=bool))[0]
    many = Instances(
        size=SIZE,
        classes=np.ones(1001, dtype=np.uint8),
        masks=(held,) * 1001,
        boxes=np.zeros((1001, 4), dtype=np.float32),
        ids=np.arange(1001),
        crowd=np.zeros(1001, dtype=bool),
    )
    problem = Problem(Task.INSTANCE, ("background", "cup"), background=0)
    with pytest.raises(BadInput, match="more than 1000 objects of cup"):
        write_dataset(in_memory(problem, [many], ["a"]), {}, tmp_path / "out", format="cityscapes")


def test_nothing_else_sees_it_first(tmp_path):
    home = make(tmp_path / "city")
    assert next(name for name, row in FORMATS.items() if row.sniff(home)) == "cityscapes"
