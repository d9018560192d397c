"""Pre-training by rebuilding images, and bootstrapping by reconstruction."""

import math

import pytest
import torch
import torch.nn.functional as F

from truemask.batch import Batch
from truemask.losses import cross_entropy
from truemask.methods.ce import CE
from truemask.methods.method import Stage
from truemask.methods.pictures import picture_of, picture_values
from truemask.methods.pretrain_autoencoder import PretrainAutoencoder, _Rebuild, outputs_of
from truemask.methods.reconstruction import Reconstruction
from truemask.types import IGNORE, BadInput, Problem, Task

GREY = Problem(Task.CLASSIFICATION, tuple("0123456789"), channels=1)
MAPS = Problem(Task.SEMANTIC, ("background", "blob", "wall"), channels=3, background=0)


def test_what_there_is_to_rebuild():
    images = torch.randn(2, 3, 16, 16)
    pooled = picture_of(images, torch.zeros(2, dtype=torch.long))
    torch.testing.assert_close(pooled[:, 0], images[:, 0, :2, :2].mean(dim=(1, 2)))
    assert pooled.shape == (2, 192)
    assert picture_of(images, torch.zeros(2, 16, 16, dtype=torch.long)) is images
    points = Problem(Task.CLASSIFICATION, ("a", "b"), channels=7, points=True)
    many = Problem(Task.CLASSIFICATION, ("a", "b"), channels=30)
    assert [picture_values(problem) for problem in (GREY, MAPS, points, many)] == [64, 3, 7, 120]


def test_the_auto_encoder_has_another_number_of_outputs_than_there_are_classes():
    assert outputs_of(GREY) == 64
    assert outputs_of(MAPS) == 4  # three channels, and three classes
    two = Problem(Task.SEMANTIC, ("background", "blob"), channels=1, background=0)
    assert outputs_of(two) == 3  # one channel; a network says two numbers or more, and there are two classes


def test_rebuilding_comes_first_and_there_is_always_an_epoch_of_cross_entropy():
    hooks = _Rebuild(0.0, 0.3)
    assert PretrainAutoencoder().stages(10) == (
        Stage("rebuild", 3, hooks=hooks),
        Stage("ce", 7, restart=True),
    )
    assert [stage.epochs for stage in PretrainAutoencoder(share=0.9).stages(1)] == [0, 1]


@pytest.mark.parametrize("task", [Task.CLASSIFICATION, Task.SEMANTIC])
def test_everything_but_the_last_layer_is_taken_over(task, make_flipped, make_engine):
    data = make_flipped(task, 0.0)
    engine = make_engine(PretrainAutoencoder(share=0.5), data.problem, data.images, data.labels)
    engine.fit(2)
    main, learnt = engine.started["ce"], engine.networks["autoencoder"].state_dict()
    engine.epoch = 0
    engine.method.before_epoch(engine)
    now = engine.networks["main"].state_dict()
    assert torch.equal(now["0.weight"], learnt["0.weight"])
    assert not torch.equal(main["0.weight"], learnt["0.weight"])
    assert now["2.weight"].shape != learnt["2.weight"].shape


def test_rebuilding_learns_images_and_no_labels(make_flipped, make_engine):
    data = make_flipped(Task.SEMANTIC, 0.0)
    method = PretrainAutoencoder(dropped=0.0)
    engine = make_engine(method, data.problem, data.images, torch.full_like(data.labels, IGNORE), lr=0.01)
    hooks, batch = _Rebuild(0.0, 0.0), engine.batch(torch.arange(4))
    before = {name: value.clone() for name, value in engine.networks["main"].state_dict().items()}
    losses = [hooks.step(engine, batch)["loss"] for _ in range(200)]
    variance = batch.images.var().item()
    assert losses[0] > 0.7 * variance
    assert losses[-1] < 0.3 * variance
    assert all(
        torch.equal(before[name], value) for name, value in engine.networks["main"].state_dict().items()
    )


