"""What outlines may be off, read off the data."""

import numpy as np
import pytest

from truemask.audit.semantic.outlines import OVER_MEDIAN, Outlines, region_outlines, signed_distances
from truemask.types import IGNORE


def maps(disc, *radii):
    return [np.where(disc(22, 30, radius), 1, 0).astype(np.uint8) for radius in radii]


@pytest.mark.parametrize(("grown", "expected"), [(0, 0), (2, 2), (-3, -3)])
def test_the_middle_of_an_outline_is_how_far_the_prediction_reaches(grown, expected, disc, sight):
    given, predicted = maps(disc, 12, 12 + grown)
    found = region_outlines(sight(given, predicted))
    assert found.class_id.tolist() == [0, 1]
    assert found.middle[1] == pytest.approx(expected, abs=0.5)
    assert found.middle[0] == pytest.approx(-expected, abs=0.5)
    assert (found.low <= found.middle).all()
    assert (found.middle <= found.high).all()


def test_perfect_predictions_still_leave_a_pixel(disc, sight):
    outlines = Outlines(4)
    (given,) = maps(disc, 12)
    outlines.update(sight(given, given))
    assert outlines.tolerance_px() == 1.0
    assert outlines.bias_tolerance_px() == 1.0
    assert outlines.usual_px() == pytest.approx([0, 0, 0, 0])


def test_most_outlines_decide_and_not_the_worst_ones(disc, sight):
    outlines = Outlines(4)
    given, near, far = maps(disc, 12, 14, 3)
    for predicted in (near, near, near, far):
        outlines.update(sight(given, predicted))
    # The median distance lies in the bin of 2 px.
    assert 1.5 * OVER_MEDIAN <= outlines.tolerance_px() <= 2.5 * OVER_MEDIAN
    assert outlines.usual_px()[1] == pytest.approx(2, abs=0.5)
    assert outlines.bias_tolerance_px() <= 0.5 * OVER_MEDIAN


def test_parts_add_up(disc, sight):
    whole, one, other = Outlines(4), Outlines(4), Outlines(4)
    given, *others = maps(disc, 12, 13, 10)
    for part, predicted in zip((one, other), others, strict=True):
        whole.update(sight(given, predicted))
        part.update(sight(given, predicted))
    one.merge(other)
    assert (one.pixels == whole.pixels).all()
    assert (one.regions == whole.regions).all()


def test_ignore_has_no_outline(sight):
    given = np.zeros((8, 9), np.uint8)
    given[:, 4:] = IGNORE
    seen = sight(given, np.zeros_like(given))
    assert len(signed_distances(seen)) == 0
    outlines = Outlines(4)
    outlines.update(seen)
    assert outlines.tolerance_px() == 1.0
    assert not np.isnan(outlines.usual_px()).any()
