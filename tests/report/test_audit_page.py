import base64
import re
from dataclasses import replace

import cv2
import numpy as np
import pyarrow as pa
import pytest

from truemask import rle
from truemask.audit import AuditResult, confident_learning, score_audit
from truemask.audit.result import SUSPECT_SHARE
from truemask.data.views import ArrayDataset
from truemask.report.audit_page import MOST_CLASSES, audit_page, score_table, write_audit_page
from truemask.report.audit_views import (
    SEEN_PX,
    UNIT_PX,
    fitted,
    flag_views,
    image_grid,
    other_of_two,
    proposal,
    segment_grid,
)
from truemask.report.blocks import Heat, NumberTable, PictureGrid, Step
from truemask.report.palette import ADDED
from truemask.types import BadInput, Instances, Problem, Task

CELLS = Problem(Task.SEMANTIC, ("background", "cell"), background=0)
DIGITS = Problem(Task.CLASSIFICATION, ("zero", "one", "two"))
SIDE = 40


def probs_of(truth: np.ndarray, classes: int) -> np.ndarray:
    likely = (np.arange(classes).reshape(-1, *[1] * truth.ndim) == truth).astype(np.float32)
    return (0.9 * likely + 0.1 / classes).astype(np.float32)


@pytest.fixture
def cells() -> tuple[ArrayDataset, AuditResult, list[np.ndarray]]:
    """Four label maps with a square of cell each; in the second, half of it was left out."""
    truth = [np.zeros((SIDE, SIDE), np.uint8) for _ in range(4)]
    for labels in truth:
        labels[10:30, 10:30] = 1
    given = [labels.copy() for labels in truth]
    given[1][10:20, 10:30] = 0
    images = [np.full((SIDE, SIDE, 3), 90, np.uint8)] * 4
    dataset = ArrayDataset("cells", "train", CELLS, [f"c{row}" for row in range(4)], images, given)
    result = confident_learning(
        lambda: ((key, given[row], probs_of(truth[row], 2)) for row, key in enumerate(dataset.keys)), CELLS
    )
    return dataset, result, truth


@pytest.fixture
def digits() -> tuple[ArrayDataset, AuditResult]:
    """Thirty images of three classes; the first is given a wrong one."""
    truth = np.arange(30) % 3
    given = [1, *truth[1:].tolist()]
    images = [np.full((8, 8, 1), 40 * row % 256, np.uint8) for row in range(30)]
    dataset = ArrayDataset("digits", "all", DIGITS, [f"d{row:02}" for row in range(30)], images, given)
    stream = [(f"d{row:02}", given[row], probs_of(truth[row], 3)) for row in range(30)]
    return dataset, confident_learning(lambda: iter(stream), DIGITS)


def contents(page, kind):
    return [b.content for section in page.sections for b in section.blocks if isinstance(b.content, kind)]


def test_the_page_says_how_much_looks_wrong(cells):
    dataset, result, _ = cells
    page = audit_page(result, dataset)
    assert page.title == "Audit of cells, train"
    assert [tile.value for tile in page.tiles] == ["3.1%", "200", "1 of 4"]
    assert " ".join(result.summary()) in contents(page, object)[0].paragraphs


def test_the_heat_map_is_the_joint_given_what_was_given(cells):
    dataset, result, _ = cells
    (heat,) = contents(audit_page(result, dataset), Heat)
    np.testing.assert_allclose(heat.shares.sum(axis=1), 1)
    np.testing.assert_allclose(heat.shares, result.joint / result.joint.sum(axis=1, keepdims=True))
    assert heat.shares[0, 1] == pytest.approx(200 / (4 * SIDE**2 - 4 * 400 + 200), rel=1e-3)


def test_classes_are_listed_with_their_rates(cells):
    dataset, result, _ = cells
    table = contents(audit_page(result, dataset), NumberTable)[0]
    background, cell = table.rows
    assert background.values["flagged"] == 200
    assert background.values["look wrong"] == pytest.approx(result.wrong_rate_given[0])
    assert cell.values["missed"] == pytest.approx(result.noise_rate[1]) == pytest.approx(200 / 1600)


def test_only_flagged_images_and_segments_are_shown_worst_first(cells):
    dataset, result, _ = cells
    images, segments = contents(audit_page(result, dataset), PictureGrid)
    assert [row.name for row in images.rows] == ["c1"]
    assert images.rows[0].pictures[-1].caption.endswith("; 200 of 1,600 px flagged")
    assert [row.name for row in segments.rows] == ["1. c1: given background, rather cell, 200 px"]


