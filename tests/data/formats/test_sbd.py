"""SBD: MATLAB files of classes and objects, what goes back into them, what is said of broken ones."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.io import loadmat, savemat
from scipy.sparse import csc_matrix

from truemask import rle
from truemask.data import ArrayDataset, Splits, open_dataset, write_dataset
from truemask.data.formats import FORMATS
from truemask.data.formats.id_maps import first_id
from truemask.data.image_file import write_image
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

SIZE = (3, 5)
CLASSES = np.array([[0, 15, 15, 0, 8], [0, 15, 15, 0, 8], [15, 15, 0, 0, 0]], dtype=np.uint8)
OBJECTS = np.array([[0, 1, 1, 0, 3], [0, 1, 1, 0, 3], [2, 2, 0, 0, 0]], dtype=np.uint8)


def make(home):
    """Three images as the benchmark's archive has them."""
    for folder in ("img", "cls", "inst"):
        (home / "dataset" / folder).mkdir(parents=True)
    edges = np.empty((20, 1), dtype=object)
    for i in range(20):
        edges[i, 0] = csc_matrix(np.eye(*SIZE) * (i == 14), dtype=np.uint8)
    for key in "abc":
        write_image(home / f"dataset/img/{key}.png", np.full((*SIZE, 3), 9, dtype=np.uint8))
        present = np.array([[8], [15]], dtype=np.uint8)
        held = {"Boundaries": edges, "Segmentation": CLASSES, "CategoriesPresent": present}
        savemat(home / f"dataset/cls/{key}.mat", {"GTcls": held})
        categories = np.array([[15], [15], [8]], dtype=np.uint8)
        held = {"Boundaries": edges[:3], "Segmentation": OBJECTS, "Categories": categories}
        savemat(home / f"dataset/inst/{key}.mat", {"GTinst": held})
    (home / "dataset/train.txt").write_text("a\nb\n")
    (home / "dataset/val.txt").write_text("c\n")
    return home


def struct(path, name):
    return loadmat(path)[name][0, 0]


def masks(objects):
    return rle.unpack(objects.masks, objects.size)


def without(given, i):
    keep = [j for j in range(len(given)) if j != i]
    return Instances(
        size=given.size,
        classes=given.classes[keep],
        masks=tuple(given.masks[j] for j in keep),
        boxes=given.boxes[keep],
        ids=given.ids[keep],
        crowd=given.crowd[keep],
    )


@pytest.mark.parametrize("inside", ["", "dataset"])
def test_label_maps_are_the_segmentation(tmp_path, inside):
    opened = open_dataset(make(tmp_path / "sbd") / inside)
    assert (opened.name, opened.format, opened.problem.num_classes) == ("sbd", "sbd", 21)
    assert [(name, list(data.keys)) for name, data in opened.splits.items()] == [
        ("train", ["a", "b"]),
        ("val", ["c"]),
    ]
    np.testing.assert_array_equal(opened.split("val").labels(0), CLASSES)
    assert opened.split("val").image(0).shape == (*SIZE, 3)
    assert opened.split("val").file(0).name == "c.png"


def test_objects_have_the_class_of_their_category(tmp_path):
    objects = open_dataset(make(tmp_path / "sbd"), task=Task.INSTANCE).split("train").labels(1)
    np.testing.assert_array_equal(objects.classes, [15, 15, 8])
    np.testing.assert_array_equal(masks(objects), [OBJECTS == 1, OBJECTS == 2, OBJECTS == 3])
    np.testing.assert_array_equal(objects.ids, first_id("b") + np.arange(1, 4))
    assert not objects.crowd.any()


def test_untouched_labels_keep_their_files(tmp_path):
    home = make(tmp_path / "sbd")
    for task in (Task.SEMANTIC, Task.INSTANCE):
        source = open_dataset(home, task=task)
        write_dataset(source, {"train": [source.split("train").labels(i) for i in (0, 1)]}, tmp_path / task)
        for path in home.rglob("*.*"):
            assert (tmp_path / task / path.relative_to(home)).samefile(path), path


def test_a_new_label_map_changes_its_file_and_keeps_boundaries(tmp_path):
    home = make(tmp_path / "sbd")
    source = open_dataset(home)
    new = [CLASSES, np.where(CLASSES == 8, 20, CLASSES)]
    new[1][2, 4] = IGNORE
    write_dataset(source, {"train": new}, tmp_path / "out")
    np.testing.assert_array_equal(open_dataset(tmp_path / "out").split("train").labels(1), new[1])
    held, before = (struct(at / "dataset/cls/b.mat", "GTcls") for at in (tmp_path / "out", home))
    assert held["CategoriesPresent"].ravel().tolist() == [15, 20]
    assert held["Segmentation"].dtype == np.uint8
    for i in range(20):
        assert (held["Boundaries"][i, 0] != before["Boundaries"][i, 0]).nnz == 0
    assert held["Boundaries"][14, 0].nnz == 3
    assert (tmp_path / "out/dataset/cls/a.mat").samefile(home / "dataset/cls/a.mat")
    assert (tmp_path / "out/dataset/inst/b.mat").samefile(home / "dataset/inst/b.mat")


