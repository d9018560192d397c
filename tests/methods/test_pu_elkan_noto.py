import math

import pytest
import torch

from truemask.batch import Batch, Slice
from truemask.losses import cross_entropy
from truemask.methods.ce import CE
from truemask.methods.method import Stage
from truemask.methods.pu_elkan_noto import ElkanNoto
from truemask.methods.unlabelled import Estimate
from truemask.types import IGNORE, BadInput, Problem, Task


class First(Slice):
    """What the first stage came to; not written to."""

    values = None

    def __init__(self, values):
        self.values = values


def _batch(labels, labelled=1.0, first=None):
    parameters = {
        "counts": torch.zeros(3, dtype=torch.float64),
        "labelled": torch.full((3,), labelled, dtype=torch.float64),
    }
    return Batch(
        images=torch.zeros(len(labels), 1, 1, 1),
        labels=labels,
        rows=torch.arange(len(labels)),
        stores={} if first is None else {"first": First(first)},
        parameters=parameters,
        background=0,
    )


@pytest.fixture(params=[(), (4, 5)], ids=["units", "masks"])
def given(request):
    rng = torch.Generator().manual_seed(0)
    labels = torch.randint(3, (12, *request.param), generator=rng)
    labels.view(-1)[0] = IGNORE
    return torch.randn(12, 3, *request.param, generator=rng), labels


def test_with_nothing_hidden_both_forms_are_cross_entropy(given):
    logits, labels = given
    expected = cross_entropy(logits, labels)
    threshold = ElkanNoto(labelled=1.0).unit_loss(logits, labels, _batch(labels))
    torch.testing.assert_close(threshold, expected)
    duplicate = ElkanNoto(form="duplicate", labelled=1.0)
    batch = _batch(labels, first=logits.softmax(dim=1))
    targets, _ = duplicate.targets(batch, logits)
    torch.testing.assert_close(duplicate.unit_loss(logits, targets, batch), expected)


def test_the_threshold_forms_loss_is_that_of_being_labelled_or_not(given):
    logits, labels = given
    values = ElkanNoto(labelled=0.3).unit_loss(logits, labels, _batch(labels))
    p = logits.double().softmax(dim=1)
    unlabelled = -torch.log(p[:, 0] + 0.7 * (p[:, 1] + p[:, 2])).float()
    torch.testing.assert_close(values[labels == 0], unlabelled[labels == 0])
    # A labelled unit's loss lacks -log 0.3, which has no gradient.
    torch.testing.assert_close(values[labels > 0], cross_entropy(logits, labels)[labels > 0])
    assert (values[labels == IGNORE] == 0).all()


def test_its_minimum_is_the_probability_of_labels_over_the_share():
    """Of units that look alike 0.12 and 0.18 are labelled 1 and 2; of both 0.4 are: 0.3, 0.45, rest 0.25."""
    logits = torch.log(torch.tensor([[0.25, 0.3, 0.45]])).requires_grad_()
    labels, often = torch.arange(3), torch.tensor([0.7, 0.12, 0.18])
    values = ElkanNoto(labelled=0.4).unit_loss(logits.expand(3, 3), labels, _batch(labels))
    (slope,) = torch.autograd.grad((often * values).sum(), logits)
    torch.testing.assert_close(slope, torch.zeros(1, 3), atol=1e-6, rtol=0)


def test_duplicates_of_a_worked_example():
    """g = 0.2 at a share of 0.5: w = (1 - c) / c * g / (1 - g) = 0.25, split as the classes are."""
    first = torch.tensor([[0.8, 0.15, 0.05], [0.1, 0.9, 0.0], [0.3, 0.3, 0.4], [0.8, 0.1, 0.1]])
    labels = torch.tensor([0, 0, 2, IGNORE])
    method = ElkanNoto(form="duplicate", labelled=0.5)
    targets, weights = method.targets(_batch(labels, first=first), torch.zeros(4, 3))
    w = 0.25
    expected = torch.tensor([[1 - w, 0.75 * w, 0.25 * w], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    torch.testing.assert_close(targets, expected)
    assert weights is None


def test_sure_networks_give_finite_duplicates_and_gradients():
    first = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    labels, logits = torch.zeros(2, dtype=torch.long), torch.tensor([[200.0, -200, 0], [-200, 200, 0]])
    for form in ("duplicate", "threshold"):
        logits.requires_grad_()
        method, batch = ElkanNoto(form=form, labelled=0.5), _batch(labels, first=first)
        targets, _ = method.targets(batch, logits.detach())
        values = method.unit_loss(logits, targets, batch)
        (slope,) = torch.autograd.grad(values.sum(), logits)
        assert values.isfinite().all()
        assert slope.isfinite().all()
    assert values[1].item() == pytest.approx(math.log(2))


def test_first_stage_is_cross_entropy_of_two_epochs_or_more_and_then_it_begins_anew():
    look = Stage("estimate", 1, hooks=Estimate(remember=False))
    first = Stage("labelled", 1, hooks=CE())
    assert ElkanNoto(warm_up=0.0).stages(4) == (first, look, Stage("threshold", 2, start="fresh"))
    assert ElkanNoto(warm_up=0.5).stages(8)[0].epochs == 3
    remember = Stage("estimate", 1, hooks=Estimate(remember=True))
    for shares in ({}, {"labelled": 0.4}):
        stages = ElkanNoto(form="duplicate", **shares).stages(8)
        assert stages == (first, remember, Stage("duplicate", 6, start="fresh"))


def test_a_given_share_needs_no_first_stage_in_the_threshold_form():
    assert ElkanNoto(labelled=0.4).stages(4) == (Stage("threshold", 4),)
    assert ElkanNoto(prior=0.4).stages(4) == (Stage("threshold", 4),)


@pytest.mark.parametrize("form", ["threshold", "duplicate"])
def test_remembers_the_first_stage_only_for_duplicates(make_engine, make_flipped, form):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    engine = make_engine(ElkanNoto(form=form), data.problem, data.images, data.labels).fit(6)
    assert engine.sweeps == [("estimate", 0)] * (1 + (form == "duplicate"))
    assert ("first" in engine.stores) == (form == "duplicate")
    if form == "duplicate":
        first = engine.stores["first"][0]
        torch.testing.assert_close(first.sum(dim=1), torch.ones(300))


def test_duplicates_find_what_was_left_out(make_engine, make_flipped):
    data = make_flipped(Task.SEMANTIC, 0.0, shares=(2, 1, 1))
    hidden = torch.rand(data.truth.shape, generator=torch.Generator().manual_seed(5)) < 0.6
    labels = torch.where(hidden, 0, data.truth)
    method = ElkanNoto(form="duplicate")
    engine, believer = (
        make_engine(each, data.problem, data.images, labels).fit(12) for each in (method, CE())
    )
    assert engine.agreement(data.truth) > believer.agreement(data.truth) + 0.05


def test_duplicates_of_proposals_are_refused(make_engine):
    problem = Problem(Task.INSTANCE, ("nothing", "cat"), channels=2, background=0)
    with pytest.raises(BadInput, match="set form=threshold"):
        make_engine(ElkanNoto(form="duplicate"), problem, torch.zeros(2, 2), torch.tensor([0, 1]))


def test_an_unknown_form_is_refused():
    with pytest.raises(BadInput, match="forms threshold, duplicate; got form=scale"):
        ElkanNoto(form="scale")