def test_images_with_more_suspect_segments_come_first(cells):
    dataset, result, _ = cells
    shares = pa.array([1.0 if key == "c0" else 0.0 for key in result.images["image"].to_pylist()])
    told = replace(result, images=result.images.append_column(SUSPECT_SHARE, shares))
    images, _ = contents(audit_page(told, dataset), PictureGrid)
    assert [row.name for row in images.rows] == ["c0", "c1"]
    captions = [row.pictures[-1].caption for row in images.rows]
    assert captions[0].endswith("; 100.0% in suspect segments, weighed by their scores")
    assert captions[1].endswith(
        "; 200 of 1,600 px flagged; 0.0% in suspect segments, weighed by their scores"
    )


def test_what_is_flagged_is_drawn_in_the_colour_of_what_it_lacks(cells):
    dataset, result, _ = cells
    *_, flagged = flag_views(dataset, 1, result.findings.to_pylist())
    zoom = SEEN_PX // SIDE
    blue = np.abs(flagged.astype(int) - np.array(ADDED)).sum(axis=2) < 120
    expected = np.zeros((SIDE, SIDE), bool)
    expected[10:20, 10:30] = True
    np.testing.assert_array_equal(blue, expected.repeat(zoom, axis=0).repeat(zoom, axis=1))


def test_scores_against_the_truth_stand_with_their_meaning(cells):
    dataset, result, truth = cells
    scores = score_audit(result, [(k, dataset.labels(r), truth[r]) for r, k in enumerate(dataset.keys)])
    page = audit_page(result, dataset, scores=scores)
    assert "How good this audit is" in [section.title for section in page.sections]
    table = score_table(scores)
    assert table.rows[0].values["unit_precision"] == 1
    assert all(measure.meaning for measure in table.measures)


def test_the_page_is_written_into_the_folder_with_its_pictures(cells, tmp_path):
    dataset, result, _ = cells
    page = audit_page(result, dataset, steps=[Step("Again.", "truemask audit cells")], facts=["2 folds"])
    path = write_audit_page(page, tmp_path)
    text = path.read_text(encoding="utf-8")
    assert path == tmp_path / "report.html"
    pictures = re.findall(r"data:image/png;base64,([\w+/=]+)", text)
    shapes = {cv2.imdecode(np.frombuffer(base64.b64decode(p), np.uint8), 1).shape for p in pictures}
    assert len(pictures) == 6
    assert shapes == {(360, 360, 3)}
    assert "truemask audit cells" in text


def test_images_that_bear_one_label_stand_side_by_side_with_given_and_proposed_class(digits):
    dataset, result = digits
    page = audit_page(result, dataset)
    (grid,) = contents(page, PictureGrid)
    ((picture,),) = [row.pictures for row in grid.rows]
    assert picture.caption == "d00: given one, rather zero"
    assert picture.pixels.shape == (UNIT_PX, UNIT_PX, 3)
    assert "Images whose given label" in page.lead


def test_a_clean_data_set_has_nothing_to_look_at(cells):
    dataset, _, truth = cells
    stream = [(key, truth[row], probs_of(truth[row], 2)) for row, key in enumerate(dataset.keys)]
    page = audit_page(confident_learning(lambda: iter(stream), CELLS), dataset)
    assert contents(page, PictureGrid) == []
    assert page.tiles[1].value == "0"


def test_points_have_no_pictures(digits):
    dataset, result = digits
    problem = Problem(Task.CLASSIFICATION, DIGITS.classes, channels=2, points=True)
    points = [np.zeros(2, np.float32)] * 30
    labels = [dataset.labels(row) for row in range(30)]
    moons = ArrayDataset("moons", "all", problem, list(dataset.keys), points, labels)
    assert contents(audit_page(result, moons), PictureGrid) == []


def test_of_many_classes_those_are_shown_that_wrong_labels_are_about():
    k = MOST_CLASSES + 4
    problem = Problem(Task.CLASSIFICATION, tuple(f"k{c}" for c in range(k)))
    truth = np.repeat(np.arange(k), 10)
    given = truth.copy()
    given[:3] = 7
    images = [np.zeros((4, 4, 3), np.uint8)] * len(truth)
    keys = [f"i{row:03}" for row in range(len(truth))]
    dataset = ArrayDataset("many", "all", problem, keys, images, given.tolist())
    stream = [(keys[row], int(given[row]), probs_of(truth[row], k)) for row in range(len(truth))]
    (heat,) = contents(audit_page(confident_learning(lambda: iter(stream), problem), dataset), Heat)
    assert len(heat.names) == MOST_CLASSES
    assert {"k0", "k7"} <= set(heat.names)
    assert f"the {MOST_CLASSES} of {k} classes" in heat.note


