"""Views keep keys, ids and classes, and change only what they say."""

import cv2
import numpy as np
import pytest

from truemask import rle
from truemask.data.dataset import Dataset
from truemask.data.resize import resize_labels, resize_objects
from truemask.data.splits import Splits
from truemask.data.views import ArrayDataset, AsSemantic, Cached, Resized, Subset, hold_out
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

OBJECTS = Problem(Task.INSTANCE, ("background", "plate", "pea"), background=0)
MAPS = Problem(Task.SEMANTIC, ("a", "b", "c"), channels=1)


def objects(masks, classes, crowd=None, first_id=7):
    masks = np.asarray(masks, dtype=bool)
    codes = rle.pack(masks)
    size = masks.shape[1:]
    return Instances(
        size=size,
        classes=np.array(classes, dtype=np.uint8),
        masks=codes,
        boxes=rle.boxes(codes, size),
        ids=np.arange(first_id, first_id + len(masks)),
        crowd=np.zeros(len(masks), dtype=bool) if crowd is None else np.array(crowd),
    )


def rectangle(size, top, left, bottom, right):
    mask = np.zeros(size, dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def table(n=4, size=(40, 60)):
    plate, pea = rectangle(size, 0, 0, 30, 30), rectangle(size, 10, 10, 14, 14)
    crowd = rectangle(size, 20, 20, 40, 60)
    rows = [objects([pea, plate, crowd], [2, 1, 1], [False, False, True], 10 * row) for row in range(n)]
    images = [np.full((*size, 3), row, dtype=np.uint8) for row in range(n)]
    return ArrayDataset("table", "train", OBJECTS, [f"k{row}" for row in range(n)], images, rows)


def maps(n=100):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (n, 8, 12, 1), dtype=np.uint8)
    labels = rng.integers(0, 3, (n, 8, 12), dtype=np.uint8)
    return ArrayDataset("maps", "train", MAPS, [f"photo-{row}" for row in range(n)], images, labels)


class Counting(Dataset):
    """A data set that counts how often it is read."""

    def __init__(self, inner):
        self.name, self.split, self.problem, self.keys = inner.name, inner.split, inner.problem, inner.keys
        self.inner, self.reads = inner, 0

    def image(self, row):
        self.reads += 1
        return self.inner.image(row)

    def labels(self, row):
        return self.inner.labels(row)

    def size(self, row):
        return self.inner.size(row)


def test_an_array_data_set_needs_one_image_and_label_per_key():
    with pytest.raises(BadInput, match="2 keys, 1 images and 2 labels"):
        ArrayDataset(
            "x", "all", MAPS, ["a", "b"], np.zeros((1, 4, 4, 1), np.uint8), np.zeros((2, 4, 4), np.uint8)
        )


def test_class_labels_come_back_as_python_integers():
    problem = Problem(Task.CLASSIFICATION, ("a", "b"))
    data = ArrayDataset("x", "all", problem, ["k"], np.zeros((1, 2, 2, 3), np.uint8), np.array([1]))
    assert type(data.labels(0)) is int


def test_points_have_size_1_1():
    problem = Problem(Task.CLASSIFICATION, ("a", "b"), channels=2, points=True)
    data = ArrayDataset("x", "all", problem, ["k"], np.zeros((1, 2), np.float32), [0])
    assert data.size(0) == (1, 1)
    with pytest.raises(BadInput, match="points have no size"):
        Resized(data, 8)


def test_a_subset_reads_the_rows_it_names():
    part = Subset(maps(), [5, 2])
    assert part.keys == ["photo-5", "photo-2"]
    np.testing.assert_array_equal(part.image(0), maps().image(5))
    np.testing.assert_array_equal(part.labels(1), maps().labels(2))


def test_as_semantic_paints_small_over_large_and_crowds_beneath_all():
    semantic = AsSemantic(table())
    painted = semantic.labels(0)
    assert semantic.problem.task == Task.SEMANTIC
    assert semantic.problem.classes == OBJECTS.classes
    assert painted[12, 12] == 2  # the pea lies on the plate, though it is listed first
    assert painted[0, 0] == 1
    assert painted[25, 25] == 1  # the plate over the crowd
    assert painted[35, 50] == IGNORE
    assert painted[0, 50] == 0


def test_as_semantic_of_no_objects_is_background():
    none = objects(np.zeros((0, 5, 6)), [])
    data = ArrayDataset("x", "all", OBJECTS, ["k"], [np.zeros((5, 6, 3), np.uint8)], [none])
    assert not AsSemantic(data).labels(0).any()


def test_as_semantic_refuses_label_maps():
    with pytest.raises(BadInput, match="only an instance data set"):
        AsSemantic(maps())


