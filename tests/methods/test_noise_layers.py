"""Layers of label noise: without noise, at their start, as they learn, and as estimates."""

import dataclasses
import math

import pytest
import torch

from truemask.batch import Batch, Objects
from truemask.losses import cross_entropy
from truemask.losses.forward_correction import forward_correction
from truemask.methods.ce import CE
from truemask.methods.method import Stage
from truemask.methods.noise_adaptation import NoiseAdaptation
from truemask.methods.noise_layer import NoiseLayer
from truemask.methods.noise_layer_trusted import NoiseLayerTrusted
from truemask.methods.noise_matrix import log_rows, near_identity
from truemask.methods.verified import Verified
from truemask.types import IGNORE, BadInput, Task

LOGITS = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 2, 0, 1, IGNORE])
OBJECTS = (
    Objects(torch.zeros(0, 4), torch.zeros(0).long(), torch.zeros(0, 8, 8) > 0, torch.zeros(0).long()),
)
MATRIX = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.1, 0.6]])


def batch_with(**parameters):
    return Batch(images=torch.zeros(6, 2), labels=LABELS, rows=torch.arange(6), parameters=parameters)


def next_class(truth, rate):
    wrong = torch.rand(truth.shape, generator=torch.Generator().manual_seed(3)) < rate
    return torch.where(wrong, (truth + 1) % 3, truth)


@pytest.mark.parametrize(
    ("method", "stages"),
    [
        (NoiseLayer(), (Stage("ce", 3, hooks=CE()), Stage("noise", 7))),
        (NoiseAdaptation(), (Stage("ce", 5, hooks=CE()), Stage("noise", 5))),
        (NoiseLayerTrusted(), (Stage("verified", 5, hooks=Verified()), Stage("both", 5))),
    ],
    ids=["learnt", "adaptation", "trusted"],
)
def test_the_layer_comes_after_a_first_view(method, stages):
    assert method.stages(10) == stages


def test_the_layer_gets_a_gradient_only_after_its_release():
    noise = near_identity(3, 0.9).requires_grad_()
    first, second = NoiseLayer().stages(10)
    first.hooks.unit_loss(LOGITS.clone().requires_grad_(), LABELS, batch_with(noise=noise)).sum().backward()
    assert noise.grad is None
    NoiseLayer().unit_loss(LOGITS, LABELS, batch_with(noise=noise)).sum().backward()
    assert noise.grad.abs().min() > 0
    assert second.hooks is None


@pytest.mark.parametrize(
    "method", [NoiseLayer(trace_weight=0.0), NoiseAdaptation(), NoiseAdaptation(complex=True)]
)
def test_with_a_fixed_matrix_it_is_forward_correction(method):
    batch = batch_with(noise=MATRIX.log(), noise_weights=torch.zeros(3, 3, 3))
    expected = forward_correction(LOGITS, LABELS, transition=MATRIX)
    torch.testing.assert_close(method.unit_loss(LOGITS, LABELS, batch), expected)


def test_the_push_is_the_mean_diagonal_for_every_labelled_unit():
    batch = batch_with(noise=MATRIX.log())
    pushed, free = (NoiseLayer(trace_weight=w).unit_loss(LOGITS, LABELS, batch) for w in (0.5, 0.0))
    torch.testing.assert_close(pushed - free, 0.5 * 0.7 * (LABELS != IGNORE).float())
    assert pushed[-1] == 0


def test_each_unit_has_its_own_matrix_in_the_complex_form():
    weights = torch.randn(3, 3, 3, generator=torch.Generator().manual_seed(1))
    batch = batch_with(noise=MATRIX.log(), noise_weights=weights)
    losses = NoiseAdaptation(complex=True).unit_loss(LOGITS, LABELS, batch)
    for unit in range(5):
        scores = (weights.double() * LOGITS[unit].double()).sum(dim=2) + MATRIX.double().log()
        after = LOGITS[unit].double().softmax(dim=0) @ scores.softmax(dim=1)
        assert losses[unit].item() == pytest.approx(-math.log(after[LABELS[unit]]), rel=1e-5)
    maps = LOGITS.T.reshape(1, 3, 2, 3), LABELS.reshape(1, 2, 3)
    torch.testing.assert_close(
        NoiseAdaptation(complex=True).unit_loss(*maps, batch).flatten(), losses, rtol=1e-5, atol=1e-6
    )


