import math

import numpy as np
import pytest
import torch

from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.dmi import dmi, joint, of_joint
from truemask.types import IGNORE, BadInput

P = torch.tensor([0.9, 0.8, 0.3, 0.2, 0.1, 0.4])
LOGITS = torch.stack([P.logit(), torch.zeros_like(P)])[None]
LABELS = torch.tensor([[0, 0, 1, 1, 1, 0]])


def _random(units, classes, *, seed=0):
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (units,), generator=rng)
    logits = torch.randn(units, classes, generator=rng) + 2 * torch.nn.functional.one_hot(labels, classes)
    return logits.T[None], labels[None]


def test_joint_matrix_of_a_worked_example():
    expected = torch.tensor([[[2.1, 0.6], [0.9, 2.4]]], dtype=torch.float64)
    torch.testing.assert_close(joint(LOGITS, LABELS), expected, rtol=1e-6, atol=0)


def test_loss_of_a_worked_example_up_to_the_size_of_the_classes():
    """The sum form is -log 4.5 = -1.504077; each of the two columns is divided by its 3 units."""
    got = dmi(LOGITS, LABELS, floor=1e-9).item()
    assert got - math.log(3 * 3) == pytest.approx(-1.504077, abs=1e-6)


def test_a_binary_determinant_is_the_spread_of_the_prediction_around_its_mean():
    """det = N sum_i s_i (p_i - mean p), so over n1 n2 it is exp(-loss)."""
    s = (LABELS[0] == 0).float()
    det = 6 * (s * (P - P.mean())).sum() / 9
    assert dmi(LOGITS, LABELS, floor=1e-9).item() == pytest.approx(-math.log(det), abs=1e-6)


def test_noise_shifts_the_loss_by_the_log_determinant_of_its_matrix():
    logits, labels = _random(4000, 3)
    transition = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7]])
    rng = np.random.default_rng(0)
    noisy = torch.tensor([[rng.choice(3, p=transition[label]) for label in labels[0]]])
    # The columns are divided by their sizes, which noise changes: that part is known.
    sizes = [np.log(np.bincount(each[0].numpy())).sum() for each in (labels, noisy)]
    shift = (dmi(logits, noisy) - sizes[1] - dmi(logits, labels) + sizes[0]).item()
    # The sum of 4000 draws: 1.04 against 1.02 in another draw of the same size.
    assert shift == pytest.approx(-np.log(np.linalg.det(transition)), abs=0.1)


def test_a_single_unit_pays_cross_entropy(scored):
    logits, labels = scored
    if labels.ndim == 1:
        torch.testing.assert_close(dmi(logits, labels, floor=1e-6), cross_entropy(logits, labels))


def test_the_order_of_classes_does_not_matter():
    logits, labels = _random(50, 4)
    torch.testing.assert_close(dmi(logits[:, [2, 0, 3, 1]], labels), dmi(logits, labels))


def test_a_class_without_a_label_leaves_the_others_a_gradient():
    logits, labels = _random(60, 4)
    labels[labels == 3] = IGNORE
    logits.requires_grad_()
    plain = torch.linalg.det(joint(logits.detach(), labels)).abs().item()
    assert plain == 0  # what the loss of the paper would take the logarithm of
    value = dmi(logits, labels)
    value.sum().backward()
    assert value.isfinite().all()
    assert logits.grad.movedim(1, -1)[labels != IGNORE].abs().sum() > 0.1


def test_classes_that_are_predicted_alike_have_finite_values_and_gradients():
    logits = torch.zeros(1, 3, 12, requires_grad=True)
    value = dmi(logits, torch.arange(12)[None] % 3)
    value.sum().backward()
    assert value.item() == pytest.approx(-math.log(math.sqrt(1 / 3) * 1e-3**2), abs=0.01 + math.log(3) / 2)
    assert logits.grad.isfinite().all()


def test_eighty_one_classes_do_not_underflow():
    labels = torch.arange(81).repeat(3)[None]
    logits = (0.1 * torch.nn.functional.one_hot(labels, 81).movedim(-1, 1).float()).requires_grad_()
    value = dmi(logits, labels)
    value.sum().backward()
    assert 400 < value.item() < 81 * math.log(1e3)
    assert logits.grad.abs().max() > 1e-3


def test_counts_of_more_units_stand_in_for_those_of_a_batch():
    part = joint(*_random(40, 3))[0]
    torch.testing.assert_close(of_joint(3 * part, counts=3 * part.sum(dim=0)), of_joint(part))


def test_no_class_at_all_costs_nothing():
    assert of_joint(torch.zeros(3, 3, dtype=torch.float64)).item() == 0


@pytest.mark.parametrize("floor", [0.0, -1e-3, math.inf])
def test_a_floor_that_is_not_above_0_is_refused(scored, floor):
    with pytest.raises(BadInput, match="finite floor above 0"):
        dmi(*scored, floor=floor)