def test_resized_keeps_ids_classes_order_and_crowd():
    before, after = table().labels(3), Resized(table(), 30).labels(3)
    assert after.size == (20, 30)
    for column in ("ids", "classes", "crowd"):
        np.testing.assert_array_equal(getattr(before, column), getattr(after, column))
    np.testing.assert_array_equal(after.boxes, before.boxes / 2)


def test_resized_images_have_the_asked_longest_side_and_their_channels():
    assert Resized(table(), 15).image(1).shape == (10, 15, 3)
    assert Resized(maps(), 24).image(0).shape == (16, 24, 1)
    assert Resized(maps(), 24).size(0) == (16, 24)


def test_resized_label_maps_hold_no_class_that_was_not_there():
    labels = np.full((8, 12), IGNORE, dtype=np.uint8)
    labels[:, 6:] = 1
    data = ArrayDataset("x", "all", MAPS, ["k"], np.zeros((1, 8, 12, 1), np.uint8), labels[None])
    for size_px in (5, 7, 29):
        assert set(np.unique(Resized(data, size_px).labels(0))) == {1, IGNORE}


def test_doubling_a_label_map_repeats_each_pixel():
    data = maps(1)
    np.testing.assert_array_equal(Resized(data, 24).labels(0), data.labels(0).repeat(2, 0).repeat(2, 1))


@pytest.mark.parametrize("size", [(20, 30), (17, 25), (39, 61), (55, 80), (60, 30), (1, 2)])
def test_masks_and_label_maps_are_resized_by_opencvs_exact_nearest_pixel(size):
    # Sides are odd, so that no centre falls on a pixel's edge, where opencv's fixed point may go either way.
    rng = np.random.default_rng(0)
    masks = rng.random((5, 39, 61)) < 0.7
    resized = [
        cv2.resize(mask.astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST_EXACT) for mask in masks
    ]
    after = resize_objects(objects(masks, [1] * 5), size)
    for code, expected, mask in zip(after.masks, resized, masks, strict=True):
        np.testing.assert_array_equal(resize_labels(mask.view(np.uint8), size), expected)
        if expected.any():
            np.testing.assert_array_equal(rle.unpack((code,), size)[0], expected)


def test_an_object_too_small_for_the_new_size_keeps_one_pixel():
    speck = objects([rectangle((100, 100), 50, 71, 51, 72), np.zeros((100, 100))], [1, 2])
    data = ArrayDataset("x", "all", OBJECTS, ["k"], [np.zeros((100, 100, 3), np.uint8)], [speck])
    small = Resized(data, 10).labels(0)
    np.testing.assert_array_equal(rle.areas(small.masks, small.size), [1, 0])
    np.testing.assert_array_equal(small.boxes[0], [7, 5, 8, 6])


def test_cached_reads_a_row_once_while_there_is_room():
    counting = Counting(maps(3))
    cached = Cached(counting, budget_mb=1)
    for _ in range(4):
        np.testing.assert_array_equal(cached.image(2), counting.inner.image(2))
    assert counting.reads == 1


def test_cached_beyond_its_budget_reads_again():
    counting = Counting(maps(3))
    cached = Cached(counting, budget_mb=100e-6)  # one image has 96 bytes
    for row in (0, 1, 0, 1):
        cached.image(row)
    assert counting.reads == 3


def test_hold_out_divides_the_rows():
    rest, held = hold_out(maps(), 0.2)
    assert sorted([*rest.keys, *held.keys]) == sorted(maps().keys)
    assert 10 <= len(held) <= 30
    assert (rest.split, held.split) == ("train", "held_out")


def test_the_same_photos_are_held_out_of_every_version_of_a_data_set():
    whole = maps()
    shuffled = Subset(whole, np.random.default_rng(1).permutation(len(whole))[:60])
    held = set(hold_out(whole, 0.3)[1].keys)
    assert set(hold_out(shuffled, 0.3)[1].keys) == held & set(shuffled.keys)


def test_both_parts_of_a_hold_out_have_a_row():
    for share in (1e-9, 1 - 1e-9):
        rest, held = hold_out(maps(2), share)
        assert len(rest) == len(held) == 1


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_outside_0_1_is_refused(share):
    with pytest.raises(BadInput, match="between 0 and 1"):
        hold_out(maps(), share)


def test_splits_name_what_there_is():
    splits = Splits("maps", "array", {"val": maps(2), "train": maps(3)})
    assert splits.default_train == "train"
    assert splits.problem == MAPS
    with pytest.raises(BadInput, match="maps has no split called 'dev'; there is: val, train"):
        splits.split("dev")
    assert Splits("maps", "array", {"all": maps(2)}).default_train == "all"
    with pytest.raises(BadInput, match="at least one split"):
        Splits("maps", "array", {})


def test_no_objects_resized_are_no_objects():
    none = objects(np.zeros((0, 50, 60)), [])
    for size in ((25, 30), (100, 120)):
        assert len(resize_objects(none, size)) == 0
