"""Predictions that an audit reads again and again."""

import numpy as np

from truemask.commands.judging import Kept, again_by
from truemask.data import open_dataset
from truemask.data.predictions import Prediction
from truemask.data.relabelled import Relabelled


def counted(count=3):
    """Makes predictions, and a list of how often it did."""
    made = []

    def predict():
        made.append(1)
        for row in range(count):
            yield Prediction(f"{row}", row, probs=np.full((2, 4, 4), 0.5, np.float32))

    return predict, made


def test_predictions_that_fit_into_memory_are_made_once():
    predict, made = counted()
    kept = Kept(predict, most_bytes=3 * 128)
    assert [[one.key for one in kept()] for _ in range(3)] == [["0", "1", "2"]] * 3
    assert len(made) == 1


def test_others_are_made_anew_each_time():
    predict, made = counted()
    kept = Kept(predict, most_bytes=3 * 128 - 1)
    assert [len([*kept()]) for _ in range(3)] == [3, 3, 3]
    assert len(made) == 3


def test_a_pass_that_was_broken_off_is_not_taken_for_a_whole_one():
    predict, made = counted()
    kept = Kept(predict)
    next(kept())
    assert len([*kept()]) == 3
    assert len(made) == 2


def test_other_labels_are_audited_with_segments_by_the_same_predictions():
    clean = open_dataset("organelles:train=6,val=1,test=1,size=48").split("train")
    said = [
        Prediction(
            key,
            row,
            probs=np.where(np.asarray(clean.labels(row)) == np.arange(2)[:, None, None], 0.95, 0.05).astype(
                np.float32
            ),
        )
        for row, key in enumerate(clean.keys)
    ]
    again = again_by(lambda: said)
    nothing_there = [np.zeros_like(np.asarray(clean.labels(row))) for row in range(len(clean))]
    assert "segment" not in again(clean, 0).findings["level"].to_pylist()
    found = again(Relabelled(clean, nothing_there), 1).findings.to_pylist()
    assert {row["kind"] for row in found if row["level"] == "segment"} == {"missing"}
    assert {row["image"] for row in found if row["level"] == "segment"} == {*clean.keys}
