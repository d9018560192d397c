"""Compiled loops over the pixels of segments, against numpy and OpenCV written out."""

import cv2
import numpy as np
import pytest

from truemask.audit.semantic import window_kernels
from truemask.audit.semantic.beyond import beyond_borders
from truemask.audit.semantic.features import features
from truemask.audit.semantic.find import find_suspects
from truemask.audit.semantic.label_regions import distance_from
from truemask.audit.semantic.outlines import region_outlines, signed_distances
from truemask.audit.semantic.segment_kernels import one_after_the_other
from truemask.audit.semantic.self_confidence import plain_self_confidence, tolerant_self_confidence
from truemask.audit.semantic.sight import Sight
from truemask.types import IGNORE


@pytest.fixture
def seen():
    """Smooth maps of four classes and of what is predicted, some of it without a label."""
    rng = np.random.default_rng(0)
    fields = [cv2.GaussianBlur(rng.normal(size=(4, 60, 70)).transpose(1, 2, 0), (0, 0), 4) for _ in range(2)]
    given = fields[0].argmax(axis=2).astype(np.uint8)
    odds = np.exp(30 * (fields[0] + 0.4 * fields[1])).transpose(2, 0, 1)
    given[rng.random(given.shape) < 0.02] = IGNORE
    given[20:32, 30:45] = 3
    probs = (odds / odds.sum(axis=0)).astype(np.float32)
    return Sight("a", given, probs.argmax(axis=0).astype(np.uint8), probs)


def test_pixels_come_one_segment_after_the_other():
    ids = np.array([[0, 2, 2], [1, 0, 2]], np.int32)
    starts, at = np.zeros(3, np.int64), np.empty(4, np.int64)
    one_after_the_other(ids, starts, at)
    assert starts.tolist() == [0, 1, 4]
    assert at.tolist() == [3, 1, 2, 5]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("tolerance_px", [1.0, 2.9, 4.0])
def test_the_largest_probability_near_by_is_that_of_a_dilation(seen, dtype, tolerance_px):
    probs = seen.probs.astype(dtype)
    sight = Sight("a", seen.given, seen.predicted, probs)
    reach = np.arange(-int(tolerance_px), int(tolerance_px) + 1)
    disc = (reach[:, None] ** 2 + reach[None] ** 2 <= tolerance_px**2).astype(np.uint8)
    expected = plain_self_confidence(sight)
    beside = sight.known & (np.maximum(sight.depth_given, sight.depth_predicted) + 0.5 <= tolerance_px)
    for class_id in range(4):
        plane = probs[class_id].astype(np.float32)
        largest = cv2.dilate(plane, disc, borderType=cv2.BORDER_REPLICATE)
        expected = np.where(beside & (sight.given == class_id), largest, expected)
    assert (tolerant_self_confidence(sight, tolerance_px) == expected).all()
    assert beside.sum() > 100


@pytest.mark.parametrize("outline_px", [1.0, 2.7, 8.0])
def test_segments_beyond_borders_reach_as_far_as_their_core(seen, outline_px):
    """8 px are found by distances of all pixels, less by looking around."""
    ids, count = beyond_borders(seen, np.zeros(seen.given.shape, np.int32), outline_px, min_area_px=1)
    core = seen.differ & (np.maximum(seen.depth_given, seen.depth_predicted) + 0.5 > outline_px)
    near = seen.differ & (distance_from(core) <= outline_px + 0.5)
    assert count == len(np.unique(ids)) - 1
    assert count > 0
    assert not (ids[~near] > 0).any()
    assert (ids[core] > 0).all()


def test_quartiles_of_outlines_are_those_of_a_sort(seen):
    found = region_outlines(seen)
    at = seen.given_regions[0][seen.given_outline]
    distances = signed_distances(seen)
    assert distances.min() < 0 < distances.max()
    assert found.region.tolist() == np.unique(at).tolist()
    for row, region in enumerate(found.region):
        mine = np.sort(distances[at == region])
        assert found.length[row] == len(mine)
        quartiles = [mine[int(len(mine) * q)] for q in (0.25, 0.5, 0.75)]
        assert [found.low[row], found.middle[row], found.high[row]] == quartiles


def test_features_of_some_suspects_are_the_same_rows(seen, strict):
    suspects = find_suspects(seen, strict, 0)
    rows = features(suspects, strict, np.full(4, 0.7))
    chosen = np.arange(len(rows)) % 2 == 0
    assert len(rows) > 3
    assert np.isfinite(rows).all()
    assert (features(suspects, strict, np.full(4, 0.7), chosen) == rows[chosen]).all()


def test_other_labels_keep_what_is_known_of_the_predictions(seen):
    other = seen.relabelled(np.zeros_like(seen.given))
    assert other.theirs is seen.theirs
    assert other.known.all()
    assert other.mine.sizes.tolist() == [0, other.given.size]


def test_how_far_a_region_is_apart_from_another_if_it_were_moved():
    here, there = np.zeros((6, 8), np.int32), np.zeros((6, 8), np.int32)
    here[1:3, 1:3], there[2:4, 3:5] = 4, 7
    known = np.ones((6, 8), bool)
    assert window_kernels.apart(here, there, known, (4, 7), (1, 2)) == (8, 0)
    assert window_kernels.apart(here, there, known, (4, 7), (1, 1)) == (8, 4)
    known[2, 3] = False
    assert window_kernels.apart(here, there, known, (4, 7), (1, 2)) == (7, 0)