def test_a_proposal_changes_what_findings_are_about_and_nothing_else():
    labels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    mask = np.zeros((1, 3, 4), bool)
    mask[0, 1:, 2:] = True
    findings = [{"proposed": 9, "rle": rle.pack(mask)[0]}, {"proposed": None, "rle": b""}]
    expected = labels.copy()
    expected[1:, 2:] = 9
    np.testing.assert_array_equal(proposal(labels, findings), expected)
    np.testing.assert_array_equal(labels, np.arange(12).reshape(3, 4))
    assert proposal(3, [{"proposed": 1}]) == 1
    assert proposal(3, []) == 3


def test_a_region_drawn_anew_leaves_background_where_it_was():
    labels = np.zeros((3, 6), np.uint8)
    labels[:, :2] = 4
    both, there = np.zeros((1, 3, 6), bool), np.zeros((1, 3, 6), bool)
    both[0, :, :4], there[0, :, 2:4] = True, True
    shifted = {"proposed": 4, "rle": rle.pack(both)[0], "shapes": list(rle.pack(there)), "action": "redraw"}
    expected = np.zeros((3, 6), np.uint8)
    expected[:, 2:4] = 4
    np.testing.assert_array_equal(proposal(labels, [shifted], 0), expected)
    expected[:, :2] = 4
    np.testing.assert_array_equal(proposal(labels, [shifted]), expected)


def test_objects_are_to_be_painted_first():
    none = np.zeros(0, np.uint8)
    objects = Instances(
        (4, 4), none, (), np.zeros((0, 4), np.float32), none.astype(np.int64), none.astype(bool)
    )
    with pytest.raises(BadInput, match="paint objects as a label map first"):
        proposal(objects, [])


@pytest.mark.parametrize(
    ("size", "seen"),
    [((10, 20), (10, 20)), ((384, 384), (384, 384)), ((960, 720), (384, 288)), ((1, 4000), (1, 384))],
)
def test_large_pictures_are_reduced_to_what_is_seen(size, seen):
    assert fitted(np.zeros((*size, 3), np.uint8), 384).shape[:2] == seen


@pytest.mark.parametrize("box", [(0, 0, 3, 3), (90, 190, 100, 200), (40, 60, 44, 140), (0, 0, 100, 200)])
def test_a_window_holds_its_segment_and_lies_in_the_image(box):
    y0, x0, y1, x1 = box
    labels = np.zeros((100, 200), np.uint8)
    mask = np.zeros((1, 100, 200), bool)
    mask[0, y0:y1, x0:x1] = True
    dataset = ArrayDataset("wide", "all", CELLS, ["w"], [np.zeros((100, 200, 3), np.uint8)], [labels])
    found = {
        **{"image": "w", "rank": 1, "kind": "missing", "given": 0, "proposed": 1},
        **{"area_px": int(mask.sum()), "rle": rle.pack(mask)[0], "x0": x0, "y0": y0, "x1": x1, "y1": y1},
    }
    flagged = segment_grid(dataset, [found]).rows[0].pictures[-1].pixels
    blue = np.abs(flagged.astype(int) - np.array(ADDED)).sum(axis=2) < 120
    zoom = np.sqrt(blue.sum() / mask.sum())
    assert zoom >= 1
    assert blue.sum() == pytest.approx(mask.sum() * zoom**2)
    assert max(flagged.shape) <= SEEN_PX


def test_an_image_that_is_not_in_the_data_set_is_told(cells):
    dataset, result, _ = cells
    rows = [{**row, "image": "elsewhere"} for row in result.images.to_pylist()[:1]]
    with pytest.raises(BadInput, match="no image 'elsewhere'; audit and data set do not belong together"):
        image_grid(dataset, rows, [])


def test_of_two_classes_a_flagged_pixel_in_no_segment_is_shown_as_the_other():
    labels = np.array([[0, 1, 255], [1, 0, 0]], np.uint8)
    flags = np.array([[[True, True, True], [False, False, True]]])
    whole = {"level": "image", "proposed": None, "rle": rle.pack(flags)[0]}
    unusable = {"level": "image", "proposed": None, "rle": None}
    two = Problem(Task.SEMANTIC, ("ground", "car"), background=0)
    expected = [[1, 0, 255], [1, 0, 1]]
    np.testing.assert_array_equal(other_of_two(labels, [whole, unusable], two), expected)
    three = Problem(Task.SEMANTIC, ("ground", "car", "tree"), background=0)
    np.testing.assert_array_equal(other_of_two(labels, [whole], three), labels)
