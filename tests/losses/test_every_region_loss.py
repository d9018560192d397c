"""What every row of REGION_LOSSES must do; a new row needs its formula here, and nothing else."""

import math

import numpy as np
import pytest
import torch

from truemask.losses import REGION_LOSSES
from truemask.types import IGNORE


def _present(y):
    return np.flatnonzero(y.sum(axis=1))


def _iou(p, y):
    shared = (p * y).sum(axis=1)
    union = p.sum(axis=1) + y.sum(axis=1) - shared
    return np.mean([1 - shared[k] / union[k] for k in _present(y)])


def _dice(p, y):
    shared, total = (p * y).sum(axis=1), (p**2).sum(axis=1) + y.sum(axis=1)
    return np.mean([1 - 2 * shared[k] / total[k] for k in _present(y)])


def _dmi(p, y):
    ks = _present(y)
    means = (p @ y.T)[np.ix_(ks, ks)] / y.sum(axis=1)[ks]
    return -np.linalg.slogdet(means @ means.T + 1e-6 * np.eye(len(ks)))[1] / 2


def _student_t(p, y):
    units, nu = y.shape[1], math.e + 1e-8
    squares = ((p - y) ** 2).sum() / 2
    value = math.lgamma(nu / 2) - math.lgamma((nu + units) / 2) + units / 2 * math.log(math.pi * nu)
    return (value + (nu + units) / 2 * math.log(1 + squares / nu)) / units


# Of p and one-hot y, both "k n" for the labelled units of one image, at the default knobs.
FORMULAS = {
    "dice": _dice,
    "dmi": _dmi,
    "dmi_iou": lambda p, y: _dmi(p, y) + _iou(p, y),
    "soft_iou": _iou,
    "t_loss": _student_t,
}
each = pytest.mark.parametrize("loss", REGION_LOSSES.values(), ids=REGION_LOSSES)


def test_every_region_loss_has_a_formula():
    assert FORMULAS.keys() == REGION_LOSSES.keys()


@pytest.mark.parametrize("name", REGION_LOSSES)
def test_agrees_with_its_formula_in_float64(name, scored, probs64):
    logits, labels = scored
    labels.view(-1)[::4] = IGNORE
    values = REGION_LOSSES[name](logits, labels)
    assert values.dtype == torch.float32
    p = probs64(logits).reshape(6, 3, -1)
    for row, given in enumerate(labels.reshape(6, -1).numpy()):
        says = given != IGNORE
        expected = FORMULAS[name](p[row][:, says], np.eye(3)[given[says]].T) if says.any() else 0.0
        assert values[row].item() == pytest.approx(expected, rel=2e-5, abs=1e-6)


@each
def test_ignored_units_take_no_part(loss, scored):
    logits, labels = scored
    some = labels.clone()
    some.view(-1)[::3] = IGNORE
    other = torch.where((some == IGNORE).unsqueeze(1), 9 * logits.flip(1), logits).requires_grad_()
    values = loss(other, some)
    assert torch.equal(values, loss(logits, some))
    values.sum().backward()
    assert (other.grad.movedim(1, -1)[some == IGNORE] == 0).all()


@each
def test_an_image_without_a_label_costs_nothing(loss, scored):
    logits, labels = scored
    logits.requires_grad_()
    values = loss(logits, torch.full_like(labels, IGNORE))
    values.sum().backward()
    assert (values == 0).all()
    assert (logits.grad == 0).all()


@each
def test_every_image_is_on_its_own(loss, scored):
    logits, labels = scored
    alone = torch.cat([loss(logits[row : row + 1], labels[row : row + 1]) for row in range(6)])
    torch.testing.assert_close(alone, loss(logits, labels))


@each
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
@pytest.mark.parametrize("space", [(), (2, 3)], ids=["classes", "masks"])
def test_logits_of_200_give_finite_values_and_gradients(loss, space, dtype):
    logits = torch.full((9, 3, *space), -200.0)
    labels = torch.zeros((9, *space), dtype=torch.long)
    for row in range(9):
        logits[row, row // 3] = 200.0
        labels[row] = row % 3
    if space:  # another class, and another thing said, in one corner
        logits[:, :, 0, 0] = logits[:, :, 0, 0].roll(1, dims=1)
        labels[:, 0, 0] = (labels[:, 0, 1] + 1) % 3
    logits = logits.to(dtype).requires_grad_()
    values = loss(logits, labels)
    values.sum().backward()
    assert values.isfinite().all()
    assert logits.grad.isfinite().all()


@each
def test_bf16_autocast_changes_nothing(loss, scored):
    logits, labels = scored
    with torch.autocast("cpu", torch.bfloat16):
        inside = loss(logits, labels)
        low = loss(logits.bfloat16(), labels)
    assert torch.equal(inside, loss(logits, labels))
    assert torch.equal(low, loss(logits.bfloat16().float(), labels))


@each
def test_descent_makes_the_label_likelier(loss):
    rng = torch.Generator().manual_seed(0)
    labels = torch.randint(3, (2, 4, 5), generator=rng)
    start = torch.randn(2, 3, 4, 5, generator=rng) + torch.nn.functional.one_hot(labels, 3).movedim(-1, 1)
    logits = start.clone().requires_grad_()
    for _ in range(100):
        (slope,) = torch.autograd.grad(loss(logits, labels).sum(), logits)
        logits = (logits - 2 * slope).detach().requires_grad_()
    before, after = (
        z.softmax(dim=1).gather(1, labels.unsqueeze(1)).mean().item() for z in (start, logits.detach())
    )
    assert after > before + 0.1
