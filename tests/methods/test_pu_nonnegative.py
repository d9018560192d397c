from dataclasses import replace

import numpy as np
import pytest
import torch

from truemask.batch import Batch
from truemask.losses import cross_entropy
from truemask.methods.ce import CE
from truemask.methods.method import Stage
from truemask.methods.pu_nonnegative import NNPU
from truemask.methods.unlabelled import Estimate
from truemask.types import IGNORE, BadInput, Problem, Task


def _batch(labels, labelled=1.0, classes=3):
    parameters = {
        "counts": torch.zeros(classes, dtype=torch.float64),
        "labelled": torch.full((classes,), labelled, dtype=torch.float64),
    }
    images, rows = torch.zeros(len(labels), 1, 1, 1), torch.arange(len(labels))
    return Batch(images=images, labels=labels, rows=rows, parameters=parameters, background=0)


@pytest.fixture(params=[(), (4, 5)], ids=["units", "masks"])
def given(request):
    rng = torch.Generator().manual_seed(0)
    labels = torch.randint(3, (12, *request.param), generator=rng)
    labels.view(-1)[0] = IGNORE
    return torch.randn(12, 3, *request.param, generator=rng), labels


def test_with_nothing_hidden_it_is_the_plain_loss(given):
    logits, labels = given
    values = NNPU(loss="cross_entropy", labelled=1.0).unit_loss(logits, labels, _batch(labels))
    torch.testing.assert_close(values, cross_entropy(logits, labels))
    sigmoid = NNPU(labelled=1.0).unit_loss(logits, labels, _batch(labels))
    torch.testing.assert_close(sigmoid, -torch.expm1(-cross_entropy(logits, labels)))


def test_the_mean_is_the_papers_risk_with_all_units_as_its_unlabelled_sample():
    """pi E_P[l+] + E_all[l-] - pi E_P[l-], in float64."""
    rng = np.random.default_rng(0)
    score, labels = rng.normal(size=60), (rng.random(60) < 0.3).astype(int)
    score -= 1.0  # most look negative, so the risk of the negatives stays above 0
    p = 1 / (1 + np.exp(-score))
    prior = 0.4
    expected = prior * (1 - p)[labels == 1].mean() + p.mean() - prior * p[labels == 1].mean()
    assert p.mean() > prior * p[labels == 1].mean()
    logits = torch.tensor(np.stack([0 * score, score], axis=1), dtype=torch.float32)
    batch, method = _batch(torch.tensor(labels), classes=2), NNPU(prior=prior)
    targets, weights = method.targets(batch, logits)
    assert weights is None
    assert method.unit_loss(logits, targets, batch).mean().item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("gamma", "beta"), [(1.0, 0.0), (0.5, 0.0), (1.0, 9.0)])
def test_below_minus_beta_the_step_goes_the_other_way(gamma, beta):
    score = torch.tensor([4.0, -4.0], requires_grad=True)  # labels learnt by heart: one of each
    logits, labels = torch.stack([torch.zeros(2), score], dim=1), torch.tensor([1, 0])
    method = NNPU(labelled=0.2, gamma=gamma, beta=beta)
    values = method.unit_loss(logits, labels, _batch(labels, classes=2))
    (slope,) = torch.autograd.grad(values.sum(), score)
    p = score.detach().sigmoid()
    up = torch.stack([(1 - 5) * p[0] * (1 - p[0]), p[1] * (1 - p[1])])  # of the negatives' risk
    if beta == 0:
        torch.testing.assert_close(slope, -gamma * up)
    else:
        torch.testing.assert_close(slope, up + torch.tensor([-5 * p[0] * (1 - p[0]), 0.0]))


def test_estimates_after_epochs_of_cross_entropy_and_begins_anew_unless_told():
    look = Stage("estimate", 1, hooks=Estimate(unlabelled=1))
    anew = Stage("nonnegative", 5, start="fresh")
    assert NNPU(unlabelled=1).stages(8) == (
        Stage("labelled", 2 - 1, hooks=CE()),
        look,
        replace(anew, epochs=6),
    )
    assert NNPU(unlabelled=1, warm_up=0.4).stages(8) == (Stage("labelled", 2, hooks=CE()), look, anew)
    assert NNPU(prior=0.3).stages(4) == NNPU(labelled=0.3).stages(4) == (Stage("nonnegative", 4),)
    assert [stage.epochs for stage in NNPU().stages(1)] == [0, 1, 0]


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_the_share_of_labelled_units_is_recovered(make_engine, share):
    """2000 points of classes that do not overlap, too many to know by heart: within 0.1."""
    rng = torch.Generator().manual_seed(0)
    truth = torch.multinomial(torch.tensor([2.0, 1, 1]), 2000, replacement=True, generator=rng)
    images = torch.randn(2000, 3, generator=rng) / 3 + 2 * torch.nn.functional.one_hot(truth, 3)
    labels = torch.where(torch.rand(2000, generator=rng) > share, 0, truth)
    problem = Problem(Task.CLASSIFICATION, ("nothing", "cat", "dog"), channels=3, background=0, points=True)
    engine = make_engine(NNPU(warm_up=0.5), problem, images, labels, lr=0.002).fit(16)
    kept = [((labels == k).sum() / (truth == k).sum()).item() for k in (1, 2)]
    assert engine.sweeps == [("estimate", 0)]
    assert engine.parameters["labelled"][1:].tolist() == pytest.approx(kept, abs=0.1)
    assert engine.agreement(truth) > 0.95


@pytest.mark.parametrize("knobs", [{"loss": "hinge"}, {"beta": -1.0}, {"gamma": 1.5}])
def test_knobs_out_of_range_are_refused(knobs):
    with pytest.raises(BadInput, match="pu_nonnegative"):
        NNPU(**knobs)
