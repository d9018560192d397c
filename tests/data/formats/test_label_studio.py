"""Exports of Label Studio: which results are objects, what goes back value by value, what broken ones get."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest

from truemask import rle
from truemask.data import ArrayDataset, Splits, open_dataset, write_dataset
from truemask.data.formats.brush import decode, encode
from truemask.data.image_file import write_image
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

HEIGHT, WIDTH = 10, 20
SIZE = (HEIGHT, WIDTH)


def rectangle(top, bottom, left, right):
    mask = np.zeros(SIZE, dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def result(name, kind, value, **more):
    return {
        "original_width": WIDTH,
        "original_height": HEIGHT,
        "image_rotation": 0,
        "value": value,
        "id": name,
        "from_name": f"{kind} tool",
        "to_name": "photo",
        "type": kind,
        "origin": "manual",
        **more,
    }


BRUSHED = rectangle(7, 9, 3, 6)
SQUARE = [[10, 20], [30, 20.0], [30, 50], [10, 50]]  # x 2 to 6, y 2 to 5


def results():
    return [
        result("aXb", "polygonlabels", {"points": SQUARE, "closed": True, "polygonlabels": ["door", "old"]}),
        result("k", "keypointlabels", {"x": 1, "y": 2, "width": 0.3, "keypointlabels": ["hinge"]}),
        result("br", "brushlabels", {"format": "rle", "rle": encode(BRUSHED), "brushlabels": ["wheel"]}),
        {"id": "ch", "type": "choices", "value": {"choices": ["good"]}, "from_name": "c", "to_name": "photo"},
        result(
            "re",
            "rectanglelabels",
            {"x": 50, "y": 20, "width": 20, "height": 30, "rotation": 0, "rectanglelabels": ["door"]},
            score=0.123456789,
            meta={"text": ["ü"], "iscrowd": True},
        ),
        result(
            "el",
            "ellipselabels",
            {"x": 80, "y": 50, "radiusX": 10, "radiusY": 20, "rotation": 0, "ellipselabels": ["door"]},
            meta={"ignore": True},
        ),
        result("no", "brushlabels", {"format": "rle", "rle": [], "brushlabels": []}),
        result("both", "labels", {"points": SQUARE, "labels": ["wheel"]}),
    ]


def task(number, address, given, **more):
    annotations = [
        {"id": 100 + number, "completed_by": 2, "was_cancelled": True, "result": []},
        {"id": 200 + number, "completed_by": 7, "was_cancelled": False, "result": given, "lead_time": 4.25},
        {"id": 300 + number, "was_cancelled": False, "result": [result("z", "brushlabels", {})]},
    ]
    return {
        "id": number,
        "annotations": annotations if given is not None else annotations[:1],
        "drafts": [],
        "predictions": [
            {
                "model_version": "m",
                "result": [result("p", "polygonlabels", {"points": SQUARE, "polygonlabels": ["x"]})],
            }
        ],
        "data": {"image": address, "camera": {"focal": 1.50}},
        "meta": {},
        **more,
    }


def content():
    return [
        task(1, "/data/upload/3/0a1b2c3d-a.png", results()),
        task(2, "/data/local-files/?d=photos/sub%20dir/b.png", []),
        task(3, "s3://bucket/somewhere/c.png", None),
    ]


def make(home, said=None, images=("images/a.png", "sub dir/b.png", "images/deep/c.png")):
    for i, name in enumerate(images):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        write_image(home / name, np.full((*SIZE, 3), i, dtype=np.uint8))
    text = json.dumps(content() if said is None else said, ensure_ascii=False)
    (home / "export.json").write_text(text, encoding="utf-8")
    return home


def with_result(home, changes, kind="polygonlabels", value=None):
    value = {"points": SQUARE, kind: ["door"]} if value is None else value
    return make(home, [task(1, "a.png", [{**result("i", kind, value), **changes}])])


def first(path, **more):
    return open_dataset(path, **more).split("all").labels(0)


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


def rewritten(tmp_path, change):
    """The results after a change of the first task's objects; all else in the export must be as it was."""
    source = open_dataset(make(tmp_path / "set"))
    data = source.split("all")
    given = change(data.labels(0))
    write_dataset(source, {"all": [given, data.labels(1)]}, tmp_path / "out")
    said = json.loads((tmp_path / "out/export.json").read_text(encoding="utf-8"))
    after = said[0]["annotations"][1]["result"]
    said[0]["annotations"][1]["result"] = results()
    assert said == content()
    back = first(tmp_path / "out")
    order, again = np.argsort(given.ids), picked(back, np.argsort(back.ids))
    np.testing.assert_array_equal(again.ids, given.ids[order])
    np.testing.assert_array_equal(again.classes, given.classes[order])
    np.testing.assert_array_equal(again.crowd, given.crowd[order])
    np.testing.assert_array_equal(masks(again), masks(picked(given, order)))
    return after


