from dataclasses import replace

import numpy as np
import pytest

from truemask import rle
from truemask.report.palette import ADDED, GREY, REMOVED, SWAPPED, palette
from truemask.report.pictures import changes_picture, overlay
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

BINARY = Problem(Task.SEMANTIC, ("background", "cell"), channels=1, background=0)
SEMANTIC = Problem(Task.SEMANTIC, ("background", "cell", "nucleus"), background=0)
NO_BACKGROUND = Problem(Task.SEMANTIC, ("sky", "road"))
INSTANCE = replace(SEMANTIC, task=Task.INSTANCE)
DIGITS = Problem(Task.CLASSIFICATION, ("zero", "one"), channels=1)
CELL, NUCLEUS = palette(SEMANTIC)[1:].tolist()


def objects(masks, classes, ids=None, crowd=None) -> Instances:
    masks = np.array(masks, dtype=bool)
    codes = rle.pack(masks)
    count = len(masks)
    return Instances(
        size=masks.shape[1:],
        classes=np.array(classes, dtype=np.uint8),
        masks=codes,
        boxes=rle.boxes(codes, masks.shape[1:]),
        ids=np.arange(count, dtype=np.int64) if ids is None else np.array(ids, dtype=np.int64),
        crowd=np.zeros(count, dtype=bool) if crowd is None else np.array(crowd),
    )


@pytest.fixture
def image():
    return np.full((40, 60, 3), 100, dtype=np.uint8)


@pytest.fixture
def block():
    """A label map with a block of class 1 in rows 20 to 29, columns 10 to 29."""
    labels = np.zeros((40, 60), dtype=np.uint8)
    labels[20:30, 10:30] = 1
    return labels


def test_background_stays_clear_and_classes_get_a_fill_and_a_rim(image, block):
    picture = overlay(image, block, SEMANTIC)
    assert (picture[block == 0] == 100).all()
    assert picture[20, 15].tolist() == CELL
    inside = np.round(0.65 * 100 + 0.35 * np.array(CELL))
    np.testing.assert_array_equal(picture[25, 20], inside)


def test_without_a_background_every_class_is_drawn(image, block):
    picture = overlay(image, block, NO_BACKGROUND)
    assert (picture != 100).any(axis=2).all()


def test_the_picture_is_zoom_times_as_large_and_rims_stay_one_pixel(image, block):
    picture = overlay(image[:, :, :1], block, BINARY, zoom=3)
    assert picture.shape == (120, 180, 3)
    assert picture[60, 45].tolist() == CELL
    assert picture[61, 45].tolist() != CELL


def test_ignored_pixels_are_hatched_in_grey_and_no_class(image):
    labels = np.full((40, 60), IGNORE, dtype=np.uint8)
    picture = overlay(image, labels, SEMANTIC)
    assert (np.ptp(picture, axis=2) == 0).all()
    assert len(np.unique(picture[:, :, 0])) == 2


def test_the_image_given_is_left_as_it_was(image, block):
    overlay(image, block, SEMANTIC)
    changes_picture(image, block, 1 - block, SEMANTIC)
    assert (image == 100).all()


def test_objects_are_named_and_outlined_in_the_colour_of_their_class(image, block):
    picture = overlay(image, objects([block], [2]), INSTANCE, zoom=3)
    assert picture[89, 60].tolist() == NUCLEUS
    assert (picture[90:] == 100).all()
    tag = picture[52:60, 30:60]
    assert (tag == NUCLEUS).all(axis=2).any()
    assert np.ptp(tag.reshape(-1, 3), axis=0).min() > 20  # letters


def test_an_object_too_small_for_its_name_is_not_hidden_under_it(image, block):
    picture = overlay(image, objects([block], [2]), INSTANCE)
    assert (picture[:20] == 100).all()


def test_objects_of_unknown_class_and_none_at_all_can_be_drawn(image, block):
    picture = overlay(image, objects([block], [IGNORE]), INSTANCE)
    assert picture[29, 20].tolist() == list(GREY)
    nothing = objects(np.zeros((0, 40, 60)), [])
    np.testing.assert_array_equal(overlay(image, nothing, INSTANCE), image)


