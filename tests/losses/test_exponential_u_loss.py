import torch

from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.exponential_u import exponential_u
from truemask.losses.gce import gce


def test_values_and_gradients_of_a_worked_example():
    logits = torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]], requires_grad=True)
    values = exponential_u(logits, torch.tensor([0, 0]))
    values.sum().backward()
    torch.testing.assert_close(values.detach(), torch.tensor([0.42388, 0.89349]), atol=1e-5, rtol=0)
    expected = torch.tensor([[-0.24421, 0.12210, 0.12210], [-0.09516, 0.08382, 0.01134]])
    torch.testing.assert_close(logits.grad, expected, atol=1e-5, rtol=0)


def test_labelled_units_keep_cross_entropy_and_the_others_absolute_error(scored):
    logits, labels = scored
    values = exponential_u(logits, labels, unlabelled=2)
    torch.testing.assert_close(values[labels != 2], cross_entropy(logits, labels)[labels != 2])
    torch.testing.assert_close(values[labels == 2], gce(logits, labels, q=1.0)[labels == 2])
