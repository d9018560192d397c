"""LabelMe folders: which shapes are objects, what goes back value by value, what is said of broken files."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from truemask import rle
from truemask.data import ArrayDataset, Splits, open_dataset, write_dataset
from truemask.data.image_file import read_image, write_image
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

HEIGHT, WIDTH = 12, 20
SIZE = (HEIGHT, WIDTH)


def png(values):
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(values, dtype=np.uint8)).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def shape(label, points, kind="polygon", **more):
    return {"label": label, "points": points, "group_id": None, "description": "ü", "shape_type": kind,
            "flags": {"occluded": True}, **more}  # fmt: skip


SQUARE = [[2, 2], [6.0, 2], [6, 5], [2, 5]]
FAR_SQUARE = [[10, 2], [14, 2], [14, 5], [10, 5]]
RING = [[1, 1, 1], [1, 0, 1]]


def shapes():
    return [
        shape("door", SQUARE),
        shape("wheel", [[4, 4]], "point"),
        shape("wheel", [[16, 9], [12, 7]], "rectangle", group_id=1),
        shape("door", RING and [[3.0, 7.0], [5.0, 8.0]], "mask", mask=png(RING)),
        shape("wheel", [[0, 0], [2, 0], [2, 2], [0, 2]], group_id=1, score=0.123456789),
        shape("door", FAR_SQUARE, group_id=1),
        shape("__ignore__", [[18, 10], [20, 10], [20, 12]], flags={"iscrowd": True}),
        shape("_background_", SQUARE),
    ]


def content(image="a.png", given=None, **more):
    return {
        "version": "5.5.0",
        "flags": {"night": False},
        "shapes": shapes() if given is None else given,
        "imagePath": image,
        "imageData": None,
        "imageHeight": HEIGHT,
        "imageWidth": WIDTH,
        "checked_by": {"name": "ü", "at": [1, 2.50]},
        **more,
    }


def make(home, files=None, images=("a", "b", "c")):
    home.mkdir(parents=True)
    for i, name in enumerate(images):
        write_image(home / f"{name}.png", np.full((*SIZE, 3), i, dtype=np.uint8))
    for name, said in ({"a": content(), "b": content("b.png", [])} if files is None else files).items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / f"{name}.json").write_text(json.dumps(said, indent=2, ensure_ascii=False))
    return home


def first(path, **more):
    return open_dataset(path, **more).split("all").labels(0)


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


def rewritten(tmp_path, change, files=None):
    """The shapes of a.json after a change of its objects, and the objects as read back."""
    source = open_dataset(make(tmp_path / "set", files))
    data = source.split("all")
    given = [change(data.labels(0)), *(data.labels(row) for row in range(1, len(data)))]
    write_dataset(source, {"all": given}, tmp_path / "out")
    said = json.loads((tmp_path / "out/a.json").read_text())
    assert {**said, "shapes": None} == {**content(), "shapes": None}
    assert list(said) == list(content())
    back = first(tmp_path / "out")
    np.testing.assert_array_equal(sorted(back.ids), sorted(given[0].ids))
    order = np.argsort(given[0].ids)
    again = picked(back, np.argsort(back.ids))
    np.testing.assert_array_equal(again.classes, given[0].classes[order])
    np.testing.assert_array_equal(again.crowd, given[0].crowd[order])
    np.testing.assert_array_equal(masks(again), masks(picked(given[0], order)))
    return said["shapes"]


# Opening


def test_shapes_with_an_area_are_objects(tmp_path):
    source = open_dataset(make(tmp_path / "parts"))
    assert (source.name, source.format, list(source.splits)) == ("parts", "labelme", ["all"])
    assert source.problem.classes == ("background", "door", "wheel")
    data = source.split("all")
    assert list(data.keys) == ["a", "b"]
    a = data.labels(0)
    assert a.classes.tolist() == [1, 2, 1, 1, IGNORE]
    assert a.crowd.tolist() == [False, False, False, False, True]
    np.testing.assert_array_equal(masks(a)[0], rectangle(2, 5, 2, 6))
    np.testing.assert_array_equal(masks(a)[1], rectangle(7, 9, 12, 16) | rectangle(0, 2, 0, 2))
    hollow = rectangle(7, 9, 3, 6)
    hollow[8, 4] = False
    np.testing.assert_array_equal(masks(a)[2], hollow)
    np.testing.assert_array_equal(masks(a)[3], rectangle(2, 5, 10, 14))
    assert len(data.labels(1)) == 0
    assert data.image(1)[0, 0].tolist() == [1, 1, 1]


def test_a_circle_is_its_centre_and_a_point_on_it(tmp_path):
    a = first(make(tmp_path / "set", {"a": content(given=[shape("x", [[10, 6], [10, 1]], "circle")])}))
    ys, xs = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    np.testing.assert_array_equal(masks(a)[0], np.hypot(xs - 10, ys - 6) < 5)


def test_a_mask_over_the_edge_is_cut(tmp_path):
    over = shape("x", [[18, -1], [20, 1]], "mask", mask=png(np.ones((3, 3))))
    a = first(make(tmp_path / "set", {"a": content(given=[over])}))
    np.testing.assert_array_equal(masks(a)[0], rectangle(0, 2, 18, 20))


def test_classes_are_the_lines_of_labels_txt(tmp_path):
    home = make(tmp_path / "set")
    (home / "labels.txt").write_text("__ignore__\n_background_\nwheel\r\nroof\ndoor")
    source = open_dataset(home)
    assert source.problem.classes == ("background", "wheel", "roof", "door")
    assert source.split("all").labels(0).classes.tolist() == [3, 1, 3, 3, IGNORE]
    (home / "labels.txt").write_text("wheel\n")
    with pytest.raises(BadInput, match=r"a\.json: a shape is labelled 'door', which is not in labels\.txt"):
        open_dataset(home)
    (home / "labels.txt").write_text("wheel\nwheel\n")
    with pytest.raises(BadInput, match="names the class wheel twice"):
        open_dataset(home)


def test_folders_named_like_splits_are_splits(tmp_path):
    make(tmp_path / "set/val", {"a": content()})
    make(tmp_path / "set/train", {"a": content(), "b": content("b.png", [])})
    source = open_dataset(tmp_path / "set")
    assert {split: list(data.keys) for split, data in source.splits.items()} == {
        "train": ["a", "b"],
        "val": ["a"],
    }
    ids = [*source.split("train").labels(0).ids, *source.split("val").labels(0).ids]
    assert len(set(ids)) == 10


def test_images_are_found_where_the_file_says(tmp_path):
    home = make(tmp_path / "set", {"annotations/x": content("..\\b.png", [shape("x", SQUARE)])})
    data = open_dataset(home).split("all")
    assert list(data.keys) == ["annotations/x"]
    assert data.file(0) == home / "b.png"
    write_dataset(open_dataset(home), {}, tmp_path / "out")
    assert open_dataset(tmp_path / "out").split("all").file(0) == tmp_path / "out/b.png"


def test_an_embedded_image_is_enough(tmp_path):
    image = np.arange(HEIGHT * WIDTH * 3, dtype=np.uint8).reshape(*SIZE, 3)
    said = content("gone.png", imageData=png(image), imageHeight=None)
    home = make(tmp_path / "set", {"x": said}, images=())
    data = open_dataset(home).split("all")
    assert data.file(0) is None
    assert data.size(0) == SIZE
    np.testing.assert_array_equal(data.image(0), image)
    write_dataset(open_dataset(home), {}, tmp_path / "coco", format="coco")
    np.testing.assert_array_equal(read_image(tmp_path / "coco/images/x.png", 3), image)


def test_seen_as_semantic_and_never_as_classification(tmp_path):
    home = make(tmp_path / "set")
    assert set(np.unique(open_dataset(home, task=Task.SEMANTIC).split("all").labels(0))) == {0, 1, 2, IGNORE}
    with pytest.raises(BadInput, match="open it as instance or semantic"):
        open_dataset(home, task=Task.CLASSIFICATION)
    with pytest.raises(BadInput, match="one set of labels, not 'v2'"):
        open_dataset(home, labels="v2")


# Errors


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"label": ""}, "shape 0 has no text as label"),
        ({"label": None}, "shape 0 has no text as label"),
        ({"shape_type": "cube"}, "shape 0 is a 'cube', which is not known"),
        ({"shape_type": ["polygon"]}, "which is not known"),
        ({"points": [[1, 2], [3, 4]]}, r"shape 0 \(x\) is no use: a polygon has 3 points or more"),
        ({"points": [[1, 2], [3, 4], [5, "6"]]}, "no list of pairs of numbers"),
        ({"points": [[1, 2], [3, 4], [5, 1e9]]}, "no list of pairs of numbers"),
        ({"points": None}, "no list of pairs of numbers"),
        ({"shape_type": "rectangle"}, None),
        ({"shape_type": "rectangle", "points": [[1, 2]]}, "a rectangle has 2 points, this one 1"),
        ({"shape_type": "circle"}, "a circle has 2 points, this one 4"),
        ({"shape_type": "mask", "points": [[0, 0], [2, 1]]}, "its mask is no PNG in base64"),
        ({"shape_type": "mask", "points": [[0, 0], [2, 1]], "mask": "?"}, "its mask is no PNG in base64"),
        ({"shape_type": "mask", "points": [[0, 0], [2, 1]], "mask": "aGk="}, r"no PNG \(it is no image\)"),
        ({"shape_type": "mask", "points": [[0, 0], [3, 1]], "mask": png(RING)}, "has 2 x 3 px, .* say 2 x 4"),
        (
            {"shape_type": "mask", "points": [[0, 0], [2, 1]], "mask": png(np.zeros((2, 3, 3)))},
            "its mask is in colour",
        ),
        ({"truemask_id": "7"}, "shape 0 has no whole number as truemask_id"),
    ],
)
def test_a_wrong_shape_is_named(tmp_path, wrong, complaint):
    home = make(tmp_path / "set", {"a": content(given=[{**shape("x", SQUARE), **wrong}])})
    if complaint is None:
        assert len(first(home)) == 1
        return
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(home)
    assert "a.json: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"shapes": [', "not valid JSON"),
        ('{"shapes": ' + "[" * 100_000, "not valid JSON"),
        ('{"shapes": 3}', "holds an object with a list of shapes"),
        ('["shapes", "shapes"]', "holds an object with a list of shapes"),
        ('{"shapes": [3]}', "a shape is no object"),
        (json.dumps(content("gone.png")).replace("a.png", "z"), None),
        (json.dumps(content("a.png", imageHeight=10**9)), "more than an image has"),
        (json.dumps(content("a.png", imageHeight="12")), "height '12' and width 20 are no whole numbers"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path, text, complaint):
    home = make(tmp_path / "set")
    (home / "a.json").write_text(text)
    if complaint is None:  # the image of its own name is meant
        assert open_dataset(home).split("all").file(0) == home / "a.png"
        return
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(home)
    assert "a.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_image_an_image_outside_and_one_of_another_size(tmp_path):
    home = make(tmp_path / "set", {"x": content("gone.png")})
    write_image(tmp_path / "outside.png", np.zeros((*SIZE, 3), dtype=np.uint8))
    for name in ("gone.png", "../outside.png", "x" * 5000, "\ud800"):
        (home / "x.json").write_text(json.dumps(content(name)))
        with pytest.raises(BadInput, match="is not there; bring it back"):
            open_dataset(home)
    (home / "x.json").write_text(json.dumps(content("a.png", imageWidth=21)))
    with pytest.raises(BadInput, match="says 12 x 21 px, its image has 12 x 20"):
        open_dataset(home).split("all").image(0)
    (home / "x.json").write_text(json.dumps(content("gone.png", imageData="aGk=")))
    with pytest.raises(BadInput, match="its imageData is no image"):
        open_dataset(home).split("all").image(0)


def test_no_label_anywhere_and_ids_twice(tmp_path):
    with pytest.raises(BadInput, match=r"no shape says which classes there are; name them in labels\.txt"):
        open_dataset(make(tmp_path / "none", {"a": content(given=[])}))
    twice = content(given=[shape("x", SQUARE, truemask_id=5), shape("x", FAR_SQUARE, truemask_id=5)])
    with pytest.raises(BadInput, match="two objects have the id 5"):
        open_dataset(make(tmp_path / "twice", {"a": twice}))


# Writing


def test_untouched_files_are_linked(tmp_path):
    source = open_dataset(make(tmp_path / "set"))
    data = source.split("all")
    write_dataset(source, {"all": [data.labels(0), data.labels(1)]}, tmp_path / "out")
    for file in (tmp_path / "set").iterdir():
        assert (tmp_path / "out" / file.name).samefile(file)
    added = {p.name for p in (tmp_path / "out").iterdir()} - {p.name for p in (tmp_path / "set").iterdir()}
    assert added == {"labels.txt"}
    assert (tmp_path / "out/labels.txt").read_text() == "__ignore__\n_background_\ndoor\nwheel\n"


def test_a_new_class_changes_the_labels_of_its_shapes_alone(tmp_path):
    after = rewritten(tmp_path, lambda a: replace(a, classes=np.array([2, IGNORE, 1, 1, 1], dtype=np.uint8)))
    expected = shapes()
    for i, label in ((0, "wheel"), (2, "__ignore__"), (4, "__ignore__"), (6, "door")):
        expected[i]["label"] = label
    assert after == expected


def test_a_new_class_joins_no_other_object(tmp_path):
    after = rewritten(tmp_path, lambda a: replace(a, classes=np.array([1, 1, 1, 1, IGNORE], dtype=np.uint8)))
    expected = shapes()
    for i in (2, 4):
        expected[i].update(label="door", group_id=2)
    assert after == expected


def test_a_new_mask_is_one_shape_that_keeps_its_other_fields(tmp_path):
    new = rectangle(3, 5, 4, 7)
    new[3, 5] = False

    def changed(a):
        return replace(a, masks=(a.masks[0], rle.pack(new[None])[0], *a.masks[2:]))

    ids = first(make(tmp_path / "again")).ids
    after = rewritten(tmp_path, changed)
    expected = shapes()
    del expected[4]
    mask = after[2].pop("mask")
    expected[2].update(shape_type="mask", points=[[4, 3], [6, 4]], truemask_id=int(ids[1]))
    assert after == expected
    with Image.open(io.BytesIO(base64.b64decode(mask))) as image:
        assert np.asarray(image).tolist() == [[1, 0, 1], [1, 1, 1]]


def test_a_crowd_is_a_flag(tmp_path):
    after = rewritten(tmp_path, lambda a: replace(a, crowd=np.array([True, False, False, False, False])))
    expected = shapes()
    expected[0]["flags"] = {"occluded": True, "iscrowd": True}
    expected[6]["flags"] = {"iscrowd": False}
    assert after == expected


def test_what_is_gone_vanishes_with_all_its_shapes(tmp_path):
    after = rewritten(tmp_path, lambda a: picked(a, [0, 2, 3, 4]))
    expected = shapes()
    assert after == [expected[i] for i in (0, 1, 3, 5, 6, 7)]


def test_of_two_alike_the_one_that_stays_keeps_its_id(tmp_path):
    files = {"a": content(given=[shape("x", SQUARE), shape("x", SQUARE)])}
    ids = first(make(tmp_path / "again", files)).ids.tolist()
    assert rewritten(tmp_path, lambda a: picked(a, [1]), files) == [shape("x", SQUARE, truemask_id=ids[1])]


def test_new_objects_come_last_and_say_their_id(tmp_path):
    def with_one_more(a):
        both = picked(a, [0, 1, 2, 3, 4, 2])
        return replace(both, ids=np.append(a.ids, 5))

    after = rewritten(tmp_path, with_one_more)
    assert after[:-1] == shapes()
    last = after[-1]
    assert (last["label"], last["shape_type"], last["truemask_id"]) == ("door", "mask", 5)
    assert last["points"] == [[3, 7], [5, 8]]


def test_a_class_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(BadInput, match="classes of objects are 1 to 2"):
        rewritten(tmp_path, lambda a: replace(a, classes=np.array([9, 2, 1, 1, 1], dtype=np.uint8)))
    assert not (tmp_path / "out").exists()


def made(names=("background", "b", "a"), split="all"):
    rng = np.random.default_rng(0)
    codes = rle.pack(np.concatenate([rng.random((3, *SIZE)) < 0.4, np.zeros((1, *SIZE), dtype=bool)]))
    objects = Instances(
        size=SIZE,
        classes=np.array([1, 2, IGNORE, 2], dtype=np.uint8),
        masks=codes,
        boxes=rle.boxes(codes, SIZE),
        ids=np.array([3, -4, 2**60, 0]),
        crowd=np.array([False, True, True, False]),
    )
    problem = Problem(Task.INSTANCE, names, background=0)
    image = rng.integers(0, 256, (1, *SIZE, 3), dtype=np.uint8)
    data = ArrayDataset("made", split, problem, ["x.y"], image, [objects])
    return Splits("made", "embedded", {split: data}), objects


@pytest.mark.parametrize("split", ["all", "val"])
def test_anything_as_labelme_comes_back_equal(tmp_path, split):
    source, objects = made(split=split)
    write_dataset(source, {}, tmp_path / "out", format="labelme")
    back = open_dataset(tmp_path / "out")
    assert (back.format, back.problem, list(back.splits)) == ("labelme", source.problem, [split])
    again = back.split(split).labels(0)
    assert (again.masks, list(back.split(split).keys)) == (objects.masks, ["x.y"])
    for column in ("classes", "ids", "crowd", "boxes"):
        np.testing.assert_array_equal(getattr(again, column), getattr(objects, column))


@pytest.mark.parametrize("name", ["__ignore__", " a", "a\nb", "a\rb", "\ud800", "", "b"])
def test_names_that_labels_txt_cannot_hold_are_refused(tmp_path, name):
    with pytest.raises(BadInput, match=r"cannot stand in LabelMe's labels\.txt"):
        write_dataset(made(("background", "b", name))[0], {}, tmp_path / "out", format="labelme")
    with pytest.raises(BadInput, match="no split 'extra'"):
        write_dataset(made(split="extra")[0], {}, tmp_path / "out", format="labelme")
