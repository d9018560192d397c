"""confidence_penalty and min_entropy: cross entropy with the entropy of the prediction, of either sign."""

import math

import pytest
import torch

from truemask.losses.bootstrap import bootstrap_soft
from truemask.losses.confidence_penalty import confidence_penalty
from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.entropy import entropy
from truemask.losses.min_entropy import min_entropy
from truemask.types import BadInput

both = pytest.mark.parametrize("loss", [confidence_penalty, min_entropy], ids=lambda loss: loss.__name__)


def test_entropy_is_0_where_sure_and_log_k_where_nothing_is_known():
    logits = torch.tensor([[200.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    torch.testing.assert_close(entropy(logits), torch.tensor([0.0, math.log(3)]))


def test_the_gradient_of_entropy_is_minus_p_times_log_p_plus_entropy():
    logits = torch.tensor([[0.3, -1.0, 2.0]], requires_grad=True)
    (got,) = torch.autograd.grad(entropy(logits).sum(), logits)
    p = logits.softmax(dim=1)
    torch.testing.assert_close(got, -p * (p.log() + entropy(logits).unsqueeze(1)))


@both
def test_weight_0_is_cross_entropy(loss, scored):
    torch.testing.assert_close(loss(*scored, weight=0.0), cross_entropy(*scored))


def test_their_signs_are_opposite(scored):
    total = confidence_penalty(*scored, weight=0.7) + min_entropy(*scored, weight=0.7)
    torch.testing.assert_close(total, 2 * cross_entropy(*scored))
    assert (min_entropy(*scored) > cross_entropy(*scored)).all()


def test_descent_on_the_penalty_makes_less_sure_and_on_min_entropy_surer():
    for loss, direction in ((confidence_penalty, 1), (min_entropy, -1)):
        logits = torch.tensor([[1.0, 0.0, -1.0]], requires_grad=True)
        (own,) = torch.autograd.grad(
            (loss(logits, torch.tensor([0])) - cross_entropy(logits, torch.tensor([0]))).sum(), logits
        )
        moved = (logits - 0.1 * own).detach()
        assert direction * (entropy(moved) - entropy(logits.detach())).item() > 1e-3 * 0.1


def test_min_entropy_is_soft_bootstrapping_up_to_a_factor(scored):
    torch.testing.assert_close(min_entropy(*scored, weight=0.25), 1.25 * bootstrap_soft(*scored, beta=0.8))


@both
@pytest.mark.parametrize("weight", [-0.1, math.inf, math.nan])
def test_a_weight_that_is_negative_or_not_finite_is_refused(loss, scored, weight):
    with pytest.raises(BadInput, match="weight >= 0"):
        loss(*scored, weight=weight)
