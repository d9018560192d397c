"""iGTT's search over thresholds against its closed form."""

import itertools

import pytest
import torch

from truemask.structure.mean_threshold import grid_mask, mask_determinant, mean_mask
from truemask.structure.threshold_search import (
    LOG_ROOM,
    joint_determinant,
    published_search,
    released_search,
    threshold_grid,
)


def beta(seed, *shape):
    torch.manual_seed(seed)
    a, b = torch.rand(2).double() * 4 + 0.3
    return torch.distributions.Beta(a, b).sample(shape)


def test_the_facts_sheet_example():
    probs = torch.tensor([[[0.9, 0.8, 0.3, 0.2, 0.1, 0.4]]], dtype=torch.float64)
    mask = torch.tensor([[[True, True, False, False, False, True]]])
    torch.testing.assert_close(joint_determinant(probs, mask), torch.tensor([4.5], dtype=torch.float64))
    torch.testing.assert_close(mask_determinant(probs, mask), torch.tensor([4.5], dtype=torch.float64))


@pytest.mark.parametrize("seed", range(5))
def test_the_determinant_is_n_times_the_sum_above_the_mean(seed):
    probs = beta(seed, 3, 24, 31)
    mask = torch.rand(probs.shape) < 0.3
    by_product = joint_determinant(probs, mask)
    torch.testing.assert_close(mask_determinant(probs, mask).abs(), by_product, rtol=1e-12, atol=0)
    n1 = mask.flatten(1).sum(1)
    gap = torch.stack([p[m].mean() - p[~m].mean() for p, m in zip(probs, mask, strict=True)])
    torch.testing.assert_close(gap.abs() * n1 * (24 * 31 - n1), by_product, rtol=1e-12, atol=0)


def test_swapping_the_labels_changes_the_sign_alone():
    probs, mask = beta(1, 2, 9, 9), torch.rand(2, 9, 9) < 0.5
    torch.testing.assert_close(mask_determinant(probs, mask), -mask_determinant(probs, ~mask))


def test_no_mask_of_all_beats_the_mean():
    probs = beta(2, 1, 2, 5)
    best = mask_determinant(probs, mean_mask(probs))
    every = torch.tensor(list(itertools.product([False, True], repeat=10))).reshape(-1, 2, 5)
    assert mask_determinant(probs.expand(len(every), 2, 5), every).abs().max() <= best * (1 + 1e-12)


@pytest.mark.parametrize("count", [2, 3, 30, 100])
def test_the_search_finds_what_the_closed_form_says(count):
    probs = torch.cat([beta(seed, 1, 20, 20) for seed in range(8)])
    found, closed = published_search(probs, count), grid_mask(probs, count)
    torch.testing.assert_close(
        mask_determinant(probs, found), mask_determinant(probs, closed), rtol=1e-9, atol=0
    )


def test_with_many_thresholds_the_search_ends_at_the_mean():
    probs = beta(4, 1, 40, 40)
    apart = (published_search(probs, 2000) != mean_mask(probs)).double().mean()
    assert apart < 0.002


def test_flat_predictions_have_no_foreground():
    flat = torch.full((2, 4, 4), 0.25)  # not 0.3: its mean would be off by a rounding
    assert not mean_mask(flat).any()
    assert not grid_mask(flat).any()
    assert not published_search(flat).any()


def test_released_shares_one_place_in_the_grid():
    probs = torch.cat([beta(seed, 1, 20, 20) ** (1 + 3 * seed) for seed in range(3)])
    grid = threshold_grid(probs, 30)
    losses = [
        -(joint_determinant(probs, probs > grid[:, k, None, None]) + LOG_ROOM).log().mean()
        for k in range(1, 29)
    ]
    place = 1 + int(torch.stack(losses).argmin())
    torch.testing.assert_close(released_search(probs), probs > grid[:, place, None, None])
    assert (released_search(probs) != published_search(probs)).any()


def test_released_calls_nearly_everything_foreground_where_predictions_are_flat():
    probs = 0.5 + 1e-4 * beta(5, 1, 10, 10)
    found = released_search(probs)
    torch.testing.assert_close(found, probs > probs.min())
    assert found.sum() == 99