def test_a_crowd_is_hatched(image, block):
    crowd = overlay(image, objects([block], [1], crowd=[True]), INSTANCE, zoom=2)[50:58, 22:58]
    single = overlay(image, objects([block], [1]), INSTANCE, zoom=2)[50:58, 22:58]
    assert len(np.unique(single.reshape(-1, 3), axis=0)) < len(np.unique(crowd.reshape(-1, 3), axis=0))


def test_an_image_of_one_class_carries_its_name():
    image = np.zeros((8, 8, 1), dtype=np.uint8)
    zero, one = (overlay(image, class_id, DIGITS, zoom=12) for class_id in (0, 1))
    assert zero.shape == (96, 96, 3)
    assert (zero[:70] == 0).all()
    assert (zero[-10:] == palette(DIGITS)[0]).all(axis=2).any()
    assert (one[-10:] == palette(DIGITS)[1]).all(axis=2).any()


@pytest.mark.parametrize(("channels", "grey"), [(1, True), (2, False), (4, True)])
def test_images_of_any_number_of_channels_can_be_drawn(channels, grey):
    image = np.full((6, 6, channels), 80, dtype=np.uint8)
    picture = overlay(image, np.zeros((6, 6), dtype=np.uint8), SEMANTIC)
    assert picture[0, 0].tolist() == ([80, 80, 80] if grey else [80, 80, 0])


def test_changes_of_pixels_have_a_colour_for_each_kind(image, block):
    before = block.copy()
    before[35:38, 40:50] = 2
    after = before.copy()
    after[20:22, 10:30] = 0
    after[5:8, 5:10] = 1
    after[35:38, 40:50] = 1
    after[0:2, 50:60] = IGNORE
    picture = changes_picture(image, before, after, SEMANTIC)

    def nearest(y, x):
        kinds = {"added": ADDED, "removed": REMOVED, "swapped": SWAPPED}
        return min(kinds, key=lambda kind: np.abs(picture[y, x].astype(int) - kinds[kind]).sum())

    assert nearest(6, 7) == "added"
    assert nearest(20, 15) == "removed"
    assert nearest(36, 45) == "swapped"
    assert np.ptp(picture[0:2, 50:60], axis=2).max() == 0
    same = (before == after).nonzero()
    assert np.ptp(picture[same], axis=1).max() == 0


def test_changes_of_objects_are_matched_by_id(image, block):
    other = np.zeros_like(block)
    other[2:12, 40:55] = 1
    before = objects([block, other], [1, 1], ids=[7, 8])
    after = objects([other, np.roll(block, 25, axis=1)], [2, 1], ids=[8, 9])
    picture = changes_picture(image, before, after, INSTANCE, zoom=3)[1::3, 1::3]
    assert picture.shape == image.shape
    removed, swapped, added = picture[25, 20], picture[11, 50], picture[25, 45]
    grey = changes_picture(image, before, before, INSTANCE)[0, 0]
    for seen, colour in ((removed, REMOVED), (swapped, SWAPPED), (added, ADDED)):
        np.testing.assert_array_equal(seen, np.round(0.65 * grey + 0.35 * np.array(colour)))


def test_an_object_that_grew_shows_what_was_added(image, block):
    grown = block.copy()
    grown[30:33, 10:30] = 1
    picture = changes_picture(image, objects([block], [1]), objects([grown], [1]), INSTANCE)
    kinds = np.array([ADDED, REMOVED, SWAPPED])
    assert np.abs(picture[31, 20] - kinds).sum(axis=1).argmin() == 0
    assert np.ptp(picture[25, 20]) == 0


def test_a_changed_class_is_written_out():
    image = np.zeros((8, 8, 1), dtype=np.uint8)
    changed = changes_picture(image, 0, 1, DIGITS, zoom=12)
    same = changes_picture(image, 1, 1, DIGITS, zoom=12)
    assert (changed == SWAPPED).all(axis=2).any()
    assert not (same == SWAPPED).all(axis=2).any()


def test_labels_of_different_kinds_cannot_be_compared(image, block):
    with pytest.raises(BadInput, match="changes are between labels of one kind and size"):
        changes_picture(image, block, objects([block], [1]), SEMANTIC)
    with pytest.raises(BadInput, match="changes are between labels of one kind and size"):
        changes_picture(image, objects([block], [1]), objects([block[:20]], [1]), INSTANCE)
