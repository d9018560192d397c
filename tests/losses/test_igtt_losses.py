"""iGTT's loss as published and as released."""

import math

import pytest
import torch

from truemask.losses.igtt import igtt_published, igtt_released

PROBS = torch.tensor([[[0.9, 0.8, 0.3, 0.2, 0.1, 0.4]]])
MASK = torch.tensor([[[1.0, 1, 0, 0, 0, 1]]])


def test_the_facts_sheet_example():
    assert igtt_published(PROBS, MASK).item() == pytest.approx(-1.504077 + 0.416667, abs=1e-5)
    assert igtt_released(PROBS, MASK).item() == pytest.approx(-math.log(4.501) + 0.207547, abs=1e-5)


@pytest.mark.parametrize("loss", [igtt_published, igtt_released])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_the_determinant_of_a_constant_mask_has_no_gradient(loss, value):
    """Black masks, which the method begins with: the overlap has none either."""
    probs = PROBS.clone().requires_grad_()
    loss(probs, torch.full_like(MASK, value)).sum().backward()
    if value == 0:
        torch.testing.assert_close(probs.grad, torch.zeros_like(probs), atol=0, rtol=0)
    else:  # what is left is the overlap's: more of everything
        assert bool((probs.grad < 0).all())


def test_the_gradient_of_the_determinant_term_is_one_number_for_each_side():
    probs = PROBS.clone().double().requires_grad_()
    overlap = (probs * MASK).sum() / (probs + MASK - probs * MASK).sum()
    loss = igtt_published(probs, MASK).sum() + overlap
    loss.backward()
    inside, outside = probs.grad[MASK > 0], probs.grad[MASK == 0]
    # -N (y - mean y) / det, for N = 6, mean y = 1/2, det = 4.5.
    torch.testing.assert_close(inside, torch.full_like(inside, -6 * 0.5 / 4.5), atol=1e-5, rtol=0)
    torch.testing.assert_close(outside, torch.full_like(outside, 6 * 0.5 / 4.5), atol=1e-5, rtol=0)


def test_swapping_mask_and_background_leaves_the_determinant_term():
    whole = igtt_published(PROBS, MASK) - igtt_published(PROBS, 1 - MASK)
    overlaps = [1 - (PROBS * m).sum() / (PROBS + m - PROBS * m).sum() for m in (MASK, 1 - MASK)]
    assert whole.item() == pytest.approx((overlaps[0] - overlaps[1]).item(), abs=1e-5)
