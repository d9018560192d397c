import numpy as np
import pytest

from truemask.data.embedded.drawn import draw_splits
from truemask.types import BadInput, Problem, Task

POINTS = Problem(Task.CLASSIFICATION, ("a", "b"), channels=1, points=True)


def splits(counts, draw=None, seed=0):
    draw = draw or (lambda rng, split, row: (rng.random(1, dtype=np.float32), row % 2))
    return draw_splits("drawn", POINTS, counts, size=(1, 1), seed=seed, draw=draw)


def test_a_row_is_drawn_when_first_asked_for_and_only_once():
    drawn = []

    def draw(rng, split, row):
        drawn.append((split, row))
        return rng.random(1, dtype=np.float32), 0

    train = splits({"train": 3, "test": 2}, draw).split("train")
    assert drawn == []
    first = train.image(1)
    assert train.labels(1) == 0
    assert train.image(1) is first
    assert drawn == [("train", 1)]


def test_a_row_hangs_on_seed_split_and_place_alone():
    few, many = splits({"train": 2, "test": 2}), splits({"train": 9, "test": 5})
    assert few.split("train").image(1) == many.split("train").image(1)
    assert few.split("test").image(1) != few.split("train").image(1)
    assert few.split("train").image(0) != few.split("train").image(1)
    assert splits({"train": 2}, seed=1).split("train").image(1) != few.split("train").image(1)


def test_keys_are_unique_over_all_splits():
    data = splits({"train": 12, "val": 3})
    keys = [key for split in data.splits.values() for key in split.keys]
    assert keys[:2] == ["train-00000", "train-00001"]
    assert len(set(keys)) == 15


def test_a_split_of_no_rows_is_left_out():
    assert list(splits({"train": 2, "val": 0, "test": 1}).splits) == ["train", "test"]


def test_a_row_that_is_not_there_is_an_index_error():
    with pytest.raises(IndexError):
        splits({"train": 2}).split("train").image(2)


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({"train": -1}, "drawn draws 0 to 1,000,000 rows a split, got train=-1"),
        ({"train": 1_000_001}, "drawn draws 0 to 1,000,000 rows a split, got train=1000001"),
        ({"train": 0, "val": 0}, "drawn needs at least one row in one of train, val; all are 0"),
    ],
)
def test_counts_that_make_no_data_set_are_refused(counts, says):
    with pytest.raises(BadInput, match=f"^{says}$"):
        splits(counts)