def test_objects_and_background_stay_apart():
    for complex_form in (False, True):
        noise = torch.zeros(3, 3, requires_grad=True)
        batch = dataclasses.replace(
            batch_with(noise=noise, noise_weights=torch.zeros(3, 3, 3)), objects=OBJECTS
        )
        losses = NoiseAdaptation(complex=complex_form).unit_loss(LOGITS, LABELS, batch)
        parted = torch.tensor([[1, 0, 0], [0, 0.5, 0.5], [0, 0.5, 0.5]])
        torch.testing.assert_close(losses, forward_correction(LOGITS, LABELS, transition=parted))
        losses.sum().backward()
        assert noise.grad.isfinite().all()


@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("complex_form", [False, True])
@pytest.mark.parametrize("method", [NoiseLayer, NoiseAdaptation])
def test_logits_of_200_give_finite_gradients(method, complex_form, dropout):
    if method is NoiseLayer and (complex_form or dropout):
        return
    made = method() if method is NoiseLayer else method(complex=complex_form, dropout=dropout)
    logits = (400 * torch.eye(3).repeat(2, 1) - 200).requires_grad_()
    noise = near_identity(3, 0.9).requires_grad_()
    weights = torch.randn(3, 3, 3, generator=torch.Generator().manual_seed(1)).requires_grad_()
    losses = made.unit_loss(logits, LABELS, batch_with(noise=noise, noise_weights=weights))
    losses.sum().backward()
    assert losses.isfinite().all()
    assert logits.grad.isfinite().all()
    assert noise.grad.isfinite().all()
    silent = made.unit_loss(
        logits, torch.full_like(LABELS, IGNORE), batch_with(noise=noise, noise_weights=weights)
    )
    assert (silent == 0).all()


def test_dropout_closes_ways_from_class_to_class_but_never_from_a_class_to_itself():
    torch.manual_seed(0)
    method, closed, draws = NoiseAdaptation(dropout=0.3), torch.zeros(3, 3), 500
    for _ in range(draws):
        closed += method._thinned(MATRIX.log()).isinf()
    assert (closed.diagonal() == 0).all()
    # Six ways, 500 draws of each: five standard deviations of the share.
    assert closed.sum().item() / (6 * draws) == pytest.approx(0.3, abs=0.042)


def test_a_matrix_near_the_identity_has_the_wanted_diagonal():
    torch.testing.assert_close(
        log_rows(near_identity(3, 0.9), objects=False).exp(),
        torch.tensor([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]]),
    )


def test_the_learnt_layer_leans_towards_the_noise_where_labels_are_not_known_by_heart(
    make_flipped, make_engine
):
    data, fresh = (make_flipped(Task.CLASSIFICATION, 0.0, seed=seed) for seed in (1, 2))
    right = {}
    for method in (CE(), NoiseLayer()):
        # A linear network: too few weights to learn 90 wrong labels by heart. One that does so explains them
        # all by itself, and the matrix stays the identity.
        engine = make_engine(
            method,
            data.problem,
            data.images,
            next_class(data.truth, 0.3),
            network=lambda problem: torch.nn.Linear(problem.channels, problem.num_classes),
        ).fit(20)
        engine.images = fresh.images
        right[type(method)] = engine.agreement(fresh.truth)
    found = log_rows(engine.parameters["noise"].detach(), objects=False).exp()
    onward = found[torch.arange(3), (torch.arange(3) + 1) % 3]
    back = found[torch.arange(3), (torch.arange(3) + 2) % 3]
    assert (onward > 10 * back).all()
    assert onward.mean().item() == pytest.approx(0.3, abs=0.15)
    assert right[NoiseLayer] > right[CE] + 0.05


