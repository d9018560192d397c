import math

import pytest
import torch

from truemask.batch import Batch, Slice
from truemask.losses import cross_entropy
from truemask.methods.ce import CE
from truemask.methods.joint_optimization import JointOptimization
from truemask.types import IGNORE, BadInput, Task


class Memory(Slice):
    """Holds values, and keeps what it was told."""

    values = None

    def __init__(self, values):
        self.values, self.told = values, []

    def update(self, values):
        self.told.append(values)


def _batch(labels, said, rows=None):
    rows = torch.arange(len(labels)) if rows is None else rows
    return Batch(
        images=torch.zeros(len(labels), 1, 1, 1), labels=labels, rows=rows, stores={"said": Memory(said)}
    )


LOGITS = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 2, 0, 1, 2])
SAID = torch.rand(6, 3, generator=torch.Generator().manual_seed(1)) / 10
"""As a fading mean is after few visits: far from summing to 1."""


def test_given_labels_first_then_the_networks_own():
    stages = JointOptimization(final=0.25).stages(20)
    assert [(stage.name, stage.epochs, stage.start) for stage in stages] == [
        ("gather", 7, "keep"),
        ("joint", 8, "keep"),
        ("final", 5, "fresh"),
    ]
    assert [stage.epochs for stage in JointOptimization(final=0.9).stages(2)] == [1, 0, 1]


def test_without_its_two_terms_the_first_stage_is_cross_entropy_and_remembers():
    hooks, batch = (
        JointOptimization(prior_weight=0, entropy_weight=0).stages(4)[0].hooks,
        _batch(LABELS, SAID),
    )
    targets, weights = hooks.targets(batch, LOGITS)
    assert weights is None
    torch.testing.assert_close(hooks.unit_loss(LOGITS, targets, batch), cross_entropy(LOGITS, LABELS))
    torch.testing.assert_close(batch.stores["said"].told[0], LOGITS.softmax(dim=1))


def test_later_labels_are_what_was_said_before():
    batch = _batch(LABELS, SAID)
    targets, _ = JointOptimization().targets(batch, LOGITS)
    torch.testing.assert_close(targets, SAID / SAID.sum(dim=1, keepdim=True))
    hard, _ = JointOptimization(hard=True).targets(batch, LOGITS)
    assert hard.argmax(dim=1).tolist() == SAID.argmax(dim=1).tolist()
    assert hard.sum(dim=1).tolist() == [1.0] * 6


def test_loss_is_the_papers_sum_of_three_terms():
    method = JointOptimization(prior_weight=1.2, entropy_weight=0.8)
    batch = _batch(LABELS, SAID)
    targets, _ = method.targets(batch, LOGITS)
    p = LOGITS.double().softmax(dim=1)
    classification = -(targets.double() * p.log()).sum(dim=1)
    prior = (1 / 3 * (1 / 3 / p.mean(dim=0)).log()).sum()
    entropy = -(p * p.log()).sum(dim=1)
    expected = classification + 1.2 * prior + 0.8 * entropy
    torch.testing.assert_close(
        method.unit_loss(LOGITS, targets, batch).double(), expected, rtol=1e-5, atol=1e-6
    )


def test_the_prior_can_be_that_of_the_labels():
    labels = torch.tensor([0, 0, 0, 0, 0, 2])
    sure = 20 * torch.nn.functional.one_hot(labels, 3).float()
    batch = _batch(labels, SAID)
    uniform, given = (
        JointOptimization(entropy_weight=0, label_prior=prior).unit_loss(sure, labels, batch).mean().item()
        for prior in (False, True)
    )
    assert given == pytest.approx(0, abs=1e-5)
    sure.requires_grad_()
    JointOptimization(label_prior=True).unit_loss(sure, labels, batch).sum().backward()
    assert sure.grad.isfinite().all()  # though class 1 has no label
    assert uniform > 1.2 * (1 / 3 * math.log(1 / 3 / 1e-8) - 1)


def test_what_is_unknown_says_nothing():
    labels = torch.full((6,), IGNORE)
    batch = _batch(labels, SAID)
    method, logits = JointOptimization(), (400 * LOGITS).requires_grad_()
    for hooks in (method, *(stage.hooks for stage in method.stages(4) if stage.hooks)):
        targets, _ = hooks.targets(batch, logits.detach())
        losses = hooks.unit_loss(logits, targets, batch)
        assert (losses == 0).all()
        losses.sum().backward()
        assert (logits.grad == 0).all()
    never = _batch(LABELS, torch.zeros_like(SAID))
    assert (method.targets(never, LOGITS)[0] == 0).all()


def test_proposals_of_background_keep_their_label():
    rows = torch.tensor([-1, 0, 1, -1, 2, 3])
    targets, _ = JointOptimization().targets(_batch(LABELS, SAID, rows), LOGITS)
    assert targets[0].tolist() == [1, 0, 0]
    assert targets[3].tolist() == [1, 0, 0]
    assert targets[1].tolist() != [0, 1, 0]


def test_fits_wrong_labels_less_than_cross_entropy(make_engine, make_flipped):
    data = make_flipped(Task.CLASSIFICATION, 0.3)
    right = {}
    for method in (CE(), JointOptimization()):
        engine = make_engine(method, data.problem, data.images, data.labels, lr=0.02).fit(20)
        right[type(method)] = engine.agreement(data.truth)
    assert right[JointOptimization] > right[CE] + 0.05


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"warm_up": 1.0}, "0 <= warm_up < 1"),
        ({"prior_weight": -1.0}, "prior_weight >= 0"),
        ({"stride": 0}, "stride of 1 pixel or more"),
    ],
)
def test_knobs_out_of_range_are_refused(knobs, said):
    with pytest.raises(BadInput, match=said):
        JointOptimization(**knobs)
