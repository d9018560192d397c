import numpy as np
import pytest
from noise_toys import BINARY, OBJECTS, PIXELS, STREET
from skimage.morphology import dilation, disk, erosion, skeletonize

from truemask import rle
from truemask.noise import corrupt, parse
from truemask.types import IGNORE, Instances


def apply(labels, spec, problem):
    return corrupt(labels, parse(spec), problem=problem, seed=1, key="image")


@pytest.fixture
def blobs(rng):
    """Binary things of many sizes, some at the image's edge."""
    return np.kron(rng.random((12, 15)) < 0.4, np.ones((5, 5))).astype(np.uint8)


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 7])
def test_binary_dilation_and_erosion_are_those_of_a_disk(blobs, radius):
    assert (apply(blobs, f"dilate:{radius}", BINARY) == dilation(blobs, disk(radius), mode="ignore")).all()
    assert (apply(blobs, f"erode:{radius}", BINARY) == erosion(blobs, disk(radius), mode="ignore")).all()


def test_the_skeleton_is_that_of_skimage(blobs):
    assert (apply(blobs, "skeleton", BINARY) == skeletonize(blobs.astype(bool))).all()


def test_each_class_has_a_skeleton_of_its_own():
    labels = np.zeros((20, 20), np.uint8)
    labels[5:14, 2:9], labels[5:14, 9:18] = 1, 2
    after = apply(labels, "skeleton", PIXELS)
    for class_id in (1, 2):
        assert ((after == class_id) == skeletonize(labels == class_id)).all()


def row(*classes):
    return np.array([classes], dtype=np.uint8)


def test_small_things_grow_over_large_ones():
    assert apply(row(0, 1, 1, 1, 2, 0, 0), "dilate:1", PIXELS).tolist() == [[1, 1, 1, 2, 2, 2, 0]]


def test_large_things_shrink_small_ones_and_the_background_shrinks_all():
    before = row(0, 1, 1, 1, 1, 2, 2, 2, 0, 0)
    assert apply(before, "erode:1", PIXELS).tolist() == [[0, 0, 1, 1, 1, 1, 2, 0, 0, 0]]


def test_without_a_background_the_smaller_class_wins_or_loses():
    before = row(0, 0, 0, 0, 1, 1)
    assert apply(before, "dilate:1", STREET).tolist() == [[0, 0, 0, 1, 1, 1]]
    assert apply(before, "erode:1", STREET).tolist() == [[0, 0, 0, 0, 0, 1]]


def test_of_equal_things_the_higher_class_wins():
    assert apply(row(1, 1, 2, 2), "dilate:1", PIXELS).tolist() == [[1, 2, 2, 2]]


def test_ignored_pixels_neither_grow_nor_are_grown_over():
    before = row(1, IGNORE, 0, 0, IGNORE, 1)
    assert apply(before, "dilate:1", BINARY).tolist() == before.tolist()
    assert apply(before, "erode:1", BINARY).tolist() == before.tolist()


def objects(*masks, classes=None, crowd=None):
    codes = rle.pack(np.array(masks))
    n = len(masks)
    size = masks[0].shape
    return Instances(
        size,
        np.array(classes or [1] * n, np.uint8),
        codes,
        rle.boxes(codes, size),
        np.arange(10, 10 + n),
        np.array(crowd or [False] * n),
    )


def box(top, left, bottom, right):
    mask = np.zeros((20, 24), dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def test_objects_grow_one_by_one_and_their_boxes_with_them():
    one, other = box(4, 4, 9, 9), box(6, 9, 12, 14)
    after = apply(objects(one, other, classes=[1, 2]), "dilate:2", OBJECTS)
    grown = rle.unpack(after.masks, after.size)
    assert (grown[0] == dilation(one.astype(np.uint8), disk(2))).all()
    assert (grown[1] == dilation(other.astype(np.uint8), disk(2))).all()
    assert after.boxes.tolist() == [[2, 2, 11, 11], [7, 4, 16, 14]]
    assert after.ids.tolist() == [10, 11]
    assert after.classes.tolist() == [1, 2]


def test_an_object_eroded_to_nothing_vanishes():
    after = apply(objects(box(2, 2, 4, 4), box(5, 5, 12, 12)), "erode:1", OBJECTS)
    assert after.ids.tolist() == [11]
    assert after.boxes.tolist() == [[6, 6, 11, 11]]


def test_an_object_that_had_no_pixel_before_stays():
    assert len(apply(objects(box(3, 3, 3, 3)), "erode:1", OBJECTS)) == 1


def test_crowds_and_unknown_objects_keep_their_outlines():
    before = objects(box(2, 2, 8, 8), box(5, 5, 12, 12), classes=[1, IGNORE], crowd=[True, False])
    assert apply(before, "dilate:3", OBJECTS).masks == before.masks


def test_boxes_of_objects_that_keep_their_outline_stay_as_given():
    before = objects(box(0, 0, 20, 24), box(5, 5, 12, 12))
    loose = Instances(
        before.size, before.classes, before.masks, before.boxes + 0.25, before.ids, before.crowd
    )
    after = apply(loose, "dilate:1", OBJECTS)
    assert after.boxes.tolist() == [[0.25, 0.25, 24.25, 20.25], [4, 4, 13, 13]]
