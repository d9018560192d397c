"""Markov boundary growth against the published process, written slowly and with the same draws."""

import cv2
import numpy as np
import pytest
from noise_toys import BINARY, OBJECTS, PIXELS
from scipy.ndimage import binary_dilation

from truemask import rle
from truemask.noise import corrupt, parse
from truemask.noise.boundary import markov_kernels, streams
from truemask.noise.draws import Draws, threshold
from truemask.types import IGNORE, Instances

MASK = 0xFFFFFFFFFFFFFFFF


def draw(stream, unit):
    """Output `unit` of splitmix64 (Steele, Lea and Flood), in Python's own whole numbers."""
    z = (stream + (unit + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def slow_walk(mask, outwards, stream, theta2):
    """Outlines by whole-image morphology at every step, pixel after pixel."""
    mask = mask.copy()
    for step, out in enumerate(outwards):
        side = mask == 1 if out else mask == 0
        for place in np.flatnonzero(binary_dilation(side) & ~side).tolist():
            if draw(stream, step * mask.size + place) >> 32 < threshold(theta2):
                mask.flat[place] ^= 1
    return mask


def slow_markov(mask, stream, steps, theta1, theta2, theta3):
    around, walking, flipping = (draw(stream, unit) for unit in range(3))
    outwards = [(draw(around, step) >> 11) * 2.0**-53 < theta1 for step in range(steps)]
    noisy = slow_walk(mask, outwards, walking, theta2)
    for place in range(noisy.size):
        noisy.flat[place] ^= draw(flipping, place) >> 32 < threshold(theta3)
    return cv2.GaussianBlur(noisy * np.uint8(255), (5, 5), 2) / 255 > 0.5


def blob(rng, height, width):
    return (cv2.GaussianBlur(rng.random((height, width)), (0, 0), 1.5) > 0.5).astype(np.uint8)


def extent(mask):
    rows, columns = np.nonzero(mask)
    return np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])


@pytest.mark.parametrize("theta2", [0.05, 0.4, 1.0])
@pytest.mark.parametrize("theta1", [0.0, 0.3, 0.8, 1.0])
def test_steps_are_those_of_the_slow_process(rng, theta1, theta2):
    for height, width in ((1, 1), (1, 9), (17, 23), (30, 12)):
        before = blob(rng, height, width)
        before[height // 2, width // 2] = 1
        outwards = rng.random(25) < theta1
        after, reach = before.copy(), extent(before)
        markov_kernels.walk(
            after, 0, before.shape, outwards, np.uint64(77), np.uint64(threshold(theta2)), reach
        )
        slow = slow_walk(before, outwards.tolist(), 77, theta2)
        assert np.array_equal(after, slow)
        if slow.any():
            assert (reach[:2] <= extent(slow)[:2]).all()
            assert (reach[2:] >= extent(slow)[2:]).all()


@pytest.mark.parametrize(("theta1", "theta3"), [(0.8, 0.2), (0.2, 0.0), (0.5, 0.35)])
def test_everywhere_is_the_published_process(theta1, theta3):
    mask = np.zeros((60, 70), np.uint8)
    cv2.circle(mask, (30, 25), 12, 1, -1)
    codes = rle.pack(mask.astype(bool)[None])
    before = Instances(mask.shape, np.array([1], np.uint8), codes, rle.boxes(codes, mask.shape), *LONE)
    spec = f"markov:40,theta1={theta1},theta2=0.1,theta3={theta3},everywhere=true"
    after = corrupt(before, parse(spec), problem=OBJECTS, seed=3, key="image")
    stream = int(Draws(3, "image").bits("markov: a thing's own draws", LONE[0])[0])
    slow = slow_markov(mask, stream, 40, theta1, 0.1, theta3)
    assert np.array_equal(rle.unpack(after.masks, after.size)[0], slow)


LONE = (np.array([42]), np.array([False]))
"""Id and crowd of the one object."""


def test_a_thing_that_outgrows_its_crop_gets_there_all_the_same():
    spec = parse("markov:60,theta1=1,theta2=0.2,theta3=0")
    for key in ("a", "b", "c"):
        mask = np.zeros((120, 130), np.uint8)
        mask[60, 60] = 1
        near = corrupt(mask, spec, problem=BINARY, seed=1, key=key)
        far = corrupt(mask, parse(f"{spec},everywhere=true"), problem=BINARY, seed=1, key=key)
        assert np.array_equal(near, far)
        assert near.sum() > 400


def test_the_first_step_flips_its_share_of_the_right_outline():
    mask = np.zeros((400, 400), np.uint8)
    mask[50:350, 50:350] = 1
    for outwards, outline in ((True, 4 * 300), (False, 4 * 299)):
        after = mask.copy()
        markov_kernels.walk(
            after, 0, mask.shape, np.array([outwards]), np.uint64(5), np.uint64(threshold(0.3)), extent(mask)
        )
        flipped = np.count_nonzero(after != mask)
        assert abs(flipped - 0.3 * outline) < 4 * np.sqrt(outline * 0.3 * 0.7)
        assert after.sum() == mask.sum() + (flipped if outwards else -flipped)


def test_bias_goes_outwards_for_a_large_theta1_and_inwards_for_a_small_one():
    mask = np.zeros((200, 200), np.uint8)
    cv2.circle(mask, (100, 100), 50, 1, -1)
    areas = [
        corrupt(mask, parse(f"markov:100,theta1={theta1}"), problem=BINARY, seed=1, key="image").sum()
        for theta1 in (0.2, 0.5, 0.8)
    ]
    assert areas[0] < 0.95 * mask.sum() < 1.05 * mask.sum() < areas[2]
    assert areas[0] < areas[1] < areas[2]


def test_small_things_are_seen_over_large_ones():
    labels = np.zeros((60, 60), np.uint8)
    labels[5:50, 5:50] = 1
    labels[20:26, 20:26] = 2
    labels[0, :] = IGNORE
    after = corrupt(
        labels, parse("markov:30,theta1=1,theta2=0.5,theta3=0"), problem=PIXELS, seed=1, key="image"
    )
    assert (after[18:28, 18:28] == 2).mean() > 0.9
    assert (after == 1).sum() > (labels == 1).sum()
    assert (after[0] == IGNORE).all()


def test_the_streams_are_the_generator_that_they_say():
    assert streams.bits(123, 5).tolist() == [draw(123, unit) for unit in range(5)]
    assert streams.uniforms(123, 2).tolist() == [(draw(123, unit) >> 11) * 2.0**-53 for unit in range(2)]
    normals = streams.normals(9, 40_000)
    assert abs(normals.mean()) < 4 / np.sqrt(40_000)
    assert abs(normals.std() - 1) < 4 / np.sqrt(80_000)
    assert abs((np.abs(normals) < 1).mean() - 0.6827) < 4 * np.sqrt(0.6827 * 0.3173 / 40_000)