# Opening


def test_labelled_regions_are_objects(tmp_path):
    source = open_dataset(make(tmp_path / "parts"))
    assert (source.name, source.format, list(source.splits)) == ("parts", "label-studio", ["all"])
    assert source.problem.classes == ("background", "door", "wheel")
    data = source.split("all")
    assert list(data.keys) == ["a", "sub dir/b"]  # the third has no annotation that counts
    a = data.labels(0)
    assert a.classes.tolist() == [1, 2, 1, IGNORE, 2]
    assert a.crowd.tolist() == [False, False, True, False, False]
    np.testing.assert_array_equal(masks(a)[0], rectangle(2, 5, 2, 6))
    np.testing.assert_array_equal(masks(a)[1], BRUSHED)
    np.testing.assert_array_equal(masks(a)[2], rectangle(2, 5, 10, 14))
    ys, xs = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    np.testing.assert_array_equal(masks(a)[3], ((xs - 16) / 2) ** 2 + ((ys - 5) / 2) ** 2 < 1)
    np.testing.assert_array_equal(masks(a)[4], masks(a)[0])
    assert len(data.labels(1)) == 0
    assert data.image(1)[0, 0].tolist() == [1, 1, 1]


def test_a_rectangle_turns_clockwise_around_its_upper_left_corner(tmp_path):
    value = {"x": 50, "y": 20, "width": 20, "height": 30, "rotation": 90, "rectanglelabels": ["door"]}
    a = first(with_result(tmp_path / "set", {}, "rectanglelabels", value))
    np.testing.assert_array_equal(masks(a)[0], rectangle(2, 6, 7, 10))


def test_ids_last_and_ours_are_read(tmp_path):
    ids = first(make(tmp_path / "one")).ids
    said = content()
    del said[0]["annotations"][1]["result"][0]
    said[0]["annotations"][1]["result"][1]["id"] = "truemask--12"
    assert first(make(tmp_path / "two", said)).ids.tolist() == [-12, *ids[2:]]


def test_classes_come_from_a_class_file_where_there_is_one(tmp_path):
    home = make(tmp_path / "set")
    (home / "classes.txt").write_text("wheel\nroof\ndoor\n")
    assert first(home).classes.tolist() == [3, 1, 3, IGNORE, 1]
    (home / "classes.txt").write_text("door\n")
    with pytest.raises(BadInput, match=r"image a: result 2 \(wheel\) is of no class in the class file"):
        open_dataset(home)


def test_predictions_may_be_the_labels(tmp_path):
    home = make(tmp_path / "set")
    source = open_dataset(home, labels="predictions")
    assert (source.name, source.problem.classes) == ("set/predictions", ("background", "x"))
    assert [len(source.split("all").labels(row)) for row in range(3)] == [1, 1, 1]
    gone = [picked(source.split("all").labels(row), []) for row in range(3)]
    write_dataset(source, {"all": gone}, tmp_path / "out")
    said = json.loads((tmp_path / "out/export.json").read_text(encoding="utf-8"))
    expected = content()
    for one in expected:
        one["predictions"][0]["result"] = []
    assert said == expected
    with pytest.raises(BadInput, match="no labels called 'v2'; there is: annotations, predictions"):
        open_dataset(home, labels="v2")


def test_tasks_may_say_their_split(tmp_path):
    said = content()
    for one, split in zip(said, ("val", "train", "train"), strict=True):
        one["data"]["split"] = split
    source = open_dataset(make(tmp_path / "set", said))
    assert {split: list(data.keys) for split, data in source.splits.items()} == {
        "train": ["sub dir/b"],
        "val": ["a"],
    }


def test_seen_as_semantic_and_never_as_classification(tmp_path):
    home = make(tmp_path / "set")
    label_map = open_dataset(home / "export.json", task=Task.SEMANTIC).split("all").labels(0)
    assert set(np.unique(label_map)) == {0, 2, IGNORE}  # the one door in sight is a crowd
    with pytest.raises(BadInput, match="open it as instance or semantic"):
        open_dataset(home, task=Task.CLASSIFICATION)


def test_without_sizes_the_image_says_them(tmp_path):
    bare = {key: said for key, said in results()[0].items() if not key.startswith("original")}
    assert first(make(tmp_path / "set", [task(1, "a.png", [bare])])).size == SIZE


