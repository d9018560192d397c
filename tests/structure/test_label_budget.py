import numpy as np
import pytest

from truemask.noise.transition import symmetric
from truemask.structure.label_budget import label_budget, labels_needed, looks_of


def test_one_region_with_49_percent_flipped():
    """The paper's hardest case: dP = 0.02, so at 2 sigmas a region of 2,500 px, a radius of 28."""
    found = label_budget(symmetric(2, 0.49), np.array([1e6, 1e6]), 1)
    assert found.window_px == pytest.approx(4 * 0.49 * 0.51 / 0.02**2, rel=1e-3)
    assert np.sqrt(found.window_px / np.pi) == pytest.approx(28, abs=0.3)


def test_what_is_needed_grows_as_worth_falls():
    clean = label_budget(np.eye(2), np.array([3000.0, 1000]), 10, looks=100)
    assert clean.labels == 1500
    assert clean.labels_needed == 100
    assert clean.images_needed == pytest.approx(10 * 100 / 1500)
    assert clean.enough
    assert clean.plain_training
    noisy = label_budget(symmetric(2, 0.45), np.array([3000.0, 1000]), 10, looks=100)
    assert noisy.labels_needed == pytest.approx(100 * 100)
    assert noisy.margin == pytest.approx(0.15)
    assert not noisy.enough
    assert labels_needed(0.25, looks=8, sigmas=1) == 8
    assert labels_needed(np.array([0.0, 1.0]), looks=1).tolist() == [np.inf, 1]
    assert looks_of(100 * 100, 0.01) == pytest.approx(100)


def test_the_hardest_pair_decides():
    matrix = np.array([[1, 0, 0], [0, 0.6, 0.4], [0, 0.5, 0.5]])
    found = label_budget(matrix, np.array([1e6, 1e4, 1e4]), 5)
    assert found.pair == (1, 2)
    assert found.misled == (2,)
    without = label_budget(matrix, np.array([1e6, 1e4, 0]), 5)
    assert without.pair == (0, 1)


def test_useless_labels_are_never_enough_and_turned_ones_mislead():
    random = label_budget(symmetric(2, 0.5), np.array([1e9, 1e9]), 10)
    assert random.labels_needed == random.images_needed == np.inf
    assert random.margin == 0
    turned = label_budget(symmetric(2, 0.8), np.array([1e9, 1e9]), 10)
    assert turned.enough
    assert turned.misled == (0, 1)
    assert not turned.plain_training


def test_one_class_alone_has_nothing_to_be_told_from():
    found = label_budget(np.eye(2), np.array([5.0, 0]), 3)
    assert found.pair == (-1, -1)
    assert np.isnan(found.margin)
    assert not found.enough
