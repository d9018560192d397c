"""COCO files: what opens, what goes back value by value, and what is said when it cannot."""

import json
from dataclasses import replace

import numpy as np
import pytest
from pycocotools import mask as pycoco

from truemask import rle
from truemask.data import open_dataset, write_dataset
from truemask.data.image_file import write_image
from truemask.types import IGNORE, BadInput, Instances, Task

HEIGHT, WIDTH = 40, 60
SIZE = (HEIGHT, WIDTH)
RNG = np.random.default_rng(0)
TRIANGLE = [5.5, 5.25, 30.0, 8.0, 12.0, 33.3]
SQUARE = [40, 10, 55, 10, 55, 25, 40, 25]
RUNS = {"size": [HEIGHT, WIDTH], "counts": [HEIGHT * 50, 20, HEIGHT * 9 + 20]}
BLOB = np.zeros((1, *SIZE), dtype=bool)
BLOB[0, 3:9, 4:30] = True
PACKED = {"size": [HEIGHT, WIDTH], "counts": rle.pack(BLOB)[0].decode()}


def annotation(id_, image_id, category_id, segmentation, **more):
    return {
        "segmentation": segmentation,
        "id": id_,
        "image_id": image_id,
        "category_id": category_id,
        "bbox": [1.5, 2.25, 30.125, 20.0],
        "area": 123.4567890123,
        "iscrowd": 0,
        "score_of_the_annotator": {"nested": [1, None]},
        **more,
    }


def content():
    """Two images with annotations interleaved, one without; category ids out of order, with gaps."""
    return {
        "info": {"year": 2017, "note": "ü"},
        "licenses": [],
        "images": [
            {"id": 900, "file_name": "c.png", "height": HEIGHT, "width": WIDTH, "flickr": "x"},
            {"id": 7, "file_name": "a.png", "height": HEIGHT, "width": WIDTH},
            {"id": 8, "file_name": "b.png", "height": HEIGHT, "width": WIDTH},
        ],
        "annotations": [
            annotation(31, 7, 90, [TRIANGLE]),
            annotation(2**40, 900, 18, [TRIANGLE, SQUARE]),
            annotation(33, 7, 18, PACKED),
            annotation(5, 7, 18, RUNS, iscrowd=1),
            annotation(6, 900, 3, [SQUARE], ignore=1),
        ],
        "categories": [
            {"id": 90, "name": "toothbrush", "supercategory": "indoor"},
            {"id": 3, "name": "car"},
            {"id": 18, "name": "dog"},
        ],
    }


def make(home, said=None, file="instances.json", images="images"):
    said = content() if said is None else said
    (home / images).mkdir(parents=True, exist_ok=True)
    for image in said["images"]:
        write_image(home / images / image["file_name"], RNG.integers(0, 256, (*SIZE, 3), dtype=np.uint8))
    (home / file).parent.mkdir(parents=True, exist_ok=True)
    (home / file).write_text(json.dumps(said))
    return home / file


def spoiled(home, change):
    said = content()
    change(said)
    return make(home, said)


def objects(data):
    return [data.labels(row) for row in range(len(data))]


def written(path):
    return json.loads(path.read_text())


def picked(given, keep, **changes):
    """Some of the objects, with columns replaced."""
    part = Instances(
        size=given.size,
        classes=given.classes[keep],
        masks=tuple(given.masks[i] for i in keep),
        boxes=given.boxes[keep],
        ids=given.ids[keep],
        crowd=given.crowd[keep],
    )
    return replace(part, **changes)


# Opening


def test_classes_are_categories_in_order_of_id_after_the_background(tmp_path):
    opened = open_dataset(make(tmp_path / "set"))
    assert (opened.name, opened.format, list(opened.splits)) == ("set", "coco", ["all"])
    assert opened.problem.classes == ("background", "car", "dog", "toothbrush")
    assert opened.problem.task == Task.INSTANCE


