import pytest
import torch

from truemask.batch import Batch, Slice
from truemask.losses import cross_entropy, elr
from truemask.methods.ce import CE
from truemask.methods.elr import ELR
from truemask.types import IGNORE, Task


class Memory(Slice):
    """A slice that keeps the rule of an exponential average; rows of -1 read as zeros."""

    values = None

    def __init__(self, values, rows, momentum):
        self.values, self.rows, self.momentum = values, rows, momentum

    def update(self, values):
        known = (self.rows >= 0).reshape(-1, *[1] * (values.ndim - 1))
        self.values = (self.momentum * self.values + (1 - self.momentum) * values) * known


def _batch(logits, labels, rows=None, momentum=0.7):
    rows = torch.arange(len(labels)) if rows is None else rows
    memory = Memory(torch.zeros_like(logits), rows, momentum)
    return Batch(images=torch.zeros(len(labels), 1, 1, 1), labels=labels, rows=rows, stores={"elr": memory})


@pytest.fixture(params=[(), (4, 5)], ids=["units", "masks"])
def scored(request):
    rng = torch.Generator().manual_seed(0)
    labels = torch.randint(3, (6, *request.param), generator=rng)
    return torch.randn(6, 3, *request.param, generator=rng), labels


def test_asks_for_an_average_of_the_predictions(make_engine, make_flipped):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    method = ELR(momentum=0.9, stride=4)
    engine = make_engine(method, data.problem, data.images, data.labels)
    assert engine.asked == {"elr": {"channels": 3, "rule": "ema", "momentum": 0.9, "stride": 4}}


def test_the_memory_takes_in_the_prediction_before_it_is_used(scored):
    logits, labels = scored
    batch, method = _batch(logits, labels), ELR(weight=3.0, momentum=0.7)
    targets, weights = method.targets(batch, logits)
    assert targets is labels
    assert weights is None
    p = logits.softmax(dim=1)
    torch.testing.assert_close(batch.stores["elr"].values, 0.3 * p)
    expected = cross_entropy(logits, labels) + 3 * torch.log(1 - 0.3 * (p * p).sum(dim=1))
    torch.testing.assert_close(method.unit_loss(logits, targets, batch), expected)


def test_the_memory_moves_by_its_momentum_from_visit_to_visit(scored):
    logits, labels = scored
    batch, method = _batch(logits, labels), ELR(momentum=0.7)
    for _ in range(2):
        method.targets(batch, logits)
    torch.testing.assert_close(batch.stores["elr"].values, (1 - 0.7**2) * logits.softmax(dim=1))


def test_weight_0_is_cross_entropy(scored):
    logits, labels = scored
    batch, method = _batch(logits, labels), ELR(weight=0.0)
    method.targets(batch, logits)
    torch.testing.assert_close(method.unit_loss(logits, labels, batch), cross_entropy(logits, labels))


def test_ignored_units_cost_nothing_and_have_no_gradient(scored):
    logits, labels = scored
    labels = torch.full_like(labels, IGNORE)
    batch, method = _batch(logits, labels), ELR()
    method.targets(batch, logits)
    logits.requires_grad_()
    values = method.unit_loss(logits, labels, batch)
    values.sum().backward()
    assert (values == 0).all()
    assert (logits.grad == 0).all()


def test_background_proposals_have_no_memory_and_learn_by_cross_entropy():
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    labels, rows = torch.tensor([1, 0, 2, 0]), torch.tensor([7, -1, 3, -1])
    batch, method = _batch(logits, labels, rows), ELR()
    method.targets(batch, logits)
    values, plain = method.unit_loss(logits, labels, batch), cross_entropy(logits, labels)
    assert torch.equal(values[rows < 0], plain[rows < 0])
    pull = elr(logits, batch.stores["elr"].values)
    torch.testing.assert_close(values[rows >= 0], (plain + 3 * pull)[rows >= 0])


def test_remembers_what_it_believed_before_it_learned_wrong_labels(make_engine, noisy):
    believer, method = (
        make_engine(each, noisy.problem, noisy.images, noisy.labels).fit(25) for each in (CE(), ELR())
    )
    assert method.agreement(noisy.truth) > believer.agreement(noisy.truth) + 0.1
    memory = method.stores["elr"][0]
    assert (memory.argmax(dim=1) == noisy.truth).float().mean() > believer.agreement(noisy.truth) + 0.1
    assert memory.sum(dim=1).max() <= 1.0001
