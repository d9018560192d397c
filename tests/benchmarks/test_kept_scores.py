"""A network's score is kept with the labels and the plan that it came of."""

import json

from benchmarks.kept_scores import kept_score

from truemask.data import open_dataset
from truemask.data.relabelled import Relabelled
from truemask.training import default_plan


def test_scores_are_read_again_for_the_same_labels_and_plan_alone(tmp_path):
    splits = open_dataset("digits@train=40,test=20")
    train, test = splits.split("train"), splits.split("test")
    plan = default_plan(train.problem).changed({"network": "mlp", "epochs": 1, "batch_size": 20})
    first = kept_score(train, test, plan, tmp_path)
    assert 0 <= first <= 1
    (kept,) = tmp_path.glob("*/score.json")
    kept.write_text(json.dumps({"accuracy": 7.0}))
    assert kept_score(train, test, plan, tmp_path) == 7
    labels = [train.labels(row) for row in range(len(train))]
    assert kept_score(Relabelled(train, labels), test, plan, tmp_path) == 7
    assert kept_score(Relabelled(train, [9, *labels[1:]]), test, plan, tmp_path) <= 1
    assert kept_score(train, test, plan.changed({"seed": 1}), tmp_path) <= 1
    assert len([*tmp_path.glob("*/score.json")]) == 3
