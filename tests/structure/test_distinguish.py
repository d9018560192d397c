import numpy as np
import pytest

from truemask.noise.transition import symmetric
from truemask.structure.distinguish import (
    condition,
    distinct_rows,
    effective_classes,
    label_worth,
    rank,
    total_variation,
)


def test_of_flips_of_two_classes():
    for rate in (0.0, 0.1, 0.45):
        matrix = symmetric(2, rate)
        gap = 1 - 2 * rate
        assert total_variation(matrix)[0, 1] == pytest.approx(gap)
        assert label_worth(matrix)[0, 1] == pytest.approx(gap**2)
        assert condition(matrix) == pytest.approx(1 / gap)
        entropy = -sum(p * np.log(p) for p in (rate, 1 - rate) if p)
        assert effective_classes(matrix) == pytest.approx(2 * np.exp(-entropy))
    assert rank(symmetric(2, 0.5)) == distinct_rows(symmetric(2, 0.5)) == 1
    assert condition(symmetric(2, 0.5)) == np.inf
    assert label_worth(symmetric(2, 0.5))[0, 1] == 0
    assert effective_classes(symmetric(2, 0.5)) == pytest.approx(1)


@pytest.mark.parametrize("k", [3, 19])
def test_of_clean_and_of_useless_labels_of_many_classes(k):
    clean, useless = np.eye(k), np.full((k, k), 1 / k)
    assert (rank(clean), rank(useless)) == (k, 1)
    assert (distinct_rows(clean), distinct_rows(useless)) == (k, 1)
    assert effective_classes(clean) == pytest.approx(k)
    assert effective_classes(useless) == pytest.approx(1)
    assert np.allclose(label_worth(clean), 1 - np.eye(k))


def test_three_classes_can_be_told_apart_at_rank_two():
    """Where the paper's Lemma 2 fails: no two rows are alike, though one is the mean of the others."""
    matrix = np.array([[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0]])
    assert rank(matrix) == 2
    assert distinct_rows(matrix) == 3
    assert (total_variation(matrix)[~np.eye(3, dtype=bool)] > 0.4).all()


def test_rows_count_as_one_by_a_chain():
    matrix = np.array([[0.6, 0.4, 0], [0.55, 0.45, 0], [0.5, 0.5, 0]])
    for order in ([0, 1, 2], [0, 2, 1], [2, 0, 1]):
        assert distinct_rows(matrix[order], least_gap=0.06) == 1
        assert distinct_rows(matrix[order], least_gap=0.04) == 3


def test_labels_that_are_not_there():
    sampled = np.array([[0.3, 0, 0.7], [0, 0.3, 0.7]])
    assert rank(sampled) == 2
    assert total_variation(sampled)[0, 1] == 1
    assert label_worth(sampled)[0, 1] == pytest.approx(0.3)
    as_background = np.array([[1, 0], [0.7, 0.3]])
    assert label_worth(as_background)[0, 1] == pytest.approx(0.3 / 1.7)
    only_fewer = np.array([[0.4, 0.4, 0.2], [0.1, 0.1, 0.8]])
    assert label_worth(only_fewer)[0, 1] == pytest.approx(0)
    assert rank(only_fewer) == 1
    # exp(I): 60 % of the labels say nothing.
    assert effective_classes(sampled) == pytest.approx(2)


def test_a_class_that_never_occurred_says_nothing():
    matrix = np.array([[0.9, 0.1, 0], [0.1, 0.9, 0], [np.nan] * 3])
    assert rank(matrix) == distinct_rows(matrix) == 2
    assert np.isnan(total_variation(matrix)[0, 2])
    assert np.isnan(label_worth(matrix)[2, 1])
    assert label_worth(matrix)[0, 1] == pytest.approx(0.64)
    nothing = np.full((2, 2), np.nan)
    assert rank(nothing) == distinct_rows(nothing) == 0
    assert np.isnan(condition(nothing))
    assert np.isnan(effective_classes(nothing))


def test_areas_weigh_classes():
    assert effective_classes(np.eye(3), np.array([1.0, 1, 0])) == pytest.approx(2)
    assert 1 < effective_classes(np.eye(2), np.array([99.0, 1])) < 1.1
