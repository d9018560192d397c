import numpy as np
import pytest

from truemask.structure.bandwidth import LabelCovariance
from truemask.structure.density import local_shares
from truemask.structure.windows import Window
from truemask.types import IGNORE


def blocks(rng, side=128, block=32):
    """A map of large regions of two classes."""
    coarse = rng.integers(0, 2, (side // block, side // block), dtype=np.uint8)
    return coarse.repeat(block, axis=0).repeat(block, axis=1)


def flipped(truth, rate, rng, k=2):
    wrong = (truth + rng.integers(1, k, truth.shape)) % k
    return np.where(rng.random(truth.shape) < rate, wrong, truth).astype(np.uint8)


def covariance_of(maps, k=2):
    found = LabelCovariance(k)
    for one in maps:
        found.add(one)
    return found


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.3, 0.45])
def test_speckle_is_the_variance_that_flips_add(rate):
    rng = np.random.default_rng(0)
    found = covariance_of(flipped(blocks(rng), rate, rng) for _ in range(8))
    assert found.speckle() == pytest.approx(2 * rate * (1 - rate), abs=0.01)
    if rate:
        assert found.speckle_rate() == pytest.approx(rate, abs=0.02)


def test_the_rate_of_three_classes():
    rng = np.random.default_rng(0)
    maps = [flipped(blocks(rng) + blocks(rng), 0.3, rng, k=3) for _ in range(8)]
    assert covariance_of(maps, k=3).speckle_rate() == pytest.approx(0.3, abs=0.02)


def test_error_is_what_windows_really_err_by():
    rng = np.random.default_rng(3)
    truths = [blocks(rng) for _ in range(6)]
    noisy = [flipped(truth, 0.3, rng) for truth in truths]
    found = covariance_of(noisy)
    for width in (2.0, 6.0, 12.0):
        window = Window("disk", width)
        errors = []
        for truth, given in zip(truths, noisy, strict=True):
            expected = np.stack([np.where(truth == m, 0.7, 0.3) for m in (0, 1)])
            errors.append(((local_shares(given, 2, window) - expected) ** 2).sum(axis=0).mean())
        assert found.error(window) == pytest.approx(np.mean(errors), rel=0.15, abs=0.002)


def test_more_speckle_asks_for_wider_windows():
    rng = np.random.default_rng(1)
    truths = [blocks(rng) for _ in range(6)]
    widths = [
        covariance_of(flipped(truth, rate, rng) for truth in truths).best_window("disk").bandwidth_px
        for rate in (0.0, 0.2, 0.4)
    ]
    assert widths == sorted(widths)
    assert widths[0] == 1
    assert widths[2] >= 4


def test_parts_add_up_and_nothing_is_nothing():
    rng = np.random.default_rng(2)
    maps = [flipped(blocks(rng), 0.2, rng) for _ in range(4)]
    maps[0][:40] = IGNORE
    whole, first, second = covariance_of(maps), covariance_of(maps[:1]), covariance_of(maps[1:])
    first.merge(second)
    assert np.allclose(first.by_lag(), whole.by_lag())
    empty = covariance_of([np.full((5, 5), IGNORE, np.uint8)])
    assert np.isnan(empty.speckle())
    assert empty.best_window("gaussian").bandwidth_px == 1
    assert covariance_of([np.zeros((1, 1), np.uint8)]).speckle() == 0
