"""The page of an audit of objects: what findings propose is drawn, and said in words."""

import numpy as np
import pytest

from truemask import rle
from truemask.audit import KINDS
from truemask.audit.instances import Predicted, Seen, audit_instances, score_instances
from truemask.data.views import ArrayDataset
from truemask.report.audit_page import audit_page
from truemask.report.blocks import NumberTable, PictureGrid
from truemask.report.object_views import in_words, object_views, proposed_objects
from truemask.types import BadInput, Instances, Problem, Task

PROBLEM = Problem(Task.INSTANCE, ("background", "box", "tile"), background=0)
SIDE = 40


def objects_of(*boxes: tuple[int, int, int, int], classes=(1, 2)) -> Instances:
    planes = np.zeros((len(boxes), SIDE, SIDE), bool)
    for plane, (top, left, bottom, right) in zip(planes, boxes, strict=True):
        plane[top:bottom, left:right] = True
    codes = rle.pack(planes)
    return Instances(
        (SIDE, SIDE),
        np.array(classes[: len(boxes)], np.uint8),
        codes,
        rle.boxes(codes, (SIDE, SIDE)),
        np.arange(1, len(boxes) + 1),
        np.zeros(len(boxes), bool),
    )


TRUTH = objects_of((4, 4, 20, 20), (24, 24, 38, 38))


@pytest.fixture
def audited():
    """Ten images; in the first an object is missing, in the second one has the wrong class."""
    given = [TRUTH] * 10
    given[0], given[1] = (
        objects_of((4, 4, 20, 20)),
        objects_of((4, 4, 20, 20), (24, 24, 38, 38), classes=(2, 2)),
    )
    images = [np.full((SIDE, SIDE, 3), 90, np.uint8)] * 10
    dataset = ArrayDataset("things", "train", PROBLEM, [f"c{row}" for row in range(10)], images, given)
    said = Predicted(TRUTH.classes.astype(np.int64), np.array([0.9, 0.8], np.float32), TRUTH.masks)
    result = audit_instances([Seen(key, given[row], said) for row, key in enumerate(dataset.keys)], PROBLEM)
    return dataset, result, [(key, given[row], TRUTH) for row, key in enumerate(dataset.keys)]


def contents(page, kind):
    return [b.content for section in page.sections for b in section.blocks if isinstance(b.content, kind)]


def test_the_page_shows_findings_in_words_and_images_worst_first(audited):
    dataset, result, pairs = audited
    page = audit_page(result, dataset, scores=score_instances(result, pairs))
    findings, images = contents(page, PictureGrid)
    assert [row.name for row in findings.rows] == [
        "1. c1: given tile, rather box",
        "2. c0: a tile is missing",
    ]
    assert {row.name for row in images.rows} == {"c0", "c1"}
    kinds, classes, scores, by_kind = contents(page, NumberTable)
    assert {row.label: row.values["findings"] for row in kinds.rows} == {"swapped": 1, "missing": 1}
    assert [row.label for row in classes.rows] == ["box", "tile"]
    assert scores.rows[0].values["precision"] == 1
    assert {row.label: row.values["ap_of"] for row in by_kind.rows} == {"swapped": 1, "missing": 1}


def test_what_is_missing_is_drawn_where_it_belongs(audited):
    dataset, result, _ = audited
    missing = [row for row in result.findings.to_pylist() if row["kind"] == "missing"]
    image, given, proposed = object_views(dataset, 0, missing)
    assert image.shape == given.shape == proposed.shape
    zoom = image.shape[0] // SIDE
    inside = proposed[30 * zoom, 30 * zoom].astype(int) - proposed[30 * zoom, 2 * zoom]
    assert inside[2] > 20  # bluer than the grey image: added


def test_findings_are_put_right_in_the_objects():
    def row(action, objects=(), shapes=(), proposed=1):
        return {"action": action, "objects": [*objects], "shapes": [*shapes], "proposed": proposed}

    first, second = TRUTH.masks
    assert proposed_objects(TRUTH, [row("relabel", [2])]).classes.tolist() == [1, 1]
    assert proposed_objects(TRUTH, [row("remove", [1])]).ids.tolist() == [2]
    added = proposed_objects(objects_of((4, 4, 20, 20)), [row("add", (), [second], 2)])
    assert (added.classes.tolist(), added.masks, added.ids.tolist()) == ([1, 2], (first, second), [1, -1])
    one = proposed_objects(TRUTH, [row("redraw", [1, 2], [second])])
    assert (one.ids.tolist(), one.masks, one.classes.tolist()) == ([1], (second,), [1])
    two = proposed_objects(objects_of((4, 4, 20, 20)), [row("redraw", [1], [first, second])])
    assert (two.ids.tolist(), two.masks, two.classes.tolist()) == ([1, -1], (first, second), [1, 1])
    assert proposed_objects(TRUTH, []).masks == TRUTH.masks


def test_every_kind_of_object_has_words():
    for kind in set(KINDS) - {"unusable"}:
        found = {"kind": kind, "given": 1, "proposed": 2, "objects": [1, 2], "shapes": [b"", b""]}
        assert "box" in in_words(found, PROBLEM.classes) or "tile" in in_words(found, PROBLEM.classes)


def test_label_maps_have_no_objects_to_show():
    semantic = Problem(Task.SEMANTIC, ("background", "cell"), background=0)
    maps = ArrayDataset(
        "maps", "train", semantic, ["a"], [np.zeros((9, 9, 3), np.uint8)], [np.zeros((9, 9), np.uint8)]
    )
    with pytest.raises(BadInput, match="maps has no objects to show"):
        object_views(maps, 0, [])
