"""What is truly wrong, and how good an audit was, on a world where both are known."""

from dataclasses import replace

import numpy as np
import pytest
from object_toys import TILES, TRUE, Thing, given_of, seen_of, world

from truemask import rle
from truemask.audit.instances import audit_instances, score_instances, true_errors
from truemask.types import BadInput

FIRST, SECOND, THIRD = (replace(thing, id=place) for place, thing in enumerate(TRUE))
TRUTH = given_of([FIRST, SECOND, THIRD])
WRONG = {
    "swapped": [replace(FIRST, label=2), SECOND, THIRD],
    "missing": [SECOND, THIRD],
    "spurious": [FIRST, SECOND, THIRD, Thing(2, (40, 60, 56, 78), id=9)],
    "merged": [Thing(1, (4, 4, 25, 46), id=0), THIRD],
    "split": [FIRST, SECOND, Thing(1, (34, 10, 54, 22), id=2), Thing(1, (34, 22, 54, 40), id=3)],
    "shifted": [replace(FIRST, box=(10, 8, 30, 28)), SECOND, THIRD],
    "boundary_over": [FIRST, SECOND, replace(THIRD, box=(30, 6, 58, 44))],
    "boundary_under": [FIRST, SECOND, replace(THIRD, box=(38, 14, 50, 36))],
    "hole": [FIRST, SECOND, replace(THIRD, hole=(38, 14, 48, 36))],
    "duplicate": [FIRST, SECOND, THIRD, replace(THIRD, box=(34, 12, 54, 42), id=9)],
}


@pytest.mark.parametrize("kind", WRONG)
def test_each_difference_has_its_kind(kind):
    (error,) = true_errors("a", given_of(WRONG[kind]), TRUTH)
    assert error.kind == kind


def test_a_pixel_of_outline_crowds_and_ignored_objects_are_no_errors():
    assert true_errors("a", given_of([replace(FIRST, box=(4, 4, 24, 25)), SECOND, THIRD]), TRUTH) == []
    assert true_errors("a", given_of([FIRST, SECOND, replace(THIRD, label=255)]), TRUTH) == []
    assert true_errors("a", given_of([FIRST, SECOND, THIRD], crowd=[2]), TRUTH) == []
    assert true_errors("a", TRUTH, given_of([FIRST, SECOND, THIRD], crowd=[2])) == []


def test_an_error_is_where_it_is():
    (missing,) = true_errors("a", given_of(WRONG["missing"]), TRUTH)
    np.testing.assert_array_equal(rle.unpack([missing.code], TRUTH.size)[0], FIRST.mask())
    (split,) = true_errors("a", given_of(WRONG["split"]), TRUTH)
    np.testing.assert_array_equal(rle.unpack([split.code], TRUTH.size)[0], THIRD.mask())


def test_an_audit_that_finds_one_of_two_and_one_that_is_none():
    images = world()
    # In the first image an object is missing; in the second the network sees one too many, very surely.
    images[0] = seen_of("image00", [SECOND, THIRD], TRUE)
    images[1] = seen_of("image01", [FIRST, SECOND, THIRD], [*TRUE, Thing(2, (40, 60, 56, 78), 0.95)])
    # In the third one the network says what is given, which is wrong.
    swapped = [replace(FIRST, label=2), SECOND, THIRD]
    images[2] = seen_of("image02", swapped, swapped)
    result = audit_instances(images, TILES)
    assert result.findings["kind"].to_pylist() == ["missing", "missing"]
    scores = score_instances(result, [(one.key, one.given, TRUTH) for one in images])
    first = result.findings["image"].to_pylist().index("image00")
    assert scores["errors"] == 2
    assert scores["ap"] == pytest.approx(0.5 if first == 0 else 0.25)
    assert (scores["precision"], scores["recall"], scores["right_kind"]) == (0.5, 0.5, 1)
    assert scores["image_wrong"] == pytest.approx(2 / 12)
    assert (scores["recall_of/missing"], scores["recall_of/swapped"]) == (1, 0)
    assert scores["found_of/swapped"] == 0
    assert scores["ap_of/missing"] == 1 / (1 + first)


def test_an_error_makes_one_finding_right():
    images = world()
    images[0] = seen_of("image00", [replace(FIRST, label=2, box=(10, 8, 30, 28)), SECOND, THIRD], TRUE)
    result = audit_instances(images, TILES)
    assert "shifted" in result.findings["kind"].to_pylist()
    only_shifted = given_of([replace(FIRST, label=2), SECOND, THIRD])
    scores = score_instances(result, [("image00", images[0].given, only_shifted)])
    assert scores["errors"] == 1
    assert scores["recall"] == 1
    assert scores["image_ap"] == 1


def test_without_errors_there_is_nothing_to_find():
    result = audit_instances(world(), TILES)
    scores = score_instances(result, [(one.key, one.given, one.given) for one in world()])
    assert scores["errors"] == 0
    assert scores["image_wrong"] == 0
    assert all(np.isnan(scores[name]) for name in ("ap", "precision", "recall", "right_kind", "image_ap"))


def test_images_must_have_been_audited_and_be_of_one_size():
    result = audit_instances(world(2), TILES)
    with pytest.raises(BadInput, match="image 'other' is not among the 2 images"):
        score_instances(result, [("other", TRUTH, TRUTH)])
    with pytest.raises(BadInput, match="image 'image00': given objects of"):
        score_instances(result, [("image00", TRUTH, replace(TRUTH, size=(9, 9)))])
