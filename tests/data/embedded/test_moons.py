import numpy as np
import pytest
from sklearn.datasets import make_moons

from truemask.data.embedded.moons import make
from truemask.types import BadInput


def columns(split):
    points = np.stack([split.image(row) for row in range(len(split))])
    return points, np.array([split.labels(row) for row in range(len(split))])


def test_points_are_float32_pairs_of_a_points_problem():
    moons = make(train=4)
    assert moons.problem.points
    assert moons.problem.channels == 2
    point = moons.split("train").image(0)
    assert (point.dtype, point.shape) == (np.float32, (2,))
    assert moons.split("train").size(0) == (1, 1)


def test_without_spread_every_point_lies_on_scikit_learns_half_circle():
    points, labels = columns(make(train=60, spread=0.0).split("train"))
    curves, sides = make_moons(4000, noise=None, random_state=0)
    for class_id in (0, 1):
        apart = np.linalg.norm(points[labels == class_id][:, None] - curves[sides == class_id], axis=2)
        assert apart.min(axis=1).max() < 1e-3


def test_spread_is_the_standard_deviation_about_the_half_circle():
    points, labels = columns(make(train=1500, spread=0.1).split("train"))
    upper = np.where((labels == 0)[:, None], points, [1, 0.5] - points)
    middle = upper[:, 1] > 0.5  # away from the ends, where a point's radius is its distance
    assert (np.linalg.norm(upper[middle], axis=1) - 1).std() == pytest.approx(0.1, rel=0.1)


def test_classes_are_half_and_half():
    _, labels = columns(make(train=41).split("train"))
    assert np.bincount(labels).tolist() == [21, 20]


def test_a_point_is_the_same_whatever_the_count():
    few, many = make(train=3), make(train=30)
    np.testing.assert_array_equal(few.split("train").image(2), many.split("train").image(2))


@pytest.mark.parametrize("spread", [-0.1, float("nan"), float("inf")])
def test_a_spread_that_is_no_standard_deviation_is_refused(spread):
    with pytest.raises(BadInput, match="moons needs spread >= 0"):
        make(spread=spread)
