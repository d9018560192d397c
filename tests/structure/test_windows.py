import numpy as np
import pytest

from truemask.structure.windows import SHAPES, Window
from truemask.types import BadInput


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("width", [1.0, 2.5, 7.0])
def test_a_filter_equals_the_direct_sum(shape, width):
    window = Window(shape, width)
    values = np.random.default_rng(0).random((33, 41)).astype(np.float32)
    reach, weights = window.reach_px, window.weights()
    padded = np.pad(values.astype(np.float64), reach)
    direct, squared = np.zeros((2, *values.shape))
    for dy in range(2 * reach + 1):
        for dx in range(2 * reach + 1):
            part = padded[dy : dy + 33, dx : dx + 41]
            direct += weights[dy, dx] * part
            squared += weights[dy, dx] ** 2 * part
    assert np.abs(window.sums(values) - direct).max() < 2e-6
    assert np.abs(window.squared_sums(values) - squared).max() < 2e-6


def test_what_the_windows_are():
    assert Window("box", 2.9).weights().shape == (5, 5)
    assert np.allclose(Window("box", 2).weights(), 1 / 25)
    assert np.count_nonzero(Window("disk", 2).weights()) == 13
    row = Window("epanechnikov", 3).weights()[3]
    assert np.allclose(row / row[3], [0, 5 / 9, 8 / 9, 1, 8 / 9, 5 / 9, 0])
    gaussian = Window("gaussian", 2).weights()
    assert gaussian[8, 10] / gaussian[8, 8] == pytest.approx(np.exp(-0.5))
    for shape in SHAPES:
        assert Window(shape, 3).weights().sum() == pytest.approx(1)


def test_as_many_labels():
    assert Window("box", 2).label_count() == pytest.approx(25)
    assert Window("gaussian", 6).label_count() == pytest.approx(4 * np.pi * 36, rel=0.01)
    assert Window("disk", 0.5).label_count() == 1


@pytest.mark.parametrize("width", [0, -1.0, float("nan"), float("inf")])
def test_a_bandwidth_is_positive(width):
    with pytest.raises(BadInput, match="positive number of pixels"):
        Window("disk", width)
