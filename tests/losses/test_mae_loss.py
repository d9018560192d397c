import torch

from truemask.losses.gce import gce
from truemask.losses.mae import mae
from truemask.losses.rce import rce


def test_is_twice_gce_at_q_1_and_half_of_reverse_cross_entropy(scored):
    torch.testing.assert_close(mae(*scored), 2 * gce(*scored, q=1.0))
    torch.testing.assert_close(mae(*scored), rce(*scored, log_zero=-4.0) / 2)


def test_sums_to_a_constant_over_all_labels(scored):
    logits, labels = scored
    total = sum(mae(logits, torch.full_like(labels, k)) for k in range(3))
    torch.testing.assert_close(total, torch.full_like(total, 2 * (3 - 1)))


def test_the_gradient_at_the_labels_logit_is_minus_2_p_times_1_minus_p(scored):
    logits, labels = scored
    logits.requires_grad_()
    (got,) = torch.autograd.grad(mae(logits, labels).sum(), logits)
    p = logits.softmax(dim=1).gather(1, labels.unsqueeze(1))
    torch.testing.assert_close(got.gather(1, labels.unsqueeze(1)), -2 * p * (1 - p), atol=1e-6, rtol=1e-4)
