import math

import pytest
import torch

from truemask.losses.bootstrap import check_bootstrap
from truemask.losses.multibox import multibox_hard, multibox_soft
from truemask.types import BadInput

both = pytest.mark.parametrize("loss", [multibox_hard, multibox_soft], ids=lambda loss: loss.__name__)
# Confidences .9 .2 .6 of which the third is labelled, at beta .8: what each of them costs.
CONFIDENCES = torch.tensor([0.9, 0.2, 0.6])
VECTORS = pytest.mark.parametrize(
    ("loss", "costs"),
    [(multibox_hard, [1.86314, 0.22314, 0.51083]), (multibox_soft, [1.90708, 0.27860, 0.54326])],
    ids=["hard", "soft"],
)


@VECTORS
def test_confidences_of_a_worked_example_one_by_one(loss, costs):
    logits = torch.stack([torch.zeros(3), CONFIDENCES.logit()], dim=1)
    got = loss(logits, torch.tensor([0, 0, 1]), beta=0.8)
    torch.testing.assert_close(got, torch.tensor(costs), atol=2e-5, rtol=0)


@VECTORS
def test_confidences_of_a_worked_example_as_one_unit(loss, costs):
    got = loss(CONFIDENCES.logit()[None], torch.tensor([2]), beta=0.8, background=None)
    torch.testing.assert_close(got, torch.tensor([sum(costs)]), atol=5e-5, rtol=0)


@both
def test_the_background_may_be_any_class(loss, scored):
    logits, labels = scored
    turned = loss(logits.roll(2, dims=1), (labels + 2) % 3, background=2)
    torch.testing.assert_close(turned, loss(logits, labels, background=0))


@both
def test_beta_1_is_binary_cross_entropy_of_every_class(loss, scored):
    logits, labels = scored
    one_hot = torch.nn.functional.one_hot(labels, 3).movedim(-1, 1).float()
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, one_hot, reduction="none")
    torch.testing.assert_close(loss(logits, labels, beta=1.0, background=None), expected.sum(dim=1))


def test_hard_is_binary_cross_entropy_where_network_and_label_agree():
    logits, labels = torch.tensor([[0.0, 3.0, -1.0], [0.0, -2.0, -1.0]]), torch.tensor([1, 0])
    torch.testing.assert_close(multibox_hard(logits, labels), multibox_hard(logits, labels, beta=1.0))


def test_the_gradient_of_soft_is_that_of_binary_cross_entropy_and_of_entropy():
    """With the confidence detached in the target only beta times the first would be left."""
    score = torch.tensor([[0.0, 1.3]], requires_grad=True)
    (got,) = torch.autograd.grad(multibox_soft(score, torch.tensor([0]), beta=0.6).sum(), score)
    c = score[0, 1].sigmoid()
    entropy_slope = -c * (1 - c) * score[0, 1]
    torch.testing.assert_close(got[0, 1], 0.6 * c + 0.4 * entropy_slope)
    torch.testing.assert_close(got[0, 0], -got[0, 1])


def test_a_sure_object_without_a_label_is_pulled_less_than_by_binary_cross_entropy():
    score = torch.tensor([[0.0, 4.0]], requires_grad=True)
    pulls = [
        torch.autograd.grad(multibox_hard(score, torch.tensor([0]), beta=beta).sum(), score)[0][0, 1].item()
        for beta in (0.8, 1.0)
    ]
    assert pulls[0] == pytest.approx(pulls[1] - 0.2, abs=1e-6)


@pytest.mark.parametrize("background", [None, 0])
def test_softmax_is_the_independent_answers_given_that_no_two_are_yes(background):
    logits = torch.tensor([0.4, -1.0, 2.0], dtype=torch.float64)
    asked = [1, 2] if background == 0 else [0, 1, 2]
    c = (logits - (logits[0] if background == 0 else 0)).sigmoid()
    nobody = math.prod(1 - c[k] for k in asked)
    only = {k: nobody * c[k] / (1 - c[k]) for k in asked}
    total = sum(only.values()) + (nobody if background == 0 else 0)
    for k in asked:
        torch.testing.assert_close(only[k] / total, logits.softmax(dim=0)[k])


@both
@pytest.mark.parametrize("beta", [0.0, 1.1])
def test_beta_outside_0_to_1_is_refused(loss, scored, beta):
    with pytest.raises(BadInput, match="0 < beta <= 1"):
        loss(*scored, beta=beta)
    with pytest.raises(BadInput):
        check_bootstrap(beta)


def unfused(loss, logits: torch.Tensor, labels: torch.Tensor, background: int | None) -> torch.Tensor:
    """The formula as it is written, its gradient left to autograd."""
    scores = logits if background is None else logits - logits[:, [background]]
    confident = scores.sigmoid() if loss is multibox_soft else (scores > 0).to(scores.dtype)
    one_hot = torch.nn.functional.one_hot(labels, logits.shape[1]).movedim(-1, 1).to(scores.dtype)
    target = 0.7 * one_hot + 0.3 * confident
    costs = torch.nn.functional.binary_cross_entropy_with_logits(scores, target, reduction="none")
    if background is not None:
        costs = costs.index_fill(1, torch.tensor([background]), 0.0)
    return costs.sum(dim=1)


@both
@pytest.mark.parametrize("background", [None, 0, 2])
@pytest.mark.parametrize("shape", [(6, 4), (5, 3, 2, 2), (3, 2, 480, 640)], ids=["rows", "maps", "in parts"])
def test_loss_and_gradient_taken_together_are_those_of_the_formula(loss, background, shape):
    if background is not None and background >= shape[1]:
        background = 1
    rng = torch.Generator().manual_seed(4)
    logits = (3 * torch.randn(shape, generator=rng)).requires_grad_()
    labels = torch.randint(shape[1], (shape[0], *shape[2:]), generator=rng)
    weights = torch.rand(labels.shape, generator=rng)
    expected = unfused(loss, logits, labels, background)
    got = loss(logits, labels, beta=0.7, background=background)
    torch.testing.assert_close(got, expected, atol=2e-5, rtol=1e-5)
    grads = [torch.autograd.grad((each * weights).sum(), logits)[0] for each in (got, expected)]
    torch.testing.assert_close(*grads, atol=2e-5, rtol=1e-5)