def test_rows_are_the_images_in_order_with_their_own_objects(tmp_path):
    data = open_dataset(make(tmp_path / "set")).split("all")
    assert list(data.keys) == ["c", "a", "b"]
    c, a, b = objects(data)
    assert c.ids.tolist() == [2**40, 6]
    assert a.ids.tolist() == [31, 33, 5]
    assert a.classes.tolist() == [3, 2, 2]
    assert a.crowd.tolist() == [False, False, True]
    assert len(b) == 0
    np.testing.assert_array_equal(a.boxes[0], [1.5, 2.25, 31.625, 22.25])


def test_an_annotation_to_ignore_has_class_ignore(tmp_path):
    assert objects(open_dataset(make(tmp_path / "set")).split("all"))[0].classes.tolist() == [2, IGNORE]


@pytest.mark.parametrize("polygons", [[TRIANGLE], [TRIANGLE, SQUARE], [[-9, -9, 20, -9, 20, 70]]])
def test_polygons_are_filled_as_pycocotools_fills_them(tmp_path, polygons):
    file = spoiled(tmp_path, lambda said: said["annotations"][0].update(segmentation=polygons))
    a = objects(open_dataset(file).split("all"))[1]
    expected = pycoco.merge(pycoco.frPyObjects(polygons, *SIZE))["counts"]
    assert a.masks[0] == expected


def test_runs_packed_or_not_are_their_masks(tmp_path):
    a = objects(open_dataset(make(tmp_path)).split("all"))[1]
    np.testing.assert_array_equal(rle.unpack(a.masks[1:2], SIZE), BLOB)
    column = np.zeros(SIZE, dtype=bool)
    column[:20, 50] = True
    np.testing.assert_array_equal(rle.unpack(a.masks[2:], SIZE)[0], column)


def test_an_annotation_without_a_box_gets_a_tight_one(tmp_path):
    file = spoiled(tmp_path, lambda said: said["annotations"][2].pop("bbox"))
    a = objects(open_dataset(file).split("all"))[1]
    assert a.boxes[1].tolist() == [4, 3, 30, 9]


def test_no_annotation_at_all_is_images_without_objects(tmp_path):
    file = spoiled(tmp_path, lambda said: said.update(annotations=[]))
    assert [len(given) for given in objects(open_dataset(file).split("all"))] == [0, 0, 0]


@pytest.mark.parametrize("images", ["images", ".", "instances", "images/v1"])
def test_images_are_found_beside_the_file_and_in_folders(tmp_path, images):
    file = make(
        tmp_path, file="instances_v1.json" if images == "images/v1" else "instances.json", images=images
    )
    assert open_dataset(file).split("all").image(0).shape == (*SIZE, 3)


def test_cocos_own_layout_gives_its_splits(tmp_path):
    for year_and_split in ("val2017", "train2017"):
        make(tmp_path / "mini", file=f"annotations/instances_{year_and_split}.json", images=year_and_split)
    (tmp_path / "mini/annotations/captions_val2017.json").write_text("{}")
    opened = open_dataset(tmp_path / "mini")
    assert opened.name == "mini"
    assert list(opened.splits) == ["train", "val"]
    single = open_dataset(tmp_path / "mini/annotations/instances_val2017.json")
    assert (single.name, list(single.splits)) == ("mini", ["val"])


def test_versions_of_one_file_are_chosen_by_name(tmp_path):
    for version in ("v1", "v2"):
        make(tmp_path / "parts", file=f"instances_{version}.json")
    assert open_dataset(tmp_path / "parts", labels="v2").name == "parts/instances_v2"
    assert open_dataset(tmp_path / "parts", labels="instances_v2").name == "parts/instances_v2"
    assert open_dataset(tmp_path / "parts/instances_v2.json").name == "parts/instances_v2"
    with pytest.raises(BadInput, match=r"has 2 files of labels \(instances_v1, instances_v2\); choose one"):
        open_dataset(tmp_path / "parts")
    with pytest.raises(BadInput, match="no file of labels called 'v3'; there is: instances_v1, instances_v2"):
        open_dataset(tmp_path / "parts", labels="v3")


