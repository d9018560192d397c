import cv2
import numpy as np
import pytest

from truemask.structure.outline_profile import OutlineProfile
from truemask.types import IGNORE


def disk(radius, side=96):
    truth = np.zeros((side, side), np.uint8)
    cv2.circle(truth, (side // 2, side // 2), radius, 1, -1)
    return truth


def grown(truth, by):
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(by) + 1,) * 2)
    return (cv2.dilate if by > 0 else cv2.erode)(truth, element)


def flipped(labels, rate, seed=0):
    return np.where(np.random.default_rng(seed).random(labels.shape) < rate, 1 - labels, labels)


def bias(noisy, truth, class_id=1, k=2):
    profile = OutlineProfile(k)
    profile.add(noisy, truth)
    return profile.bias_px(class_id)


@pytest.mark.parametrize("by", [-3, -1, 1, 2, 3])
def test_bias_is_how_far_the_outline_moved(by):
    truth = disk(24)
    assert bias(grown(truth, by), truth) == pytest.approx(by, abs=0.35)
    assert bias(grown(truth, by), truth, class_id=0) == pytest.approx(-by, abs=0.35)


@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_speckle_does_not_hide_it(rate):
    truth = disk(24)
    still, moved = OutlineProfile(2), OutlineProfile(2)
    for seed in range(12):
        still.add(flipped(truth, rate, seed), truth)
        moved.add(flipped(grown(truth, 3), rate, seed), truth)
    # Some 2,000 labels a pixel of distance: a standard error of 0.1 px over 16 px or so.
    assert still.bias_px(1) == pytest.approx(0, abs=0.4)
    assert moved.bias_px(1) == pytest.approx(3, abs=0.5)


def test_nothing_to_say():
    truth = disk(24)
    assert bias(truth, truth) == 0
    assert np.isnan(bias(flipped(truth, 0.5), truth))
    assert np.isnan(bias(truth, np.zeros_like(truth)))
    assert np.isnan(bias(np.full_like(truth, IGNORE), truth))
    assert np.isnan(bias(np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.uint8)))


def test_shares_by_distance_and_parts_add_up():
    truth = disk(24)
    one, other = OutlineProfile(2), OutlineProfile(2)
    one.add(grown(truth, 2), truth)
    other.add(grown(truth, 2), truth)
    one.merge(other)
    shares = dict(zip(one.distances_px.tolist(), one.shares(1).tolist(), strict=True))
    assert shares[-1] == shares[1] == 1
    assert shares[4] == shares[8] == 0
    assert 0 not in shares
