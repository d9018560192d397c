import numpy as np
import pytest

from truemask.noise.transition import (
    asymmetric,
    inclusive,
    pair,
    realised,
    redrawn,
    sequential,
    spread,
    symmetric,
    validate,
)
from truemask.types import BadInput


def test_symmetric_leaves_the_rate_wrong_and_spreads_it_evenly():
    np.testing.assert_allclose(symmetric(3, 0.5), [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.25, 0.25, 0.5]])


def test_symmetric_with_an_exempt_class_neither_takes_from_it_nor_gives_to_it():
    expected = [[1, 0, 0, 0], [0, 0.6, 0.2, 0.2], [0, 0.2, 0.6, 0.2], [0, 0.2, 0.2, 0.6]]
    np.testing.assert_allclose(symmetric(4, 0.4, exempt=0), expected)


def test_asymmetric_shares_a_rate_among_the_targets_of_a_class():
    expected = [[0.6, 0.2, 0.2], [0, 1, 0], [0.4, 0, 0.6]]
    np.testing.assert_allclose(asymmetric(3, 0.4, {0: (1, 2), 2: (0,)}), expected)


def test_pair_goes_to_the_next_class_and_from_the_last_to_the_first():
    np.testing.assert_allclose(pair(3, 0.45), [[0.55, 0.45, 0], [0, 0.55, 0.45], [0.45, 0, 0.55]])


def test_pair_skips_an_exempt_class():
    np.testing.assert_allclose(
        pair(4, 0.4, exempt=0), [[1, 0, 0, 0], [0, 0.6, 0.4, 0], [0, 0, 0.6, 0.4], [0, 0.4, 0, 0.6]]
    )


def test_inclusive_draws_the_true_class_too():
    np.testing.assert_allclose(inclusive(4, 0.4), 0.6 * np.eye(4) + 0.1)
    np.testing.assert_allclose(inclusive(3, 1.0, exempt=0), [[1, 0, 0], [0, 0.5, 0.5], [0, 0.5, 0.5]])


def test_sequential_is_asymmetric_where_no_target_has_its_turn_later():
    targets = {0: (2,), 1: (2,)}
    np.testing.assert_allclose(sequential(3, 0.3, targets), asymmetric(3, 0.3, targets))
    np.testing.assert_allclose(sequential(2, 0.4, {0: (1,), 1: (0,)}), [[0.76, 0.24], [0.4, 0.6]])


def test_redrawn_labels_may_stay_and_a_class_named_twice_counts_twice():
    expected = [[0.7, 0.3, 0], [0, 1, 0], [0.2, 0.4, 0.4]]
    np.testing.assert_allclose(redrawn(3, 0.6, {0: (0, 1), 2: (0, 1, 1)}), expected)


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_every_matrix_is_valid_and_the_identity_at_rate_0(rate):
    for made in (
        symmetric(5, rate),
        symmetric(5, rate, exempt=0),
        inclusive(5, rate),
        inclusive(5, rate, exempt=0),
        pair(5, rate),
        pair(5, rate, exempt=0),
        sequential(5, rate, {1: (2,), 2: (1,)}),
        redrawn(5, rate, {1: (2, 3), 2: (1,)}),
        asymmetric(5, rate, {1: (2,)}),
    ):
        validate(made)
        assert (made == np.eye(5)).all() == (rate == 0)


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_outside_0_to_1_is_refused(rate):
    with pytest.raises(BadInput, match="a noise rate is a share of labels, 0 to 1; got"):
        symmetric(3, rate)
    with pytest.raises(BadInput, match="a noise rate is a share of labels, 0 to 1; got"):
        inclusive(3, rate)


def test_one_class_has_nothing_to_change_to():
    with pytest.raises(BadInput, match="needs two classes"):
        symmetric(2, 0.4, exempt=0)
    with pytest.raises(BadInput, match="pair noise needs two classes"):
        pair(2, 0.4, exempt=0)


def test_spread_takes_a_column_for_ignore():
    made = spread(np.array([0.7, 0.7]), np.array([[False, False, True]] * 2))
    np.testing.assert_allclose(made, [[0.3, 0, 0.7], [0, 0.3, 0.7]])
    validate(made)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[0.9, 0.2], [0.1, 0.9]], "row 0 of the transition matrix sums to 1.1, not 1"),
        ([[1.0, 0.0], [1.2, -0.2]], r"row 1 of the transition matrix has a value outside \[0, 1\]"),
        ([[1.0, 0.0], [float("nan"), 0.2]], r"row 1 of the transition matrix has a value outside \[0, 1\]"),
        ([[1.0], [1.0]], "has 2 columns, or 3 with IGNORE; got 1"),
    ],
)
def test_a_matrix_that_is_none_is_refused_by_row(matrix, message):
    with pytest.raises(BadInput, match=message):
        validate(np.array(matrix))


def test_the_realised_matrix_is_shares_by_row_and_nan_for_classes_that_do_not_occur():
    shares = realised(np.array([[6, 2, 0], [0, 0, 0]]))
    np.testing.assert_array_equal(shares, [[0.75, 0.25, 0], [np.nan, np.nan, np.nan]])