def test_seen_as_semantic_it_has_label_maps(tmp_path):
    data = open_dataset(make(tmp_path), task=Task.SEMANTIC).split("all")
    assert set(np.unique(data.labels(1))) == {0, 2, 3, IGNORE}


def test_it_is_no_classification_problem(tmp_path):
    with pytest.raises(BadInput, match="open it as instance or semantic"):
        open_dataset(make(tmp_path), task=Task.CLASSIFICATION)


# Errors


def test_files_with_other_categories_are_no_splits_of_one_data_set(tmp_path):
    make(tmp_path, file="annotations/train.json", images="train")
    said = content()
    said["categories"][0]["name"] = "comb"
    make(tmp_path, said, file="annotations/val.json", images="val")
    with pytest.raises(BadInput, match="do not have the same categories"):
        open_dataset(tmp_path)


def test_missing_images_are_named_and_counted(tmp_path):
    file = make(tmp_path)
    (tmp_path / "images/a.png").unlink()
    with pytest.raises(BadInput, match=r"image a\.png \(id 7\) is not in .*images; .*\(1 of 3 are missing\)"):
        open_dataset(file)
    for name in "bc":
        (tmp_path / f"images/{name}.png").unlink()
    with pytest.raises(BadInput, match=r"image c\.png \(id 900\) is not in .*\(3 of 3 are missing\)"):
        open_dataset(file)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"images": [', r"not valid JSON \(Expecting value at line 1, column 13\)"),
        ("\xff\xfe", "not valid JSON"),
        ("[]", "a COCO file holds one object"),
        ("{}", "has no list of images"),
        ('{"images": [], "categories": [], "annotations": []}', "lists no image"),
        ('{"images": [1], "categories": [], "annotations": []}', "has no list of images"),
    ],
)
def test_what_is_no_coco_file_is_one_line(tmp_path, text, complaint):
    (tmp_path / "x.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(tmp_path / "x.json")
    assert "x.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "changes", "complaint"),
    [
        (("annotations", 0), {"image_id": 4}, "annotation 31 has image_id 4, which the file does not list"),
        (("annotations", 0), {"category_id": 4}, "annotation 31 has category_id 4, which"),
        (("annotations", 0), {"category_id": None}, "annotation 31 needs a whole number as category_id"),
        (("annotations", 0), {"id": 33}, "two entries have the annotation id 33"),
        (("annotations", 0), {"bbox": [1, 2, 3]}, "annotation 31 needs a box of 4 numbers as bbox"),
        (("annotations", 0), {"segmentation": []}, "annotation 31 has no usable mask"),
        (("annotations", 0), {"segmentation": None}, "neither polygons nor runs"),
        (("annotations", 0), {"segmentation": [[1, 2, 3, 4]]}, "3 points or more"),
        (("annotations", 0), {"segmentation": [[1, 2, 3, 4, 5, 6, 7]]}, "3 points or more"),
        (("annotations", 0), {"segmentation": [[1, 2, 3, 4, 5, "6"]]}, "numbers of pixels"),
        (("annotations", 0), {"segmentation": [[1, 2, 3, 4, 5, float("nan")]]}, "numbers of pixels"),
        (("annotations", 0), {"segmentation": [[1, 2, 3, 4, 5, 1e9]]}, "numbers of pixels"),
        (("annotations", 0), {"segmentation": {"size": [4, 4], "counts": [16]}}, "the image has"),
        (("annotations", 0), {"segmentation": {**RUNS, "counts": [5]}}, "its runs have 5 px"),
        (("annotations", 0), {"segmentation": {**RUNS, "counts": [-5]}}, "whole numbers"),
        (
            ("annotations", 0),
            {"segmentation": {**RUNS, "counts": "hello"}},
            "annotation 31 has no usable mask",
        ),
        (("images", 0), {"height": "40"}, "image 900 needs a whole number as height"),
        (("images", 0), {"file_name": None}, "image 900 needs a text as file_name"),
        (("images", 0), {"id": 7}, "two entries have the image id 7"),
        (("images", 0), {"file_name": "images/../b.png"}, "lies outside the data set"),
        (("categories", 0), {"id": 3}, "two entries have the category id 3"),
        (("categories", 0), {"name": ""}, "category 90 needs a text as name"),
    ],
)
def test_a_wrong_entry_is_named_in_one_line(tmp_path, entry, changes, complaint):
    file = make(tmp_path)
    said = content()
    kind, i = entry
    said[kind][i].update(changes)
    file.write_text(json.dumps(said))
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(file)
    assert "instances.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_image_of_another_size_than_the_file_says_is_an_error(tmp_path):
    file = make(tmp_path)
    write_image(tmp_path / "images/a.png", np.zeros((4, 5, 3), dtype=np.uint8))
    with pytest.raises(BadInput, match=r"a\.png: the image has 4 x 5 px, instances\.json says 40 x 60"):
        open_dataset(file).split("all").image(1)


