import pytest
import torch

from truemask.methods.selection import smallest
from truemask.types import IGNORE


def test_keeps_the_smallest_losses():
    losses, labels = torch.tensor([3.0, 1.0, 2.0, 4.0]), torch.zeros(4, dtype=torch.long)
    assert smallest(losses, labels, 0.5).tolist() == [False, True, True, False]


def test_share_1_keeps_all_that_is_labelled():
    labels = torch.tensor([[0, IGNORE], [1, 2]])
    for per_class in (False, True):
        assert torch.equal(smallest(torch.rand(2, 2), labels, 1.0, per_class=per_class), labels != IGNORE)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 0.7, 0.9])
def test_count_is_the_rounded_share_and_at_least_one_even_among_equals(share):
    labels = torch.zeros(10, dtype=torch.long)
    assert smallest(torch.ones(10), labels, share).sum() == max(1, round(share * 10))


def test_ignored_units_are_neither_kept_nor_counted():
    losses = torch.tensor([0.0, 0.0, 1.0, 2.0])
    labels = torch.tensor([IGNORE, IGNORE, 0, 0])
    assert smallest(losses, labels, 0.5).tolist() == [False, False, True, False]


@pytest.mark.parametrize("per_class", [False, True])
def test_nothing_but_ignored_units_keeps_nothing(per_class):
    labels = torch.full((2, 3), IGNORE)
    assert not smallest(torch.rand(2, 3), labels, 0.5, per_class=per_class).any()


def test_per_class_leaves_a_rare_and_hard_class_its_share():
    labels = torch.cat([torch.zeros(90, dtype=torch.long), torch.ones(10, dtype=torch.long)])
    losses = torch.rand(100, generator=torch.Generator().manual_seed(0)) + 5 * labels
    assert smallest(losses, labels, 0.8)[labels == 1].sum() == 0
    kept = smallest(losses, labels, 0.8, per_class=True)
    assert [kept[labels == label].sum().item() for label in (0, 1)] == [72, 8]
    assert losses[labels == 1][kept[labels == 1]].max() < losses[labels == 1][~kept[labels == 1]].min()


def test_selection_carries_no_gradient():
    assert not smallest(
        torch.rand(4, requires_grad=True), torch.zeros(4, dtype=torch.long), 0.5
    ).requires_grad
