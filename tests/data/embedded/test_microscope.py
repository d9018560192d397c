import numpy as np
import pytest

from truemask.data.embedded.microscope import on_camera, through_optics


def flat(level):
    return np.full((96, 96), level, dtype=np.float32)


@pytest.mark.parametrize("level", [0.3, 0.6, 0.9])
def test_grey_levels_grow_with_light_from_a_dark_level_of_10(level):
    image = on_camera(np.random.default_rng(0), flat(level))
    assert image.dtype == np.uint8
    assert image.mean() == pytest.approx(10 + 145 * level, abs=2)


def test_shot_noise_makes_variance_grow_in_step_with_light():
    low, middle, high = (on_camera(np.random.default_rng(3), flat(level)).var() for level in (0.2, 0.5, 0.8))
    assert middle - low == pytest.approx(high - middle, rel=0.15)
    assert low > 0


def test_too_much_light_saturates():
    assert (on_camera(np.random.default_rng(0), flat(9.0)) == 255).all()


def test_optics_blur_a_point_and_let_the_layer_below_shine_through():
    point, nothing = flat(0), flat(0)
    point[48, 48] = 1
    dark = through_optics(np.random.default_rng(1), nothing, nothing)
    seen = through_optics(np.random.default_rng(1), point, nothing) - dark
    assert 0 < seen[48, 48] < 0.5
    assert seen.sum() == pytest.approx(1 + 0.22, abs=0.02)
    below = through_optics(np.random.default_rng(1), nothing, flat(1)) - dark
    np.testing.assert_allclose(below, 0.38, atol=1e-4)
