"""pu_weighted, pu_exponential, pu_bootstrap: weights, targets, and where they draw the line."""

import pytest
import torch

from truemask.batch import Batch
from truemask.losses import cross_entropy, exponential_u
from truemask.methods import METHODS
from truemask.methods.ce import CE
from truemask.methods.method import Stage
from truemask.methods.pu_losses import BootstrapU, ExponentialU, WeightedU
from truemask.types import IGNORE, BadInput, Task

ALL = pytest.mark.parametrize("method", [WeightedU, ExponentialU, BootstrapU])


def _batch(labels, *, share=1.0, background=0):
    parameters = {"counts": torch.zeros(3, dtype=torch.float64), "share": torch.tensor(share)}
    images = torch.zeros(len(labels), 1, 1, 1)
    rows = torch.arange(len(labels))
    return Batch(images=images, labels=labels, rows=rows, parameters=parameters, background=background)


def _means(method, batch, logits):
    """The training loss of a batch, as the engine makes it."""
    targets, weights = method.targets(batch, logits.detach())
    losses = method.unit_loss(logits, targets, batch)
    valid = (targets.sum(dim=1) > 0) if targets.is_floating_point() else (targets != IGNORE)
    weights = valid.float() * (1 if weights is None else weights)
    return (losses * weights).sum() / weights.sum()


def test_weights_of_a_worked_example():
    labels = torch.tensor([0, 0, 0, 1, 2, IGNORE])
    targets, weights = WeightedU(u_factor=0.5).targets(_batch(labels), torch.zeros(6, 3))
    assert targets is labels
    assert weights[:5].tolist() == pytest.approx([0.5 * 5 / 6] * 3 + [5 / 4] * 2)
    _, balanced = ExponentialU().targets(_batch(labels), torch.zeros(6, 3))
    assert balanced[:5].tolist() == pytest.approx([5 / 6] * 3 + [5 / 4] * 2)
    assert ExponentialU(balance=False).targets(_batch(labels), torch.zeros(6, 3))[1] is None


def test_bootstrap_targets_of_a_worked_example():
    logits = torch.tensor([[1.0, 5.0, 0.0], [1.0, 5.0, 0.0], [3.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    labels = torch.tensor([0, 2, 0, IGNORE])
    expected = torch.tensor([[0.6, 0.4, 0.0], [0.0, 0.1, 0.9], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    targets, weights = BootstrapU(beta_u=0.6, beta_p=0.9).targets(_batch(labels), logits)
    torch.testing.assert_close(targets, expected)
    assert weights is None


def test_unit_loss_of_exponential_is_the_loss():
    rng = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(2, 3, 4, 5, generator=rng), torch.randint(3, (2, 4, 5), generator=rng)
    values = ExponentialU().unit_loss(logits, labels, _batch(labels, background=2))
    assert torch.equal(values, exponential_u(logits, labels, unlabelled=2))
    given = ExponentialU(unlabelled=1).unit_loss(logits, labels, _batch(labels, background=2))
    assert torch.equal(given, exponential_u(logits, labels, unlabelled=1))


@ALL
def test_before_anything_fades_in_all_are_cross_entropy(method):
    rng = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(40, 3, generator=rng), torch.randint(3, (40,), generator=rng)
    knobs = {"balance": False} if method is ExponentialU else {}
    loss = _means(method(**knobs), _batch(labels, share=0.0), logits)
    torch.testing.assert_close(loss, cross_entropy(logits, labels).mean())


def test_half_way_in_the_losses_are_mixed():
    rng = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(40, 3, generator=rng), torch.randint(3, (40,), generator=rng)
    for method in (ExponentialU(balance=False), BootstrapU()):
        ends = [_means(method, _batch(labels, share=share), logits) for share in (0.0, 0.5, 1.0)]
        torch.testing.assert_close(ends[1], (ends[0] + ends[2]) / 2)


@ALL
def test_warm_up_is_a_stage_of_cross_entropy(method):
    first, second = method(warm_up=0.25).stages(8)
    assert first == Stage("ce", 2, hooks=CE())
    assert second.epochs == 6


# The share of truly positive units among those that look alike, at which each begins to call them positive:
# half of the positives are labelled, and half of all units are positive.
@pytest.mark.parametrize(
    ("method", "line"),
    [
        (WeightedU(u_factor=1.0), 0.5),
        (WeightedU(u_factor=0.5), 2 / 7),
        (ExponentialU(), 2 / 7),
    ],
    ids=["balanced", "weighted", "exponential"],
)
def test_the_line_is_drawn_where_theory_says(method, line):
    """The gradient at p = 1/2, over 4000 units of which a quarter are labelled, changes its sign there."""

    def pull(eta):
        labelled = round(100 * eta / 2)
        labels = torch.cat([torch.ones(labelled), torch.zeros(100 - labelled)]).long()
        # Others keep the whole at a quarter: they are far away in the input and do not take part.
        rest = torch.cat([torch.ones(1000 - labelled), torch.zeros(2900 + labelled)]).long()
        batch = _batch(torch.cat([labels, rest]))
        batch.parameters["counts"] = torch.zeros(2, dtype=torch.float64)
        score = torch.zeros(1, requires_grad=True)
        here = torch.stack([torch.zeros(100), score.expand(100)], dim=1)
        logits = torch.cat([here, torch.zeros(3900, 2)])
        _, weights = method.targets(batch, logits)
        losses = method.unit_loss(logits, batch.labels, batch)
        (slope,) = torch.autograd.grad((losses * weights)[:100].sum(), score)
        return slope.item()

    assert pull(line - 0.05) > 0 > pull(line + 0.05)


@pytest.mark.parametrize("task", [Task.CLASSIFICATION, Task.SEMANTIC])
@pytest.mark.parametrize("name", [name for name in METHODS if name.startswith("pu_")])
def test_finds_what_was_left_out(name, task, make_engine, make_flipped):
    """Three in five objects of both classes are unlabelled: cross entropy misses most of them."""
    data = make_flipped(task, 0.0, shares=(2, 1, 1))
    rng = torch.Generator().manual_seed(5)
    hidden = torch.rand(data.truth.shape, generator=rng) < 0.6
    labels = torch.where(hidden, 0, data.truth)
    knobs = {"pu_elkan_noto": {"labelled": 0.4}, "pu_nonnegative": {"labelled": 0.4}}.get(name, {})
    method = METHODS[name](**knobs)
    engine, believer = (
        make_engine(each, data.problem, data.images, labels).fit(12) for each in (method, CE())
    )
    # 300 images are soon known by heart; of 432 pixels a filter of one pixel cannot know so much.
    margin = 0.05 if task == Task.SEMANTIC else 0.01
    assert engine.agreement(data.truth) > believer.agreement(data.truth) + margin


@ALL
@pytest.mark.parametrize("knobs", [{"warm_up": 1.0}, {"fade_in": -0.1}])
def test_shares_out_of_range_are_refused(method, knobs):
    with pytest.raises(BadInput, match=f"0 <= {next(iter(knobs))} < 1"):
        method(**knobs)


def test_weights_out_of_range_are_refused():
    with pytest.raises(BadInput, match="u_factor above 0"):
        WeightedU(u_factor=0.0)
    with pytest.raises(BadInput, match="0 < beta <= 1"):
        BootstrapU(beta_u=0.0)
    with pytest.raises(BadInput, match="0 < beta <= 1"):
        BootstrapU(beta_p=1.1)
