"""Each kind of error, drawn on purpose, is found once, whole, and by its name; borders are not found."""

import numpy as np
import pytest

from truemask.audit.findings import KINDS
from truemask.audit.semantic.find import find_suspects
from truemask.audit.semantic.tolerance import Tolerance
from truemask.types import IGNORE


@pytest.fixture
def drawn(disc):
    """Kind -> given map, predicted map (which is the truth), as the error makes them."""
    bare = np.zeros((48, 64), np.uint8)

    def put(*things):
        made = bare.copy()
        for mask, class_id in things:
            made[mask] = class_id
        return made

    ball, other = disc(20, 20, 8), disc(22, 48, 9)
    bar = np.zeros(bare.shape, bool)
    bar[24:32, 8:56] = True
    gap = np.zeros(bare.shape, bool)
    gap[:, 30:33] = True
    right = put((ball, 1), (other, 2))
    return {
        "missing": (put((other, 2)), right),
        "spurious": (right, put((other, 2))),
        "swapped": (put((ball, 3), (other, 2)), right),
        "hole": (put((ball & ~disc(20, 20, 3), 1), (other, 2)), right),
        "split": (put((bar & ~gap, 1)), put((bar, 1))),
        "merged": (put((bar, 1)), put((bar & ~gap, 1))),
        "shifted": (put((disc(20, 25, 8), 1), (other, 2)), right),
        "boundary_over": (put((disc(20, 20, 11), 1), (other, 2)), right),
        "boundary_under": (put((disc(20, 20, 5), 1), (other, 2)), right),
    }


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("duplicate", "unusable")])
def test_an_error_of_each_kind_is_found_whole_and_by_its_name(kind, drawn, sight, strict):
    given, predicted = drawn[kind]
    suspects = find_suspects(sight(given, predicted), strict, 0)
    assert [found.kind for found in suspects.found] == [kind]
    (found,) = suspects.found
    wrong = given != predicted
    hit = np.count_nonzero((suspects.ids == 1) & wrong)
    assert hit >= 0.9 * np.count_nonzero(wrong)
    assert hit >= 0.9 * np.count_nonzero(suspects.ids == 1)
    if kind == "shifted":
        assert (found.given, found.proposed) == (1, 1)
    else:
        assert set(given[suspects.ids == 1]) == {found.given}
        assert set(predicted[(suspects.ids == 1) & wrong]) == {found.proposed}


@pytest.mark.parametrize("kind", ["shifted", "boundary_over", "boundary_under"])
def test_a_wrong_outline_comes_with_the_right_one(kind, drawn, sight, strict):
    given, predicted = drawn[kind]
    (found,) = find_suspects(sight(given, predicted), strict, 0).found
    shape = np.zeros(given.shape, bool)
    shape[found.window] = found.shape
    truth = predicted == 1
    assert np.count_nonzero(shape & truth) >= 0.95 * np.count_nonzero(shape | truth)


def test_uncertain_borders_are_no_errors(disc, sight):
    given, predicted = (np.where(disc(22, 30, radius), 1, 0).astype(np.uint8) for radius in (10, 11))
    for one, other in ((given, predicted), (predicted, given)):
        lenient = Tolerance(outline_px=2.0, bias_px=1.5, usual_px=np.zeros(4))
        assert find_suspects(sight(one, other), lenient, 0).found == []


def test_a_class_that_is_always_drawn_larger_is_no_error_of_one_region(disc, sight):
    given, predicted = (np.where(disc(22, 30, radius), 1, 0).astype(np.uint8) for radius in (10, 13))
    unlike = Tolerance(outline_px=3.5, bias_px=1.0, usual_px=np.zeros(4))
    usual = Tolerance(outline_px=3.5, bias_px=1.0, usual_px=np.array([0.0, 3.0, 0, 0]))
    assert [f.kind for f in find_suspects(sight(given, predicted), unlike, 0).found] == ["boundary_under"]
    assert find_suspects(sight(given, predicted), usual, 0).found == []


def test_thin_objects_are_found_however_near_their_two_sides_are(sight, strict):
    thin = np.zeros((48, 64), np.uint8)
    thin[20:22, 5:60] = 1
    nothing = np.zeros_like(thin)
    for given, predicted, kind in ((nothing, thin, "missing"), (thin, nothing, "spurious")):
        suspects = find_suspects(sight(given, predicted), strict, 0)
        assert [found.kind for found in suspects.found] == [kind]
        assert ((suspects.ids > 0) == (thin == 1)).all()


def test_without_a_background_classes_are_swapped(drawn, sight, strict):
    given, predicted = drawn["missing"]
    assert [found.kind for found in find_suspects(sight(given, predicted), strict, None).found] == ["swapped"]


def test_ignored_pixels_belong_to_no_suspect(drawn, sight, strict):
    given, predicted = drawn["missing"]
    given = given.copy()
    given[:, :20] = IGNORE
    suspects = find_suspects(sight(given, predicted), strict, 0)
    assert [found.kind for found in suspects.found] == ["missing"]
    assert not suspects.ids[given == IGNORE].any()
    nothing = np.full_like(given, IGNORE)
    assert find_suspects(sight(nothing, predicted), strict, 0).found == []


def test_small_segments_are_left_out(sight, strict):
    given, predicted = np.zeros((48, 64), np.uint8), np.zeros((48, 64), np.uint8)
    predicted[10, 10:13], predicted[30, 30:34] = 1, 1
    found = find_suspects(sight(given, predicted), strict, 0, min_area_px=4)
    assert len(found.found) == 1
    assert np.count_nonzero(found.ids) == 4
    assert len(find_suspects(sight(given, predicted), strict, 0, min_area_px=1).found) == 2


def test_a_single_pixel_is_an_image_too(sight, strict):
    one, two = np.zeros((1, 1), np.uint8), np.ones((1, 1), np.uint8)
    assert find_suspects(sight(one, one), strict, 0).found == []
    assert [f.kind for f in find_suspects(sight(one, two), strict, 0, min_area_px=1).found] == ["missing"]
