import math

import pytest
import torch

from truemask.losses.active_passive import active_passive, normalised_cross_entropy
from truemask.losses.mae import mae
from truemask.losses.rce import rce
from truemask.types import IGNORE, BadInput


def test_the_active_part_sums_to_1_over_all_labels(scored):
    logits, labels = scored
    total = sum(normalised_cross_entropy(logits, torch.full_like(labels, k)) for k in range(3))
    torch.testing.assert_close(total, torch.ones_like(total))


def test_a_network_that_knows_nothing_pays_1_over_k():
    got = normalised_cross_entropy(torch.zeros(2, 5), torch.tensor([3, IGNORE]))
    torch.testing.assert_close(got, torch.tensor([0.2, 0.0]))


def test_alpha_0_is_reverse_cross_entropy_and_beta_0_the_active_part(scored):
    torch.testing.assert_close(active_passive(*scored, alpha=0.0, beta=2.0), 2 * rce(*scored))
    torch.testing.assert_close(
        active_passive(*scored, alpha=3.0, beta=0.0), 3 * normalised_cross_entropy(*scored)
    )


def test_log_zero_of_minus_2_makes_the_passive_part_mean_absolute_error(scored):
    expected = normalised_cross_entropy(*scored) + mae(*scored)
    torch.testing.assert_close(active_passive(*scored, log_zero=-2.0), expected)


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"alpha": -1.0}, "alpha=-1.0"),
        ({"beta": math.inf}, "beta=inf"),
        ({"alpha": 0.0, "beta": 0.0}, "not both 0"),
        ({"log_zero": 0.0}, "log_zero below 0"),
    ],
)
def test_knobs_out_of_range_are_refused(scored, knobs, said):
    with pytest.raises(BadInput, match=said):
        active_passive(*scored, **knobs)
