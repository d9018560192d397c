import numpy as np
import pytest
from sklearn.datasets import load_digits

from truemask.data.embedded.digits import make
from truemask.types import Task


@pytest.fixture(scope="module")
def digits():
    return make()


def test_images_and_classes_are_scikit_learns(digits):
    ink, truth = load_digits(return_X_y=True)
    seen = 0
    for split in digits.splits.values():
        for row, key in enumerate(split.keys):
            at = int(key.removeprefix("digit-"))
            np.testing.assert_array_equal(np.round(split.image(row).ravel() / 255 * 16), ink[at])
            assert split.labels(row) == truth[at]
            seen += 1
    assert seen == 1797


def test_it_is_a_classification_of_8_by_8_px_in_one_channel(digits):
    assert (digits.problem.task, digits.problem.num_classes, digits.problem.channels) == (
        Task.CLASSIFICATION,
        10,
        1,
    )
    image = digits.split("train").image(0)
    assert (image.dtype, image.shape) == (np.uint8, (8, 8, 1))
    assert digits.split("train").size(0) == (8, 8)
    assert isinstance(digits.split("train").labels(0), int)


def test_splits_are_fixed_disjoint_and_about_7_to_1_to_2(digits):
    sizes = {name: len(split) for name, split in digits.splits.items()}
    assert sizes == {"train": 1250, "val": 183, "test": 364}
    assert len({key for split in digits.splits.values() for key in split.keys}) == 1797


def test_every_split_has_every_class(digits):
    for split in digits.splits.values():
        counts = np.bincount([split.labels(row) for row in range(len(split))], minlength=10)
        assert counts.min() >= 0.06 * len(split)
