import math

import torch

from truemask.losses.t_loss import t_loss
from truemask.methods.t_loss import TLoss
from truemask.types import Task


def test_unit_loss_is_the_loss_at_the_learnt_degrees_of_freedom(make_engine, make_flipped):
    data = make_flipped(Task.SEMANTIC, 0.0)
    engine = make_engine(TLoss(log_nu=0.3, precision=math.e), data.problem, data.images, data.labels)
    batch = engine.batch(torch.arange(3))
    logits = engine.logits(engine.networks["main"], batch)
    expected = t_loss(logits, batch.labels, log_nu=0.3, precision=math.e)
    torch.testing.assert_close(engine.method.unit_loss(logits, batch.labels, batch), expected)


def test_learns_labels_and_degrees_of_freedom(make_engine, make_flipped):
    data = make_flipped(Task.SEMANTIC, 0.0)
    engine = make_engine(TLoss(), data.problem, data.images, data.labels, lr=0.02).fit(15)
    assert engine.agreement(data.truth) > 0.97
    assert abs(engine.parameters["log_nu"].item() - 1) > 0.05
