import pytest
import torch

from truemask.losses.bootstrap import bootstrap_soft, bootstrap_temperature
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


def test_tau_1_is_soft_bootstrapping(scored):
    torch.testing.assert_close(
        bootstrap_temperature(*scored, beta=0.7, tau=1.0), bootstrap_soft(*scored, beta=0.7)
    )


def test_a_large_tau_is_hard_bootstrapping(scored):
    logits, labels = scored
    hard = 0.7 * cross_entropy(logits, labels) + 0.3 * cross_entropy(logits, logits.argmax(dim=1))
    torch.testing.assert_close(bootstrap_temperature(logits, labels, beta=0.7, tau=1e5), hard)


def test_tau_0_is_label_smoothing(scored):
    logits, labels = scored
    smoothed = torch.nn.functional.cross_entropy(logits, labels, reduction="none", label_smoothing=0.2)
    torch.testing.assert_close(bootstrap_temperature(logits, labels, beta=0.8, tau=0.0), smoothed)


def test_the_target_of_any_tau_is_live():
    """Against finite differences; a detached target has another gradient."""
    logits = torch.tensor([[0.5, -0.2, 1.0]], requires_grad=True)
    labels = torch.tensor([0])
    (got,) = torch.autograd.grad(bootstrap_temperature(logits, labels, beta=0.5, tau=3.0).sum(), logits)
    for k in range(3):
        step = torch.zeros(1, 3)
        step[0, k] = 1e-2
        up, down = (
            bootstrap_temperature(logits.detach() + s * step, labels, beta=0.5, tau=3.0) for s in (1, -1)
        )
        assert got[0, k].item() == pytest.approx(((up - down) / 2e-2).item(), abs=1e-3)
    detached = soft_cross_entropy(logits, 0.5 * torch.eye(3)[:1] + 0.5 * (3 * logits.detach()).softmax(dim=1))
    (other,) = torch.autograd.grad(detached.sum(), logits)
    assert (got - other).abs().max() > 0.1


@pytest.mark.parametrize("tau", [-1.0, float("inf"), float("nan")])
def test_a_tau_that_is_negative_or_not_finite_is_refused(scored, tau):
    with pytest.raises(BadInput, match="finite tau >= 0"):
        bootstrap_temperature(*scored, tau=tau)
