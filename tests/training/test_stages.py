"""Schedules run through stages, and begin anew only where a stage says so."""

import pytest

from truemask.methods.method import Stage
from truemask.training.plan import Plan
from truemask.training.stages import Segment, learning_rate, segments


def test_stages_that_keep_share_one_schedule():
    stages = [Stage("ce", 6), Stage("division", 6)]
    assert segments(stages) == (Segment(0, 0, 12),)


def test_a_restart_or_fresh_weights_begin_a_new_schedule():
    stages = [Stage("a", 2), Stage("b", 3, restart=True), Stage("c", 4), Stage("d", 5, start="fresh")]
    assert segments(stages) == (Segment(0, 0, 2), Segment(1, 2, 7), Segment(3, 9, 5))


def test_onecycle_rises_for_three_tenths_and_ends_near_nothing():
    plan = Plan(lr=1.0)
    assert learning_rate(plan, 0.0, 0) == pytest.approx(1 / 25)
    assert learning_rate(plan, 0.3, 10) == pytest.approx(1.0)
    assert learning_rate(plan, 1.0, 20) == pytest.approx(1e-4)


def test_step_divides_by_ten_at_each_milestone():
    plan = Plan(lr=1.0, schedule="step", milestones=(0.5, 0.75))
    assert [learning_rate(plan, at, 9) for at in (0.0, 0.49, 0.5, 0.8)] == pytest.approx([1, 1, 0.1, 0.01])


def test_warm_up_is_linear_from_a_thousandth():
    plan = Plan(lr=1.0, schedule="constant", warmup_steps=500)
    assert learning_rate(plan, 0.0, 0) == pytest.approx(0.001)
    assert learning_rate(plan, 0.0, 250) == pytest.approx(0.5005)
    assert learning_rate(plan, 0.0, 500) == 1.0
