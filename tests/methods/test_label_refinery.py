"""Label refinery: a chain of teachers, each for the same view that its student sees."""

import pytest
import torch

from truemask.losses import soft_cross_entropy
from truemask.methods.ce import CE
from truemask.methods.label_refinery import LabelRefinery
from truemask.methods.method import Stage
from truemask.types import IGNORE, BadInput, Task


def test_generations_share_the_epochs_and_start_from_the_best_one_before():
    assert LabelRefinery(generations=2).stages(8) == (
        Stage("labels", 3, hooks=CE()),
        Stage("generation 1", 3, start="best", restart=True),
        Stage("generation 2", 2, start="best", restart=True),
    )
    assert [stage.start for stage in LabelRefinery(best=False).stages(8)] == ["keep"] * 3


def test_each_generation_is_taught_by_the_one_before(make_flipped, make_engine):
    data = make_flipped(Task.CLASSIFICATION, 0.2)
    engine = make_engine(LabelRefinery(generations=2), data.problem, data.images, data.labels)
    taught = []

    class Watched(LabelRefinery):
        def before_epoch(self, engine):
            before = {name: value.clone() for name, value in engine.networks["main"].state_dict().items()}
            super().before_epoch(engine)
            if engine.epoch == 0:
                teacher = engine.networks["teacher"].state_dict()
                taught.append(
                    (before, {name: value.clone() for name, value in teacher.items()}, engine.renewed)
                )

    engine.method = Watched(generations=2)
    engine.fit(6)
    assert [renewed for _, _, renewed in taught] == [1, 2]
    for before, teacher, _ in taught:
        assert all(torch.equal(before[name], teacher[name]) for name in before)


def test_a_step_is_cross_entropy_to_what_the_teacher_says_of_the_same_images(make_flipped, make_engine):
    data = make_flipped(Task.SEMANTIC, 0.2)
    labels = data.labels.clone()
    labels[0] = IGNORE
    engine = make_engine(LabelRefinery(), data.problem, data.images, labels)
    steps = []
    engine.update = lambda loss: steps.append(loss.item())
    batch = engine.batch(torch.arange(3))
    engine.networks["teacher"].train()
    LabelRefinery().step(engine, batch)
    with torch.no_grad():
        said = engine.networks["teacher"](batch.images).softmax(dim=1)
        losses = soft_cross_entropy(engine.networks["main"](batch.images), said)
    assert steps == [pytest.approx(losses[1:].mean().item(), rel=1e-5)]  # the first map has no label
    assert not engine.networks["teacher"].training


def test_a_silent_batch_moves_nothing(make_flipped, make_engine):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    engine = make_engine(LabelRefinery(), data.problem, data.images, torch.full_like(data.labels, IGNORE))
    logged = LabelRefinery().step(engine, engine.batch(torch.arange(4)))
    assert logged == {"loss": 0.0}


def test_there_is_at_least_one_generation():
    with pytest.raises(BadInput, match="1 or more generations"):
        LabelRefinery(generations=0)
