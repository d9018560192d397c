"""Forward, backward, GLC, importance reweighting: their matrices, their stages, and what they win back."""

import dataclasses
import math

import pytest
import torch

from truemask.batch import Batch
from truemask.losses import cross_entropy
from truemask.methods.backward import Backward
from truemask.methods.ce import CE
from truemask.methods.forward import Forward
from truemask.methods.glc import GLC
from truemask.methods.importance_reweighting import (
    ImportanceReweighting,
    weights_of_clean,
    weights_of_noisy,
)
from truemask.methods.method import Stage
from truemask.methods.transition import given_transition, over_all_classes, said_of
from truemask.types import IGNORE, BadInput, Problem, Task

PAIR = "0.6/0.4/0;0/0.6/0.4;0.4/0/0.6"
"""Two labels in five are those of the next class."""

EACH = [Forward, Backward, ImportanceReweighting]


def paired(data, rate=0.4):
    """The same images; each label is that of the next class with some probability."""
    rng = torch.Generator().manual_seed(3)
    wrong = torch.rand(data.truth.shape, generator=rng) < rate
    return torch.where(wrong, (data.truth + 1) % 3, data.truth)


def held_out(make_flipped, make_engine, method, task=Task.CLASSIFICATION, *, epochs=16, trusted=None):
    """Share of right predictions on images that were not trained on."""
    data, fresh = make_flipped(task, 0.0), make_flipped(task, 0.0, seed=2)
    engine = make_engine(method, data.problem, data.images, paired(data), lr=0.01, trusted=trusted)
    engine.fit(epochs)
    engine.images = fresh.images
    return engine.agreement(fresh.truth), engine


@pytest.mark.parametrize("method", EACH, ids=lambda method: method.__name__)
def test_an_estimate_takes_half_of_the_epochs_and_starts_from_the_best(method):
    first, second = method().stages(10)
    assert (first.name, first.epochs, first.hooks) == ("ce", 5, CE())
    assert (second.epochs, second.start, second.restart, second.hooks) == (5, "best", True, None)
    assert [stage.epochs for stage in method(warm_up=0.9).stages(1)] == [1, 0]


def test_with_a_matrix_the_correction_has_all_epochs():
    for method in (
        Forward(matrix=PAIR),
        Backward(matrix=PAIR),
        ImportanceReweighting(matrix=PAIR, current=True),
    ):
        assert method.stages(10) == (Stage("train", 10),)
    assert len(ImportanceReweighting(matrix=PAIR).stages(10)) == 2  # the weights are still to be found


@pytest.mark.parametrize("method", [Forward, Backward])
def test_without_noise_it_is_cross_entropy(method):
    logits = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 2, IGNORE, 1])
    parameters = {"transition": torch.eye(3), "inverse": torch.eye(3)}
    batch = Batch(images=torch.zeros(5, 2), labels=labels, rows=torch.arange(5), parameters=parameters)
    torch.testing.assert_close(method().unit_loss(logits, labels, batch), cross_entropy(logits, labels))


@pytest.mark.parametrize(
    "method",
    [
        Forward(matrix=PAIR),
        Backward(matrix=PAIR),
        ImportanceReweighting(matrix=PAIR),
        ImportanceReweighting(matrix=PAIR, current=True),
    ],
    ids=["forward", "backward", "importance_reweighting", "current"],
)
def test_with_the_true_matrix_it_beats_cross_entropy_on_pair_flips(method, make_flipped, make_engine):
    plain, _ = held_out(make_flipped, make_engine, CE())
    corrected, _ = held_out(make_flipped, make_engine, method)
    assert corrected > plain + 0.02


