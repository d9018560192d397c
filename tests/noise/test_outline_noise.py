"""Outlines redrawn thing by thing: what each does to a thing, and how things go together again."""

import cv2
import numpy as np
import pytest
from noise_toys import BINARY, OBJECTS, PIXELS, STREET, label_maps, round_lists
from scipy.ndimage import distance_transform_edt

from truemask import rle
from truemask.noise import corrupt, parse
from truemask.types import IGNORE, BadInput, Instances

RATE = 0.4
RATED = {
    "box": f"box:{RATE}",
    "holes": f"holes:{RATE}",
    "simplify": f"simplify:12,rate={RATE}",
    "jitter": f"jitter:3,rate={RATE}",
    "affine": f"affine:4,rate={RATE}",
    "shift": f"shift:2,high_px=4,rate={RATE}",
    "dilate_or_erode": f"dilate_or_erode:2,rate={RATE}",
    "elastic": f"elastic:100,rate={RATE}",
    "coarse": f"coarse:6,rate={RATE}",
    "markov": f"markov:20,theta2=0.3,rate={RATE}",
}


def apply(labels, spec, problem=OBJECTS, key="image", seed=1):
    return corrupt(labels, parse(spec), problem=problem, seed=seed, key=key)


def objects(*masks):
    codes = rle.pack(np.array(masks))
    n, size = len(masks), masks[0].shape
    ids, crowd = np.arange(10, 10 + n), np.zeros(n, dtype=bool)
    return Instances(size, np.ones(n, np.uint8), codes, rle.boxes(codes, size), ids, crowd)


def masks_of(after):
    return rle.unpack(after.masks, after.size)


def stars(count):
    """So many lists of four large things that no noise here leaves as they are."""
    rng = np.random.default_rng(11)
    for number in range(count):
        masks = np.zeros((4, 90, 110), np.uint8)
        for mask in masks:
            turns = np.linspace(0, 2 * np.pi, 12, endpoint=False)
            far = rng.integers(10, 25) * np.where(np.arange(12) % 2, 0.6, 1)
            x, y = rng.integers(35, 70), rng.integers(35, 55)
            corners = np.stack([x + far * np.cos(turns), y + far * np.sin(turns)], 1)
            cv2.fillPoly(mask, [corners.round().astype(np.int32)], 1)
        yield f"star-{number}", objects(*masks.astype(bool))


@pytest.mark.parametrize("name", RATED)
def test_as_many_things_are_touched_as_the_rate_says(name):
    touched = total = 0
    for key, before in stars(60):
        after = apply(before, RATED[name], key=key)
        outlines = dict(zip(after.ids.tolist(), after.masks, strict=True))
        touched += sum(
            outlines.get(i) != mask for i, mask in zip(before.ids.tolist(), before.masks, strict=True)
        )
        total += len(before)
        assert np.array_equal(after.boxes, rle.boxes(after.masks, after.size))
    assert abs(touched - RATE * total) < 4 * np.sqrt(total * RATE * (1 - RATE))


@pytest.mark.parametrize("name", RATED)
def test_what_becomes_of_an_object_does_not_depend_on_its_neighbours(name):
    before = round_lists()["round-2"]
    whole = apply(before, RATED[name], key="round-2")
    for row in range(0, len(before), 5):
        keep = np.arange(len(before)) == row
        lone = Instances(
            before.size,
            before.classes[keep],
            (before.masks[row],),
            before.boxes[keep],
            before.ids[keep],
            before.crowd[keep],
        )
        here = whole.ids == before.ids[row]
        after = apply(lone, RATED[name], key="round-2")
        assert after.masks == tuple(mask for mask, same in zip(whole.masks, here, strict=True) if same)


@pytest.mark.parametrize("name", sorted(set(RATED) - {"elastic", "coarse"}))
def test_a_map_of_one_thing_changes_as_an_object_of_the_same_place_would(name):
    for key, before in stars(6):
        (mask, *_) = masks_of(before)
        labels = mask.astype(np.uint8)
        first = np.flatnonzero(mask)[0]
        alike = Instances(
            before.size,
            before.classes[:1],
            before.masks[:1],
            before.boxes[:1],
            np.array([first]),
            before.crowd[:1],
        )
        of_map = apply(labels, RATED[name], BINARY, key)
        of_object = masks_of(apply(alike, RATED[name], key=key))
        assert np.array_equal(of_map, of_object[0] if len(of_object) else np.zeros_like(of_map))


def test_things_that_stay_keep_their_pixels_but_for_smaller_ones_that_grow_over_them():
    labels = np.zeros((40, 60), np.uint8)
    labels[5:35, 5:40], labels[15:25, 40:50], labels[:, 55] = 1, 2, IGNORE
    seen = set()
    for seed in range(20):
        after = apply(labels, "shift:3,high_px=3,rate=0.5", PIXELS, seed=seed)
        small, large = (after[20, 51] == 2), (after[3, 20] == 1)
        seen.add((bool(small), bool(large)))
        assert (after[:, 55] == IGNORE).all()
        assert (after[15:25, 37:40] == (2 if small else 1)).all()
        assert (after[labels == 2] == 2).all()
    assert len(seen) == 4


def test_where_a_thing_left_there_is_background():
    labels = np.ones((30, 30), np.uint8)
    labels[10:20, 10:20] = 2
    after = apply(labels, "shift:-2,high_px=-2", PIXELS)
    expected = np.where(distance_transform_edt(labels == 2) > 2, 2, 0)
    expected[distance_transform_edt(labels == 1) > 2] = 1
    assert np.array_equal(after, expected)


