"""Masks of several workers against the truth."""

import numpy as np
import pytest
from benchmarks.real_crowd import given_up, majority, quality

from truemask.data.views import ArrayDataset
from truemask.types import Problem, Task

PROBLEM = Problem(Task.SEMANTIC, ("background", "object"), channels=1, background=0)


def masks(keys, *maps):
    images = np.zeros((len(maps), 2, 2, 1), np.uint8)
    return ArrayDataset("x", "all", PROBLEM, keys, images, [np.array(one, np.uint8) for one in maps])


def test_the_majority_is_more_than_half_of_whoever_labelled_the_image():
    one = masks(["a", "b"], [[1, 1], [0, 0]], [[0, 0], [0, 0]])
    two = masks(["b", "a"], [[1, 1], [1, 1]], [[1, 0], [1, 0]])
    assert majority([one, two], "a").tolist() == [[1, 0], [0, 0]]
    assert majority([two], "a").tolist() == [[1, 0], [1, 0]]


def test_quality_is_the_mean_over_images():
    truth = masks(["a", "b"], [[1, 1], [0, 0]], [[1, 1], [1, 1]])
    given = masks(["a", "b"], [[1, 0], [0, 0]], [[1, 1], [1, 255]])
    assert quality(given, truth) == pytest.approx((0.5 + 1) / 2)


def test_an_image_without_labels_has_no_quality():
    truth = masks(["a", "b"], [[1, 1], [0, 0]], [[1, 1], [1, 1]])
    given = masks(["a", "b"], [[1, 0], [0, 0]], [[255, 255], [255, 255]])
    assert quality(given, truth) == pytest.approx(0.5)
    assert (given_up(given), given_up(truth)) == (1, 0)
