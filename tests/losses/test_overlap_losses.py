"""soft_iou and dice: which classes and pixels count, and the values of worked examples."""

import pytest
import torch

from truemask.losses.dice import dice
from truemask.losses.soft_iou import soft_iou

both = pytest.mark.parametrize("loss", [soft_iou, dice], ids=["soft_iou", "dice"])
P = torch.tensor([0.9, 0.8, 0.3, 0.2, 0.1, 0.4])
LABELS = torch.tensor([[[1, 1, 0, 0, 0, 1]]])


def _two_classes(p):
    return torch.stack([torch.zeros_like(p), p.logit()])[None, :, None]


@pytest.mark.parametrize(("squared", "expected"), [(False, 0.416667), (True, 0.207547)])
def test_iou_of_the_foreground_of_a_worked_example(squared, expected):
    got = soft_iou(_two_classes(P), LABELS, squared=squared, background=0)
    assert got.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("squared", "expected"), [(False, 1 - 4.2 / 5.7), (True, 1 - 4.2 / 4.75)])
def test_dice_of_the_foreground_of_a_worked_example(squared, expected):
    got = dice(_two_classes(P), LABELS, squared=squared, background=0)
    assert got.item() == pytest.approx(expected, abs=1e-6)


def test_dice_is_iou_over_2_minus_iou_class_by_class():
    iou = soft_iou(_two_classes(P), LABELS, background=0)
    torch.testing.assert_close(dice(_two_classes(P), LABELS, squared=False, background=0), iou / (2 - iou))


@both
def test_without_a_background_both_classes_count_alike(loss):
    swapped = loss(_two_classes(P).flip(1), 1 - LABELS, background=0)
    expected = (loss(_two_classes(P), LABELS, background=0) + swapped) / 2
    torch.testing.assert_close(loss(_two_classes(P), LABELS), expected)


@both
def test_an_image_of_background_alone_is_judged_by_its_background(loss):
    nothing = torch.zeros_like(LABELS)
    only, all_classes = (loss(_two_classes(P), nothing, background=each) for each in (0, None))
    torch.testing.assert_close(only, all_classes)
    assert only.item() > 0.1


@both
def test_a_class_that_is_not_in_the_labels_is_left_out_but_its_pixels_are_missed_elsewhere(loss):
    three = torch.cat([_two_classes(P), torch.full((1, 1, 1, 6), -50.0)], dim=1)
    torch.testing.assert_close(loss(three, LABELS), loss(_two_classes(P), LABELS))
    three[0, 2, 0, 0] = 5.0
    assert loss(three, LABELS).item() > loss(_two_classes(P), LABELS).item() + 0.05


@both
def test_a_perfect_prediction_costs_nothing_and_a_wrong_one_1(loss):
    sure = 100.0 * torch.nn.functional.one_hot(LABELS, 2).movedim(-1, 1).float()
    assert loss(sure, LABELS).item() == pytest.approx(0, abs=1e-6)
    assert loss(-sure, LABELS).item() == pytest.approx(1, abs=1e-6)
