import math

import pytest

from truemask.metrics.course import course_of, memorises_by_held_out, memorises_by_truth


def test_a_first_phase_that_collapses_and_recovers_a_little():
    course = course_of([0.2, 0.7, 0.9, 0.5, 0.3, 0.45])
    assert (course.best_epoch, course.best, course.last) == (3, 0.9, 0.45)
    assert (course.peak_epoch, course.trough_epoch) == (3, 5)
    assert course.collapse == pytest.approx(0.6)
    assert course.last_gap == pytest.approx(0.45)


def test_the_largest_fall_need_not_begin_at_the_best_epoch():
    course = course_of([0.7, 0.1, 0.6, 0.8, 0.75])
    assert (course.best_epoch, course.peak_epoch, course.trough_epoch) == (4, 1, 2)
    assert course.collapse == pytest.approx(0.6)
    assert course.last_gap == pytest.approx(0.05)


def test_what_only_rises_does_not_collapse():
    course = course_of([0.1, math.nan, 0.2, 0.3])
    assert (course.best_epoch, course.peak_epoch, course.trough_epoch) == (4, 4, 4)
    assert course.collapse == course.last_gap == 0


def test_without_any_value_there_is_no_course():
    assert course_of([]) is None
    assert course_of([math.nan]) is None


def test_with_truth_a_warning_needs_more_than_chance_and_enough_labels():
    row = {"train_memorised": 0.31, "train_beyond_chance": 0.12}
    assert memorises_by_truth(row, 10_000).startswith("the network repeats 31% of the wrong labels, 12% of")
    # Three standard errors of 100 labels are 0.15.
    assert memorises_by_truth(row, 100) is None
    assert memorises_by_truth(row | {"train_beyond_chance": 0.04}, 10_000) is None
    assert memorises_by_truth(row | {"train_beyond_chance": math.nan}, 10_000) is None
    assert memorises_by_truth({}, 0) is None


def history(train, held_out):
    return [{"train_loss": t, "held_out_loss": h} for t, h in zip(train, held_out, strict=True)]


def test_without_truth_held_out_labels_tell_when_learning_by_heart_begins():
    train, held_out = [0.7, 0.6, 0.55, 0.5, 0.45], [0.7, 0.62, 0.6, 0.66, 0.7]
    found = [memorises_by_held_out(history(train, held_out)[:epochs]) for epochs in range(6)]
    assert found[:5] == [None] * 5
    assert found[5].startswith("cross entropy of held-out labels has risen from 0.600 to 0.700")


@pytest.mark.parametrize(
    ("train", "held_out"),
    [
        ([0.7, 0.6, 0.8, 0.9], [0.7, 0.6, 0.8, 0.9]),  # both suffer: a bad step
        ([0.7, 0.5, 0.4, 0.3], [0.7, 0.6, 0.61, 0.62]),  # hardly a rise
        ([0.7, 0.5, 0.4, 0.3], [0.7, 0.6, 0.9, 0.6]),  # once is no rule
        ([0.7, 0.5, 0.4, 0.3], [math.nan] * 4),  # nothing held out has a label
    ],
)
def test_other_courses_are_no_learning_by_heart(train, held_out):
    assert memorises_by_held_out(history(train, held_out)) is None
