import numpy as np
import pytest

from truemask.data.embedded.smooth_noise import smooth_noise


@pytest.mark.parametrize("scale_px", [2.5, 9, 40])
def test_mean_is_0_and_spread_1(scale_px):
    rng = np.random.default_rng(0)
    fields = np.stack([smooth_noise(rng, 64, scale_px) for _ in range(200)])
    assert fields.shape == (200, 64, 64)
    assert abs(fields.mean()) < 0.05
    assert fields.std() == pytest.approx(1, abs=0.05)


def test_neighbours_are_alike_within_the_scale_and_strangers_beyond():
    rng = np.random.default_rng(1)
    fields = np.stack([smooth_noise(rng, 64, 16) for _ in range(300)])

    def correlation(apart_px):
        return np.corrcoef(fields[:, 10, 10], fields[:, 10, 10 + apart_px])[0, 1]

    assert correlation(2) > 0.9
    assert abs(correlation(48)) < 0.2
