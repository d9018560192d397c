import pytest
import torch

from truemask.losses.bootstrap import bootstrap_soft
from truemask.losses.cross_entropy import cross_entropy, soft_cross_entropy
from truemask.types import BadInput


def _entropy(logits):
    p = logits.softmax(dim=1)
    return -(p * p.log()).sum(dim=1)


def test_beta_1_is_cross_entropy(scored):
    torch.testing.assert_close(bootstrap_soft(*scored, beta=1.0), cross_entropy(*scored))


def test_is_cross_entropy_plus_the_entropy_of_the_prediction(scored):
    logits, _ = scored
    expected = 0.6 * cross_entropy(*scored) + 0.4 * _entropy(logits)
    torch.testing.assert_close(bootstrap_soft(*scored, beta=0.6), expected)


def test_is_cross_entropy_to_label_and_prediction_mixed(scored):
    logits, labels = scored
    one_hot = torch.nn.functional.one_hot(labels, 3).movedim(-1, 1)
    mixed = 0.8 * one_hot + 0.2 * logits.softmax(dim=1)
    torch.testing.assert_close(bootstrap_soft(logits, labels, beta=0.8), soft_cross_entropy(logits, mixed))


def test_its_gradient_is_not_just_a_smaller_learning_rate(scored):
    """grad = beta grad CE + (1 - beta) grad H; a detached target would leave beta grad CE alone."""
    logits, labels = scored
    logits.requires_grad_()
    (got,) = torch.autograd.grad(bootstrap_soft(logits, labels, beta=0.6).sum(), logits)
    (plain,) = torch.autograd.grad(cross_entropy(logits, labels).sum(), logits)
    (entropy,) = torch.autograd.grad(_entropy(logits).sum(), logits)
    torch.testing.assert_close(got, 0.6 * plain + 0.4 * entropy, atol=1e-6, rtol=1e-5)
    assert (got - 0.6 * plain).abs().max() > 0.05


@pytest.mark.parametrize("beta", [0.0, -0.5, 1.1])
def test_beta_outside_0_to_1_is_refused(scored, beta):
    with pytest.raises(BadInput, match="0 < beta <= 1"):
        bootstrap_soft(*scored, beta=beta)