@pytest.mark.parametrize("estimate", ["anchor", "confident"])
def test_an_estimate_is_near_the_noise(estimate, noisy, make_engine):
    labels = paired(noisy, 0.3)
    method = Forward(estimate=estimate, quantile=0.97, warm_up=0.5)
    epochs = 8 if labels.ndim == 1 else 20  # of ten batches, and of three
    engine = make_engine(method, noisy.problem, noisy.images, labels, lr=0.003).fit(epochs)
    known = 0.7 * torch.eye(3) + 0.3 * torch.eye(3)[[1, 2, 0]]
    found = engine.parameters["transition"].detach()
    assert (found - known).abs().max() < 0.2
    assert found.sum(dim=1) == pytest.approx(torch.ones(3), abs=1e-5)
    assert engine.renewed == 1


def test_smoothing_goes_towards_the_labels(noisy, make_engine):
    sharp, smooth = (
        make_engine(Forward(smoothing=share), noisy.problem, noisy.images, noisy.labels).fit(2)
        for share in (0.0, 0.5)
    )
    torch.testing.assert_close(
        smooth.parameters["transition"].detach(),
        0.5 * sharp.parameters["transition"].detach() + 0.5 * torch.eye(3),
    )


def test_weights_are_those_of_the_papers_formula_for_two_classes():
    """beta = (P(y | x) - rho_-y) / ((1 - rho_+ - rho_-) P(y | x))."""
    rho = torch.tensor([0.2, 0.3])  # of class 0, of class 1
    matrix = torch.tensor([[0.8, 0.2], [0.3, 0.7]], dtype=torch.float64)
    clean = torch.linspace(0.05, 0.95, 10, dtype=torch.float64)
    noisy = torch.stack([1 - clean, clean], dim=1) @ matrix
    for label in (0, 1):
        at = noisy[:, label]
        expected = (at - rho[1 - label]) / ((1 - rho.sum()) * at)
        labels = torch.full((10,), label)
        found = weights_of_noisy(noisy.log().float(), labels, torch.linalg.inv(matrix).float())
        torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=1e-5)
        same = weights_of_clean(torch.stack([1 - clean, clean], dim=1).log().float(), labels, matrix.float())
        torch.testing.assert_close(same.double(), expected, rtol=1e-4, atol=1e-5)


def test_without_noise_every_weight_is_1():
    logits = 30 * torch.randn(9, 3, generator=torch.Generator().manual_seed(0))
    labels = logits.argmax(dim=1)
    for weights in (weights_of_noisy, weights_of_clean):
        torch.testing.assert_close(weights(logits, labels, torch.eye(3)), torch.ones(9))


def test_weights_carry_no_gradient_and_are_cut_off():
    matrix = torch.tensor([[0.9, 0.1], [0.1, 0.9]])
    logits = torch.tensor([[200.0, -200.0], [-200.0, 200.0], [0.0, 0.0]], requires_grad=True)
    labels = torch.tensor([1, 1, 0])
    batch = Batch(
        images=torch.zeros(3, 2), labels=labels, rows=torch.arange(3), parameters={"transition": matrix}
    )
    losses = ImportanceReweighting(current=True, most=0.5).unit_loss(logits, labels, batch)
    losses.sum().backward()
    weights = torch.tensor([0.0, 0.5, 0.5])
    expected = torch.autograd.grad((weights * cross_entropy(logits, labels)).sum(), logits)[0]
    torch.testing.assert_close(logits.grad, expected)
    extreme = weights_of_noisy(logits.detach(), labels, torch.linalg.inv(matrix)).clamp(0, 10)
    assert extreme.isfinite().all()
    assert extreme[0] == 0  # the network rules the label out: its weight would be negative


def test_proposals_of_background_have_a_weight_of_1():
    class Weights:
        values = torch.tensor([[0.0], [0.25]])

        def update(self, values):
            pass

    logits, labels = torch.randn(2, 3), torch.tensor([0, 2])
    batch = Batch(
        images=torch.zeros(1, 3, 8, 8),
        labels=labels,
        rows=torch.tensor([-1, 4]),
        stores={"weight": Weights()},
    )
    expected = cross_entropy(logits, labels) * torch.tensor([1.0, 0.25])
    torch.testing.assert_close(ImportanceReweighting().unit_loss(logits, labels, batch), expected)


