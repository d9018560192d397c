"""How given and true classes occur together."""

import numpy as np
import pytest

from truemask.structure.joint import estimate_joint


def test_a_row_that_nobody_is_confident_about_counts_as_right():
    joint = estimate_joint(np.array([[0, 0], [3, 1]]), np.array([10, 30]))
    assert joint == pytest.approx(np.array([[0.25, 0], [0.75 * 0.75, 0.75 * 0.25]]))


def test_the_joint_keeps_the_given_class_shares():
    rng = np.random.default_rng(0)
    joint = estimate_joint(rng.integers(0, 9, (4, 4)), np.array([5, 0, 20, 15]))
    assert joint.sum(axis=1) == pytest.approx(np.array([5, 0, 20, 15]) / 40)
