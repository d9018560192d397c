"""Distillation with side information: the teacher's rows, the rule, the mixture, and what it wins back."""

import numpy as np
import pytest
import torch

from truemask.batch import Batch
from truemask.methods.ce import CE
from truemask.methods.distillation import Distillation, _Distances
from truemask.types import IGNORE, BadInput, Task


class Said:
    """What the teacher said of three units."""

    values = torch.tensor([[0.7, 0.2, 0.1], [0.5, 0.25, 0.25], [0.1, 0.1, 0.8]])

    def update(self, values):
        raise AssertionError("the teacher speaks once, before the student's first epoch")


def distances(squares, doubts=0.0, units=10):
    found = _Distances(2)
    found.units += units
    found.squares += np.array(squares) * units
    found.doubts += np.array(doubts) * units
    return found


def learnt(data, make_engine, labels, method, verified=60, epochs=20):
    few = data.images[-verified:], data.truth[-verified:]
    engine = make_engine(
        method, data.problem, data.images[:-verified], labels[:-verified], lr=0.005, trusted=few
    )
    return engine.fit(epochs)


def test_the_teacher_has_half_of_the_epochs_and_the_student_begins_anew():
    first, second = Distillation().stages(10)
    assert (first.name, first.epochs) == ("teacher", 5)
    assert (second.name, second.epochs, second.restart, second.hooks) == ("student", 5, True, None)


def test_the_target_is_the_weighted_label_and_the_rest_of_the_teacher():
    labels = torch.tensor([0, 2, IGNORE])
    weights = torch.tensor([0.5, 1.0, 0.25])
    batch = Batch(
        images=torch.zeros(3, 2),
        labels=labels,
        rows=torch.arange(3),
        stores={"teacher": Said()},
        parameters={"label_weight": weights},
    )
    targets, none = Distillation().targets(batch, torch.zeros(3, 3))
    assert none is None
    torch.testing.assert_close(
        targets, torch.tensor([[0.85, 0.1, 0.05], [0.375, 0.1875, 0.4375], [0.0, 0.0, 0.0]])
    )


def test_the_weight_is_the_rules_of_proposition_1():
    """Distances of .8 between label and teacher, of which the teacher's .2 leave .6 to the label."""
    found = Distillation().weights(distances([0.8, 0.8]), distances([0.2, 0.2]))
    assert found == pytest.approx([0.25, 0.25])


def test_each_class_can_have_its_own_weight():
    apart, errors = distances([0.8, 0.4]), distances([0.2, 0.3])
    assert Distillation(per_class=True).weights(apart, errors) == pytest.approx([0.25, 0.75])
    assert Distillation().weights(apart, errors) == pytest.approx([0.25 / 0.6] * 2)


def test_the_correlated_form_counts_what_both_get_wrong():
    """Doubt .1 of 2 classes: a teacher leans .2 r to the label's side; r = (.6 - .02) / (2 * .8)."""
    found = Distillation(correlated=True).weights(distances([0.6] * 2), distances([0.02] * 2, [0.1] * 2))
    wrong = 0.58 / 1.6
    label, covariance = 2 * wrong, 0.2 * wrong
    expected = (0.02 - covariance) / (label + 0.02 - 2 * covariance)
    assert found == pytest.approx([max(0.05, expected)] * 2)


def test_weights_stay_away_from_0_and_1_but_a_given_one_is_taken_as_it_is():
    nothing_wrong = distances([0.3, 0.3])
    assert Distillation().weights(nothing_wrong, distances([0.3, 0.3])) == pytest.approx([0.95] * 2)
    assert Distillation().weights(nothing_wrong, distances([0.0, 0.0])) == pytest.approx([0.05] * 2)
    assert Distillation(label_weight=1.0).weights(nothing_wrong, nothing_wrong).tolist() == [1.0, 1.0]
    assert np.isfinite(Distillation().weights(_Distances(2), _Distances(2))).all()


@pytest.mark.parametrize("task", [Task.CLASSIFICATION, Task.SEMANTIC])
def test_wins_back_what_wrong_labels_cost(task, make_flipped, make_engine):
    data, verified = make_flipped(task, 0.5), 60 if task == Task.CLASSIFICATION else 3
    truth = data.truth[:-verified]
    plain = learnt(data, make_engine, data.labels, CE(), verified).agreement(truth)
    engine = learnt(data, make_engine, data.labels, Distillation(), verified)
    assert engine.agreement(truth) > plain + 0.1
    assert engine.renewed == 1
    assert 0.05 <= engine.parameters["label_weight"].max() < 0.5  # half of the labels are wrong


def test_the_teacher_never_sees_the_rows_that_judge_it(make_flipped, make_engine):
    data = make_flipped(Task.CLASSIFICATION, 0.5)
    engine = learnt(data, make_engine, data.labels, Distillation(held_out=0.25), epochs=2)
    rows = engine.rows("trusted")
    assert len(rows) == 45
    assert len(set(rows.tolist())) == 45


def test_with_weight_1_it_learns_the_labels_alone(make_flipped, make_engine):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    engine = learnt(data, make_engine, data.labels, Distillation(label_weight=1.0), epochs=2)
    batch = engine.batch(torch.tensor([3, 1]))
    targets, _ = engine.method.targets(batch, torch.zeros(2, 3))
    assert targets.tolist() == torch.nn.functional.one_hot(batch.labels, 3).tolist()


def test_siblings_have_a_share_of_what_the_teacher_says(make_flipped, make_engine):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    method = Distillation(label_weight=0.0, siblings="cat/dog", sibling_share=0.4)
    engine = learnt(data, make_engine, data.labels, method, epochs=20)
    said, dogs = engine.stores["teacher"][0], data.truth[:-60] == 2
    odds = said[:, 2] / said[:, 1]
    # Whatever the teacher says of one, the other has 0.4 of it.
    assert odds.max() < 0.6 / 0.4 + 1e-5
    assert odds.min() > 0.4 / 0.6 - 1e-5
    assert odds[dogs].mean() > 1.2


def test_a_single_verified_row_cannot_both_teach_and_judge(make_flipped, make_engine):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    with pytest.raises(BadInput, match="there is 1; verify two or more"):
        learnt(data, make_engine, data.labels, Distillation(), verified=1, epochs=1)


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"label_weight": 1.5}, "0 <= label_weight <= 1"),
        ({"sibling_share": 1.0}, "0 <= sibling_share < 1"),
        ({"stride": 0}, "stride of 1 pixel or more"),
    ],
)
def test_knobs_out_of_range_are_refused(knobs, said):
    with pytest.raises(BadInput, match=said):
        Distillation(**knobs)
