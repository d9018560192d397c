"""Forward and backward correction: what they are without noise, on average over noise, and at the edges."""

import math

import pytest
import torch

from truemask.losses.backward_correction import backward_correction, inverse_transition
from truemask.losses.cross_entropy import cross_entropy
from truemask.losses.forward_correction import forward_correction, log_transition, through_noise
from truemask.types import IGNORE, BadInput

KNOWN = torch.tensor([[0.7, 0.2, 0.1], [0.0, 0.9, 0.1], [0.3, 0.1, 0.6]])
LOSSES = {
    "forward": lambda logits, labels, matrix=KNOWN: forward_correction(logits, labels, transition=matrix),
    "backward": lambda logits, labels, matrix=KNOWN: backward_correction(
        logits, labels, inverse=inverse_transition(matrix)
    ),
}
each = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


@each
def test_without_noise_it_is_cross_entropy(loss, scored):
    torch.testing.assert_close(loss(*scored, torch.eye(3)), cross_entropy(*scored), rtol=1e-6, atol=1e-6)


def test_forward_is_the_papers_formula_in_float64(scored, probs64):
    logits, labels = scored
    after = torch.einsum("bi...,ij->bj...", torch.from_numpy(probs64(logits)), KNOWN.double())
    expected = -after.gather(1, labels.unsqueeze(1)).squeeze(1).log()
    torch.testing.assert_close(
        forward_correction(logits, labels, transition=KNOWN).double(), expected, rtol=1e-5, atol=1e-6
    )


def test_forward_is_least_where_p_is_the_clean_posterior():
    posterior = torch.tensor([0.5, 0.2, 0.3])
    noisy = posterior @ KNOWN
    logits = posterior.log().repeat(3, 1).requires_grad_()
    losses = forward_correction(logits, torch.arange(3), transition=KNOWN)
    (noisy * losses).sum().backward()
    assert logits.grad.sum(dim=0).abs().max() < 1e-6
    # The same likelihood, with classes named otherwise: why a matrix cannot be learnt from anywhere.
    swap = torch.eye(3)[[1, 0, 2]]
    renamed = forward_correction(
        (posterior @ swap).log().repeat(3, 1), torch.arange(3), transition=swap @ KNOWN
    )
    torch.testing.assert_close(renamed, losses.detach())


def test_backward_is_on_average_over_the_noise_the_clean_loss(scored):
    logits, labels = scored
    over_labels = torch.stack(
        [
            backward_correction(
                logits, torch.full_like(labels, given), inverse=inverse_transition(KNOWN), floor=0
            )
            for given in range(3)
        ],
        dim=-1,
    )
    expected = (KNOWN[labels].double() * over_labels.double()).sum(dim=-1)
    torch.testing.assert_close(expected, cross_entropy(logits, labels).double(), rtol=1e-5, atol=1e-5)


def test_the_inverse_times_the_matrix_is_the_identity_to_rounding():
    exact = KNOWN.double()
    torch.testing.assert_close(
        exact @ inverse_transition(exact), torch.eye(3, dtype=torch.float64), rtol=0, atol=1e-15
    )


def test_backward_has_a_lower_bound_where_probabilities_have_a_floor():
    logits = torch.tensor([[100.0, -100.0, -100.0]])
    wild = backward_correction(logits, torch.tensor([2]), inverse=inverse_transition(KNOWN), floor=0)
    inverse = inverse_transition(KNOWN)
    calm = backward_correction(logits, torch.tensor([2]), inverse=inverse)
    assert calm.item() == pytest.approx(-math.log(1e-7) * inverse[2, 1:].sum().item(), rel=1e-4)
    assert abs(wild.item()) > 10 * abs(calm.item())


def test_a_label_that_the_noise_never_makes_keeps_cross_entropy():
    never = torch.tensor([[0.8, 0.2, 0.0], [0.3, 0.7, 0.0], [0.5, 0.5, 0.0]])
    logits, labels = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)), torch.full((4,), 2)
    torch.testing.assert_close(
        forward_correction(logits, labels, transition=never), cross_entropy(logits, labels)
    )


def test_the_matrix_gets_a_gradient_where_it_is_learnt(scored):
    logits, labels = scored
    weights = KNOWN.clamp(min=0.01).log().requires_grad_()
    through_noise(logits, labels, weights.log_softmax(dim=1)).sum().backward()
    by_hand = torch.autograd.grad(
        -torch.einsum("bi...,ij->bj...", logits.softmax(dim=1), weights.softmax(dim=1))
        .gather(1, labels.unsqueeze(1))
        .log()
        .sum(),
        weights,
    )[0]
    torch.testing.assert_close(weights.grad, by_hand, rtol=1e-4, atol=1e-5)


@each
def test_ignored_units_cost_nothing(loss, scored):
    logits, labels = scored
    some = labels.clone()
    some.view(-1)[::3] = IGNORE
    logits.requires_grad_()
    values = loss(logits, some)
    assert (values[some == IGNORE] == 0).all()
    torch.testing.assert_close(values[some != IGNORE], loss(logits, labels)[some != IGNORE])
    loss(logits, torch.full_like(labels, IGNORE)).sum().backward()
    assert (logits.grad == 0).all()


@each
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
@pytest.mark.parametrize("matrix", [torch.eye(3), KNOWN], ids=["identity", "known"])
def test_logits_of_200_give_finite_values_and_gradients(loss, dtype, matrix):
    logits = (400 * torch.eye(3).repeat_interleave(3, dim=0) - 200).to(dtype).requires_grad_()
    values = loss(logits, torch.arange(9) % 3, matrix)
    values.sum().backward()
    assert values.dtype == torch.float32
    assert values.isfinite().all()
    assert logits.grad.isfinite().all()


def test_classes_that_are_given_alike_cannot_be_told_apart():
    alike = torch.tensor([[0.5, 0.5], [0.5, 0.5]])
    with pytest.raises(BadInput, match="nothing undoes this one"):
        inverse_transition(alike)
    assert log_transition(alike).exp().tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_a_floor_out_of_range_is_refused(scored):
    with pytest.raises(BadInput, match="0 <= floor < 1"):
        backward_correction(*scored, inverse=torch.eye(3), floor=1.0)