@pytest.mark.parametrize("name", sorted(set(RATED) - {"elastic", "coarse"}))
def test_a_label_map_without_background_is_refused(name):
    with pytest.raises(BadInput, match=f"{name} needs a background class"):
        apply(label_maps()["map-0"] % 3, RATED[name], STREET)


def test_shifts_are_even_between_the_two_ends_and_either_turns_half_of_them_round():
    mask = np.zeros((60, 60), bool)
    mask[25:35, 25:35] = True
    grown = [masks_of(apply(objects(mask), "shift:1,high_px=9.99", seed=seed))[0] for seed in range(300)]
    reached = np.array([25 - np.flatnonzero(one.any(axis=0))[0] for one in grown])
    counts = np.bincount(reached, minlength=10)[1:]
    assert (np.abs(counts - 300 / 9) < 4 * np.sqrt(300 / 9)).all()
    either = [apply(objects(mask), "shift:2,high_px=3,either=true", seed=seed) for seed in range(300)]
    outwards = sum(rle.areas(one.masks, one.size)[0] > 100 for one in either)
    assert abs(outwards - 150) < 4 * np.sqrt(75)


def test_ends_of_a_shift_the_wrong_way_round_are_refused():
    with pytest.raises(BadInput, match="got 3 and -1, the other way round"):
        apply(round_lists()["round-0"], "shift:3,high_px=-1")


def test_half_of_the_things_are_dilated_and_half_eroded():
    areas = []
    for key, before in stars(60):
        after = apply(before, "dilate_or_erode:2", key=key)
        of = dict(zip(after.ids.tolist(), rle.areas(after.masks, after.size).tolist(), strict=True))
        larger = apply(before, "dilate:2"), apply(before, "erode:2")
        both = [dict(zip(one.ids.tolist(), one.masks, strict=True)) for one in larger]
        for i, mask in zip(after.ids.tolist(), after.masks, strict=True):
            assert mask in (both[0][i], both[1].get(i))
        areas += [
            of.get(i, 0) > area
            for i, area in zip(
                before.ids.tolist(), rle.areas(before.masks, before.size).tolist(), strict=True
            )
        ]
    assert abs(sum(areas) - len(areas) / 2) < 4 * np.sqrt(len(areas) / 4)


def test_boxes_are_full():
    mask = np.zeros((20, 30), bool)
    mask[4, 6:12], mask[5:11, 8] = True, True
    (after,) = masks_of(apply(objects(mask), "box:1"))
    expected = np.zeros_like(mask)
    expected[4:11, 6:12] = True
    assert np.array_equal(after, expected)


def test_blocks_are_of_the_most_frequent_label():
    labels = np.array(
        [[1, 1, 2, 2, 3], [0, 2, 1, 1, 3], [IGNORE, IGNORE, 0, 0, 3], [3, IGNORE, 0, 1, 0]], np.uint8
    )
    expected = [[1, 1, 2, 2, 3], [1, 1, 2, 2, 3], [IGNORE, IGNORE, 0, 0, 3], [3, IGNORE, 0, 0, 3]]
    assert apply(labels, "coarse:2", PIXELS).tolist() == expected
    ignored = np.full((4, 5), IGNORE, np.uint8)
    assert np.array_equal(apply(ignored, "coarse:3", PIXELS), ignored)


def test_objects_of_blocks_cover_at_least_half_of_each():
    before = round_lists()["round-5"]
    after = apply(before, "coarse:4")
    for i, mask in zip(before.ids.tolist(), masks_of(before), strict=True):
        padded = np.pad(mask.astype(float), ((0, 2), (0, 2)), constant_values=np.nan)  # 70 x 90 to 72 x 92
        shares = np.nanmean(padded.reshape(18, 4, 23, 4), axis=(1, 3))
        expected = np.kron(shares >= 0.5, np.ones((4, 4), bool))[:70, :90]
        here = np.flatnonzero(after.ids == i)
        assert len(here) == expected.any()
        if len(here):
            assert np.array_equal(masks_of(after)[here[0]], expected)


def test_holes_are_disks_around_pixels_of_the_thing():
    mask = np.zeros((50, 50), bool)
    mask[10:40, 10:40] = True
    for seed in range(30):
        (after,) = masks_of(apply(objects(mask), "holes:1,radius_px=4", seed=seed))
        hole = mask & ~after
        assert 16 <= hole.sum() <= 49  # a quarter of a disk of 49 px and its edges, to all of it
        assert not (after & ~mask).any()
    (riddled,) = masks_of(apply(objects(mask), "holes:1,radius_px=0,count=50"))
    assert 35 < 900 - riddled.sum() <= 50
    assert len(apply(objects(mask), "holes:1,radius_px=50")) == 0


def test_a_code_that_is_not_the_shortest_stays_as_given_where_nothing_changes():
    mask = np.zeros((10, 10), bool)
    mask[2:6, 2:6] = True
    counts = [22, 4, 6, 2, 0, 2, 6, 4, 6, 4, 44]
    odd = _code(counts)
    assert np.array_equal(rle.unpack([odd], (10, 10))[0], mask)
    before = objects(mask)
    given = Instances(before.size, before.classes, (odd,), before.boxes + 0.5, before.ids, before.crowd)
    after = apply(given, "box:1+simplify:0+jitter:0+affine:0+coarse:1")
    assert after.masks == (odd,)
    assert np.array_equal(after.boxes, given.boxes)


def _code(counts):
    letters = []
    for place, count in enumerate(counts):
        rest = count - (counts[place - 2] if place > 2 else 0)
        more = True
        while more:
            letter = rest & 0x1F
            rest >>= 5
            more = rest != -1 if letter & 0x10 else rest != 0
            letters.append((letter | (0x20 if more else 0)) + 48)
    return bytes(letters)
