import pytest
import torch

from truemask.losses.gce import gce
from truemask.losses.truncated_gce import kept, truncated_gce
from truemask.types import IGNORE, BadInput


def _at(p):
    """Logits of two classes, where the first has probability p."""
    return torch.tensor([[p, 1 - p]]).log()


def test_threshold_0_is_gce(scored):
    torch.testing.assert_close(truncated_gce(*scored, threshold=0.0), gce(*scored))


def test_constant_without_gradient_below_the_threshold():
    logits = torch.cat([_at(0.1), _at(0.4)]).requires_grad_()
    values = truncated_gce(logits, torch.zeros(2, dtype=torch.long))
    values.sum().backward()
    torch.testing.assert_close(values, torch.full((2,), (1 - 0.5**0.7) / 0.7))
    assert (logits.grad == 0).all()


def test_gce_above_the_threshold(scored):
    logits, labels = scored
    keep = kept(logits, labels)
    assert 0 < keep.float().mean() < 1
    torch.testing.assert_close(truncated_gce(logits, labels)[keep], gce(logits, labels)[keep])


def test_kept_is_a_strict_comparison_of_the_labels_probability():
    zero = torch.tensor([0])
    assert not kept(_at(0.49), zero)
    assert not kept(torch.zeros(1, 2), zero)
    assert kept(_at(0.51), zero)
    assert kept(_at(0.01), torch.tensor([IGNORE]))


@pytest.mark.parametrize("threshold", [-0.1, 1.0])
def test_a_threshold_outside_0_to_1_is_refused(scored, threshold):
    with pytest.raises(BadInput, match="0 <= threshold < 1"):
        truncated_gce(*scored, threshold=threshold)


def test_a_q_outside_0_to_1_is_refused(scored):
    with pytest.raises(BadInput, match="0 < q <= 1"):
        truncated_gce(*scored, q=0.0)
