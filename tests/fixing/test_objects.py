"""Findings on objects: each action, conflicts, and what stays."""

import numpy as np
import pytest

from truemask import rle
from truemask.fixing.objects import fixed_objects
from truemask.types import IGNORE, BadInput, Instances

SIZE = (20, 30)
BOXES = ((2, 2, 8, 8), (10, 2, 16, 8), (2, 20, 9, 28))


def mask(top, left, bottom, right):
    plane = np.zeros(SIZE, bool)
    plane[top:bottom, left:right] = True
    return plane


@pytest.fixture
def given():
    """Three objects with ids 5, 6, 9 and boxes that are not quite tight."""
    codes = rle.pack(np.stack([mask(*box) for box in BOXES]))
    boxes = rle.boxes(codes, SIZE) + np.float32(0.25)
    return Instances(
        SIZE, np.array([1, 2, 1], np.uint8), codes, boxes, np.array([5, 6, 9]), np.array([False, False, True])
    )


def rows(objects):
    planes = rle.unpack(objects.masks, objects.size)
    return {
        int(id_): (int(class_id), plane.tobytes())
        for id_, class_id, plane in zip(objects.ids, objects.classes, planes, strict=True)
    }


def test_nothing_to_do_gives_back_the_objects_themselves(given):
    fixed, outcomes = fixed_objects(given, [], "a")
    assert fixed is given
    assert outcomes == []


def test_one_object_changes_its_class_and_the_others_nothing(given, wanted):
    one = wanted(level="instance", given=2, proposed=1, objects=(6,))
    fixed, (outcome,) = fixed_objects(given, [one], "a")
    assert fixed.classes.tolist() == [1, 1, 1]
    assert fixed.masks == given.masks
    np.testing.assert_array_equal(fixed.boxes, given.boxes)
    np.testing.assert_array_equal(fixed.ids, given.ids)
    np.testing.assert_array_equal(fixed.crowd, given.crowd)
    assert (outcome.outcome, outcome.changed) == ("applied", 1)


def test_objects_are_removed_and_ignored(given, wanted):
    gone = wanted(1, level="instance", kind="spurious", action="remove", given=1, proposed=0, objects=(5,))
    hidden = wanted(2, level="instance", action="ignore", objects=(6,))
    fixed, _ = fixed_objects(given, [gone, hidden], "a")
    assert fixed.ids.tolist() == [6, 9]
    assert fixed.classes.tolist() == [IGNORE, 1]


def test_a_missing_object_is_added_at_the_end_under_an_id_of_its_own(given, wanted):
    shape = mask(12, 12, 18, 18)
    one = wanted(
        level="instance", kind="missing", action="add", given=0, proposed=2, mask=shape, shapes=[shape]
    )
    fixed, (outcome,) = fixed_objects(given, [one], "a")
    again, _ = fixed_objects(given, [one], "a")
    elsewhere, _ = fixed_objects(given, [one], "b")
    assert fixed.ids[:3].tolist() == [5, 6, 9]
    assert rows(fixed)[int(fixed.ids[3])] == (2, shape.tobytes())
    assert fixed.boxes[3].tolist() == [12, 12, 18, 18]
    assert outcome.changed == 1
    assert fixed.ids[3] == again.ids[3] != elsewhere.ids[3]
    assert 0 < fixed.ids[3] < 2**53


def test_a_merged_object_becomes_several(given, wanted):
    halves = [mask(2, 2, 8, 5), mask(2, 5, 8, 8)]
    one = wanted(
        level="instance", kind="merged", action="redraw", given=1, proposed=1, objects=(5,), shapes=halves
    )
    fixed, (outcome,) = fixed_objects(given, [one], "a")
    assert fixed.classes.tolist() == [1, 2, 1, 1]
    assert rows(fixed)[5] == (1, halves[0].tobytes())
    assert rows(fixed)[int(fixed.ids[3])] == (1, halves[1].tobytes())
    assert outcome.changed == 2


