"""What every row of LOSSES and SOFT_LOSSES must do; a new row needs its formula here, and nothing else."""

import numpy as np
import pytest
import torch

from truemask.losses import LOSSES, SOFT_LOSSES
from truemask.types import IGNORE

A = -4.0


def _entropy(p):
    return -(p * np.log(p)).sum(axis=1)


def _sharpened(p, at, _):
    """Bootstrapping with tau = 2: softmax(2 z) is p squared, normalised."""
    own = p**2 / (p**2).sum(axis=1, keepdims=True)
    return -0.95 * np.log(at) - 0.05 * (own * np.log(p)).sum(axis=1)


def _multibox(p, labels, beta, own):
    """Binary cross entropy of classes 1 and 2, whose odds are those against class 0."""
    total = np.zeros(labels.shape)
    for k in (1, 2):
        c = p[:, k] / (p[:, 0] + p[:, k])
        t = beta * (labels == k) + (1 - beta) * own(c)
        total -= t * np.log(c) + (1 - t) * np.log(1 - c)
    return total


def _lncis(p, at, labels):
    """The second stage with background 0 and gamma 6."""
    robust = np.where(-np.log(at) > 6, 0, -A * (1 - at))
    return np.where((labels == 0) | (p.argmax(axis=1) == 0), -np.log(at), robust)


# Of p "b k *space", p(label) "b *space" and labels, at the default knobs.
FORMULAS = {
    "active_passive": lambda p, at, _: np.log(at) / np.log(p).sum(axis=1) - A * (1 - at),
    "bootstrap_soft": lambda p, at, _: -0.95 * np.log(at) + 0.05 * _entropy(p),
    "bootstrap_temperature": _sharpened,
    "confidence_penalty": lambda p, at, _: -np.log(at) - 0.1 * _entropy(p),
    "cross_entropy": lambda p, at, _: -np.log(at),
    "exponential_u": lambda p, at, labels: np.where(labels == 0, 1 - at, -np.log(at)),
    "focal": lambda p, at, _: -((1 - at) ** 2) * np.log(at),
    "gce": lambda p, at, _: (1 - at**0.7) / 0.7,
    "label_smoothing": lambda p, at, _: -0.9 * np.log(at) - 0.1 * np.log(p).mean(axis=1),
    "lncis": _lncis,
    "mae": lambda p, at, _: 1 - at + p.sum(axis=1) - at,
    "min_entropy": lambda p, at, _: -np.log(at) + 0.1 * _entropy(p),
    "multibox_hard": lambda p, _, labels: _multibox(p, labels, 0.8, lambda c: c > 0.5),
    "multibox_soft": lambda p, _, labels: _multibox(p, labels, 0.95, lambda c: c),
    "rce": lambda p, at, _: -A * (1 - at),
    "sce": lambda p, at, _: -0.1 * np.log(at) - A * (1 - at),
    "truncated_gce": lambda p, at, _: (1 - np.maximum(at, 0.5) ** 0.7) / 0.7,
}
# Of p and targets t.
SOFT_FORMULAS = {
    "confidence_penalty": lambda p, t: -(t * np.log(p)).sum(axis=1) - 0.1 * _entropy(p),
    "cross_entropy": lambda p, t: -(t * np.log(p)).sum(axis=1),
    "elr": lambda p, t: np.log(1 - (t * p).sum(axis=1)),
    "gce": lambda p, t: (t * (1 - p**0.7) / 0.7).sum(axis=1),
    "label_smoothing": lambda p, t: -((0.9 * t + 0.1 / 3) * np.log(p)).sum(axis=1),
    "mae": lambda p, t: np.abs(t - p).sum(axis=1),
    "min_entropy": lambda p, t: -(t * np.log(p)).sum(axis=1) + 0.1 * _entropy(p),
    "rce": lambda p, t: -(p * np.maximum(np.log(t), A)).sum(axis=1),
    "sce": lambda p, t: -((0.1 * t * np.log(p)) + p * np.maximum(np.log(t), A)).sum(axis=1),
}

each = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
each_soft = pytest.mark.parametrize("loss", SOFT_LOSSES.values(), ids=SOFT_LOSSES)