# Writing


def test_unchanged_objects_are_written_value_by_value(tmp_path):
    source = open_dataset(make(tmp_path / "set"))
    write_dataset(source, {"all": objects(source.split("all"))}, tmp_path / "out")
    assert written(tmp_path / "out/instances.json") == content()
    assert (tmp_path / "out/images/a.png").samefile(tmp_path / "set/images/a.png")


def test_a_new_class_gets_its_category_id_and_nothing_else_changes(tmp_path):
    source = open_dataset(make(tmp_path / "set"))
    c, a, b = objects(source.split("all"))
    a = replace(a, classes=np.array([1, 2, 2], dtype=np.uint8))
    write_dataset(source, {"all": [c, a, b]}, tmp_path / "out")
    expected = content()
    expected["annotations"][0]["category_id"] = 3
    assert written(tmp_path / "out/instances.json") == expected
    assert objects(open_dataset(tmp_path / "out").split("all"))[1].classes.tolist() == [1, 2, 2]


def test_an_object_that_is_gone_vanishes(tmp_path):
    source = open_dataset(make(tmp_path / "set"))
    c, a, b = objects(source.split("all"))
    write_dataset(source, {"all": [c, picked(a, [2, 0]), b]}, tmp_path / "out")
    expected = content()
    del expected["annotations"][2]
    assert written(tmp_path / "out/instances.json") == expected


def test_a_new_mask_gets_its_runs_box_and_area(tmp_path):
    source = open_dataset(make(tmp_path / "set"))
    c, a, b = objects(source.split("all"))
    a = replace(a, masks=(*rle.pack(BLOB), *a.masks[1:]))
    write_dataset(source, {"all": [c, a, b]}, tmp_path / "out")
    expected = content()
    expected["annotations"][0].update(segmentation=PACKED, bbox=[4, 3, 26, 6], area=156)
    assert written(tmp_path / "out/instances.json") == expected


def test_a_mask_in_another_code_is_no_new_mask(tmp_path):
    split_runs = [HEIGHT * 50, 5, 0, 15, HEIGHT * 9 + 20]  # the same pixels as RUNS
    file = spoiled(
        tmp_path / "set",
        lambda said: said["annotations"][3].update(segmentation={**RUNS, "counts": split_runs}),
    )
    source = open_dataset(file)
    c, a, b = objects(source.split("all"))
    a = replace(a, masks=rle.pack(rle.unpack(a.masks, SIZE)))
    write_dataset(source, {"all": [c, a, b]}, tmp_path / "out")
    assert written(tmp_path / "out/instances.json") == written(file)


def test_a_moved_box_changes_the_box_alone(tmp_path):
    source = open_dataset(make(tmp_path / "set"))
    c, a, b = objects(source.split("all"))
    boxes = a.boxes.copy()
    boxes[0] = [1, 2, 11, 22]
    write_dataset(source, {"all": [c, replace(a, boxes=boxes), b]}, tmp_path / "out")
    expected = content()
    expected["annotations"][0]["bbox"] = [1, 2, 10, 20]
    assert written(tmp_path / "out/instances.json") == expected