def test_split_objects_become_one(given, wanted):
    shape = mask(2, 2, 16, 8)
    one = wanted(level="instance", kind="split", action="redraw", proposed=2, objects=(5, 6), shapes=[shape])
    fixed, (outcome,) = fixed_objects(given, [one], "a")
    assert fixed.ids.tolist() == [5, 9]
    assert rows(fixed)[5] == (2, shape.tobytes())
    assert fixed.boxes[0].tolist() == [2, 2, 8, 16]
    assert outcome.changed == 2


def test_a_whole_image_is_ignored(given, wanted):
    fixed, (outcome,) = fixed_objects(given, [wanted(kind="unusable", action="ignore")], "a")
    assert fixed.classes.tolist() == [IGNORE] * 3
    assert outcome.changed == 3


def test_the_better_ranked_finding_about_an_object_is_applied_alone(given, wanted):
    first = wanted(1, level="instance", given=1, proposed=2, objects=(5,))
    second = wanted(2, level="instance", action="remove", objects=(6, 5))
    fixed, outcomes = fixed_objects(given, [first, second], "a")
    assert [one.outcome for one in outcomes] == ["applied", "conflict"]
    assert outcomes[1].why == "finding-1"
    assert fixed.ids.tolist() == [5, 6, 9]
    assert fixed.classes.tolist() == [2, 2, 1]


def test_an_object_that_was_found_missing_twice_is_added_once(given, wanted):
    def missing(rank, shape):
        return wanted(
            rank, level="instance", kind="missing", action="add", proposed=1, mask=shape, shapes=[shape]
        )

    shapes = [mask(12, 12, 18, 18), mask(12, 12, 18, 17), mask(12, 17, 18, 24)]
    fixed, outcomes = fixed_objects(given, [missing(i, s) for i, s in enumerate(shapes, 1)], "a")
    assert [one.outcome for one in outcomes] == ["applied", "conflict", "applied"]
    assert len(fixed) == 5


def test_shapes_of_a_reduced_image_are_enlarged(given, wanted):
    small = np.zeros((10, 15), bool)
    small[6:9, 6:9] = True
    one = wanted(level="instance", action="add", proposed=1, mask=small, shapes=[small])
    fixed, _ = fixed_objects(given, [one], "a")
    assert rows(fixed)[int(fixed.ids[3])] == (1, mask(12, 12, 18, 18).tobytes())


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"action": "relabel", "objects": (5,)}, "proposes no class"),
        ({"action": "relabel", "proposed": 1}, "names no object"),
        ({"action": "redraw", "objects": (5,), "proposed": 1}, "has no shape to draw"),
        ({"action": "add", "proposed": 1}, "has no shape to draw"),
    ],
)
def test_what_says_too_little_is_impossible_and_says_why(given, wanted, values, why):
    fixed, (outcome,) = fixed_objects(given, [wanted(level="instance", **values)], "a")
    assert fixed is given
    assert (outcome.outcome, outcome.why) == ("impossible", why)


def test_an_image_without_objects(wanted):
    none = np.zeros(0, np.int64)
    boxes = np.zeros((0, 4), np.float32)
    empty = Instances(SIZE, none.astype(np.uint8), (), boxes, none, none.astype(bool))
    shape = mask(2, 2, 6, 6)
    add = wanted(1, level="instance", action="add", proposed=1, mask=shape, shapes=[shape])
    ignore = wanted(2, action="ignore")
    fixed, outcomes = fixed_objects(empty, [add, ignore], "a")
    assert len(fixed) == 1
    assert outcomes[1].why == "the image has no objects"


def test_findings_of_other_labels_are_refused(given, wanted):
    with pytest.raises(BadInput, match="object 7, which is not there"):
        fixed_objects(given, [wanted(level="instance", action="remove", objects=(7,))], "a")
