"""Outlines of few corners, and of corners that are off."""

import cv2
import numpy as np
import pytest
from noise_toys import OBJECTS
from scipy.ndimage import gaussian_filter

from truemask import rle
from truemask.noise import corrupt, parse
from truemask.noise.boundary.polygons import filled, parts
from truemask.types import Instances


def apply(labels, spec, problem=OBJECTS, seed=1):
    return corrupt(labels, parse(spec), problem=problem, seed=seed, key="image")


def objects(*masks):
    codes = rle.pack(np.array(masks))
    n, size = len(masks), masks[0].shape
    ids, crowd = np.arange(10, 10 + n), np.zeros(n, dtype=bool)
    return Instances(size, np.ones(n, np.uint8), codes, rle.boxes(codes, size), ids, crowd)


def masks_of(after):
    return rle.unpack(after.masks, after.size)


@pytest.mark.parametrize("density", [0.1, 0.5, 0.9])
def test_polygons_of_all_corners_are_the_mask(rng, density):
    for _ in range(50):
        mask = (rng.random(rng.integers(1, 25, 2)) < density).astype(np.uint8)
        assert np.array_equal(filled(parts(mask), mask.shape), mask)
        smooth = (gaussian_filter(rng.random((40, 40)), 2) > 0.5).astype(np.uint8)
        assert np.array_equal(filled(parts(smooth), smooth.shape), smooth)


def test_a_circle_of_few_corners_is_the_polygon_that_opencv_makes():
    mask = np.zeros((70, 70), np.uint8)
    cv2.circle(mask, (35, 35), 30, 1, -1)
    (ring,), _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    corners = cv2.approxPolyDP(ring, 8, True)
    assert len(corners) == 8
    (after,) = masks_of(apply(objects(mask.astype(bool)), "simplify:8"))
    assert np.array_equal(after, cv2.fillPoly(np.zeros_like(mask), [corners], 1))


def test_jitter_moves_a_line_end_by_its_sigma():
    mask = np.zeros((60, 60), bool)
    mask[30, 30] = True  # one pixel is a polygon of one corner
    moved = []
    for seed in range(600):
        (after,) = masks_of(apply(objects(mask), "jitter:3", seed=seed))
        moved.append(np.argwhere(after)[0] - 30)
    moved = np.array(moved)
    assert (np.abs(moved.mean(axis=0)) < 4 * 3 / np.sqrt(600)).all()
    assert (np.abs(moved.std(axis=0) - np.sqrt(9 + 1 / 12)) < 4 * 3 / np.sqrt(1200)).all()
