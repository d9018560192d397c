"""Errors from labels before and after, and the findings that point at them."""

import numpy as np
import pytest

from truemask import rle
from truemask.audit.calibration.injected import Injected, injected
from truemask.audit.calibration.pointing import best_scores, pointed
from truemask.types import IGNORE, Instances, Problem, Task

IMAGES = Problem(Task.CLASSIFICATION, ("a", "b", "c"))
PIXELS = Problem(Task.SEMANTIC, ("background", "a", "b"), background=0)
OBJECTS = Problem(Task.INSTANCE, ("background", "a", "b"), background=0)
SIZE = (8, 8)


def square(top, left, side):
    mask = np.zeros(SIZE, bool)
    mask[top : top + side, left : left + side] = True
    return rle.pack(mask[None])[0]


def objects(*rows):
    """Each row: id, class, mask."""
    masks = tuple(mask for _, _, mask in rows)
    return Instances(
        SIZE,
        np.array([c for _, c, _ in rows], np.uint8),
        masks,
        rle.boxes(masks, SIZE) if masks else np.zeros((0, 4), np.float32),
        np.array([i for i, _, _ in rows], np.int64),
        np.zeros(len(rows), bool),
    )


def finding(level, kind, **columns):
    blank = {"image": "x", "score": 0.5, "objects": [], "shapes": [], "rle": None, "height": 8, "width": 8}
    return {"level": level, "kind": kind, **blank, **columns}


def test_a_changed_class_is_an_error_of_its_image():
    assert injected(0, 1, "x", IMAGES) == [Injected("image", "swapped", "x")]
    assert injected(1, 1, "x", IMAGES) == []
    assert injected(1, IGNORE, "x", IMAGES) == []


def test_pieces_of_pixels_are_errors_of_the_kind_that_their_classes_say():
    before = np.zeros(SIZE, np.uint8)
    before[0:3, 0:3] = 1
    after = before.copy()
    after[0:3, 0:3] = 0  # left out
    after[6:8, 6:8] = 2  # made up
    after[5, 0] = IGNORE
    missing, spurious = injected(before, after, "x", PIXELS)
    assert (missing.kind, spurious.kind) == ("missing", "spurious")
    assert rle.unpack([missing.rle], SIZE)[0].sum() == 9
    assert rle.unpack([spurious.rle], SIZE)[0].sum() == 4
    assert [one.kind for one in injected(before, after, "x", PIXELS, "shifted")] == ["shifted", "shifted"]


def test_objects_by_what_became_of_them():
    before = objects((1, 1, square(0, 0, 3)), (2, 2, square(4, 4, 3)), (3, 1, square(0, 5, 2)))
    after = objects((1, 2, square(0, 0, 3)), (3, 1, square(0, 5, 3)), (9, 1, square(6, 0, 2)))
    found = injected(before, after, "x", OBJECTS)
    assert [(one.kind, one.objects) for one in found] == [
        ("missing", ()),
        ("boundary_over", (3,)),
        ("swapped", (1,)),
        ("spurious", (9,)),
    ]
    assert found[0].rle == before.masks[1]


def test_a_merger_is_one_error_and_so_is_a_split_with_its_pieces():
    whole, left, right = square(0, 0, 4), square(0, 0, 2), square(2, 2, 2)
    apart, together = objects((1, 1, left), (2, 1, right)), objects((1, 1, whole))
    assert [one.objects for one in injected(apart, together, "x", OBJECTS, "merged")] == [(1,)]
    cut = objects((1, 1, left), (7, 1, right), (5, 1, square(6, 6, 2)))
    before = objects((1, 1, whole), (5, 1, square(6, 6, 2)))
    assert [one.objects for one in injected(before, cut, "x", OBJECTS, "split")] == [(1, 7)]


def test_a_finding_of_an_image_points_at_its_class():
    errors = [Injected("image", "swapped", "x"), Injected("image", "swapped", "z")]
    rows = [finding("image", "swapped"), finding("image", "swapped", image="y")]
    assert pointed(rows, errors) == [[0], []]


def test_a_segment_points_at_errors_if_half_of_it_is_wrong():
    errors = [
        Injected("segment", "missing", "x", size=SIZE, rle=square(0, 0, 2)),
        Injected("segment", "missing", "x", size=SIZE, rle=square(4, 4, 4)),
    ]
    rows = [
        finding("segment", "missing", rle=square(0, 0, 2)),
        finding("segment", "missing", rle=square(0, 0, 3)),  # 4 of 9 pixels
        finding("segment", "swapped", rle=square(4, 4, 3)),
    ]
    assert pointed(rows, errors) == [[0], [], [1]]


def test_a_finding_of_objects_points_at_errors_of_its_sort():
    errors = [
        Injected("instance", "swapped", "x", (1,)),
        Injected("instance", "missing", "x", size=SIZE, rle=square(0, 0, 4)),
        Injected("instance", "merged", "x", (3,)),
    ]
    rows = [
        finding("instance", "swapped", objects=[1]),
        finding("instance", "hole", objects=[1]),
        finding("instance", "missing", shapes=[square(0, 0, 3)]),  # IoU 9 / 16
        finding("instance", "missing", shapes=[square(0, 0, 2)]),  # IoU 4 / 16
        finding("instance", "boundary_over", objects=[3, 8]),
        finding("instance", "spurious", objects=[8]),
    ]
    assert pointed(rows, errors) == [[0], [], [1], [], [2], []]


def test_the_best_score_at_each_error():
    rows = [
        finding("image", "swapped", score=0.3),
        finding("image", "swapped", score=0.7),
        finding("image", "missing", score=0.9),
    ]
    best = best_scores(rows, [[0], [0], []], 2)
    assert best["image", "swapped"].tolist() == [0.7, -np.inf]
    assert best["image", "missing"].tolist() == [-np.inf, -np.inf]


@pytest.mark.parametrize("before", [np.full((1, 1), IGNORE, np.uint8), np.zeros((1, 1), np.uint8)])
def test_labels_that_stay_are_no_errors(before):
    assert injected(before, before.copy(), "x", PIXELS) == []