def test_adaptation_begins_with_what_cross_entropy_confuses(make_flipped, make_engine):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    method = NoiseAdaptation(warm_up=0.5)
    engine = make_engine(method, data.problem, data.images, next_class(data.truth, 0.3), lr=0.003)
    engine.fit(6)
    engine.epoch = 0
    method.before_epoch(engine)
    found = log_rows(engine.parameters["noise"].detach(), objects=False).exp()
    known = 0.7 * torch.eye(3) + 0.3 * torch.eye(3)[[1, 2, 0]]
    assert (found - known).abs().max() < 0.15
    engine.epoch, before = 1, engine.parameters["noise"].clone()
    method.before_epoch(engine)
    assert torch.equal(engine.parameters["noise"], before)


@pytest.mark.parametrize("top_down", [False, True])
def test_verified_rows_tell_what_lies_behind_a_label(top_down, make_flipped, make_engine):
    data, few = make_flipped(Task.CLASSIFICATION, 0.0), make_flipped(Task.CLASSIFICATION, 0.0, seed=5)
    labels = next_class(data.truth, 0.3)
    method = NoiseLayerTrusted(top_down=top_down)
    trusted = few.images[:90], few.truth[:90]
    engine = make_engine(method, data.problem, data.images, labels, lr=0.003, trusted=trusted).fit(20)
    joint = torch.zeros(3, 3).index_put_((data.truth, labels), torch.ones(300), accumulate=True)
    posterior, transition = (engine.parameters[name].detach() for name in ("posterior", "transition"))
    assert (posterior - joint / joint.sum(dim=0)).abs().max() < 0.2
    assert (transition - joint / joint.sum(dim=1, keepdim=True)).abs().max() < 0.2
    plain = make_engine(CE(), data.problem, data.images, labels, lr=0.003).fit(20)
    assert engine.agreement(data.truth) > plain.agreement(data.truth) + 0.02


def test_top_down_a_label_becomes_the_classes_behind_it():
    posterior = torch.tensor([[0.8, 0.3, 0.0], [0.1, 0.7, 0.0], [0.1, 0.0, 1.0]])
    batch = batch_with(posterior=posterior, transition=MATRIX)
    targets, weights = NoiseLayerTrusted(top_down=True).targets(batch, LOGITS)
    assert weights is None
    torch.testing.assert_close(targets[:5], posterior.T[LABELS[:5]])
    assert (targets[5] == 0).all()
    sure, _ = NoiseLayerTrusted(top_down=True).targets(dataclasses.replace(batch, trusted=True), LOGITS)
    assert sure is batch.labels


def test_bottom_up_verified_labels_skip_the_layer():
    batch, method = batch_with(transition=MATRIX), NoiseLayerTrusted()
    torch.testing.assert_close(
        method.unit_loss(LOGITS, LABELS, batch), forward_correction(LOGITS, LABELS, transition=MATRIX)
    )
    torch.testing.assert_close(
        method.unit_loss(LOGITS, LABELS, dataclasses.replace(batch, trusted=True)),
        cross_entropy(LOGITS, LABELS),
    )


def test_a_noisy_row_counts_gamma_of_a_verified_one(make_flipped, make_engine):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    trusted = data.images[:100], data.truth[:100]
    method = NoiseLayerTrusted(noisy_weight=0.5)
    engine = make_engine(method, data.problem, data.images, data.labels, trusted=trusted)
    updates = []
    engine.update = lambda loss: updates.append(loss.item())
    logged = method.step(engine, engine.batch(torch.arange(32)))
    expected = (0.5 * 300 * logged["loss"] + 100 * logged["trusted_loss"]) / (150 + 100)
    assert updates == [pytest.approx(expected, rel=1e-5)]


@pytest.mark.parametrize(
    ("method", "knobs", "said"),
    [
        (NoiseLayer, {"diagonal": 1.0}, "0 < diagonal < 1"),
        (NoiseLayer, {"trace_weight": -1.0}, "trace_weight >= 0"),
        (NoiseLayer, {"lr_scale": 0.0}, "lr_scale above 0"),
        (NoiseAdaptation, {"dropout": 1.0}, "0 <= dropout < 1"),
        (NoiseLayerTrusted, {"noisy_weight": 0.0}, "noisy_weight above 0"),
    ],
)
def test_knobs_out_of_range_are_refused(method, knobs, said):
    with pytest.raises(BadInput, match=said):
        method(**knobs)
