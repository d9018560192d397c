"""Colours and sizes of decision maps."""

import numpy as np
from PIL import Image

from truemask.report.decision_map import DecisionMap, areas, background, save_decision_maps


def test_where_no_class_is_likelier_it_is_white():
    painted = background(np.array([[[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]]], dtype=np.float32))
    np.testing.assert_allclose(painted[0, 0], 1)
    assert painted[0, 1, 2] > painted[0, 1, 0]  # blue
    assert painted[0, 2, 0] > painted[0, 2, 2]  # red
    assert painted.min() >= 0
    assert painted.max() <= 1


def test_markers_go_from_least_to_most_within_each_class():
    sizes = areas(np.array([1.0, 3.0, 10.0, 30.0, 7.0]), np.array([0, 0, 1, 1, 2]))
    assert sizes.tolist() == [5.0, 80.0, 5.0, 80.0, 5.0]
    assert areas(np.zeros(0), np.zeros(0, dtype=np.int64)).tolist() == []


def test_a_map_has_one_column(tmp_path):
    probs = np.full((4, 4, 2), 0.5, dtype=np.float32)
    points = np.zeros((3, 2), dtype=np.float32)
    cost = np.array([0.1, 0.5, 0.2], dtype=np.float32)
    one = DecisionMap("a", ("x", "y"), (-1, 1, -1, 1), probs, points, np.array([0, 1, 255]), cost, cost)
    widths = []
    for count in (2, 4):
        save_decision_maps([one] * count, tmp_path / f"{count}.png")
        with Image.open(tmp_path / f"{count}.png") as image:
            widths.append(image.width)
    assert 1.7 < widths[1] / widths[0] < 2.0
