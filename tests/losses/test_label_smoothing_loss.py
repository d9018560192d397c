import pytest
import torch

from truemask.losses.cross_entropy import cross_entropy, soft_cross_entropy
from truemask.losses.label_smoothing import (
    label_smoothing,
    smoothed_over_neighbours,
    soft_label_smoothing,
)
from truemask.types import IGNORE, BadInput


def test_eps_0_is_cross_entropy(scored):
    torch.testing.assert_close(label_smoothing(*scored, eps=0.0), cross_entropy(*scored))


def test_ten_classes_at_a_tenth_have_targets_of_91_and_1_percent_that_sum_to_1():
    logits = torch.randn(1, 10, generator=torch.Generator().manual_seed(0))
    target = torch.full((1, 10), 0.01)
    target[0, 3] = 0.91
    assert target.sum() == pytest.approx(1)
    torch.testing.assert_close(
        label_smoothing(logits, torch.tensor([3]), eps=0.1), soft_cross_entropy(logits, target)
    )


def test_is_cheapest_at_the_smoothed_label():
    logits = torch.log(torch.tensor([[0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3]])).requires_grad_()
    label_smoothing(logits, torch.tensor([0]), eps=0.1).sum().backward()
    torch.testing.assert_close(logits.grad, torch.zeros(1, 3), atol=1e-6, rtol=0)


def test_a_soft_target_keeps_what_it_sums_to():
    target = torch.tensor([[0.5, 0.25, 0.0]])
    smoothed = 0.8 * target + 0.2 * 0.25
    logits = torch.tensor([[1.0, -2.0, 0.5]])
    torch.testing.assert_close(
        soft_label_smoothing(logits, target, eps=0.2), soft_cross_entropy(logits, smoothed)
    )


def test_neighbours_of_a_worked_example():
    labels = torch.tensor([[[0, 0, 1, IGNORE]]])
    got = smoothed_over_neighbours(labels, 2, eps=0.6, radius_px=1)
    # The first pixel sees 0 0, the second 0 0 1, the third 0 1: the border and IGNORE are not there.
    of_class_1 = torch.tensor([[[0.0, 0.6 / 3, 0.4 + 0.6 / 2, 0.0]]])
    torch.testing.assert_close(got[:, 1], of_class_1)
    torch.testing.assert_close(got[:, 0], torch.tensor([[[1.0, 1.0, 1.0, 0.0]]]) - of_class_1)


def test_only_outlines_are_smoothed_over_neighbours():
    labels = torch.zeros(1, 7, 7, dtype=torch.long)
    labels[0, :, 4:] = 2
    got = smoothed_over_neighbours(labels, 3, eps=0.3, radius_px=1)
    torch.testing.assert_close(got.sum(dim=1), torch.ones(1, 7, 7))
    assert (got[0, 0, :, :3] == 1).all()
    assert (got[0, 2, :, 5:] == 1).all()
    torch.testing.assert_close(got[0, 2, :, 3], torch.full((7,), 0.1))
    assert (got[0, 1] == 0).all()


def test_nothing_but_ignored_pixels_has_targets_of_zeros():
    got = smoothed_over_neighbours(torch.full((1, 3, 3), IGNORE), 2, eps=0.3, radius_px=1)
    assert (got == 0).all()


@pytest.mark.parametrize("eps", [-0.1, 1.0, float("nan")])
def test_eps_outside_0_to_1_is_refused(scored, eps):
    with pytest.raises(BadInput, match="0 <= eps < 1"):
        label_smoothing(*scored, eps=eps)


def test_a_radius_below_a_pixel_is_refused():
    with pytest.raises(BadInput, match="1 px or more, got 0"):
        smoothed_over_neighbours(torch.zeros(1, 2, 2, dtype=torch.long), 2, eps=0.1, radius_px=0)