def test_what_lies_outside_of_an_image_is_not_rebuilt(make_flipped, make_engine):
    data = make_flipped(Task.SEMANTIC, 0.0)
    images = data.images.clone()
    images[..., 3:] = 0
    engine = make_engine(PretrainAutoencoder(), data.problem, images, data.labels)
    seen = []
    engine.mean = lambda errors, inside: seen.append(inside) or errors.mean()
    _Rebuild(0.0, 0.0).step(engine, engine.batch(torch.arange(2)))
    assert seen[0][..., :3].all()
    assert not seen[0][..., 3:].any()


def test_pixels_are_dropped_as_often_as_asked_for_in_all_channels_at_once(make_flipped, make_engine):
    data = make_flipped(Task.SEMANTIC, 0.0)
    engine = make_engine(PretrainAutoencoder(), data.problem, data.images, data.labels)
    shown, logits = [], engine.logits
    engine.logits = lambda network, batch: shown.append(batch.images) or logits(network, batch)
    torch.manual_seed(0)
    _Rebuild(0.0, 0.3).step(engine, engine.batch(torch.arange(12)))
    gone = shown[0] == 0
    assert torch.equal(gone.all(dim=1), gone.any(dim=1))
    # 432 pixels: four deviations are 0.09.
    assert gone[:, 0].float().mean().item() == pytest.approx(0.3, abs=0.09)


@pytest.mark.parametrize("space", [(), (4, 5)], ids=["images", "maps"])
def test_reconstruction_is_the_papers_loss(space):
    rng = torch.Generator().manual_seed(0)
    images = torch.rand(6, 3, *(space or (8, 8)), generator=rng)
    logits, labels = torch.randn(6, 3, *space, generator=rng), torch.randint(3, (6, *space), generator=rng)
    values = 3 if space else 192
    relabel, rebuild = torch.randn(3, 3, generator=rng), torch.randn(values, 3, generator=rng)
    labels.view(-1)[0] = IGNORE
    batch = Batch(
        images=images,
        labels=labels,
        rows=torch.arange(6),
        parameters={"relabel": relabel, "rebuild": rebuild},
    )
    q = logits.double().movedim(1, -1).softmax(dim=-1)
    says = (q @ relabel.double().T).log_softmax(dim=-1)
    given = F.one_hot(labels.where(labels != IGNORE, 0), 3)
    picture = images.movedim(1, -1) if space else images.flatten(1)
    expected = -(given * says).sum(dim=-1) + 0.005 * ((q @ rebuild.double().T - picture) ** 2).sum(dim=-1)
    expected.view(-1)[0] = 0
    losses = Reconstruction().unit_loss(logits, labels, batch)
    torch.testing.assert_close(losses.double(), expected, rtol=1e-5, atol=1e-5)


def test_reconstruction_begins_with_cross_entropy_and_layers_that_change_no_class(make_flipped, make_engine):
    data = make_flipped(Task.SEMANTIC, 0.0)
    engine = make_engine(Reconstruction(weight=0.0), data.problem, data.images, data.labels)
    assert Reconstruction().stages(4) == (Stage("ce", 2, hooks=CE()), Stage("rebuild", 2))
    logits = torch.randn(12, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    losses = Reconstruction(weight=0.0).unit_loss(logits, data.labels, engine.batch(torch.arange(12)))
    torch.testing.assert_close(losses, cross_entropy(logits.softmax(dim=1), data.labels))


def test_reconstruction_is_finite_for_logits_of_200():
    logits = (400 * torch.eye(3) - 200).requires_grad_()
    batch = Batch(
        images=torch.randn(3, 3, 8, 8),
        labels=torch.tensor([0, 2, 1]),
        rows=torch.arange(3),
        parameters={"relabel": torch.eye(3), "rebuild": torch.zeros(192, 3)},
    )
    losses = Reconstruction().unit_loss(logits, batch.labels, batch)
    losses.sum().backward()
    assert losses.isfinite().all()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize(
    ("method", "knobs", "said"),
    [
        (PretrainAutoencoder, {"share": 1.0}, "0 <= share < 1"),
        (PretrainAutoencoder, {"dropped": 1.0}, "0 <= dropped < 1"),
        (PretrainAutoencoder, {"noise": math.inf}, "noise >= 0"),
        (Reconstruction, {"weight": -1.0}, "weight >= 0"),
    ],
)
def test_knobs_out_of_range_are_refused(method, knobs, said):
    with pytest.raises(BadInput, match=said):
        method(**knobs)
