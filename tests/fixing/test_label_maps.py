"""Findings on label maps: each action, conflicts, and findings of other labels."""

import numpy as np
import pytest

from truemask.fixing.label_maps import fixed_map
from truemask.types import IGNORE, BadInput, Problem, Task

PROBLEM = Problem(Task.SEMANTIC, ("background", "cat", "dog"), background=0)
NO_BACKGROUND = Problem(Task.SEMANTIC, ("road", "cat", "dog"))


def plane(*parts, size=(6, 8)):
    """A mask that is true in rows and columns (top, bottom, left, right)."""
    mask = np.zeros(size, bool)
    for top, bottom, left, right in parts:
        mask[top:bottom, left:right] = True
    return mask


@pytest.fixture
def given():
    """A cat of 3 x 3 on background, with a pixel without a label in its middle."""
    labels = np.zeros((6, 8), np.uint8)
    labels[1:4, 1:4] = 1
    labels[2, 2] = IGNORE
    return labels


CAT = (1, 4, 1, 4)


def test_a_segment_is_relabelled_where_its_given_class_is(given, wanted):
    fixed, (outcome,) = fixed_map(
        given, [wanted(mask=plane((0, 4, 1, 4)), given=1, proposed=2)], "a", PROBLEM
    )
    expected = np.where(given == 1, 2, given)
    np.testing.assert_array_equal(fixed, expected)
    assert (outcome.outcome, outcome.changed) == ("applied", 8)
    assert given[1, 1] == 1


def test_missing_is_added_and_spurious_is_removed(given, wanted):
    add = wanted(1, mask=plane((4, 6, 5, 8)), kind="missing", given=0, proposed=2, action="add")
    gone = wanted(2, mask=plane(CAT), kind="spurious", given=1, action="remove")
    fixed, outcomes = fixed_map(given, [add, gone], "a", PROBLEM)
    expected = np.zeros_like(given)
    expected[4:, 5:], expected[2, 2] = 2, IGNORE
    np.testing.assert_array_equal(fixed, expected)
    assert [one.changed for one in outcomes] == [6, 8]


def test_without_a_background_what_is_removed_takes_what_is_around_it(wanted):
    given = np.zeros((6, 8), np.uint8)
    given[:, 4:] = 2
    given[2:4, 5:7] = 1
    gone = wanted(mask=plane((2, 4, 5, 7)), given=1, action="remove")
    fixed, _ = fixed_map(given, [gone], "a", NO_BACKGROUND)
    expected = np.zeros((6, 8), np.uint8)
    expected[:, 4:] = 2
    np.testing.assert_array_equal(fixed, expected)


@pytest.mark.parametrize("problem", [PROBLEM, NO_BACKGROUND])
def test_an_outline_is_redrawn(wanted, problem):
    given = np.zeros((6, 8), np.uint8)
    given[1:4, 1:4] = 1
    cat, right = plane(CAT), plane((1, 4, 2, 5))
    shifted = wanted(mask=cat ^ right, shapes=[right], kind="shifted", given=1, proposed=1, action="redraw")
    fixed, (outcome,) = fixed_map(given, [shifted], "a", problem)
    np.testing.assert_array_equal(fixed, right.astype(np.uint8))
    assert outcome.changed == 6


def test_what_was_drawn_too_far_or_not_far_enough_is_redrawn(wanted):
    given = np.zeros((6, 8), np.uint8)
    given[1:4, 1:4] = 1
    cat, small, large = plane(CAT), plane((1, 4, 1, 3)), plane((1, 4, 1, 6))
    over = wanted(mask=cat & ~small, shapes=[small], given=1, proposed=2, action="redraw")
    under = wanted(mask=large & ~cat, shapes=[large], given=0, proposed=1, action="redraw")
    fixed, _ = fixed_map(given, [over], "a", PROBLEM)
    np.testing.assert_array_equal(fixed, np.where(cat & ~small, 2, given))
    fixed, _ = fixed_map(given, [under], "a", PROBLEM)
    np.testing.assert_array_equal(fixed, large.astype(np.uint8))


def test_pixels_or_a_whole_map_are_ignored(given, wanted):
    part, _ = fixed_map(given, [wanted(mask=plane(CAT), given=1, action="ignore")], "a", PROBLEM)
    np.testing.assert_array_equal(part == IGNORE, plane(CAT))
    whole, (outcome,) = fixed_map(given, [wanted(kind="unusable", action="ignore")], "a", PROBLEM)
    assert (whole == IGNORE).all()
    assert outcome.changed == 47


def test_of_findings_that_overlap_the_first_is_applied_and_the_other_not_at_all(given, wanted):
    first = wanted(1, mask=plane((0, 3, 0, 3)), given=0, proposed=2)
    second = wanted(2, mask=plane((0, 2, 0, 8)), given=0, proposed=1)
    third = wanted(3, mask=plane((5, 6, 0, 8)), given=0, proposed=1)
    fixed, outcomes = fixed_map(given, [first, second, third], "a", PROBLEM)
    assert [one.outcome for one in outcomes] == ["applied", "conflict", "applied"]
    assert outcomes[1].why == "finding-1"
    expected = given.copy()
    expected[:3, :3][given[:3, :3] == 0] = 2
    expected[5] = 1
    np.testing.assert_array_equal(fixed, expected)


def test_findings_about_a_reduced_image_are_enlarged(given, wanted):
    half = np.zeros((3, 4), bool)
    half[2, 3] = True
    fixed, _ = fixed_map(given, [wanted(mask=half, given=0, proposed=2)], "a", PROBLEM)
    np.testing.assert_array_equal(fixed == 2, plane((4, 6, 6, 8)))


def test_what_says_too_little_is_impossible_and_says_why(given, wanted):
    no_class = wanted(1, mask=plane(CAT), given=1)
    no_pixels = wanted(2, given=1, proposed=2)
    fixed, outcomes = fixed_map(given, [no_class, no_pixels], "a", PROBLEM)
    assert [one.why for one in outcomes] == ["proposes no class", "names no pixels"]
    np.testing.assert_array_equal(fixed, given)


def test_findings_of_other_labels_are_refused(given, wanted):
    with pytest.raises(BadInput, match="pixels given as 'dog', and there are none"):
        fixed_map(given, [wanted(mask=plane(CAT), given=2, proposed=1)], "a", PROBLEM)


def test_a_map_of_one_pixel(wanted):
    given = np.ones((1, 1), np.uint8)
    one = wanted(mask=np.ones((1, 1), bool), given=1, action="remove")
    fixed, _ = fixed_map(given, [one], "a", PROBLEM)
    assert fixed.tolist() == [[0]]
    kept, (outcome,) = fixed_map(given, [one], "a", NO_BACKGROUND)
    assert (kept.tolist(), outcome.outcome) == ([[1]], "impossible")
