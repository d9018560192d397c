"""What the image itself says of a segment: edges and superpixels, on squares whose truth is known."""

import numpy as np
import pytest

from truemask import rle
from truemask.audit.evidence.edges import (
    edge_support,
    gradient,
    outline,
    outline_contrast,
    outline_gradients,
)
from truemask.audit.evidence.superpixels import borders, superpixels
from truemask.audit.findings import Finding

SIZE = (48, 56)


def square(top=12, left=14, side=20):
    plane = np.zeros(SIZE, bool)
    plane[top : top + side, left : left + side] = True
    return plane


def picture(mask, channels=1):
    noise = np.random.default_rng(0).integers(0, 20, (*SIZE, channels))
    return (60 + 120 * mask[..., None] + noise).astype(np.uint8)


def segment(mask, proposed, given=0):
    y, x = np.nonzero(mask)
    return Finding(
        level="segment",
        image="a",
        kind="missing",
        score=1.0,
        evidence="test",
        weight=1.0,
        given=given,
        proposed=proposed,
        size=SIZE,
        area_px=int(mask.sum()),
        box=(int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1),
        rle=rle.pack(mask[None])[0],
    )


def strip():
    """Two columns at the right side of the square: too much or too little of it."""
    inside = square()
    return inside & ~square(side=20, left=10), inside


def test_an_outline_is_both_sides_of_a_change():
    labels = np.array([[0, 0, 1], [0, 0, 1]], np.uint8)
    assert outline(labels).tolist() == [[False, True, True]] * 2
    assert not outline(np.zeros((3, 3), np.uint8)).any()


def test_the_gradient_is_steepest_at_the_edge_in_any_channel():
    image = np.zeros((*SIZE, 3), np.uint8)
    image[..., 2] = 200 * square()
    steep = gradient(image)
    assert steep[outline(square().astype(np.uint8))].min() > 10 * steep[0, 0]
    np.testing.assert_allclose(steep, gradient(np.ascontiguousarray(image[..., 2:])), atol=1e-3)


def test_a_right_outline_has_more_contrast_than_a_shifted_one():
    steep = gradient(picture(square()))
    right, off = (outline_contrast(steep, square(left=left)) for left in (14, 20))
    assert right > 0.7 > off
    assert np.isnan(outline_contrast(steep, np.zeros(SIZE, bool)))
    assert outline_contrast(np.zeros(SIZE, np.float32), square()) == 0.5


@pytest.mark.parametrize("channels", [1, 3])
def test_a_missing_square_is_supported_where_there_is_one(channels):
    given, found = np.zeros(SIZE, np.uint8), segment(square(), 1)
    shown, blank = picture(square(), channels), picture(np.zeros(SIZE, bool), channels)
    assert edge_support(gradient(shown), given, found) > 0.6
    assert edge_support(gradient(blank), given, found) == pytest.approx(0.5, abs=0.1)
    assert edge_support(borders(shown), given, found) > 0.6


@pytest.mark.parametrize("channels", [1, 3])
def test_a_square_that_lacks_a_strip_is_told_from_one_that_has_it(channels):
    lacking, whole = strip()
    image = picture(whole, channels)
    short = (whole & ~lacking).astype(np.uint8)
    right, wrong = segment(lacking, 1), segment(lacking, 0, given=1)
    for seen in (gradient(image), borders(image)):
        assert edge_support(seen, short, right) > 0.6
        assert edge_support(seen, whole.astype(np.uint8), wrong) < 0.4


def test_gradients_on_outlines_by_hand():
    steep = np.zeros((6, 9), np.float32)
    steep[:, 2:4] = 6  # beside the border between the second and the third column of the proposal
    given, proposed, ids = np.zeros((6, 9), np.uint8), np.zeros((6, 9), np.uint8), np.zeros((6, 9), np.int32)
    ids[:, 3:], proposed[:, 3:] = 1, 1
    boxes = np.array([[3, 0, 9, 6]])
    old, new, around = outline_gradients(steep, given, proposed, ids, boxes)[0].tolist()
    assert (new, around) == (6, pytest.approx(12 / 9))
    assert old == around  # no outline was given
    back = outline_gradients(steep, proposed, given, ids, boxes)[0].tolist()
    assert back == [new, old, around]
    assert outline_gradients(steep, given, given, ids, boxes[:0]).shape == (0, 3)


def test_what_is_no_segment_is_neutral():
    found = Finding(level="image", image="a", kind="swapped", score=1.0, evidence="test", weight=1.0)
    labels = np.zeros(SIZE, np.uint8)
    assert edge_support(np.zeros(SIZE, np.float32), labels, found) == 0.5


def test_tiny_images():
    tiny = np.zeros((1, 1, 1), np.uint8)
    assert superpixels(tiny).tolist() == [[0]]
    assert borders(tiny).tolist() == [[0.0]]
    assert gradient(tiny).tolist() == [[0.0]]
