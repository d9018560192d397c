import numpy as np
import pytest
from noise_toys import BINARY, OBJECTS, PIXELS, STREET, round_lists
from scipy.ndimage import distance_transform_cdt, distance_transform_edt
from skimage.morphology import dilation, disk, erosion, skeletonize

from truemask import rle
from truemask.noise import corrupt, parse
from truemask.noise.boundary.spread import spread
from truemask.types import IGNORE, BadInput, Instances


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


def test_squares_reach_as_far_to_every_side(blobs):
    around = np.ones((5, 5))
    assert (apply(blobs, "dilate:2,shape=square", BINARY) == dilation(blobs, around, mode="ignore")).all()
    assert (apply(blobs, "erode:2,shape=square", BINARY) == erosion(blobs, around, mode="ignore")).all()


@pytest.mark.parametrize("radius", [8, 9, 13, 40])
def test_large_disks_are_added_up_row_by_row_to_the_same(rng, radius):
    labels = rng.integers(0, 200, (30, 45)).astype(np.uint8) * (rng.random((30, 45)) < 0.02)
    assert (spread(labels, radius) == dilation(labels, disk(radius), mode="ignore")).all()


@pytest.mark.parametrize("radius", [8, 12])
def test_a_radius_may_lie_between_whole_pixels(rng, radius):
    labels = (rng.random((40, 40)) < 0.01).astype(np.uint8)
    far = distance_transform_edt(labels == 0)
    for part in (0.0, 0.3, 0.7):
        assert (spread(labels, radius + part) == (far <= radius + part)).all()


def disk_mask(radius=10, size=(48, 60)):
    rows, columns = np.mgrid[: size[0], : size[1]]
    return (rows - 20) ** 2 + (columns - 25) ** 2 <= radius**2


@pytest.mark.parametrize("shape", ["disk", "square"])
@pytest.mark.parametrize("ratio", [1.0, 1.2, 1.7, 4.0])
def test_things_grow_to_the_area_nearest_to_the_one_asked_for(ratio, shape):
    mask = disk_mask()
    far = distance_transform_edt(~mask) if shape == "disk" else distance_transform_cdt(~mask)
    areas = [(far <= radius).sum() for radius in np.unique(far)]
    nearest = min(areas, key=lambda area: abs(area - ratio * mask.sum()))
    spec = f"dilate:area={ratio},shape={shape}"
    grown = apply(objects(mask), spec, OBJECTS)
    assert rle.areas(grown.masks, grown.size).tolist() == [nearest]
    assert (apply(mask.astype(np.uint8), spec, BINARY) == rle.unpack(grown.masks, grown.size)[0]).all()


@pytest.mark.parametrize("ratio", [1.0, 0.8, 0.3, 0.0])
def test_things_shrink_to_the_area_nearest_to_the_one_asked_for_and_never_vanish(ratio):
    mask = disk_mask()
    far = distance_transform_edt(mask)
    areas = [(far > radius).sum() for radius in np.unique(far)[:-1]]
    nearest = min(areas, key=lambda area: abs(area - ratio * mask.sum()))
    after = apply(objects(mask), f"erode:area={ratio}", OBJECTS)
    assert rle.areas(after.masks, after.size).tolist() == [nearest]


def test_what_has_no_room_grows_as_far_as_there_is_room():
    full = np.ones((6, 9), dtype=bool)
    assert apply(objects(full), "dilate:area=2", OBJECTS).masks == objects(full).masks
    assert apply(objects(full), "erode:area=0.5", OBJECTS).masks == objects(full).masks
    corner = np.zeros((6, 9), dtype=bool)
    corner[:5, :9] = True
    assert rle.unpack(apply(objects(corner), "dilate:area=16", OBJECTS).masks, (6, 9)).all()


@pytest.mark.parametrize("spec", ["dilate", "erode", "dilate:2,area=1.5", "erode:2,area=0.5"])
def test_a_radius_or_an_area_is_asked_for_and_not_both(spec, blobs):
    with pytest.raises(BadInput, match=r"needs a radius_px or an area.*such as (dilate|erode):2"):
        apply(blobs, spec, BINARY)


def test_the_skeletons_of_objects_are_those_of_skimage():
    before = round_lists()["round-3"]
    after = apply(before, "skeleton", OBJECTS)
    for old, new in zip(rle.unpack(before.masks, (70, 90)), rle.unpack(after.masks, (70, 90)), strict=True):
        assert (new == skeletonize(old)).all()
    assert np.array_equal(after.boxes, rle.boxes(after.masks, after.size))


def test_noises_of_outlines_follow_one_another(blobs):
    opened = dilation(erosion(blobs, disk(2), mode="ignore"), disk(2), mode="ignore")
    assert (apply(blobs, "erode:2+dilate:2", BINARY) == opened).all()
