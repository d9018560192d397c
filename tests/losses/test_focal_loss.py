import math

import pytest
import torch

from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.focal import focal
from truemask.types import BadInput


def test_gamma_0_is_cross_entropy(scored):
    torch.testing.assert_close(focal(*scored, gamma=0.0), cross_entropy(*scored))


def test_what_is_learnt_counts_a_hundredth_at_p_of_09():
    logits = torch.log(torch.tensor([[0.9, 0.1]]))
    assert focal(logits, torch.tensor([0])).item() == pytest.approx(-0.01 * math.log(0.9), rel=1e-5)


@pytest.mark.parametrize("gamma", [0.25, 0.5, 1.0, 5.0])
def test_gradients_are_finite_where_the_network_is_sure_for_every_gamma(gamma):
    logits = torch.tensor([[200.0, -200.0], [20.0, -20.0], [0.0, 0.0]], requires_grad=True)
    focal(logits, torch.tensor([0, 0, 1]), gamma=gamma).sum().backward()
    assert logits.grad.isfinite().all()
    assert (logits.grad[0] == 0).all()


@pytest.mark.parametrize("gamma", [-1.0, math.inf, math.nan])
def test_gamma_out_of_range_is_refused(scored, gamma):
    with pytest.raises(BadInput, match="finite gamma >= 0"):
        focal(*scored, gamma=gamma)