# Errors


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"id": None}, "result 0 has no id"),
        ({"image_rotation": 90}, "its image is turned"),
        ({"original_width": 21.5}, "width 21.5 are no whole numbers"),
        ({"original_width": 10**9}, "more than an image has"),
        (
            {"value": {"points": [[1, 2], [3, 4]], "polygonlabels": ["a"]}},
            r"\(a\) is no use: a polygon has 3",
        ),
        ({"value": {"points": [[1, 2], [3, 4], [5]], "polygonlabels": ["a"]}}, "no list of pairs of numbers"),
        (
            {"value": {"x": 1, "width": 2, "polygonlabels": ["a"]}},
            "its x, y, width, height and rotation are no",
        ),
        (
            {"value": {"x": 1, "y": 1, "radiusX": 2, "radiusY": -2, "polygonlabels": ["a"]}},
            "an ellipse has a place in the image and radii above 0 px",
        ),
        ({"value": {"rle": encode(BRUSHED)[:-4], "polygonlabels": ["a"]}}, "its rle ends too early"),
        ({"value": {"rle": encode(BRUSHED[1:]), "polygonlabels": ["a"]}}, "its rle has 720 values"),
    ],
)
def test_a_wrong_result_is_named(tmp_path, changes, complaint):
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(with_result(tmp_path / "set", changes))
    assert "export.json: image a: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ([{"annotations": [], "predictions": 1}], "task 0 is no object with data"),
        ([{"data": 3, "annotations": []}], "task 0 is no object with data"),
        ([{"data": {}, "annotations": []}], "task 0: its data has no text as image"),
        (
            [{"id": 9, "data": {"image": "gone.png"}, "annotations": []}],
            r"task 9: its image 'gone\.png' is not here",
        ),
        ([{"data": {"image": "../outside.png"}, "annotations": []}], "is not here; bring it to"),
        ([{"data": {"image": "http://[x/a.png"}, "annotations": []}], "is no address"),
        ([{"data": {"image": "x" * 5000}, "annotations": []}], "is not here"),
        ([{"data": {"image": "a.png"}, "annotations": 3}], "its annotations are no list"),
        ([{"data": {"image": "a.png"}, "annotations": [3]}], "annotations 0 has no list of results"),
        (
            [{"data": {"image": "a.png"}, "annotations": [{"result": [3]}]}],
            "annotations 0 has no list of results",
        ),
        ([{"data": {"image": "a.png", "split": 3}, "annotations": []}], "its split is no name"),
        ([task(1, "a.png", []), task(2, "x/a.png", [])], "two tasks are about the image a"),
        ([task(1, "a.png", None)], "no task has annotations"),
        ([task(1, "a.png", [])], r"name them in classes\.json"),
        ([task(1, "a.png", [result("i", "labels", {"points": SQUARE, "labels": ["x"]})] * 2)], None),
    ],
)
def test_a_wrong_export_is_one_line(tmp_path, said, complaint):
    home = make(tmp_path / "set", said)
    write_image(tmp_path / "outside.png", np.zeros((*SIZE, 3), dtype=np.uint8))
    text = json.dumps(said)
    if '"data"' not in text:
        (home / "export.json").write_text(text.replace("1}]", '1, "z": "data"}, {"data": 3}]'))
    if complaint is None:  # two results of one id are two objects
        assert len(set(first(home).ids)) == 2
        return
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(home)
    assert "export.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_images_of_one_name_two_exports_and_another_size(tmp_path):
    home = make(tmp_path / "set", images=("x/a.png", "y/a.png", "b.png", "c.png"))
    with pytest.raises(BadInput, match=r"task 1: 2 images are called a\.png; keep one"):
        open_dataset(home)
    (home / "y/a.png").unlink()
    write_image(home / "x/a.png", np.zeros((4, 5, 3), dtype=np.uint8))
    with pytest.raises(BadInput, match=r"has 4 x 5 px, export\.json says 10 x 20"):
        open_dataset(home).split("all").image(0)
    (home / "other.json").write_text((home / "export.json").read_text())
    with pytest.raises(BadInput, match=r"has 2 exports \(export\.json, other\.json\); open one of them"):
        open_dataset(home)
    assert open_dataset(home / "other.json").format == "label-studio"


def test_results_of_two_sizes_are_an_error(tmp_path):
    two = [results()[0], {**results()[2], "original_width": 30}]
    with pytest.raises(BadInput, match="its results are for images of 2 sizes"):
        open_dataset(make(tmp_path / "set", [task(1, "a.png", two)]))


# Writing


def test_an_untouched_export_is_linked_file_by_file(tmp_path):
    source = open_dataset(make(tmp_path / "set"))
    data = source.split("all")
    write_dataset(source, {"all": [data.labels(0), data.labels(1)]}, tmp_path / "out")
    for name in ("export.json", "images/a.png", "sub dir/b.png", "images/deep/c.png"):
        assert (tmp_path / "out" / name).samefile(tmp_path / "set" / name)
    assert json.loads((tmp_path / "out/classes.json").read_text()) == ["door", "wheel"]


