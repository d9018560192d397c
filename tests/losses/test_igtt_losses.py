"""iGTT's loss as published, as released, and upright."""

import math

import pytest
import torch

from truemask.losses.dmi_iou import dmi_iou
from truemask.losses.igtt import igtt_published, igtt_released, igtt_upright
from truemask.losses.soft_iou import soft_iou
from truemask.types import IGNORE

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


def test_upright_is_dmi_iou_where_sides_are_the_right_way_round():
    logits = torch.stack([1 - PROBS, PROBS], dim=1).log()
    expected = dmi_iou(logits, MASK.long(), background=0)
    torch.testing.assert_close(igtt_upright(logits, MASK.long()), expected)


def test_upright_turns_what_is_the_wrong_way_round_and_the_determinant_holds_it_there():
    labels = MASK.long()
    wrong = (3 - 6 * MASK).requires_grad_()  # sure of the other side
    logits = torch.stack([-wrong, wrong], dim=1)
    (kept,) = torch.autograd.grad(dmi_iou(logits, labels, background=0).sum(), wrong, retain_graph=True)
    (turned,) = torch.autograd.grad(igtt_upright(logits, labels).sum(), wrong)
    side = 2 * MASK - 1  # to go down is the right way where it is against the gradient
    assert (kept * side > 0).sum() == 6  # each pixel is pushed further the wrong way
    assert (turned * side < 0).sum() == 6


def test_upright_goes_on_as_a_straight_line():
    def at(gap):
        probs = 0.5 + gap / 2 * (2 * MASK - 1)
        logits = torch.stack([1 - probs, probs], dim=1).log()
        return (igtt_upright(logits, MASK.long()) - soft_iou(logits, MASK.long(), background=0)).item()

    assert at(0.1 + 1e-4) == pytest.approx(at(0.1 - 1e-4), abs=0.01)
    assert at(0.0) - at(0.05) == pytest.approx(0.5, abs=1e-4)
    assert at(-0.9) == pytest.approx(1 + 9 - math.log(0.1), abs=1e-3)


def test_upright_of_one_side_alone_and_of_no_label():
    logits = torch.stack([1 - PROBS, PROBS], dim=1).log()
    alone = igtt_upright(logits, torch.zeros(1, 1, 6, dtype=torch.long))
    torch.testing.assert_close(alone, dmi_iou(logits, torch.zeros(1, 1, 6, dtype=torch.long), background=0))
    assert igtt_upright(logits, torch.full((1, 1, 6), IGNORE)).item() == 0
