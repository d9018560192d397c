import cv2
import numpy as np
import pytest

from truemask.data.embedded.organelles import make
from truemask.types import BadInput, Task


@pytest.fixture(scope="module")
def train():
    return make(train=24, val=0, test=0).split("train")


def test_counts_by_default_are_200_24_48():
    assert {name: len(split) for name, split in make().splits.items()} == {
        "train": 200,
        "val": 24,
        "test": 48,
    }


def test_it_is_a_binary_problem_of_one_channel(train):
    problem = make().problem
    assert (problem.task, problem.classes) == (Task.SEMANTIC, ("background", "organelle"))
    assert (problem.channels, problem.background) == (1, 0)
    for row in range(3):
        image, labels = train.image(row), train.labels(row)
        assert (image.dtype, image.shape) == (np.uint8, (128, 128, 1))
        assert (labels.dtype, labels.shape) == (np.uint8, (128, 128))
        assert set(np.unique(labels)) == {0, 1}
        assert train.size(row) == (128, 128)


def test_an_image_is_the_same_whatever_the_count(train):
    again = make(train=3, val=1, test=1).split("train")
    np.testing.assert_array_equal(again.image(2), train.image(2))
    np.testing.assert_array_equal(again.labels(2), train.labels(2))


def test_splits_and_seeds_have_different_images(train):
    assert (make().split("test").image(0) != train.image(0)).mean() > 0.5
    assert (make(seed=1).split("train").image(0) != train.image(0)).mean() > 0.5


def test_a_fifth_to_a_third_of_the_pixels_is_membrane(train):
    shares = np.array([train.labels(row).mean() for row in range(len(train))])
    assert 0.2 < shares.mean() < 0.3
    assert shares.min() > 0.1
    assert shares.max() < 0.5


def test_tubules_are_3_to_5_px_wide(train):
    widths = []
    for row in range(len(train)):
        distance = cv2.distanceTransform(train.labels(row), cv2.DIST_L2, 5)
        ridge = (distance == cv2.dilate(distance, np.ones((3, 3)))) & (distance > 0)
        widths.append(np.median(2 * distance[ridge] - 1))
    assert 3 <= np.median(widths) <= 5


def test_membrane_is_brighter_than_what_lies_beside_it(train):
    for row in range(len(train)):
        image, labels = train.image(row)[:, :, 0], train.labels(row) == 1
        assert image[labels].mean() > 1.4 * image[~labels].mean()
    assert np.mean([(train.image(row) == 255).mean() for row in range(len(train))]) < 0.03


def test_neighbouring_pixels_of_a_dark_place_differ_by_shot_noise(train):
    for row in range(5):
        image = train.image(row)[:, :, 0].astype(float)
        far = cv2.distanceTransform(1 - train.labels(row), cv2.DIST_L2, 5) > 5
        step = np.diff(image, axis=1)[far[:, 1:] & far[:, :-1]]
        assert step.std() > 5


def test_other_sizes_show_more_of_the_cell_not_larger_tubules():
    small, large = (make(train=4, val=0, test=0, size=size).split("train") for size in (64, 192))
    assert (small.size(0), large.labels(0).shape) == ((64, 64), (192, 192))
    assert 0.1 < np.mean([large.labels(row).mean() for row in range(4)]) < 0.35


@pytest.mark.parametrize("size", [47, 4097])
def test_a_size_that_shows_no_network_is_refused(size):
    with pytest.raises(BadInput, match=f"organelles draws images of 48 to 4096 px, got size={size}"):
        make(size=size)
