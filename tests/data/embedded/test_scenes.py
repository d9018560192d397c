import numpy as np
import pytest

from truemask import rle
from truemask.data.embedded.scene_shapes import SHAPES, outline
from truemask.data.embedded.scenes import CONFUSED_PAIRS, PROBLEM, make
from truemask.data.views import AsSemantic
from truemask.types import BadInput, Instances, Task


@pytest.fixture(scope="module")
def train():
    return make(train=60, val=0, test=0).split("train")


@pytest.fixture(scope="module")
def objects(train) -> list[Instances]:
    return [train.labels(row) for row in range(len(train))]


def test_counts_by_default_are_300_40_80():
    assert {name: len(split) for name, split in make().splits.items()} == {
        "train": 300,
        "val": 40,
        "test": 80,
    }


def test_it_is_an_instance_problem_of_eight_classes(train):
    assert PROBLEM.task == Task.INSTANCE
    assert PROBLEM.classes == (
        "background",
        "disk",
        "ring",
        "square",
        "cross",
        "star",
        "flower",
        "drop",
        "heart",
    )
    assert train.image(0).shape == (128, 128, 3)
    assert train.image(0).dtype == np.uint8


def test_an_image_is_the_same_whatever_the_count(train, objects):
    again = make(train=3, val=1, test=1).split("train")
    np.testing.assert_array_equal(again.image(2), train.image(2))
    assert again.labels(2).masks == objects[2].masks
    np.testing.assert_array_equal(again.labels(2).classes, objects[2].classes)


def test_splits_have_different_images(train):
    assert (make().split("test").image(0) != train.image(0)).mean() > 0.5


def test_two_to_seven_objects_an_image(objects):
    counts = [len(own) for own in objects]
    assert (min(counts), max(counts)) == (2, 7)
    assert 3.5 < np.mean(counts) < 5


def test_visible_parts_do_not_overlap_and_are_at_least_60_px(objects):
    for own in objects:
        masks = rle.unpack(own.masks, own.size)
        assert masks.sum(axis=0).max() == 1
        assert masks.sum(axis=(1, 2)).min() >= 60


def test_boxes_are_tight_around_masks(objects):
    for own in objects[:20]:
        for mask, box in zip(rle.unpack(own.masks, own.size), own.boxes, strict=True):
            rows, columns = np.nonzero(mask)
            assert box.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_ids_are_unique_over_all_splits():
    splits = make(train=6, val=6, test=6).splits.values()
    ids = np.concatenate([split.labels(row).ids for split in splits for row in range(6)])
    assert len(np.unique(ids)) == len(ids)
    assert ids.min() > 0


def test_classes_are_balanced(objects):
    classes = np.concatenate([own.classes for own in objects])
    counts = np.bincount(classes, minlength=9)
    assert counts[0] == 0
    expected = len(classes) / 8
    # Chi-square of seven degrees of freedom: above 24 once in a thousand draws.
    assert ((counts[1:] - expected) ** 2 / expected).sum() < 24


def test_confused_pairs_name_each_other():
    assert set(CONFUSED_PAIRS) == set(range(1, 9))
    assert all(CONFUSED_PAIRS[other] == own != other for own, other in CONFUSED_PAIRS.items())


def test_most_disks_are_seen_whole_and_some_are_hidden_in_part(objects):
    """A whole disk fills pi / 4 of its box; those that the frame cuts off are left out."""
    areas = np.concatenate([rle.areas(own.masks, own.size) for own in objects])
    boxes = np.concatenate([own.boxes for own in objects])
    inside = (boxes.min(axis=1) > 0) & (boxes.max(axis=1) < 128)
    disks = (np.concatenate([own.classes for own in objects]) == 1) & inside
    filled = (areas / ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])))[disks]
    assert np.median(filled) == pytest.approx(np.pi / 4, abs=0.02)
    assert filled.min() < 0.7


def test_colour_tells_the_pair_often_but_not_always(train, objects):
    """Mean blue minus red: drops and hearts are mostly red, squares and crosses mostly green and blue."""
    cool = {"warm": [], "cold": []}
    for row, own in enumerate(objects):
        image = train.image(row).astype(float)
        for mask, class_id in zip(rle.unpack(own.masks, own.size), own.classes, strict=True):
            red, _, blue = image[mask].mean(axis=0)
            if class_id in (3, 4, 7, 8):
                cool["warm" if class_id > 4 else "cold"].append(blue > red)
    assert np.mean(cool["cold"]) > 0.7
    assert np.mean(cool["warm"]) < 0.3
    assert np.mean(cool["warm"]) > 0


def test_all_outlines_have_the_area_of_a_unit_disk_about_their_middle():
    for name in SHAPES:
        curves = outline(name)
        signed = [_area(curve) for curve in curves]
        assert signed[0] - sum(signed[1:]) == pytest.approx(np.pi, rel=1e-4), name
        assert np.abs(_centroid(curves[0])).max() < 1e-4, name


def test_as_a_semantic_problem_the_label_map_holds_the_same_pixels(train, objects):
    labels = AsSemantic(train).labels(0)
    masks = rle.unpack(objects[0].masks, objects[0].size)
    for mask, class_id in zip(masks, objects[0].classes, strict=True):
        assert (labels[mask] == class_id).all()
    assert (labels[~masks.any(axis=0)] == 0).all()


def test_larger_images_show_larger_objects(objects):
    large = make(train=10, val=0, test=0, size=256).split("train")
    area = np.concatenate([rle.areas(large.labels(row).masks, (256, 256)) for row in range(10)]).mean()
    assert area == pytest.approx(
        4 * np.concatenate([rle.areas(o.masks, o.size) for o in objects]).mean(), rel=0.3
    )


def test_a_size_too_small_to_tell_classes_is_refused():
    with pytest.raises(BadInput, match="scenes draws images of 64 to 4096 px, got size=32"):
        make(size=32)


def _area(curve):
    x, y = curve.T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def _centroid(curve):
    x, y = curve.T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    return np.array([((x + np.roll(x, -1)) * cross).sum(), ((y + np.roll(y, -1)) * cross).sum()]) / (
        3 * cross.sum()
    )