def test_ignore_and_crowd_go_out_and_come_back(tmp_path):
    source = open_dataset(make(tmp_path / "set"))
    c, a, b = objects(source.split("all"))
    c = replace(c, classes=np.array([IGNORE, 3], dtype=np.uint8), crowd=np.array([True, False]))
    write_dataset(source, {"all": [c, a, b]}, tmp_path / "out")
    back = objects(open_dataset(tmp_path / "out").split("all"))[0]
    np.testing.assert_array_equal(back.classes, c.classes)
    np.testing.assert_array_equal(back.crowd, c.crowd)


def test_new_objects_come_last_with_their_own_ids(tmp_path):
    source = open_dataset(make(tmp_path / "set"))
    c, a, _ = objects(source.split("all"))
    new = picked(a, [1], ids=np.array([77]), classes=np.array([1], dtype=np.uint8))
    write_dataset(source, {"all": [c, a, new]}, tmp_path / "out")
    *before, last = written(tmp_path / "out/instances.json")["annotations"]
    assert before == content()["annotations"]
    assert (last["id"], last["image_id"], last["category_id"], last["iscrowd"]) == (77, 8, 3, 0)
    assert last["segmentation"] == PACKED
    assert (last["bbox"], last["area"]) == ([4, 3, 26, 6], 156)


