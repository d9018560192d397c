import math

import pytest
import torch

from truemask.losses.rce import rce, soft_rce
from truemask.types import BadInput


def test_is_the_mean_absolute_error_times_half_of_a(scored):
    logits, labels = scored
    one_hot = torch.nn.functional.one_hot(labels, 3).movedim(-1, 1)
    distance = (logits.softmax(dim=1) - one_hot).abs().sum(dim=1)
    torch.testing.assert_close(rce(logits, labels, log_zero=-9.21), 9.21 / 2 * distance)


def test_sum_over_labels_is_constant(scored):
    logits, labels = scored
    total = sum(rce(logits, torch.full_like(labels, k)) for k in range(3))
    torch.testing.assert_close(total, torch.full_like(total, 2 * 4.0))


def test_gradient_is_largest_at_one_half():
    """A p (1 - p): |A| / 4 at p = 1/2."""
    for log_zero in (-4.0, math.log(1e-4)):
        logits = torch.zeros(1, 2, requires_grad=True)
        rce(logits, torch.tensor([0]), log_zero=log_zero).sum().backward()
        assert logits.grad[0, 0].item() == pytest.approx(log_zero / 4, rel=1e-6)


def test_soft_form_costs_the_targets_entropy_where_prediction_and_target_agree():
    target = torch.tensor([[0.5, 0.3, 0.2]])
    entropy = -(target * target.log()).sum().item()
    assert soft_rce(target.log(), target).item() == pytest.approx(entropy, rel=1e-5)


@pytest.mark.parametrize("log_zero", [0.0, 4.0, -math.inf, math.nan])
def test_a_stand_in_for_log_0_that_is_none_is_refused(scored, log_zero):
    with pytest.raises(BadInput, match="a finite log_zero below 0"):
        rce(*scored, log_zero=log_zero)
