"""Things moved, resized and turned: how far, and about what."""

import numpy as np
from noise_toys import BINARY, OBJECTS, PIXELS

from truemask import rle
from truemask.noise import corrupt, parse
from truemask.types import IGNORE, Instances


def apply(labels, spec, problem=OBJECTS, seed=1):
    return corrupt(labels, parse(spec), problem=problem, seed=seed, key="image")


def objects(*masks):
    codes = rle.pack(np.array(masks))
    n, size = len(masks), masks[0].shape
    ids, crowd = np.arange(10, 10 + n), np.zeros(n, dtype=bool)
    return Instances(size, np.ones(n, np.uint8), codes, rle.boxes(codes, size), ids, crowd)


def masks_of(after):
    return rle.unpack(after.masks, after.size)


def test_things_move_as_far_as_asked_in_every_direction():
    mask = np.zeros((100, 100), bool)
    mask[45:56, 45:56] = True
    middles = []
    for seed in range(400):
        (after,) = masks_of(apply(objects(mask), "affine:20", seed=seed))
        assert after.sum() == mask.sum()
        middles.append(np.argwhere(after).mean(axis=0) - 50)
    far = np.linalg.norm(middles, axis=1)
    assert (np.abs(far - 20) < 0.8).all()  # rounded in x and in y
    quarters = np.bincount((np.arctan2(*np.transpose(middles)) // (np.pi / 4)).astype(int) + 4, minlength=8)[
        :8
    ]
    assert (np.abs(quarters - 50) < 4 * np.sqrt(50)).all()


def test_things_are_scaled_and_turned_about_their_middle():
    mask = np.zeros((120, 120), bool)
    mask[50:71, 55:66] = True
    areas, turned = [], 0
    for seed in range(200):
        (after,) = masks_of(apply(objects(mask), "affine:0,scale=2,rotate_deg=90", seed=seed))
        assert (np.abs(np.argwhere(after).mean(axis=0) - (60, 60)) < 0.6).all()
        areas.append(after.sum() / mask.sum())
        tall, wide = np.ptp(np.argwhere(after), axis=0)
        turned += wide > tall
    assert 0.23 < min(areas) < 0.35
    assert 3 < max(areas) < 4.2
    assert abs(np.mean(np.log2(areas))) < 4 * (2 / np.sqrt(3)) / np.sqrt(200)  # even from -2 to 2
    assert abs(turned - 100) < 4 * np.sqrt(50)


def test_an_image_moves_as_one():
    labels = np.zeros((40, 50), np.uint8)
    labels[10:20, 10:20], labels[25:35, 25:40] = 1, 2
    labels[:, 0] = IGNORE
    after = apply(labels, "affine:5,of=image", PIXELS)
    steps = {
        class_id: np.argwhere(after == class_id)[0] - np.argwhere(labels == class_id)[0]
        for class_id in (1, 2)
    }
    assert np.array_equal(steps[1], steps[2])
    assert 4 <= np.linalg.norm(steps[1]) <= 6
    assert (after[:, 0] == IGNORE).all()
    assert (after[:, 1:] != IGNORE).all()
    before = objects(labels == 1, labels == 2)
    moved = masks_of(apply(before, "affine:5,of=image"))
    assert np.array_equal(moved[0][:, 1:], (after == 1)[:, 1:])
    assert np.array_equal(moved[1][:, 1:], (after == 2)[:, 1:])


def test_what_moves_out_of_the_image_vanishes():
    mask = np.zeros((20, 20), bool)
    mask[8:12, 8:12] = True
    assert len(apply(objects(mask), "affine:500")) == 0
    assert not apply(mask.astype(np.uint8), "affine:500", BINARY).any()
