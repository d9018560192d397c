"""What the pu_ methods share: counts, balanced weights, estimated shares, fading in, and their refusals."""

import pytest
import torch

from truemask.batch import Batch
from truemask.methods import METHODS
from truemask.methods.method import Stage
from truemask.methods.unlabelled import balanced, count, estimate_labelled, fade, labelled_shares, per_unit
from truemask.types import IGNORE, BadInput, Problem, Task

PU = [name for name in METHODS if name.startswith("pu_")]


def _batch(labels, **parameters):
    images = torch.zeros(len(labels), 1)
    return Batch(images=images, labels=labels, rows=torch.arange(len(labels)), parameters=parameters)


def test_counts_are_those_of_late():
    memory = torch.zeros(3, dtype=torch.float64)
    labels = torch.tensor([0, 0, 2, IGNORE])
    assert count(_batch(labels, counts=memory)).tolist() == [2, 0, 1]
    assert count(_batch(labels, counts=memory)).tolist() == pytest.approx([3.98, 0, 1.99])
    for _ in range(2000):
        count(_batch(torch.tensor([1, 1, 0]), counts=memory))
    assert (memory / memory.sum()).tolist() == pytest.approx([1 / 3, 2 / 3, 0], abs=1e-6)


def test_balanced_weights_let_both_groups_weigh_the_same():
    of_u, of_p = balanced(torch.tensor([60.0, 15.0, 25.0], dtype=torch.float64), 0)
    assert (of_u, of_p) == pytest.approx((100 / 120, 100 / 80))
    assert 60 * of_u == pytest.approx((15 + 25) * of_p)


def test_balanced_weights_are_in_the_proportion_of_lee_and_liu():
    """They give labelled units the share of the unlabelled, n_U / n, and these n_P / n."""
    of_u, of_p = balanced(torch.tensor([70.0, 30.0], dtype=torch.float64), 0)
    assert of_u / of_p == pytest.approx((30 / 100) / (70 / 100))


@pytest.mark.parametrize("counts", [[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]])
def test_weights_of_the_units_there_are_are_finite_when_a_group_is_missing(counts):
    of_u, of_p = balanced(torch.tensor(counts, dtype=torch.float64), 0)
    labels = torch.tensor([0] * int(counts[0]) + [1] * int(counts[1]), dtype=torch.long)
    assert per_unit(labels, 0, of_u, of_p).isfinite().all()


@pytest.fixture
def engine(make_engine):
    problem = Problem(Task.CLASSIFICATION, ("nothing", "cat", "dog"), channels=1, background=0, points=True)
    made = make_engine(METHODS["pu_nonnegative"](), problem, torch.zeros(2, 1), torch.tensor([0, 1]))
    made.parameters["share"] = torch.tensor(1.0)
    return made


@pytest.mark.parametrize("space", [(), (2, 2)], ids=["units", "maps"])
def test_the_share_that_is_labelled_is_how_likely_labelled_units_look_labelled(space, engine):
    p_of_0 = torch.tensor([0.3, 0.5, 0.9, 0.2, 0.1])
    logits = torch.stack([p_of_0, (1 - p_of_0) / 4, 3 * (1 - p_of_0) / 4], dim=1).log()
    ones = (1 for _ in space)
    labels = torch.tensor([1, 1, 0, 2, IGNORE]).reshape(5, *ones).expand(5, *space)
    logits = logits.reshape(5, 3, *(1 for _ in space)).expand(5, 3, *space)
    engine.sweep = lambda _: iter([(_batch(labels), logits), (_batch(labels), logits)])
    estimate_labelled(engine, 0)
    assert engine.parameters["labelled"].tolist() == pytest.approx([1, 0.6, 0.8], abs=1e-6)


def test_a_class_that_nobody_labelled_and_one_that_looks_unlabelled_have_bounded_shares(engine):
    logits = torch.tensor([[9.0, 0, 0], [99.0, 0, 0]])
    engine.sweep = lambda _: iter([(_batch(torch.tensor([0, 1])), logits)])
    estimate_labelled(engine, 0)
    assert engine.parameters["labelled"].tolist() == [1, 0.01, 1]


def test_shares_are_given_follow_from_the_prior_or_are_the_estimate():
    estimate = torch.tensor([1.0, 0.4, 0.6], dtype=torch.float64)
    counts = torch.tensor([80.0, 5.0, 15.0], dtype=torch.float64)
    batch = _batch(torch.tensor([0]), labelled=estimate, counts=counts)
    assert labelled_shares(batch, 0, prior=None, labelled=0.3).tolist() == pytest.approx([0.3] * 3)
    assert labelled_shares(batch, 0, prior=0.5, labelled=None).tolist() == pytest.approx([0.4] * 3)
    assert labelled_shares(batch, 0, prior=0.1, labelled=None).tolist() == [1.0] * 3
    assert torch.equal(labelled_shares(batch, 0, prior=None, labelled=None), estimate)


def test_a_loss_takes_over_evenly(engine):
    engine.stage, shares = Stage("x", 10), []
    for engine.epoch in range(10):
        fade(engine, 0.4)
        shares.append(engine.parameters["share"].item())
    assert shares == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1])
    engine.epoch = 0
    fade(engine, 0.0)
    assert engine.parameters["share"].item() == 1


@pytest.mark.parametrize("name", PU)
def test_without_a_class_for_unlabelled_units_all_refuse(name, make_engine):
    problem = Problem(Task.CLASSIFICATION, ("cat", "dog"), channels=2, points=True)
    labels, images = torch.tensor([0, 1]), torch.zeros(2, 2)
    with pytest.raises(BadInput, match=rf"{name} needs .* names no background \(cat, dog\); set unlabelled"):
        make_engine(METHODS[name](), problem, images, labels)
    with pytest.raises(BadInput, match=f"{name}: there is no class 2"):
        make_engine(METHODS[name](unlabelled=2), problem, images, labels)
    assert make_engine(METHODS[name](unlabelled=1), problem, images, labels).networks


@pytest.mark.parametrize("name", PU)
def test_objects_that_are_unlabelled_are_background(name, make_engine):
    problem = Problem(Task.INSTANCE, ("nothing", "cat"), channels=2, background=0)
    with pytest.raises(BadInput, match="are background here; leave unlabelled at none"):
        make_engine(METHODS[name](unlabelled=1), problem, torch.zeros(2, 2), torch.tensor([0, 1]))


@pytest.mark.parametrize("name", ["pu_elkan_noto", "pu_nonnegative"])
@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"prior": 0.5, "labelled": 0.5}, "labelled follows from prior"),
        ({"prior": 0.0}, "0 < prior <= 1"),
        ({"labelled": 1.5}, "0 < labelled <= 1"),
        ({"warm_up": 1.0}, "0 <= warm_up < 1"),
    ],
)
def test_shares_that_cannot_be_are_refused(name, knobs, said):
    with pytest.raises(BadInput, match=said):
        METHODS[name](**knobs)