def test_a_new_class_changes_the_first_label_alone(tmp_path):
    after = rewritten(tmp_path, lambda a: replace(a, classes=np.array([2, IGNORE, 1, 1, 1], dtype=np.uint8)))
    expected = results()
    expected[0]["value"]["polygonlabels"] = ["wheel", "old"]
    expected[2]["meta"] = {"ignore": True}
    expected[5]["meta"] = {"ignore": False}
    expected[7]["value"]["labels"] = ["door"]
    assert after == expected


def test_a_new_mask_is_a_brush_result_with_the_other_fields_kept(tmp_path):
    new = rle.pack(rectangle(0, 3, 1, 4)[None])[0]
    after = rewritten(tmp_path, lambda a: replace(a, masks=(new, new, new, *a.masks[3:])))
    expected = results()
    for i, labels in ((0, ["door", "old"]), (2, ["wheel"]), (4, ["door"])):
        np.testing.assert_array_equal(decode(after[i]["value"].pop("rle"), SIZE), rectangle(0, 3, 1, 4))
        expected[i].update(type="brushlabels", from_name="brushlabels tool")
        expected[i]["value"] = {"format": "rle", "brushlabels": labels}
    assert after == expected


def test_what_is_gone_vanishes_and_new_objects_come_last(tmp_path):
    def changed(a):
        part = picked(a, [1, 2, 3, 4, 1])
        return replace(part, ids=np.append(part.ids[:4], -5))

    after = rewritten(tmp_path, changed)
    assert after[:-1] == results()[1:]
    assert after[-1] == {
        **result(
            "truemask--5", "brushlabels", {"format": "rle", "rle": encode(BRUSHED), "brushlabels": ["wheel"]}
        ),
    }


def test_a_crowd_is_said_in_meta(tmp_path):
    after = rewritten(tmp_path, lambda a: replace(a, crowd=np.array([True, False, False, False, False])))
    expected = results()
    expected[0]["meta"] = {"iscrowd": True}
    expected[4]["meta"] = {"text": ["ü"], "iscrowd": False}
    assert after == expected


def test_a_class_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(BadInput, match="classes of objects are 1 to 2"):
        rewritten(tmp_path, lambda a: replace(a, classes=np.array([9, 2, 1, 1, 1], dtype=np.uint8)))
    assert not (tmp_path / "out").exists()


def test_the_source_is_left_as_it_was(tmp_path):
    home = make(tmp_path / "set")
    before = copy.deepcopy((home / "export.json").read_bytes())
    source = open_dataset(home)
    data = source.split("all")
    write_dataset(source, {"all": [picked(data.labels(0), []), data.labels(1)]}, tmp_path / "out")
    assert (home / "export.json").read_bytes() == before


def made(names=("background", "b", "a ü"), split="all"):
    rng = np.random.default_rng(0)
    codes = rle.pack(np.concatenate([rng.random((3, *SIZE)) < 0.4, np.zeros((1, *SIZE), dtype=bool)]))
    objects = Instances(
        size=SIZE,
        classes=np.array([1, 2, IGNORE, 2], dtype=np.uint8),
        masks=codes,
        boxes=rle.boxes(codes, SIZE),
        ids=np.array([3, -4, 2**53, 0]),
        crowd=np.array([False, True, True, False]),
    )
    problem = Problem(Task.INSTANCE, names, background=0)
    pixels = rng.integers(0, 256, (1, *SIZE, 3), dtype=np.uint8)
    data = ArrayDataset("made", split, problem, ["x.y"], pixels, [objects])
    return Splits("made", "embedded", {split: data}), objects


@pytest.mark.parametrize("split", ["all", "val", "extra"])
def test_anything_as_label_studio_comes_back_equal(tmp_path, split):
    source, objects = made(split=split)
    write_dataset(source, {}, tmp_path / "out", format="label-studio")
    back = open_dataset(tmp_path / "out")
    assert (back.format, back.problem, list(back.splits)) == ("label-studio", source.problem, [split])
    again = back.split(split).labels(0)
    assert again.masks == objects.masks
    assert list(back.split(split).keys) == ["x.y"]
    for column in ("classes", "ids", "crowd", "boxes"):
        np.testing.assert_array_equal(getattr(again, column), getattr(objects, column))


def test_names_twice_or_empty_are_refused(tmp_path):
    for name in ("", "b"):
        with pytest.raises(BadInput, match="cannot stand among Label Studio's labels"):
            write_dataset(made(("background", "b", name))[0], {}, tmp_path / "out", format="label-studio")
