"""Methods that are nothing but their loss."""

import dataclasses

import pytest
import torch

from truemask.batch import Batch
from truemask.losses import LOSSES, REGION_LOSSES
from truemask.methods.active_passive import ActivePassive
from truemask.methods.bootstrap import BootstrapSoft, BootstrapTemperature
from truemask.methods.ce import CE
from truemask.methods.confidence_penalty import ConfidencePenalty
from truemask.methods.dice import Dice
from truemask.methods.focal import Focal
from truemask.methods.gce import GCE
from truemask.methods.label_smoothing import LabelSmoothing
from truemask.methods.mae import MAE
from truemask.methods.method import Stage
from truemask.methods.min_entropy import MinEntropy
from truemask.methods.multibox import MultiboxHard, MultiboxSoft
from truemask.methods.rce import RCE
from truemask.methods.sce import SCE
from truemask.methods.soft_iou import SoftIoU
from truemask.types import IGNORE, Task

OTHER_KNOBS = {
    ActivePassive: ("active_passive", {"alpha": 2.0, "beta": 0.5, "log_zero": -2.0}),
    BootstrapSoft: ("bootstrap_soft", {"beta": 0.6}),
    BootstrapTemperature: ("bootstrap_temperature", {"beta": 0.6, "tau": 3.0}),
    CE: ("cross_entropy", {}),
    ConfidencePenalty: ("confidence_penalty", {"weight": 0.3}),
    Focal: ("focal", {"gamma": 1.5}),
    GCE: ("gce", {"q": 0.4}),
    LabelSmoothing: ("label_smoothing", {"eps": 0.3}),
    MAE: ("mae", {}),
    MinEntropy: ("min_entropy", {"weight": 0.3}),
    MultiboxHard: ("multibox_hard", {"beta": 0.6}),
    MultiboxSoft: ("multibox_soft", {"beta": 0.6}),
    RCE: ("rce", {"log_zero": -2.0}),
    SCE: ("sce", {"alpha": 1.0, "beta": 0.1, "log_zero": -9.0}),
}
each = pytest.mark.parametrize("method", OTHER_KNOBS, ids=lambda method: method.__name__)


@pytest.fixture(params=[(), (4, 5)], ids=["units", "masks"])
def batch(request):
    rng = torch.Generator().manual_seed(0)
    labels = torch.randint(3, (6, *request.param), generator=rng)
    labels.view(-1)[0] = IGNORE
    return Batch(images=torch.zeros(6, 1, 4, 5), labels=labels, rows=torch.arange(6), background=0)


@each
def test_unit_loss_is_the_loss_with_the_methods_knobs(method, batch):
    name, knobs = OTHER_KNOBS[method]
    logits = torch.randn(6, 3, *batch.labels.shape[1:], generator=torch.Generator().manual_seed(1))
    targets, weights = method(**knobs).targets(batch, logits)
    assert targets is batch.labels
    assert weights is None
    values = method(**knobs).unit_loss(logits, targets, batch)
    assert torch.equal(values, LOSSES[name](logits, batch.labels, **knobs))
    assert not knobs or not torch.equal(values, method().unit_loss(logits, targets, batch))


@each
def test_one_stage_one_network_and_nothing_kept(method, make_engine, make_flipped):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    engine = make_engine(method(), data.problem, data.images, data.labels)
    assert [stage.epochs for stage in engine.method.stages(7) if stage.epochs] == [7]
    assert list(engine.networks) == ["main"]
    assert not engine.stores
    assert not engine.parameters


@each
def test_learns_clean_labels(method, make_engine, make_flipped):
    data = make_flipped(Task.SEMANTIC, 0.0)
    engine = make_engine(method(), data.problem, data.images, data.labels, lr=0.02).fit(15)
    assert engine.agreement(data.truth) > 0.97


@pytest.mark.parametrize(
    ("method", "name"), [(SoftIoU, "soft_iou"), (Dice, "dice")], ids=["soft_iou", "dice"]
)
@pytest.mark.parametrize("squared", [False, True])
def test_overlap_leaves_the_background_out_unless_told_otherwise(method, name, squared):
    rng = torch.Generator().manual_seed(0)
    labels, logits = torch.randint(3, (2, 4, 5), generator=rng), torch.randn(2, 3, 4, 5, generator=rng)
    batch = Batch(images=torch.zeros(2, 1, 4, 5), labels=labels, rows=torch.arange(2), background=0)
    for with_background, left_out in ((False, 0), (True, None)):
        hooks = method(squared=squared, with_background=with_background)
        expected = REGION_LOSSES[name](logits, labels, squared=squared, background=left_out)
        assert torch.equal(hooks.unit_loss(logits, labels, batch), expected)


@pytest.mark.parametrize("method", [ActivePassive, MAE, RCE])
def test_warm_up_is_a_stage_of_cross_entropy(method):
    name, _ = OTHER_KNOBS[method]
    assert method(warm_up=0.25).stages(8) == (Stage("ce", 2, hooks=CE()), Stage(name, 6))


@pytest.mark.parametrize("method", [SoftIoU, Dice])
def test_overlap_learns_clean_labels(method, make_engine, make_flipped):
    data = make_flipped(Task.SEMANTIC, 0.0)
    engine = make_engine(method(), data.problem, data.images, data.labels, lr=0.02).fit(15)
    assert engine.agreement(data.truth) > 0.97


@pytest.mark.parametrize("method", [MultiboxHard, MultiboxSoft])
def test_multibox_without_a_background_asks_for_every_class(method, batch):
    name, _ = OTHER_KNOBS[method]
    logits = torch.randn(6, 3, *batch.labels.shape[1:], generator=torch.Generator().manual_seed(1))
    values = method().unit_loss(logits, batch.labels, dataclasses.replace(batch, background=None))
    assert torch.equal(values, LOSSES[name](logits, batch.labels, background=None))


@pytest.mark.parametrize(
    "method", [GCE(), SCE(), MAE(), ActivePassive()], ids=["gce", "sce", "mae", "active_passive"]
)
def test_learns_fewer_wrong_labels_by_heart_than_cross_entropy(method, make_engine, noisy):
    believer, doubter = (
        make_engine(each_method, noisy.problem, noisy.images, noisy.labels).fit(25)
        for each_method in (CE(), method)
    )
    assert doubter.agreement(noisy.labels) < believer.agreement(noisy.labels) - 0.02
    assert doubter.agreement(noisy.truth) > believer.agreement(noisy.truth) + 0.03
