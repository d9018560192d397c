"""A plan says how to train, and refuses what cannot be."""

import pytest

from truemask.training.plan import Plan
from truemask.types import BadInput


def test_text_is_read_by_the_type_of_the_setting():
    plan = Plan().changed(
        {"epochs": "3", "lr": "0.01", "clip": "5", "milestones": "0.5,0.9", "compile": "true"}
    )
    assert (plan.epochs, plan.lr, plan.clip, plan.milestones, plan.compile) == (
        3,
        0.01,
        5.0,
        (0.5, 0.9),
        True,
    )
    assert plan.changed({"clip": "none"}).clip is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epoch": 3}, "no setting 'epoch'; there is: augment, batch_size"),
        ({"epochs": "many"}, "epochs is a int; got 'many'"),
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"optimiser": "adam"}, "optimiser is one of adamw, sgd; got 'adam'"),
        ({"ema": 1.0}, r"ema must be in \(0, 1\), got 1.0"),
    ],
)
def test_errors_name_the_setting_the_value_and_the_way_out(settings, message):
    with pytest.raises(BadInput, match=message):
        Plan().changed(settings)


def test_a_plan_survives_json():
    import dataclasses
    import json

    plan = Plan(milestones=(0.2, 0.4), crop_px=64)
    assert Plan().changed(json.loads(json.dumps(dataclasses.asdict(plan)))) == plan