def _extreme(space, dtype):
    """Every class at +200 in turn, the others at -200, with each label: sure and right, sure and wrong."""
    logits = torch.full((9, 3), -200.0)
    logits[torch.arange(9), torch.arange(9) // 3] = 200.0
    labels = torch.arange(9) % 3
    shape = (9, *(1 for _ in space))
    return (
        logits.to(dtype).reshape(9, 3, *shape[1:]).expand(9, 3, *space).clone().requires_grad_(),
        labels.reshape(shape).expand(9, *space).clone(),
    )


def _soft(labels):
    return torch.nn.functional.one_hot(labels, 3).movedim(-1, 1).float()


def test_every_loss_has_a_formula():
    assert FORMULAS.keys() == LOSSES.keys()
    assert SOFT_FORMULAS.keys() == SOFT_LOSSES.keys()


@pytest.mark.parametrize("name", LOSSES)
def test_agrees_with_its_formula_in_float64(name, scored, probs64):
    logits, labels = scored
    p = probs64(logits)
    at = np.take_along_axis(p, labels.unsqueeze(1).numpy(), axis=1).squeeze(1)
    expected = FORMULAS[name](p, at, labels.numpy())
    np.testing.assert_allclose(LOSSES[name](logits, labels).double().numpy(), expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", SOFT_LOSSES)
def test_soft_form_agrees_with_its_formula_in_float64(name, scored, probs64):
    logits, _ = scored
    targets = logits.flip(0).softmax(dim=1)
    expected = SOFT_FORMULAS[name](probs64(logits), targets.double().numpy())
    np.testing.assert_allclose(
        SOFT_LOSSES[name](logits, targets).double().numpy(), expected, rtol=2e-5, atol=1e-6
    )


@each
def test_one_float32_value_per_unit(loss, scored):
    assert loss(*scored).shape == scored[1].shape
    assert loss(*scored).dtype == torch.float32


@each
def test_ignored_units_cost_nothing_and_leave_the_others_alone(loss, scored):
    logits, labels = scored
    some = labels.clone()
    some.view(-1)[::3] = IGNORE
    logits.requires_grad_()
    values = loss(logits, some)
    assert (values[some == IGNORE] == 0).all()
    assert torch.equal(values[some != IGNORE], loss(logits, labels)[some != IGNORE])
    values.sum().backward()
    assert (logits.grad.movedim(1, -1)[some == IGNORE] == 0).all()


@each
def test_nothing_but_ignored_units_costs_nothing(loss, scored):
    logits, labels = scored
    logits.requires_grad_()
    values = loss(logits, torch.full_like(labels, IGNORE))
    values.sum().backward()
    assert (values == 0).all()
    assert (logits.grad == 0).all()


@each_soft
def test_a_target_of_zeros_costs_nothing(loss, scored):
    logits, _ = scored
    logits.requires_grad_()
    values = loss(logits, torch.zeros_like(logits))
    values.sum().backward()
    assert (values == 0).all()
    assert (logits.grad == 0).all()


@each
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
@pytest.mark.parametrize("space", [(), (2, 3)], ids=["classes", "masks"])
def test_logits_of_200_give_finite_values_and_gradients(loss, space, dtype):
    logits, labels = _extreme(space, dtype)
    values = loss(logits, labels)
    values.sum().backward()
    assert values.isfinite().all()
    assert logits.grad.isfinite().all()


@each_soft
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
@pytest.mark.parametrize("space", [(), (2, 3)], ids=["classes", "masks"])
def test_soft_form_is_finite_for_logits_of_200(loss, space, dtype):
    logits, labels = _extreme(space, dtype)
    values = loss(logits, _soft(labels))
    values.sum().backward()
    assert values.isfinite().all()
    assert logits.grad.isfinite().all()


@each
def test_bf16_autocast_changes_nothing(loss, scored):
    logits, labels = scored
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(loss(logits, labels), loss(logits.float(), labels))
        low = loss(logits.bfloat16(), labels)
    assert low.dtype == torch.float32
    assert torch.equal(low, loss(logits.bfloat16().float(), labels))
    with torch.autocast("cpu", torch.bfloat16):
        inside = loss(logits, labels)
    assert torch.equal(inside, loss(logits, labels))


@each_soft
def test_bf16_autocast_changes_nothing_in_the_soft_form(loss, scored):
    logits, labels = scored
    with torch.autocast("cpu", torch.bfloat16):
        inside = loss(logits, 0.9 * _soft(labels))
        low = loss(logits.bfloat16(), 0.9 * _soft(labels))
    assert torch.equal(inside, loss(logits, 0.9 * _soft(labels)))
    assert torch.equal(low, loss(logits.bfloat16().float(), 0.9 * _soft(labels)))


@pytest.mark.parametrize("name", sorted(LOSSES.keys() & SOFT_LOSSES.keys()))
def test_soft_form_of_a_one_hot_target_is_the_hard_form(name, scored):
    logits, labels = scored
    torch.testing.assert_close(SOFT_LOSSES[name](logits, _soft(labels)), LOSSES[name](logits, labels))


@each
def test_pixels_are_units_like_any_other(loss, scored):
    logits, labels = scored
    flat = loss(logits.movedim(1, -1).reshape(-1, 3), labels.reshape(-1))
    torch.testing.assert_close(flat, loss(logits, labels).reshape(-1))
