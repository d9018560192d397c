"""Segments that become one, two or more: merge, split, spurious, duplicate."""

import numpy as np
import pytest
from noise_toys import OBJECTS, PIXELS, STREET, label_maps, object_lists, same

from truemask import rle
from truemask.noise import apply_changes, changes, corrupt, parse
from truemask.noise.objects import bearing
from truemask.noise.segment.regions import segments
from truemask.types import IGNORE, BadInput, Instances


def apply(labels, spec, problem=PIXELS, key="image", seed=1):
    return corrupt(labels, parse(spec), problem=problem, seed=seed, key=key)


def objects(masks, classes):
    codes, size = rle.pack(np.array(masks, dtype=bool)), np.shape(masks)[1:]
    n = len(classes)
    return Instances(
        size,
        np.array(classes, np.uint8),
        codes,
        rle.boxes(codes, size),
        np.arange(10, 10 + n),
        np.zeros(n, bool),
    )


def bars(*spans, width=20):
    """One row of pixels: a stretch of 1 for each span."""
    masks = np.zeros((len(spans), 1, width), dtype=bool)
    for mask, (start, end) in zip(masks, spans, strict=True):
        mask[0, start:end] = True
    return masks


def row(*values):
    return np.array([values], dtype=np.uint8)


# merge


def test_regions_closer_than_the_gap_become_one_and_the_gap_is_closed():
    labels = row(1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1)
    assert (apply(labels, "merge:1,gap_px=2") == row(1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1)).all()
    assert (apply(labels, "merge:1,gap_px=3") == 1).all()
    assert (apply(labels, "merge:1,gap_px=1") == labels).all()


def test_nothing_but_background_closes_a_gap():
    for between in (2, IGNORE):
        labels = row(1, 1, 0, between, 1)
        assert (apply(labels, "merge:1,gap_px=5") == labels).all()


def test_across_classes_the_smaller_region_takes_the_larger_ones_class():
    labels = row(1, 1, 1, 2, 0, 3, 3)
    assert (apply(labels, "merge:1,gap_px=0,across=any") == row(1, 1, 1, 1, 0, 3, 3)).all()
    assert (apply(labels, "merge:1,gap_px=1,across=any") == row(1, 1, 1, 1, 0, 3, 3)).all()
    assert (apply(labels, "merge:1,gap_px=2,across=any") == row(1, 1, 1, 1, 0, 3, 3)).all()
    assert (apply(row(1, 1, 1, 0, 3, 3), "merge:1,gap_px=1,across=any") == 1).all()


def test_objects_that_merge_keep_the_larger_ones_id_and_the_pixels_of_both_and_between():
    before = objects(bars((0, 3), (5, 10), (12, 13), (18, 20)), [1, 1, 1, 1])
    after = apply(before, "merge:1,gap_px=2", OBJECTS)
    assert after.ids.tolist() == [11, 13]
    assert rle.unpack(after.masks, after.size)[0, 0].tolist() == [True] * 13 + [False] * 7
    assert after.boxes.tolist() == [[0, 0, 13, 1], [18, 0, 20, 1]]


def test_objects_of_other_classes_merge_only_if_told():
    before = objects(bars((0, 3), (3, 10)), [1, 2])
    assert same(apply(before, "merge:1", OBJECTS), before)
    after = apply(before, "merge:1,across=any", OBJECTS)
    assert (after.ids.tolist(), after.classes.tolist()) == ([11], [2])


def test_of_two_alike_the_one_with_the_smaller_id_stays():
    after = apply(objects(bars((0, 3), (4, 7)), [1, 1]), "merge:1", OBJECTS)
    assert after.ids.tolist() == [10]


def test_two_dimensional_gaps_are_closed_only_where_they_are_narrow():
    labels = np.zeros((8, 9), np.uint8)
    labels[:, :4] = labels[:2, 5:] = 1
    labels[2:, 7:] = 1
    after = apply(labels, "merge:1,gap_px=1")
    assert (after[:2] == 1).all()
    assert (after[4:] == labels[4:]).all()


# split


def test_a_cut_region_is_two_regions_and_a_line_of_background():
    for key, labels in label_maps().items():
        ids, places = segments(labels, 0)
        after = apply(labels, "split:1", key=key)
        parts, _ = segments(after, 0)
        assert (after[after != labels] == 0).all()
        for number in range(1, len(places) + 1):
            here = ids == number
            left = parts[here & (parts > 0)]
            assert len(np.unique(left)) >= 2
            rows, columns = np.nonzero(here)
            across = max(np.ptp(rows), np.ptp(columns)) + 1
            # A staircase has at most two pixels in each row or column that the line runs through.
            assert (here & (after == 0)).sum() <= 2 * across


