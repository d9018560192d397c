"""Compiled loops over whole maps, against numpy written out."""

import numpy as np
import pytest

from truemask.audit.class_confidence import comparable
from truemask.audit.semantic import map_kernels
from truemask.audit.semantic.label_regions import LabelRegions, distance_from, extents
from truemask.audit.semantic.sight import sight_of
from truemask.audit.stream import Block
from truemask.types import IGNORE


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 2, 19])
def test_the_most_probable_class_is_the_first_of_the_highest(rng, dtype, k):
    probs = rng.integers(0, 4, (k, 5000)).astype(dtype) / dtype(4)  # many are equal
    found = np.empty(5000, np.uint8)
    map_kernels.most_probable(comparable(probs), found)
    assert (found == probs.argmax(axis=0)).all()
    sight = sight_of(Block(("a",), (50, 100), found, probs))
    assert (sight.predicted == sight.given).all()


def test_a_table_of_regions_says_where_they_lie(rng):
    ids = np.kron(rng.integers(0, 6, (5, 7)), np.ones((3, 4), int)).astype(np.int32)
    table = extents(ids, 6)  # of the sixth there is none
    for one in range(1, 6):
        rows, columns = np.nonzero(ids == one)
        assert table[one].tolist() == [
            rows.min(),
            columns.min(),
            rows.max() + 1,
            columns.max() + 1,
            len(rows),
            rows.sum(),
            columns.sum(),
        ]
    assert table[6, 4:].tolist() == [0, 0, 0]
    assert table[0, 4] == 0


def test_overlaps_add_up_to_the_pixels_that_regions_share(rng):
    here, there = rng.integers(1, 4, (2, 9, 11)).astype(np.int32)
    same = rng.random((9, 11)) < 0.7
    count = map_kernels.overlaps(here, there, same, np.empty((0, 3), np.int64))
    runs = np.empty((count, 3), np.int64)
    assert map_kernels.overlaps(here, there, same, runs) == count
    table = np.zeros((4, 4), int)
    np.add.at(table, (runs[:, 0], runs[:, 1]), runs[:, 2])
    expected = np.zeros((4, 4), int)
    np.add.at(expected, (here[same], there[same]), 1)
    assert (table == expected).all()


def test_differing_pixels_are_counted_by_region(rng):
    regions = rng.integers(0, 5, (8, 9)).astype(np.int32)
    differ = rng.random((8, 9)) < 0.4
    counts = np.zeros(5, np.int64)
    map_kernels.differing(regions, differ, counts)
    assert counts.tolist() == np.bincount(regions[differ], minlength=5).tolist()


def test_classes_are_counted_where_there_is_a_label(rng):
    given, predicted = rng.integers(0, 3, (2, 6, 7)).astype(np.uint8)
    given[0] = IGNORE
    counts = np.zeros((2, 256), np.int64)
    map_kernels.class_counts(given, predicted, counts)
    assert counts[0].tolist() == np.bincount(given[1:].ravel(), minlength=256).tolist()
    assert counts[1].tolist() == np.bincount(predicted[1:].ravel(), minlength=256).tolist()


def test_what_lies_beyond_borders_and_is_free(rng):
    differ = rng.random((12, 13)) < 0.5
    taken = (rng.random((12, 13)) < 0.3).astype(np.int32)
    depths = tuple(rng.integers(0, 5, (2, 12, 13)).astype(np.float32))
    core, index = np.zeros((12, 13), bool), np.empty(differ.size, np.int64)
    count, inner = map_kernels.beyond(differ, taken, depths, np.float32(2.5), core, index)
    expected = differ & (taken == 0)
    assert index[:count].tolist() == np.flatnonzero(expected).tolist()
    assert (core == (expected & (np.maximum(*depths) + 0.5 > 2.5))).all()
    assert inner == core.sum()


def test_regions_of_one_map_with_their_depth():
    labels = np.zeros((7, 9), np.uint8)
    labels[2:5, 3:6] = 1
    labels[:, 8] = IGNORE
    regions = LabelRegions(labels)
    assert regions.sizes.tolist() == [0, 7 * 8 - 9, 9]
    assert regions.depth[3, 4] == 1
    assert regions.depth[0, 4] == 1
    assert not regions.outline[:, 7:].any()  # IGNORE has no outline
    assert (distance_from(np.zeros((3, 4), bool)) == 5).all()