def test_verified_rows_say_how_labels_are_given(make_flipped, make_engine):
    few = make_flipped(Task.CLASSIFICATION, 0.0, seed=5)
    trusted = few.images[:60], few.truth[:60]
    plain, _ = held_out(make_flipped, make_engine, CE())
    right, engine = held_out(make_flipped, make_engine, GLC(), trusted=trusted)
    known = 0.6 * torch.eye(3) + 0.4 * torch.eye(3)[[1, 2, 0]]
    assert (engine.parameters["transition"].detach() - known).abs().max() < 0.2
    assert right > plain + 0.05
    assert engine.asked == {"trusted": {"trusted": True}}
    assert GLC.clean_labels


def test_verified_labels_are_learnt_as_they_are():
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 2, 0])
    matrix = torch.full((3, 3), 0.2) + 0.4 * torch.eye(3)
    batch = Batch(
        images=torch.zeros(4, 2), labels=labels, rows=torch.arange(4), parameters={"transition": matrix}
    )
    sure = GLC().unit_loss(logits, labels, dataclasses.replace(batch, trusted=True))
    torch.testing.assert_close(sure, cross_entropy(logits, labels))
    expected = -torch.log((logits.softmax(dim=1) @ matrix)[torch.arange(4), labels])
    torch.testing.assert_close(GLC().unit_loss(logits, labels, batch), expected)


OBJECTS = Problem(Task.INSTANCE, ("nothing", "cat", "dog"), background=0)


def test_a_matrix_of_objects_leaves_the_background_alone():
    expected = [[1, 0, 0], [0, 0.9, 0.1], [0, 0.2, 0.8]]
    torch.testing.assert_close(
        given_transition("forward", "0.9/0.1;0.2/0.8", OBJECTS), torch.tensor(expected)
    )
    found = over_all_classes(torch.tensor(expected)[1:, 1:].double().numpy(), OBJECTS)
    torch.testing.assert_close(found, torch.tensor(expected))


def test_of_a_label_map_some_labelled_pixels_are_looked_at(make_flipped, make_engine):
    data = make_flipped(Task.SEMANTIC, 0.0)
    labels = torch.full((2, 40, 40), IGNORE)
    labels[:, :20] = 1
    images = torch.randn(2, 20, 40, 40)
    engine = make_engine(CE(), data.problem, images, labels)
    probs, given = said_of(engine)
    assert probs.shape == (512, 3)
    assert (given == 1).all()
    again, _ = said_of(engine)
    assert (again == probs).all()


@pytest.mark.parametrize(
    ("method", "knobs", "said"),
    [
        (Forward, {"estimate": "given"}, "estimates by anchor or confident, got estimate=given"),
        (Backward, {"quantile": 1.0}, "0 < quantile < 1"),
        (ImportanceReweighting, {"smoothing": 1.0}, "0 <= smoothing < 1"),
        (ImportanceReweighting, {"most": math.inf}, "finite most above 0"),
        (Backward, {"floor": -1.0}, "0 <= floor < 1"),
        (GLC, {"warm_up": 1.0}, "0 <= warm_up < 1"),
    ],
)
def test_knobs_out_of_range_are_refused(method, knobs, said):
    with pytest.raises(BadInput, match=said):
        method(**knobs)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ("0.9/0.1;0.2/0.8", "no background|2 rows, the problem 3 classes"),
        ("0.9/0.1/0/0;0/1/0/0;0/0/1/0", "column for labels that get lost"),
        ("nowhere.csv", "no file 'nowhere.csv'"),
    ],
)
def test_what_is_no_matrix_of_the_classes_is_refused(matrix, said):
    problem = Problem(Task.CLASSIFICATION, ("a", "b", "c"))
    with pytest.raises(BadInput, match=said):
        given_transition("forward", matrix, problem)