def test_a_bar_is_cut_in_the_middle():
    assert (apply(row(1, 1, 1, 1, 1), "split:1") == row(1, 1, 0, 1, 1)).all()
    assert (apply(row(1, 1, 1), "split:1") == row(1, 0, 1)).all()
    assert (apply(row(1, 1), "split:1") == row(1, 1)).all()


def test_a_cut_object_is_two_that_share_its_pixels_and_class():
    for before in object_lists().values():
        after = apply(before, "split:1", OBJECTS)
        bears = bearing(before) & (rle.areas(before.masks, before.size) > 1)
        assert len(after) == len(before) + bears.sum()
        assert after.ids[: len(before)].tolist() == before.ids.tolist()
        old = rle.unpack(before.masks, before.size)
        new = rle.unpack(after.masks, after.size)
        for child, parent in enumerate(np.flatnonzero(bears), len(before)):
            assert (new[child] ^ new[parent] == old[parent]).all()
            assert not (new[child] & new[parent]).any()
            assert after.classes[child] == before.classes[parent]


def test_an_object_cut_again_and_again_has_parts_with_ids_of_their_own():
    before = objects(bars((0, 16)), [1])
    after = apply(before, "split:1+split:1+split:1", OBJECTS)
    assert len(after) == len(set(after.ids.tolist())) == 8
    assert (after.ids < 2**53).all()
    assert same(apply_changes(before, changes(before, after, "", OBJECTS)), after)
    assert (rle.areas(after.masks, after.size) == 2).all()


# spurious


def test_a_spurious_region_lies_on_background_and_touches_nothing():
    labels = np.zeros((60, 60), np.uint8)
    labels[5:10, 5:12] = 2
    after = apply(labels, "spurious:1")
    _, places = segments(after, 0)
    assert len(places) == 2
    assert ((after == 2).sum(), set(np.unique(after))) == (70, {0, 2})
    assert (after[labels > 0] == 2).all()


def test_where_there_is_no_room_nothing_appears_on_a_label_map():
    labels = np.ones((10, 10), np.uint8)
    labels[0] = 0
    assert (apply(labels, "spurious:1") == labels).all()


def test_a_spurious_object_has_the_shape_and_class_of_another_and_stands_at_the_end():
    for before in object_lists().values():
        after = apply(before, "spurious:1", OBJECTS)
        bears = bearing(before)
        assert len(after) == len(before) + bears.sum()
        assert after.masks[: len(before)] == before.masks
        areas = [rle.areas(one.masks, one.size) for one in (before, after)]
        assert sorted(areas[1][len(before) :]) == sorted(areas[0][bears])
        assert sorted(after.classes[len(before) :]) == sorted(before.classes[bears])


def test_places_of_spurious_things_are_spread_over_the_image():
    corners = []
    for seed in range(300):
        before = objects(np.pad(np.ones((1, 3, 3), bool), ((0, 0), (0, 97), (0, 97))), [1])
        corners.append(apply(before, "spurious:1", OBJECTS, seed=seed).boxes[1, :2])
    mean, expected = np.mean(corners, axis=0), 97 / 2
    assert (np.abs(mean - expected) <= 4 * 98 / np.sqrt(12 * 300) + 1).all()


def test_a_blob_has_about_the_area_of_what_it_stands_for():
    labels = np.zeros((200, 200), np.uint8)
    labels[10:40, 10:50] = 1
    for seed in range(20):
        new = apply(labels, "spurious:1,shape=blob", seed=seed) != labels
        assert new.sum() == pytest.approx(1200, rel=0.03)
        rows, columns = np.nonzero(new)
        assert np.linalg.cond(np.cov([rows, columns])) <= 4.3  # twice as long as wide at most, squared


# duplicate


def test_a_duplicate_is_the_object_a_little_off():
    before = objects(bars((8, 12)), [3])
    seen = set()
    for seed in range(60):
        after = apply(before, "duplicate:1,shift_px=2", OBJECTS, seed=seed)
        assert (len(after), after.classes.tolist(), after.masks[0]) == (2, [3, 3], before.masks[0])
        seen.add(tuple(after.boxes[1].tolist()))
    # Up and down there is only one row: there the copy stays in place altogether.
    assert seen == {(8.0 + x, 0.0, 12.0 + x, 1.0) for x in range(-2, 3)}


def test_a_duplicate_at_the_edge_is_cut_off_there():
    before = objects(bars((0, 4)), [1])
    widths = {
        int(rle.areas(apply(before, "duplicate:1,shift_px=3", OBJECTS, seed=seed).masks[1:], (1, 20))[0])
        for seed in range(200)
    }
    assert widths == {1, 2, 3, 4}


@pytest.mark.parametrize("spec", ["merge:0.5", "split:0.5", "spurious:0.5", "miss:0.5"])
def test_label_maps_without_background_are_refused(spec):
    with pytest.raises(BadInput, match="needs a background class"):
        apply(row(0, 1, 2), spec, STREET)
