"""Rows in another arrangement: own images, copies, and foreign ones made to fit."""

import numpy as np
import pytest

from truemask.data import ArrayDataset, open_dataset
from truemask.data.rearranged import Foreign, Rearranged, fitted_in
from truemask.types import BadInput, Problem, Task

TWO = Problem(Task.CLASSIFICATION, ("cat", "dog"), channels=1)


def grey(count=3, side=6):
    images = [np.full((side, side + 2, 1), 10 * row, np.uint8) for row in range(count)]
    return ArrayDataset("grey", "train", TWO, [f"g{row}" for row in range(count)], images, [0, 1, 0])


def coloured():
    problem = Problem(Task.CLASSIFICATION, ("plane", "ship"), channels=3)
    images = np.zeros((2, 12, 12, 3), np.uint8) + np.array([30, 60, 90], np.uint8)
    return ArrayDataset("coloured", "train", problem, ["p", "q"], images, [0, 1])


def test_rows_show_what_they_point_to():
    rows = Rearranged(grey(), ["a", "a~1", "b"], [1, 1, 2], [None, None, Foreign(coloured(), 1)], [0, 1, 1])
    assert [rows.labels(row) for row in range(3)] == [0, 1, 1]
    assert [int(rows.image(row).max()) for row in range(3)] == [10, 10, 60]
    assert {rows.image(row).shape for row in range(3)} == {(6, 8, 1)}
    assert [rows.size(row) for row in range(3)] == [(6, 8)] * 3
    assert (rows.name, rows.split, len(rows), rows.problem) == ("grey", "train", 3, TWO)


def test_a_foreign_image_has_no_file_and_an_own_one_has(tmp_path):
    from truemask.data.image_file import write_image

    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        write_image(tmp_path / name / f"{name}1.png", np.zeros((4, 4, 1), np.uint8))
    folder = open_dataset(tmp_path).split("all")
    rows = Rearranged(folder, ["x", "y"], [0, 1], [None, Foreign(coloured(), 0)], [1, 1])
    assert rows.file(0) == tmp_path / "cat" / "cat1.png"
    assert rows.file(1) is None
    assert rows.image(1).shape == (4, 4, 1)


def test_grey_is_repeated_and_colours_are_averaged():
    assert fitted_in(np.full((2, 2, 1), 7, np.uint8), (2, 2), 3).tolist() == [[[7] * 3] * 2] * 2
    one = fitted_in(np.array([[[10, 20, 60]]], np.uint8), (3, 5), 1)
    assert one.shape == (3, 5, 1)
    assert (one == 30).all()


def test_keys_that_come_twice_are_told():
    with pytest.raises(BadInput, match="grey: keys of rows are unique"):
        Rearranged(grey(), ["a", "a"], [0, 1], [None, None], [0, 1])
