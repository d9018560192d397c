import dataclasses

import pytest
import torch

from truemask.batch import Batch
from truemask.losses import cross_entropy, dmi
from truemask.losses.dmi import joint, of_joint
from truemask.methods.ce import CE
from truemask.methods.dmi import DMI
from truemask.methods.method import Stage
from truemask.types import IGNORE, Task


def _batch(labels, memory=None):
    parameters = {"joint": torch.zeros(3, 3, dtype=torch.float64) if memory is None else memory}
    images = torch.zeros(len(labels), 1, 1, 1)
    return Batch(images=images, labels=labels, rows=torch.arange(len(labels)), parameters=parameters)


@pytest.fixture(params=[(), (4, 5)], ids=["units", "masks"])
def given(request):
    rng = torch.Generator().manual_seed(0)
    labels = torch.randint(3, (8, *request.param), generator=rng)
    return torch.randn(8, 3, *request.param, generator=rng), labels


def test_starts_from_the_best_epoch_of_cross_entropy_at_a_lower_rate():
    assert DMI(warm_up=0.25, lr_scale=0.2).stages(8) == (
        Stage("ce", 2, hooks=CE()),
        Stage("dmi", 6, start="best", lr_scale=0.2),
    )
    assert [stage.epochs for stage in DMI(warm_up=0.0).stages(4)] == [1, 3]


def test_pooled_over_a_batch_all_images_have_the_value_of_one_matrix(given):
    logits, labels = given
    method, batch = DMI(pool="batch"), _batch(labels)
    values = method.unit_loss(logits, labels, batch)
    expected = of_joint(joint(logits, labels).sum(dim=0)).float()
    assert torch.equal(values, expected.expand(8))


def test_image_by_image_a_batch_of_single_units_pays_cross_entropy():
    rng = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(8, 3, generator=rng), torch.randint(3, (8,), generator=rng)
    values = DMI(pool="image", floor=1e-6).unit_loss(logits, labels, _batch(labels))
    torch.testing.assert_close(values, cross_entropy(logits, labels))
    assert torch.equal(DMI(pool="image").unit_loss(logits, labels, _batch(labels)), dmi(logits, labels))


def test_the_first_batch_is_the_memory_and_later_ones_fade_in(given):
    logits, labels = given
    batch, method = _batch(labels), DMI(momentum=0.8)
    now = joint(logits, labels).sum(dim=0)
    method.targets(batch, logits)
    torch.testing.assert_close(batch.parameters["joint"], now)
    method.targets(batch, logits.flip(0))
    other = joint(logits.flip(0), labels).sum(dim=0)
    torch.testing.assert_close(batch.parameters["joint"], 0.8 * now + 0.2 * other)


def test_with_a_memory_of_this_batch_alone_value_and_gradient_are_the_batchs(given):
    logits, labels = given
    logits.requires_grad_()
    batch = _batch(labels)
    DMI().targets(batch, logits.detach())
    running, pooled = (DMI(pool=pool).unit_loss(logits, labels, batch)[0] for pool in ("running", "batch"))
    torch.testing.assert_close(running, pooled)
    slopes = [torch.autograd.grad(loss, logits)[0] for loss in (running, pooled)]
    torch.testing.assert_close(*slopes)


def test_a_class_that_a_batch_lacks_is_remembered():
    """The batch alone knows two classes; the memory lets the third keep its place."""
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(30) % 3
    logits = torch.randn(30, 3, generator=rng) + 2 * torch.nn.functional.one_hot(labels, 3)
    full = joint(logits[:, :, None], labels[:, None]).sum(dim=0)
    two = labels != 2
    batch = _batch(labels[two], memory=full.clone())
    seen = logits[two].requires_grad_()
    value = DMI().unit_loss(seen, labels[two], batch)[0]
    torch.testing.assert_close(value, of_joint(full).float())
    value.backward()
    assert seen.grad.isfinite().all()
    # Whatever is given to class 2 makes its column less of its own: the batch alone would not care.
    assert (seen.grad[:, 2] > 0).float().mean() > 0.9


def test_batches_without_a_label_cost_nothing_and_leave_no_trace():
    labels = torch.full((4,), IGNORE)
    batch, method, logits = _batch(labels), DMI(), torch.randn(4, 3, requires_grad=True)
    method.targets(batch, logits.detach())
    values = method.unit_loss(logits, labels, batch)
    values.sum().backward()
    assert (batch.parameters["joint"] == 0).all()
    assert (values == 0).all()
    assert (logits.grad == 0).all()


@pytest.mark.parametrize("pool", ["running", "batch"])
def test_recovers_from_labels_that_go_wrong_by_class(make_engine, make_flipped, pool):
    """Two in five cats are called dogs, and two in five dogs nothing: cross entropy learns some by heart."""
    data = make_flipped(Task.SEMANTIC, 0.0)
    rng = torch.Generator().manual_seed(3)
    wrong = torch.rand(data.truth.shape, generator=rng) < 0.4
    labels = torch.where(wrong & (data.truth > 0), torch.tensor([0, 2, 0])[data.truth], data.truth)
    method = DMI(pool=pool, warm_up=0.3)
    engine, believer = (
        make_engine(each, data.problem, data.images, labels).fit(30) for each in (method, CE())
    )
    assert engine.agreement(data.truth) > believer.agreement(data.truth) + 0.02


def test_knobs_are_kept():
    assert dataclasses.asdict(DMI()) == {
        "pool": "running",
        "momentum": 0.9,
        "warm_up": 0.5,
        "lr_scale": 0.1,
        "floor": 1e-3,
    }
