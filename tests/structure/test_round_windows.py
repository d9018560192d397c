import numpy as np
import pytest

from truemask.structure.round_windows import disk_sums, parabola_sums


def direct(values, weigh, reach):
    """Every pixel's sum, one pixel of the window after the other."""
    height, width = values.shape
    padded, sums = np.pad(values.astype(np.float64), reach), np.zeros(values.shape)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            part = padded[reach + dy : reach + dy + height, reach + dx : reach + dx + width]
            sums += weigh(dy * dy + dx * dx) * part
    return sums


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.5, 5.0, 6.9, 25.0])
@pytest.mark.parametrize("size", [(1, 1), (1, 20), (17, 3), (30, 41)])
def test_running_sums_are_direct_sums_at_every_pixel(radius, size):
    values = np.random.default_rng(0).normal(size=size).astype(np.float32)
    reach = int(radius)
    disk = direct(values, lambda squared: squared <= radius**2, reach)
    parabola = direct(values, lambda squared: max(1 - squared / radius**2, 0), reach)
    np.testing.assert_allclose(disk_sums(values, radius), disk, atol=1e-9)
    np.testing.assert_allclose(parabola_sums(values, radius), parabola, atol=1e-9)


def test_whole_radii_count_the_pixels_that_gauss_counted():
    point = np.zeros((201, 201), np.float32)
    point[100, 100] = 1
    counts = [int(disk_sums(point, float(radius)).sum()) for radius in (1, 2, 3, 4, 5, 10, 25, 50)]
    assert counts == [5, 13, 29, 49, 81, 317, 1961, 7845]  # Gauss's circle problem, OEIS A000328


def test_a_wide_image_does_not_lose_what_is_far_from_its_middle():
    values = np.ones((3, 20_000), np.float32)
    inner = parabola_sums(values, 4.0)[1, 4:-4]
    weights = [1 - (dy * dy + dx * dx) / 16 for dy in (-1, 0, 1) for dx in range(-4, 5)]
    np.testing.assert_allclose(inner, sum(weight for weight in weights if weight > 0), rtol=1e-6)
