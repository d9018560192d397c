import math

import pytest
import torch

from truemask.losses.elr import elr


def test_the_worked_example():
    memory, p = torch.tensor([[0.2, 0.7, 0.1]]), torch.tensor([[0.1, 0.8, 0.1]])
    assert elr(p.log(), memory).item() == pytest.approx(-0.891598, abs=1e-6)


def test_is_never_above_0(scored):
    logits, _ = scored
    assert (elr(logits, logits.flip(0).softmax(dim=1)) <= 0).all()


def test_gradient_is_the_papers():
    """d/dz_k = p_k / (1 - <t, p>) sum_j (t_j - t_k) p_j."""
    rng = torch.Generator().manual_seed(1)
    logits = torch.randn(5, 4, generator=rng).requires_grad_()
    memory = torch.randn(5, 4, generator=rng).softmax(dim=1)
    elr(logits, memory).sum().backward()
    p, t = logits.detach().double().softmax(dim=1), memory.double()
    agreement = (t * p).sum(dim=1, keepdim=True)
    expected = p / (1 - agreement) * (agreement - t)
    torch.testing.assert_close(logits.grad.double(), expected, atol=1e-6, rtol=1e-5)


def test_gradient_raises_the_class_that_the_memory_holds():
    logits = torch.zeros(1, 3, requires_grad=True)
    elr(logits, torch.tensor([[0.0, 0.9, 0.0]])).sum().backward()
    assert logits.grad[0, 1] < 0 < logits.grad[0, 0]


def test_a_sure_memory_and_a_sure_prediction_cost_the_log_of_the_floor():
    logits = torch.tensor([[200.0, -200.0]], requires_grad=True)
    value = elr(logits, torch.tensor([[1.0, 0.0]]))
    value.sum().backward()
    assert value.item() == pytest.approx(math.log(1e-4), rel=1e-3)
    assert logits.grad.isfinite().all()


def test_a_nearly_sure_prediction_keeps_its_gradient():
    """Clipping p instead of the memory would leave none above 1 - 1e-4."""
    logits = torch.tensor([[12.0, 0.0]], requires_grad=True)
    elr(logits, torch.tensor([[0.99, 0.01]])).sum().backward()
    p = torch.tensor([12.0, 0.0], dtype=torch.float64).softmax(dim=0)
    expected = p[1] / (1 - 0.99 * p[0] - 0.01 * p[1]) * (0.98 * p[0])
    assert logits.grad[0, 1].item() == pytest.approx(expected.item(), rel=1e-2)