def test_a_new_object_with_an_id_in_use_is_an_error(tmp_path):
    source = open_dataset(make(tmp_path / "set"))
    c, a, _ = objects(source.split("all"))
    with pytest.raises(BadInput, match="two objects have the id 31"):
        write_dataset(source, {"all": [c, a, picked(a, [0])]}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_layout_with_splits_is_written_as_it_was(tmp_path):
    for split in ("train2017", "val2017"):
        make(tmp_path / "mini", file=f"annotations/instances_{split}.json", images=split)
    source = open_dataset(tmp_path / "mini")
    new = [picked(given, []) for given in objects(source.split("train"))]
    write_dataset(source, {"train": new}, tmp_path / "out")
    train, val = (f"annotations/instances_{split}2017.json" for split in ("train", "val"))
    assert written(tmp_path / "out" / train)["annotations"] == []
    assert (tmp_path / "out" / val).samefile(tmp_path / "mini" / val)
    assert list(open_dataset(tmp_path / "out").splits) == ["train", "val"]


def test_seen_as_semantic_it_is_written_as_a_mask_folder_with_its_images(tmp_path):
    source = open_dataset(make(tmp_path / "set"), task=Task.SEMANTIC)
    write_dataset(source, {}, tmp_path / "out")
    back = open_dataset(tmp_path / "out")
    assert back.problem == source.problem
    rows = {key: row for row, key in enumerate(source.split("all").keys)}
    for row, key in enumerate(back.split("all").keys):
        np.testing.assert_array_equal(back.split("all").labels(row), source.split("all").labels(rows[key]))
    assert (tmp_path / "out/images/a.png").samefile(tmp_path / "set/images/a.png")


# What the stream keeps and refuses


def laid_out(said):
    """A file laid out by hand: indented, numbers with trailing zeros, categories before annotations."""
    text = json.dumps({**said, "annotations": []}, indent=2, ensure_ascii=False)
    entries = ",\n".join("    " + json.dumps(a).replace("30.125", "30.1250") for a in said["annotations"])
    return text.replace('"annotations": []', f'"annotations": [\n{entries}\n  ]')


@pytest.mark.parametrize(
    ("keep", "added"),
    [((31, 33, 5, 2**40, 6), False), ((5,), False), ((31, 6), True), ((), True), ((), False)],
)
def test_what_stays_stays_to_the_byte(tmp_path, keep, added):
    file = make(tmp_path / "set")
    file.write_text(laid_out(content()), encoding="utf-8")
    source = open_dataset(file)
    given = [
        picked(one, [i for i, id_ in enumerate(one.ids) if id_ in keep])
        for one in objects(source.split("all"))
    ]
    if added:
        new = objects(source.split("all"))[1]
        given[2] = picked(new, [1], ids=np.array([77]))
    write_dataset(source, {"all": given}, tmp_path / "out")
    before, after = file.read_text(encoding="utf-8"), (tmp_path / "out/instances.json").read_text("utf-8")
    lines = before.splitlines()
    kept = [
        line.rstrip(",")
        for line in lines
        if '"segmentation"' in line and json.loads(line.rstrip(","))["id"] in keep
    ]
    there = [line.rstrip(",") for line in after.splitlines() if '"segmentation"' in line]
    assert [one for one in there if one in kept] == kept
    assert [a["id"] for a in json.loads(after)["annotations"]] == [
        *(a["id"] for a in content()["annotations"] if a["id"] in keep),
        *[77] * added,
    ]
    assert before.split('"annotations"')[0] == after.split('"annotations"')[0]
    assert before.split('"categories"')[1] == after.split('"categories"')[1]
    if len(keep) == len(content()["annotations"]) and not added:
        assert before == after


def test_a_file_of_another_coding_stays_in_it(tmp_path):
    file = make(tmp_path / "set")
    file.write_bytes(json.dumps(content(), ensure_ascii=False).encode("utf-16"))
    source = open_dataset(file)
    write_dataset(source, {"all": objects(source.split("all"))}, tmp_path / "out")
    assert (tmp_path / "out/instances.json").read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            lambda s: s["categories"].extend({"id": i, "name": str(i)} for i in range(100, 400)),
            "has 303 categories",
        ),
        (lambda s: s["images"][0].update(height=0), "image 900 has 0 x 60 px; no image is of that size"),
        (lambda s: s["images"][0].update(height=10**9), "no image is of that size"),
        (
            lambda s: s["annotations"][2].update(segmentation={**PACKED, "size": [-1, 2]}),
            "has no usable mask",
        ),
        (lambda s: s["annotations"][2].update(segmentation={**PACKED, "counts": "ü"}), "or their text code"),
        (
            lambda s: s["annotations"][2].update(bbox=[1, 2, 3, float("nan")]),
            "annotation 33 needs a box of 4",
        ),
        (lambda s: s["annotations"][2].update(bbox=[1, 2, 3, "4"]), "annotation 33 needs a box of 4"),
        (lambda s: s["annotations"][2].update(bbox=[1, 2, 3, 10**400]), "annotation 33 needs a box of 4"),
        (
            lambda s: s["annotations"][4].update(id=2**63),
            "needs a whole number as id; got 9223372036854775808",
        ),
        (lambda s: s["annotations"][4].update(id=1.0), r"annotation 1\.0 needs a whole number as id"),
    ],
)
def test_numbers_that_cannot_be_are_named(tmp_path, change, complaint):
    file = make(tmp_path / "set")
    said = content()
    change(said)
    file.write_text(json.dumps(said))
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(file)
    assert "\n" not in str(caught.value)


def test_a_broken_code_is_found_among_thousands(tmp_path):
    said = content()
    said["annotations"] = [annotation(i, 7, 18, PACKED) for i in range(1, 2501)]
    said["annotations"][2222]["segmentation"] = {**PACKED, "counts": PACKED["counts"][:-2]}
    file = make(tmp_path / "set")
    file.write_text(json.dumps(said))
    with pytest.raises(BadInput, match="annotation 2223 has no usable mask"):
        open_dataset(file)


def test_a_second_list_of_annotations_is_refused(tmp_path):
    file = make(tmp_path / "set")
    file.write_text(file.read_text().replace('"licenses": []', '"annotations": []'))
    with pytest.raises(BadInput, match="has two lists of annotations; join them"):
        open_dataset(file)


def test_boxes_are_tight_only_where_none_is_given(tmp_path):
    file = spoiled(tmp_path, lambda said: said["annotations"][0].pop("bbox"))
    a = objects(open_dataset(file).split("all"))[1]
    drawn = rle.unpack(a.masks[:1], SIZE)[0]
    rows, columns = np.nonzero(drawn)
    assert a.boxes[0].tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_array_equal(a.boxes[1], [1.5, 2.25, 31.625, 22.25])
