"""The COCO-N mix: the table's numbers, and what the released script really does."""

import cv2
import numpy as np
import pytest
from skimage.morphology import dilation, erosion

from truemask import rle
from truemask.noise import corrupt, parse
from truemask.types import IGNORE, Instances, Problem, Task

K = 5
PROBLEM = Problem(Task.INSTANCE, ("background", *(f"class {i}" for i in range(K))), background=0)
LEVELS = {"easy": (0.2, 0.2, 3), "medium": (0.3, 0.25, 5), "hard": (0.4, 0.3, 7)}
"""Class rate, rate of each spatial kind, kernel: as printed."""


def within(count, total, rate):
    return abs(count - rate * total) < 4 * np.sqrt(total * rate * (1 - rate))


def ring(size=(130, 150)):
    """A thing with a hole, whose outline no noise leaves as it is, and far away a part of two pixels."""
    mask = np.zeros(size, np.uint8)
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    far = 45 * np.where(np.arange(24) % 2, 0.7, 1)
    corners = np.stack([70 + far * np.cos(turns), 60 + far * np.sin(turns)], 1)
    cv2.fillPoly(mask, [corners.round().astype(np.int32)], 1)
    mask[50:70, 60:80] = 0
    mask[120, 140:142] = 1
    return mask.astype(bool)


def many(mask, count=2500):
    """The same object so many times: only its id tells one from another."""
    (code,) = rle.pack(mask[None])
    classes = (np.arange(count) % K + 1).astype(np.uint8)
    boxes = np.repeat(rle.boxes([code], mask.shape), count, axis=0)
    crowd = np.zeros(count, bool)
    return Instances(mask.shape, classes, (code,) * count, boxes, np.arange(count), crowd)


def noisy(before, spec, seed=1):
    return corrupt(before, parse(spec), problem=PROBLEM, seed=seed, key="photo")


@pytest.mark.parametrize("level", LEVELS)
def test_classes_change_at_the_rate_of_the_table_to_all_others_alike(level):
    rate, _, _ = LEVELS[level]
    before = many(ring())
    after = noisy(before, f"coco_n:{level}")
    changed = after.classes != before.classes
    assert within(changed.sum(), len(before), rate)
    steps = np.bincount((after.classes[changed].astype(int) - before.classes[changed]) % K, minlength=K)
    assert steps[0] == 0
    assert all(within(count, changed.sum(), 1 / (K - 1)) for count in steps[1:])


@pytest.mark.parametrize("level", LEVELS)
def test_as_released_the_old_class_is_among_those_drawn(level):
    rate, _, _ = LEVELS[level]
    before = many(ring())
    after = noisy(before, f"coco_n:{level},compat=kimhi2024")
    assert within((after.classes != before.classes).sum(), len(before), rate * (1 - 1 / K))


@pytest.mark.parametrize("compat", ["none", "kimhi2024"])
@pytest.mark.parametrize("level", LEVELS)
def test_each_kind_of_outline_comes_as_often_as_the_table_says(level, compat):
    _, rate, kernel = LEVELS[level]
    mask = ring()
    before = many(mask)
    after = noisy(before, f"coco_n:{level},compat={compat}")
    square = np.ones((kernel, kernel))
    larger, smaller = (rle.pack(each(mask, square)[None])[0] for each in (dilation, erosion))
    simplified = rle.pack(polygon(mask, {3: 5, 5: 10, 7: 15}[kernel], released=compat != "none")[None])[0]
    counts = {code: sum(code == one for one in after.masks) for code in (larger, smaller, simplified)}
    assert len(set(counts)) == 3
    assert within(counts[larger], len(before), rate / 2)
    assert within(counts[smaller], len(before), rate / 2)
    assert within(counts[simplified], len(before), rate)
    stayed = sum(one == before.masks[0] for one in after.masks)
    assert within(stayed, len(before), 1 - 3 * rate)
    jittered = len(before) - stayed - sum(counts.values())
    assert within(jittered, len(before), rate)


def polygon(mask, tolerance, *, released):
    """The outline of few corners by OpenCV's own drawing; as released without hole and small part."""
    rings, tree = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    drawn = np.zeros(mask.shape, np.uint8)
    kept = [
        cv2.approxPolyDP(ring, tolerance, True)
        for ring, of in zip(rings, tree[0, :, 3], strict=True)
        if not released or (of < 0 and len(ring) >= 4)
    ]
    return cv2.fillPoly(drawn, kept, 1).astype(bool)


def test_as_released_approximated_and_localised_objects_have_no_holes():
    before = many(ring(), 400)
    for compat, rate in (("none", 0), ("kimhi2024", 2 * 0.2)):
        after = noisy(before, f"coco_n:easy,compat={compat}")
        filled = rle.unpack(after.masks, after.size)[:, 60, 70].sum()
        assert filled == 0 if rate == 0 else within(filled, 400, rate)


def test_boxes_are_those_of_the_new_masks():
    before = many(ring(), 300)
    loose = Instances(
        before.size, before.classes, before.masks, before.boxes + 0.25, before.ids, before.crowd
    )
    after = noisy(loose, "coco_n:hard")
    changed = np.array([one != before.masks[0] for one in after.masks])
    assert np.array_equal(after.boxes[changed], rle.boxes(after.masks, after.size)[changed])
    assert np.array_equal(after.boxes[~changed], loose.boxes[~changed])


def test_crowds_and_unknown_objects_stay():
    before = many(ring(), 60)
    crowd = np.arange(60) % 3 == 0
    classes = np.where(np.arange(60) % 3 == 1, IGNORE, 1).astype(np.uint8)
    before = Instances(before.size, classes, before.masks, before.boxes, before.ids, crowd)
    after = noisy(before, "coco_n:hard")
    stays = crowd | (classes == IGNORE)
    assert after.classes[stays].tolist() == classes[stays].tolist()
    assert {after.masks[row] for row in np.flatnonzero(stays)} == {before.masks[0]}
    assert any(after.masks[row] != before.masks[0] for row in np.flatnonzero(~stays))


def test_with_one_class_there_is_no_other_to_be_mistaken_for():
    lone = Problem(Task.INSTANCE, ("background", "cell"), background=0)
    before = many(ring(), 100)
    before = Instances(
        before.size, np.ones(100, np.uint8), before.masks, before.boxes, before.ids, before.crowd
    )
    for compat in ("none", "kimhi2024"):
        after = corrupt(before, parse(f"coco_n:hard,compat={compat}"), problem=lone, seed=1, key="photo")
        assert (after.classes == 1).all()
