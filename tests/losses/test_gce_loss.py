import pytest
import torch

from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.gce import gce, soft_gce
from truemask.types import BadInput


def test_small_q_is_cross_entropy(scored):
    torch.testing.assert_close(gce(*scored, q=1e-4), cross_entropy(*scored), rtol=2e-3, atol=0)


def test_q_1_is_half_the_mean_absolute_error(scored):
    logits, labels = scored
    p = logits.softmax(dim=1).gather(1, labels.unsqueeze(1)).squeeze(1)
    torch.testing.assert_close(gce(logits, labels, q=1.0), 1 - p)


def test_gradient_is_that_of_cross_entropy_times_p_to_the_q(scored):
    logits, labels = scored
    logits.requires_grad_()
    (robust,) = torch.autograd.grad(gce(logits, labels, q=0.7).sum(), logits)
    (plain,) = torch.autograd.grad(cross_entropy(logits, labels).sum(), logits)
    p = logits.detach().softmax(dim=1).gather(1, labels.unsqueeze(1))
    torch.testing.assert_close(robust, plain * p**0.7)


@pytest.mark.parametrize("q", [0.1, 0.5, 0.7, 1.0])
def test_sum_over_labels_keeps_within_the_papers_bounds(scored, q):
    logits, labels = scored
    total = sum(gce(logits, torch.full_like(labels, k), q=q) for k in range(3))
    assert (total >= (3 - 3 ** (1 - q)) / q - 1e-5).all()
    assert (total <= 2 / q + 1e-5).all()


def test_bounds_are_met_by_knowing_nothing_and_by_being_sure():
    unsure, sure = torch.zeros(1, 3), torch.tensor([[50.0, 0.0, 0.0]])
    for logits, bound in ((unsure, (3 - 3**0.3) / 0.7), (sure, 2 / 0.7)):
        total = sum(gce(logits, torch.tensor([k])) for k in range(3))
        assert total.item() == pytest.approx(bound, rel=1e-5)


def test_an_impossible_label_still_has_a_finite_gradient():
    logits = torch.tensor([[200.0, 0.0, 0.0]], requires_grad=True)
    gce(logits, torch.tensor([1])).sum().backward()
    assert logits.grad.isfinite().all()


def test_soft_form_is_the_mean_over_labels_drawn_from_the_target(scored):
    logits, labels = scored
    share = torch.tensor([0.5, 0.3, 0.2]).reshape(1, 3, *([1] * (logits.ndim - 2))).expand_as(logits)
    drawn = sum(w * gce(logits, torch.full_like(labels, k)) for k, w in enumerate((0.5, 0.3, 0.2)))
    torch.testing.assert_close(soft_gce(logits, share), drawn)


@pytest.mark.parametrize("q", [0.0, -0.1, 1.5, float("nan")])
def test_q_outside_0_to_1_is_refused(scored, q):
    with pytest.raises(BadInput, match=r"gce needs 0 < q <= 1, got q="):
        gce(*scored, q=q)
