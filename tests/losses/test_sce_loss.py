import math

import pytest
import torch

from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.rce import rce
from truemask.losses.sce import sce
from truemask.types import BadInput


def test_beta_0_is_alpha_times_cross_entropy(scored):
    torch.testing.assert_close(sce(*scored, alpha=0.3, beta=0.0), 0.3 * cross_entropy(*scored))


def test_alpha_0_is_beta_times_reverse_cross_entropy(scored):
    torch.testing.assert_close(sce(*scored, alpha=0.0, beta=2.0), 2 * rce(*scored))


def test_beta_and_log_zero_act_as_one_number(scored):
    released = sce(*scored, beta=1.0, log_zero=math.log(1e-4))
    torch.testing.assert_close(released, sce(*scored, beta=-math.log(1e-4) / 4, log_zero=-4.0))


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"alpha": -0.1}, "alpha=-0.1"),
        ({"beta": -1.0}, "beta=-1.0"),
        ({"alpha": 0.0, "beta": 0.0}, "not both 0"),
        ({"alpha": math.inf}, "alpha=inf"),
        ({"log_zero": 1.0}, "log_zero below 0"),
    ],
)
def test_knobs_out_of_range_are_refused(scored, knobs, said):
    with pytest.raises(BadInput, match=said):
        sce(*scored, **knobs)


def test_sums_to_a_constant_without_its_cross_entropy(scored):
    logits, labels = scored
    total = sum(sce(logits, torch.full_like(labels, k), alpha=0.0) for k in range(3))
    torch.testing.assert_close(total, torch.full_like(total, 8.0))
