"""Noisy tags: the map has just the tags that were drawn."""

from math import sqrt

import numpy as np
import pytest
from noise_toys import PIXELS, STREET, label_maps, small_maps
from scipy import ndimage

from truemask.noise import corrupt, parse
from truemask.noise.image.tags import tags_of
from truemask.types import IGNORE, BadInput


def apply(labels, spec, key="image", seed=1, problem=PIXELS):
    return corrupt(labels, parse(spec), problem=problem, seed=seed, key=key)


def test_tags_are_the_foreground_classes_of_the_map():
    assert tags_of(np.array([[0, 1, 3], [IGNORE, 0, 3]], np.uint8), PIXELS) == {1, 3}
    assert tags_of(np.full((2, 2), IGNORE, np.uint8), PIXELS) == frozenset()
    with pytest.raises(BadInput, match="tags needs a background class"):
        tags_of(np.zeros((2, 2), np.uint8), STREET)


def test_a_missed_tag_takes_all_its_pixels_and_no_others():
    for key, labels in label_maps().items():
        after = apply(labels, "tags:0.5", key)
        missed = tags_of(labels, PIXELS) - tags_of(after, PIXELS)
        expected = np.where(np.isin(labels, list(missed)), 0, labels)
        assert (after == expected).all()


def test_a_swapped_tag_is_another_class_that_was_not_there():
    for key, labels in small_maps().items():
        after = apply(labels, "tags:0,swap=1", key)
        here = tags_of(labels, PIXELS)
        absent = {1, 2, 3} - here
        if not absent:
            assert (after == labels).all()
            continue
        assert tags_of(after, PIXELS) <= absent
        for class_id in here:
            assert len(np.unique(after[labels == class_id])) == 1
        assert (after[labels == 0] == 0).all()


def test_every_spurious_tag_gets_a_connected_piece_and_no_tag_is_lost():
    for key, labels in {**label_maps(), **small_maps()}.items():
        after = apply(labels, "tags:0,spurious=1,radius_px=3", key)
        here = tags_of(labels, PIXELS)
        assert tags_of(after, PIXELS) == {1, 2, 3}
        for class_id in {1, 2, 3} - here:
            piece = after == class_id
            assert ndimage.label(piece, np.ones((3, 3)))[1] == 1
            assert len(np.unique(labels[piece])) == 1
            rows, columns = np.nonzero(piece)
            assert max(np.ptp(rows), np.ptp(columns)) <= 6
        assert (after[np.isin(after, list(here))] == labels[np.isin(after, list(here))]).all()


def test_how_often_tags_are_missed_swapped_and_made_up():
    before, missed, swapped, added, absent = 0, 0, 0, 0, 0
    for seed in range(16):
        for key, labels in small_maps().items():
            here = tags_of(labels, PIXELS)
            if len(here) == 3:
                continue
            after = apply(labels, "tags:0.3,swap=0.2", key, seed)
            gone = here - tags_of(after, PIXELS)
            background = {one for one in gone if (after[labels == one] == 0).all()}
            before += len(here)
            missed += len(background)
            swapped += len(gone - background)
            more = apply(labels, "tags:0,spurious=0.4", key, seed)
            added += len(tags_of(more, PIXELS) - here)
            absent += 3 - len(here)
    for count, of, rate in ((missed, before, 0.3), (swapped, before, 0.2), (added, absent, 0.4)):
        assert of > 100
        assert abs(count - of * rate) < 4 * sqrt(of * rate * (1 - rate))


def test_where_there_is_no_room_no_tag_is_added():
    lone = np.full((1, 1), 2, np.uint8)
    assert apply(lone, "tags:0,spurious=1").tolist() == [[2]]
    silent = np.full((3, 3), IGNORE, np.uint8)
    assert (apply(silent, "tags:0.5,spurious=1,swap=0.5") == IGNORE).all()
    empty = np.zeros((1, 1), np.uint8)
    assert tags_of(apply(empty, "tags:0,spurious=1"), PIXELS) < {1, 2, 3}


def test_a_piece_leaves_other_classes_a_pixel():
    labels = np.array([[1, 1, 1], [1, 1, 1], [1, 1, 1]], np.uint8)
    for seed in range(20):
        after = apply(labels, "tags:0,spurious=1,radius_px=1", seed=seed)
        assert 1 in tags_of(after, PIXELS)


def test_rates_that_exceed_one_together_are_told():
    with pytest.raises(BadInput, match=r"miss \+ swap is at most 1; got 1\.2"):
        apply(np.zeros((2, 2), np.uint8), "tags:0.7,swap=0.5")