def test_new_objects_change_both_files(tmp_path):
    home = make(tmp_path / "sbd")
    source = open_dataset(home, task=Task.INSTANCE)
    given = source.split("train").labels(0)
    new = replace(without(given, 0), classes=np.array([7, 8], dtype=np.uint8))
    write_dataset(source, {"train": [new, source.split("train").labels(1)]}, tmp_path / "out")
    again = open_dataset(tmp_path / "out", task=Task.INSTANCE).split("train").labels(0)
    np.testing.assert_array_equal(again.ids, given.ids[1:])
    np.testing.assert_array_equal(again.classes, [7, 8])
    shown = np.where(OBJECTS == 1, 0, np.where(OBJECTS == 2, 7, CLASSES))
    np.testing.assert_array_equal(open_dataset(tmp_path / "out").split("train").labels(0), shown)
    held = struct(tmp_path / "out/dataset/inst/a.mat", "GTinst")
    assert held["Categories"].ravel().tolist() == [15, 7, 8]  # number 1 is not in use
    assert (tmp_path / "out/dataset/inst/b.mat").samefile(home / "dataset/inst/b.mat")


def test_any_objects_in_the_layout_of_sbd(tmp_path):
    problem = Problem(Task.INSTANCE, ("background", "cup", "saucer"), background=0)
    held = np.zeros((4, *SIZE), dtype=bool)
    held[0, 0] = held[1, 1:, 2] = held[2, :, 4] = held[3, 2, 0] = True
    packed = rle.pack(held)
    objects = Instances(
        size=SIZE,
        classes=np.array([2, 1, 1, IGNORE], dtype=np.uint8),
        masks=packed,
        boxes=rle.boxes(packed, SIZE),
        ids=np.arange(4) + 50,
        crowd=np.array([False, False, True, False]),
    )
    data = ArrayDataset("m", "all", problem, ["x/y"], [np.zeros((*SIZE, 3), dtype=np.uint8)], [objects])
    write_dataset(Splits("m", "m", {"all": data}), {}, tmp_path / "out", format="sbd")
    again = open_dataset(tmp_path / "out", task=Task.INSTANCE).split("all")
    assert (list(again.keys), again.problem) == (["x__y"], problem)
    np.testing.assert_array_equal(again.labels(0).classes, [2, 1, IGNORE])
    np.testing.assert_array_equal(masks(again.labels(0)), held[[0, 1, 3]])
    semantic = open_dataset(tmp_path / "out").split("all").labels(0)
    np.testing.assert_array_equal(semantic[2], [IGNORE, 0, 1, 0, 0])


@pytest.mark.parametrize(
    ("held", "complaint"),
    [
        (None, r"a\.mat: is no MATLAB file with GTinst"),
        ({"Categories": [[15]]}, "holds no Segmentation"),
        ({"Segmentation": OBJECTS / 2, "Categories": [[15]]}, "other than whole numbers"),
        ({"Segmentation": OBJECTS * np.nan, "Categories": [[15]]}, "other than whole numbers"),
        ({"Segmentation": OBJECTS, "Categories": [[15], [3]]}, "object 3, but only 2 Categories"),
        ({"Segmentation": OBJECTS, "Categories": [[15], [3], [21]]}, r"Categories are \[15, 3, 21\]"),
        ({"Segmentation": OBJECTS, "Categories": [[15], [3], [0]]}, r"Categories are \[15, 3, 0\]"),
        (
            {"Segmentation": OBJECTS[:2], "Categories": [[15], [3], [1]]},
            "the map has 2 x 5 px, its image",
        ),
    ],
)
def test_wrong_objects_are_one_line(tmp_path, held, complaint):
    home = make(tmp_path / "sbd")
    savemat(home / "dataset/inst/a.mat", {"other": 1} if held is None else {"GTinst": held})
    with pytest.raises(BadInput, match=complaint) as caught:
        open_dataset(home, task=Task.INSTANCE).split("train").labels(0)
    assert "\n" not in str(caught.value)


def test_every_truncation_is_one_line(tmp_path):
    home = make(tmp_path / "sbd")
    path = home / "dataset/cls/a.mat"
    whole = path.read_bytes()
    complaints = []
    for length in range(0, len(whole) - 8, 97):
        path.write_bytes(whole[:length])
        try:
            labels = open_dataset(home).split("train").labels(0)
            np.testing.assert_array_equal(labels, CLASSES)  # cut behind what is read
        except BadInput as error:
            complaints.append(str(error))
    assert len(complaints) > 3
    assert all("a.mat" in line and "\n" not in line for line in complaints)


def test_a_missing_file_and_other_labels_are_errors(tmp_path):
    home = make(tmp_path / "sbd")
    with pytest.raises(BadInput, match="has one set of labels"):
        open_dataset(home, labels="other")
    (home / "dataset/img/b.png").unlink()
    with pytest.raises(BadInput, match="img: nothing called b there"):
        open_dataset(home)


def test_nothing_else_sees_it_first(tmp_path):
    home = make(tmp_path / "sbd")
    assert next(name for name, row in FORMATS.items() if row.sniff(home)) == "sbd"
