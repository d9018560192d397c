"""What a name takes of a data set: classes as background, some of the rows."""

import numpy as np
import pytest

from truemask import rle
from truemask.data import ArrayDataset, open_dataset, write_dataset
from truemask.data.as_background import AsBackground
from truemask.data.chosen import split_choice
from truemask.types import IGNORE, BadInput, Instances, Problem, Task


def test_some_digits_become_the_background_and_the_others_keep_their_order():
    plain = open_dataset("digits").split("train")
    chosen = open_dataset("digits@background=5/0/9").split("train")
    assert chosen.problem.classes == ("background", "1", "2", "3", "4", "6", "7", "8")
    assert (chosen.problem.background, plain.problem.background) == (0, None)
    assert chosen.keys == plain.keys
    for row in range(200):
        name = plain.problem.classes[plain.labels(row)]
        assert chosen.problem.classes[chosen.labels(row)] == ("background" if name in "059" else name)
    np.testing.assert_array_equal(chosen.image(7), plain.image(7))


def test_a_background_that_is_there_takes_classes_in_and_ignore_stays():
    maps = np.array([[[0, 1, 2, IGNORE], [3, 1, 3, 0]]], np.uint8)
    problem = Problem(Task.SEMANTIC, ("a", "sky", "b", "c"), channels=1, background=1)
    data = ArrayDataset("maps", "all", problem, ["k"], np.zeros((1, 2, 4, 1), np.uint8), maps)
    seen = AsBackground(data, ["b"])
    assert seen.problem.classes == ("sky", "a", "c")
    assert seen.labels(0).tolist() == [[1, 0, 0, IGNORE], [2, 0, 2, 1]]


def test_objects_of_the_background_are_left_out():
    masks = np.zeros((3, 4, 4), bool)
    masks[0, 0], masks[1, 1], masks[2, 2] = True, True, True
    codes = rle.pack(masks)
    given = Instances(
        size=(4, 4),
        classes=np.array([2, 1, IGNORE], np.uint8),
        masks=codes,
        boxes=rle.boxes(codes, (4, 4)),
        ids=np.array([5, 6, 7]),
        crowd=np.array([False, False, True]),
    )
    problem = Problem(Task.INSTANCE, ("background", "plate", "pea"), background=0)
    data = ArrayDataset("table", "all", problem, ["k"], np.zeros((1, 4, 4, 3), np.uint8), [given])
    left = AsBackground(data, ["plate"]).labels(0)
    assert left.classes.tolist() == [1, IGNORE]
    assert left.ids.tolist() == [5, 7]
    assert left.masks == (codes[0], codes[2])
    assert left.crowd.tolist() == [False, True]


def test_fewer_rows_are_among_those_of_a_larger_number():
    few, more = (open_dataset(f"digits@train={n}").split("train") for n in (40, 300))
    assert (len(few), len(more)) == (40, 300)
    assert set(few.keys) < set(more.keys)
    assert len(open_dataset("digits@train=40").split("test")) == len(open_dataset("digits").split("test"))
    labels = [more.labels(row) for row in range(300)]
    # Each of ten classes has 30 of 300 rows, give or take five standard deviations.
    assert np.abs(np.bincount(labels, minlength=10) - 30).max() < 5 * np.sqrt(300 * 0.1 * 0.9)


def test_a_path_is_chosen_from_too_and_what_was_chosen_can_be_written(tmp_path):
    write_dataset(open_dataset("digits"), {}, tmp_path / "all")
    chosen = open_dataset(f"{tmp_path / 'all'}@background=8/9,test=20")
    write_dataset(chosen, {}, tmp_path / "some")
    again = open_dataset(tmp_path / "some")
    assert again.problem.classes == ("background", *"01234567")
    assert len(again.split("test")) == 20


def test_an_at_sign_in_a_path_is_a_path():
    assert split_choice("a@b/c") == ("a@b/c", None)
    assert split_choice("a@b/c@train=3") == ("a@b/c", "train=3")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("digits@background=ten", "no class 'ten' to call background; there is: 0, 1"),
        ("digits@background=0/1/2/3/4/5/6/7/8/9", "nothing is left to learn"),
        (
            "digits@valley=3",
            "'valley' is nothing to take of it; there is: background=CLASS/CLASS, train=ROWS",
        ),
        ("digits@train=0", "takes 1 to 1250 rows of train; got '0'"),
        ("digits@train=1251", "takes 1 to 1250 rows of train; got '1251'"),
        ("digits@train=-4", "got '-4'"),
        ("digits@train=3,train=4", "train is given twice"),
        ("nowhere@train=3", "nowhere: no such file or folder"),
    ],
)
def test_what_cannot_be_taken_is_told_in_a_line(name, says):
    with pytest.raises(BadInput, match=says) as error:
        open_dataset(name)
    assert "\n" not in str(error.value)
