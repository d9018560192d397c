import math

import pytest
import torch

from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.lncis import Division, division, lncis
from truemask.losses.lncis_released import lncis_released
from truemask.losses.rce import rce
from truemask.types import IGNORE, BadInput

# Three foreground classes and background 3; one unit of each set, and two OTHERs.
LOGITS = torch.tensor(
    [[2.0, 0, 0, 0], [0, 0, 0, 3.0], [0, 3.0, 0, 0], [9.0, 0, 0, 0], [0, 0, 0, 4.0]],
)
LABELS = torch.tensor([0, 1, 0, 1, 3])
RELEASED = math.log(1e-4)


def test_division_of_the_worked_example():
    expected = [
        Division.OTHER,
        Division.PSEUDO_NEGATIVE,
        Division.OTHER,
        Division.POTENTIAL_NOISY,
        Division.NEGATIVE,
    ]
    assert division(LOGITS, LABELS, background=3).tolist() == expected


@pytest.mark.parametrize(
    ("log_zero", "gamma", "expected", "mean"),
    [
        (-4.0, 6.0, [1.15506, 3.13921, 3.82673, 0, 0.05349], 1.63490),
        (-4.0, math.inf, [1.15506, 3.13921, 3.82673, 3.99951, 0.05349], 2.43480),
        (RELEASED, 6.0, [2.65963, 3.13921, 8.81137, 0, 0.05349], 2.93274),
        (RELEASED, math.inf, [2.65963, 3.13921, 8.81137, 9.20920, 0.05349], 4.77458),
    ],
    ids=["paper", "paper, none left out", "released log 0", "released log 0, none left out"],
)
def test_loss_of_the_worked_example(log_zero, gamma, expected, mean):
    values = lncis(LOGITS, LABELS, background=3, gamma=gamma, log_zero=log_zero)
    torch.testing.assert_close(values, torch.tensor(expected), atol=1e-5, rtol=0)
    assert values.mean().item() == pytest.approx(mean, abs=1e-5)


def test_left_out_units_have_no_gradient():
    logits = LOGITS.clone().requires_grad_()
    lncis(logits, LABELS, background=3).sum().backward()
    assert (logits.grad[3] == 0).all()
    assert (logits.grad[[0, 1, 2, 4]].abs().sum(dim=1) > 0).all()


def test_relabelling_a_left_out_unit_changes_nothing():
    other = LABELS.clone()
    other[3] = 2
    torch.testing.assert_close(
        lncis(LOGITS, other, background=3), lncis(LOGITS, LABELS, background=3), rtol=0, atol=0
    )


def test_background_only_is_cross_entropy(scored):
    logits, labels = scored
    nothing = torch.zeros_like(labels)
    torch.testing.assert_close(lncis(logits, nothing), cross_entropy(logits, nothing))


def test_an_object_taken_for_background_is_cross_entropy_however_unlikely_its_label():
    logits, labels = torch.tensor([[20.0, 0.0, 0.0]]), torch.tensor([1])
    assert division(logits, labels).item() == Division.PSEUDO_NEGATIVE
    torch.testing.assert_close(lncis(logits, labels), cross_entropy(logits, labels))


def test_without_background_in_sight_and_none_left_out_it_is_reverse_cross_entropy(scored):
    logits, labels = scored
    objects = labels.clamp(min=1)
    logits[:, 0] = -50
    torch.testing.assert_close(lncis(logits, objects, gamma=math.inf), rce(logits, objects))


def test_ignored_units_are_in_no_set(scored):
    logits, labels = scored
    nothing = torch.full_like(labels, IGNORE)
    assert (division(logits, nothing) == Division.IGNORED).all()


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"gamma": 0.0}, "gamma > 0"),
        ({"gamma": math.nan}, "gamma > 0"),
        ({"log_zero": 0.0}, "log_zero below 0"),
        ({"background": -1}, "background=-1"),
    ],
)
def test_knobs_out_of_range_are_refused(knobs, said):
    with pytest.raises(BadInput, match=said):
        lncis(LOGITS, LABELS, **knobs)


@pytest.mark.parametrize(
    ("negatives", "pseudo_negatives", "expected"),
    [
        (True, False, "OTHER OTHER OTHER POTENTIAL_NOISY NEGATIVE"),
        (False, True, "OTHER PSEUDO_NEGATIVE OTHER POTENTIAL_NOISY OTHER"),
        (False, False, "OTHER OTHER OTHER POTENTIAL_NOISY OTHER"),
    ],
)
def test_sets_can_be_switched_off_as_in_the_ablation(negatives, pseudo_negatives, expected):
    sets = division(LOGITS, LABELS, background=3, negatives=negatives, pseudo_negatives=pseudo_negatives)
    assert sets.tolist() == [Division[name] for name in expected.split()]


def test_without_any_set_all_is_reverse_cross_entropy():
    values = lncis(LOGITS, LABELS, background=3, gamma=math.inf, negatives=False, pseudo_negatives=False)
    torch.testing.assert_close(values, rce(LOGITS, LABELS))


def test_the_released_loss_is_the_clamped_sums_in_float64():
    sets = division(LOGITS, LABELS, background=3)
    p = LOGITS.double().softmax(dim=1).clamp(1e-7, 1)
    q = torch.nn.functional.one_hot(LABELS, 4).double().clamp(1e-4, 1)
    ce, rce_ = -(q * p.log()).sum(1), -(p * q.log()).sum(1)
    expected = torch.stack([rce_[0], ce[1], rce_[2], ce.new_zeros(()), ce[4]])
    torch.testing.assert_close(lncis_released(LOGITS, LABELS, sets).double(), expected, rtol=1e-5, atol=1e-6)


def test_the_released_loss_is_the_papers_with_another_log_zero_but_for_the_leak():
    sets = division(LOGITS, LABELS, background=3, gamma=math.inf)
    released = lncis_released(LOGITS, LABELS, sets)
    paper = lncis(LOGITS, LABELS, background=3, gamma=math.inf, log_zero=RELEASED)
    torch.testing.assert_close(released, paper, rtol=0, atol=1e-4 * 3 * 7)  # 3 other classes, -log p <= 7
    assert (released != paper).any()


def test_the_released_loss_stops_pulling_below_its_floor():
    logits = torch.tensor([[40.0, 0.0, 0.0, 0.0]], requires_grad=True)
    sets = torch.tensor([int(Division.NEGATIVE)])
    lncis_released(logits, torch.tensor([3]), sets).sum().backward()
    assert logits.grad.abs().max() < 1e-3
    assert (lncis_released(logits, torch.tensor([IGNORE]), torch.tensor([IGNORE])) == 0).all()
