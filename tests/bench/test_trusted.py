"""Which rows are declared verified, and that a cell's training gets them."""

import numpy as np
import pytest

from truemask.bench.trusted import set_apart, trusted_keys
from truemask.data.relabelled import Relabelled
from truemask.data.views import ArrayDataset, Subset
from truemask.types import BadInput, Problem, Task

KEYS = [f"image {i}" for i in range(40)]


@pytest.fixture
def truth() -> ArrayDataset:
    problem = Problem(Task.CLASSIFICATION, ("cat", "dog"))
    images = np.zeros((40, 4, 4, 3), np.uint8)
    return ArrayDataset("pets", "train", problem, KEYS, images, [i % 2 for i in range(40)])


@pytest.fixture
def given(truth) -> Relabelled:
    return Relabelled(truth, [1 - label for label in map(truth.labels, range(40))])


def test_a_trusted_row_has_its_true_label_and_is_no_longer_among_the_others(truth, given):
    others, trusted = set_apart(given, truth, 0.25, seed=3)
    assert len(trusted) == 10
    assert sorted([*others.keys, *trusted.keys]) == sorted(KEYS)
    assert all(trusted.labels(i) == KEYS.index(key) % 2 for i, key in enumerate(trusted.keys))
    assert all(others.labels(i) == 1 - KEYS.index(key) % 2 for i, key in enumerate(others.keys))


def test_who_is_trusted_hangs_on_seed_and_key_alone():
    assert trusted_keys(KEYS, 0.25, 0) == trusted_keys(KEYS[::-1], 0.25, 0)
    assert trusted_keys(KEYS, 0.25, 0) != trusted_keys(KEYS, 0.25, 1)
    assert trusted_keys(KEYS, 0.25, 0) < trusted_keys(KEYS, 0.5, 0)
    assert len(trusted_keys(KEYS, 0.001, 0)) == 1


def test_rows_without_true_labels_cannot_be_trusted(truth, given):
    others, trusted = set_apart(given, Subset(truth, range(10)), 0.5, seed=0)
    assert len(trusted) == 5
    assert set(trusted.keys) < set(KEYS[:10])
    assert len(others) == 35


def test_nothing_left_is_refused(truth, given):
    with pytest.raises(BadInput, match=r"leaves 0 trusted and 40 others; both need one or more"):
        set_apart(given, Subset(truth, []), 0.5, seed=0)
    with pytest.raises(BadInput, match=r"leaves 1 trusted and 0 others"):
        set_apart(Subset(given, [0]), truth, 0.9, seed=0)
