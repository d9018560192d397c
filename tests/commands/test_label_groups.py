"""Where errors pile up: each object counted once, missing ones too, by class, size, folder and annotator."""

import numpy as np
import pytest

from truemask import rle
from truemask.audit import AuditResult
from truemask.audit.findings import Finding, findings_table
from truemask.audit.result import images_table
from truemask.commands.label_groups import groups_of
from truemask.commands.own_groups import read_groups
from truemask.data.views import ArrayDataset
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

SIZE = (120, 120)
CLASSES = ("background", "cat", "dog")


def result(problem, findings, keys, unit):
    k = len(problem.classes)
    rows = [{"image": key, "units": 1, "flagged": 0, "quality": 1.0} for key in keys]
    square = np.zeros((k, k), np.int64)
    return AuditResult(
        problem, np.zeros(k, np.int64), 0, np.zeros(k), square, square / 1.0, square, images_table(rows),
        findings_table(findings, problem.classes), unit=unit,
    )  # fmt: skip


def objects(*sides, classes, ids, crowd=()):
    masks = np.zeros((len(sides), *SIZE), bool)
    for mask, side in zip(masks, sides, strict=True):
        mask[:side, :side] = True
    codes = rle.pack(masks)
    return Instances(
        SIZE, np.array(classes, np.uint8), codes, rle.boxes(codes, SIZE), np.array(ids, np.int64),
        np.array([id_ in crowd for id_ in ids], bool),
    )  # fmt: skip


@pytest.fixture
def scene():
    """Two images whose objects have the same ids, as of formats that count anew in each file."""
    given = [
        objects(10, 50, 100, classes=[1, 1, 2], ids=[1, 2, 3]),
        objects(10, 10, 50, 20, classes=[1, 2, 2, IGNORE], ids=[1, 2, 3, 4], crowd=[2]),
    ]
    problem = Problem(Task.INSTANCE, CLASSES, 1, background=0)
    keys = ["north/a", "south/b"]
    return ArrayDataset("made", "train", problem, keys, [np.zeros((*SIZE, 1), np.uint8)] * 2, given)


def about(key, kind="swapped", **values):
    return Finding("instance", key, kind, 0.5, "made", 0.5, **values)


def counted(dataset, audit, own=None):
    return {
        one.of: {name: (one.units[name].tolist(), one.flagged[name].tolist()) for name in one.units}
        for one in groups_of(dataset, audit, own or {})
    }


def test_objects_count_once_and_missing_ones_where_they_would_be(scene):
    findings = [
        about("north/a", given=1, proposed=2, objects=(2,)),
        about("north/a", "shifted", given=1, proposed=1, objects=(2,)),
        about("south/b", "missing", given=0, proposed=2, area_px=40),
    ]
    found = counted(scene, result(scene.problem, findings, scene.keys, "objects"))
    assert found["class"] == {"cat": ([2, 1], [1, 0]), "dog": ([1, 2], [0, 1])}
    assert found["size"] == {
        "small": ([1, 2], [0, 1]), "medium": ([1, 1], [1, 0]), "large": ([1, 0], [0, 0])
    }  # fmt: skip
    assert found["folder"] == {"north": ([3, 0], [1, 0]), "south": ([0, 3], [0, 1])}


def test_objects_that_were_audited_as_images_are_found_by_their_keys(scene):
    findings = [Finding("image", "south/b#3", "swapped", 0.5, "made", 0.5, given=2, proposed=1)]
    found = counted(scene, result(scene.problem, findings, ["south/b#3"], "objects"))
    assert found["class"] == {"cat": ([2, 1], [0, 0]), "dog": ([1, 1], [0, 1])}


def test_groups_of_the_user_name_images_or_single_objects(scene, tmp_path):
    file = tmp_path / "groups.csv"
    file.write_text("key,annotator,site\nnorth/a,anna,X\nsouth/b,ben,\nsouth/b#3,anna,X\nval/c,ben,Y\n")
    findings = [about("south/b", given=2, proposed=1, objects=(3,))]
    audit = result(scene.problem, findings, scene.keys, "objects")
    found = counted(scene, audit, read_groups(file, scene))
    assert found["annotator"] == {"anna": ([3, 1], [0, 1]), "ben": ([0, 1], [0, 0])}
    assert "site" not in found  # of one group


def test_pixels_count_by_class_and_folder_and_never_more_than_there_are():
    problem = Problem(Task.SEMANTIC, CLASSES, 1, background=0)
    labels = [np.zeros((4, 5), np.uint8), np.full((4, 5), 2, np.uint8)]
    labels[0][:, 0], labels[1][0] = 1, IGNORE
    images = [np.zeros((4, 5, 1), np.uint8)] * 2
    data = ArrayDataset("made", "train", problem, ["x/1", "y/1"], images, labels)
    findings = [
        Finding("segment", "x/1", "swapped", 0.5, "made", 1.0, given=1, proposed=2, area_px=3),
        Finding("segment", "x/1", "shifted", 0.5, "made", 1.0, given=1, proposed=1, area_px=3),
        Finding("image", "x/1", "swapped", 0.5, "made", 1.0, area_px=6),
    ]
    found = counted(data, result(problem, findings, data.keys, "pixels"))
    assert found["class"] == {
        "background": ([16, 0], [0, 0]), "cat": ([4, 0], [4, 0]), "dog": ([0, 15], [0, 0])
    }  # fmt: skip
    assert found["folder"] == {"x": ([20, 0], [4, 0]), "y": ([0, 15], [0, 0])}


@pytest.mark.parametrize(("folders", "divided"), [(("ds1", "ds2"), True), (("cat", "dog"), False)])
def test_folders_of_files_count_where_keys_name_none_and_classes_do_not(tmp_path, folders, divided):
    class Filed(ArrayDataset.__mro__[1]):
        name, split = "made", "train"
        problem = Problem(Task.CLASSIFICATION, CLASSES, 1)
        keys = ("a", "b")

        def image(self, row):
            raise AssertionError(f"image {row} is not looked at")

        def labels(self, row):
            return 1 + row

        def size(self, row):
            raise AssertionError(f"nor how large image {row} is")

        def file(self, row):
            return tmp_path / folders[row] / "x.png"

    data = Filed()
    found = counted(data, result(data.problem, [], data.keys, "images"))
    assert ("folder" in found) == divided
    assert found["class"] == {"cat": ([1, 0], [0, 0]), "dog": ([0, 1], [0, 0])}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("annotator\nanna\n", "the first line names the columns: key, and at least one other"),
        ("key,class\nnorth/a,1\n", "a column cannot be called 'class'"),
        ("key,who\nnorth/a\n", "line 2: 1 columns, the first line has 2"),
        ("key,who\nnorth/a,x\nnorth/a,y\n", "line 3: 'north/a' is there twice"),
        ("key,who\nother,x\n", "no key is one of made; they are such as 'north/a'"),
        ("key,who\n" + "".join(f"north/a#{i},{i}\n" for i in range(201)), "column who has 201 groups"),
        ("", "the first line names the columns"),
    ],
)
def test_a_file_of_groups_that_does_not_fit_is_one_line(scene, tmp_path, content, complaint):
    (tmp_path / "groups.csv").write_text(content)
    with pytest.raises(BadInput, match=complaint):
        read_groups(tmp_path / "groups.csv", scene)
    with pytest.raises(BadInput, match="no file"):
        read_groups(tmp_path / "other.csv", scene)
