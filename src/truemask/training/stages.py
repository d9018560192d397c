"""Where in its stages a run is, and the learning rate there."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from truemask.methods.method import Stage
from truemask.training.plan import Plan


@dataclass(frozen=True)
class Segment:
    """Consecutive stages that share one learning-rate schedule, in steps of the optimiser."""

    first_stage: int
    start_epoch: int
    epochs: int


def segments(stages: Sequence[Stage]) -> tuple[Segment, ...]:
    """Stages grouped by schedule: a stage that restarts, or starts from fresh weights, begins a new one."""
    found: list[Segment] = []
    epoch = 0
    for index, stage in enumerate(stages):
        if not found or stage.restart or stage.start == "fresh":
            found.append(Segment(index, epoch, 0))
        last = found[-1]
        found[-1] = Segment(last.first_stage, last.start_epoch, last.epochs + stage.epochs)
        epoch += stage.epochs
    return tuple(found)


def learning_rate(plan: Plan, done: float, step: int) -> float:
    """The rate when a share `done` in [0, 1] of the schedule, or `step` optimiser steps, lie behind."""
    rate = plan.lr * _factor(plan, done)
    if step < plan.warmup_steps:
        rate *= 0.001 + 0.999 * step / plan.warmup_steps
    return rate


def _factor(plan: Plan, done: float) -> float:
    if plan.schedule == "onecycle":
        rise = 0.3
        if done < rise:
            return _cosine(1 / 25, 1.0, done / rise)
        return _cosine(1.0, 1e-4, (done - rise) / (1 - rise))
    if plan.schedule == "cosine":
        return _cosine(1.0, 0.0, done)
    if plan.schedule == "step":
        return float(0.1 ** sum(done >= milestone for milestone in plan.milestones))
    return 1.0


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(share, 1.0))) / 2
