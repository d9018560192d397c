"""ce, gce, sce and bootstrap_soft: a method that is nothing but its loss."""

import pytest
import torch

from truemask.batch import Batch
from truemask.losses import bootstrap_soft, cross_entropy, gce, sce
from truemask.methods.bootstrap import BootstrapSoft
from truemask.methods.ce import CE
from truemask.methods.gce import GCE
from truemask.methods.method import Stage
from truemask.methods.sce import SCE
from truemask.types import IGNORE, Task

PAIRS = [
    (CE(), cross_entropy, {}),
    (GCE(q=0.4), gce, {"q": 0.4}),
    (SCE(alpha=1.0, beta=0.1, log_zero=-9.0), sce, {"alpha": 1.0, "beta": 0.1, "log_zero": -9.0}),
    (BootstrapSoft(beta=0.6), bootstrap_soft, {"beta": 0.6}),
]
each = pytest.mark.parametrize(
    ("method", "loss", "knobs"), PAIRS, ids=[type(m).__name__ for m, _, _ in PAIRS]
)


@pytest.fixture(params=[(), (4, 5)], ids=["units", "masks"])
def batch(request):
    rng = torch.Generator().manual_seed(0)
    labels = torch.randint(3, (6, *request.param), generator=rng)
    labels.view(-1)[0] = IGNORE
    return Batch(images=torch.zeros(6, 1, 4, 5), labels=labels, rows=torch.arange(6))


@each
def test_unit_loss_is_the_loss_with_the_methods_knobs(method, loss, knobs, batch):
    logits = torch.randn(6, 3, *batch.labels.shape[1:], generator=torch.Generator().manual_seed(1))
    targets, weights = method.targets(batch, logits)
    assert targets is batch.labels
    assert weights is None
    assert torch.equal(method.unit_loss(logits, targets, batch), loss(logits, batch.labels, **knobs))


@each
def test_one_stage_one_network_and_nothing_kept(method, loss, knobs, make_engine, make_flipped):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    engine = make_engine(method, data.problem, data.images, data.labels)
    assert method.stages(7) == (Stage("train", 7),)
    assert list(engine.networks) == ["main"]
    assert not engine.stores


@each
def test_learns_clean_labels(method, loss, knobs, make_engine, make_flipped):
    data = make_flipped(Task.SEMANTIC, 0.0)
    engine = make_engine(method, data.problem, data.images, data.labels, lr=0.02).fit(15)
    assert engine.agreement(data.truth) > 0.97


@pytest.mark.parametrize("method", [GCE(), SCE()], ids=["gce", "sce"])
def test_learns_fewer_wrong_labels_by_heart_than_cross_entropy(method, make_engine, noisy):
    believer, doubter = (
        make_engine(each_method, noisy.problem, noisy.images, noisy.labels).fit(25)
        for each_method in (CE(), method)
    )
    assert doubter.agreement(noisy.labels) < believer.agreement(noisy.labels) - 0.02
    assert doubter.agreement(noisy.truth) > believer.agreement(noisy.truth) + 0.03
