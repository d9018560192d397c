import math

import pytest
import torch

from truemask.batch import Batch
from truemask.losses import cross_entropy, lncis
from truemask.losses.lncis import division
from truemask.losses.lncis_released import lncis_released
from truemask.methods.ce import CE
from truemask.methods.lncis import LNCIS
from truemask.methods.method import Setup, Stage
from truemask.types import BadInput, Problem, Task

SCENES = Problem(Task.INSTANCE, ("background", "cup", "jug"), background=0)


def _batch(labels):
    return Batch(images=torch.zeros(1, 3, 8, 8), labels=labels, rows=torch.arange(len(labels)) - 1)


def test_half_the_epochs_are_cross_entropy():
    assert LNCIS().stages(12) == (Stage("ce", 6, hooks=CE()), Stage("division", 6))
    assert [stage.epochs for stage in LNCIS(warm_up=0.0).stages(12)] == [0, 12]
    assert [stage.epochs for stage in LNCIS(warm_up=0.75).stages(12)] == [9, 3]


def test_the_first_stage_learns_by_cross_entropy():
    logits, labels = torch.randn(6, 3, generator=torch.Generator().manual_seed(0)), torch.arange(6) % 3
    hooks = LNCIS().stages(4)[0].hooks
    torch.testing.assert_close(hooks.unit_loss(logits, labels, _batch(labels)), cross_entropy(logits, labels))


def test_the_second_stage_learns_by_division():
    logits = 4 * torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    labels, method = torch.arange(40) % 3, LNCIS(gamma=3.0, log_zero=math.log(1e-4))
    targets, weights = method.targets(_batch(labels), logits)
    values = method.unit_loss(logits, targets, _batch(labels))
    assert weights is None
    assert torch.equal(values, lncis(logits, labels, gamma=3.0, log_zero=math.log(1e-4)))
    assert (values == 0).any()


def test_left_out_units_still_count_in_the_mean(make_engine, make_flipped):
    data = make_flipped(Task.SEMANTIC, 0.0)
    engine = make_engine(LNCIS(), data.problem, data.images, data.labels)
    engine.stage = engine.method.stages(2)[1]
    logits = torch.zeros(1, 3, 2, 2)
    logits[0, 1] = 9.0
    labels = torch.tensor([[[1, 1], [1, 2]]])
    values = engine.method.unit_loss(logits, labels, _batch(labels))
    assert values[0, 1, 1] == 0
    engine.logits = lambda network, batch: logits
    assert engine.loss(engine.networks["main"], _batch(labels)).item() == pytest.approx(
        values.sum().item() / 4
    )


class _Asked(Setup):
    def __init__(self, problem):
        self.problem, self.networks = problem, []

    def network(self, name="main", *, predicts=True):
        self.networks.append(name)


def test_objects_and_label_maps_with_a_background_are_served():
    for problem in (SCENES, Problem(Task.SEMANTIC, ("nothing", "cell"), background=0)):
        setup = _Asked(problem)
        LNCIS().build(setup)
        assert setup.networks == ["main"]
    LNCIS(background=1).build(_Asked(Problem(Task.SEMANTIC, ("cell", "nothing"), background=1)))


def test_a_problem_without_background_is_refused():
    with pytest.raises(BadInput, match=r"needs a class that means background, .* none of sky, road so"):
        LNCIS().build(_Asked(Problem(Task.SEMANTIC, ("sky", "road"))))


def test_another_background_is_named():
    problem = Problem(Task.SEMANTIC, ("cell", "nothing"), background=1)
    with pytest.raises(BadInput, match=r"is 1 \(nothing\); set background=1"):
        LNCIS().build(_Asked(problem))


PROPOSALS = torch.tensor([[0.0, 9.0, 0.0], [0.0, 4.0, 3.9], [0.0, 0.0, 5.0], [5.0, 0.0, 0.0]])
"""Two of object 0, labelled 2; one of object 1; one of background."""


def _proposals():
    labels = torch.tensor([2, 2, 2, 0])
    return labels, Batch(images=torch.zeros(1, 3, 8, 8), labels=labels, rows=torch.tensor([0, 0, 1, -1]))


def _values(method, logits, batch):
    targets, weights = method.targets(batch, logits)
    return method.unit_loss(logits, targets, batch), weights, targets


def test_an_object_is_judged_by_all_of_its_proposals():
    _, batch = _proposals()
    alone, _, _ = _values(LNCIS(gamma=4.0), PROPOSALS, batch)
    together, _, _ = _values(LNCIS(gamma=4.0, per_object=True), PROPOSALS, batch)
    assert (alone == 0).tolist() == [True, False, False, False]
    assert (together == 0).tolist() == [True, True, False, False]  # -log p: (9.0 + 0.8) / 2 > 4
    assert together[2:].tolist() == alone[2:].tolist()


def test_per_object_is_refused_where_there_are_no_objects():
    with pytest.raises(BadInput, match="per_object is for instance problems; this one is semantic"):
        LNCIS(per_object=True).build(_Asked(Problem(Task.SEMANTIC, ("nothing", "cell"), background=0)))


def test_a_sure_network_relabels_what_it_would_leave_out():
    _, batch = _proposals()
    values, _, targets = _values(LNCIS(gamma=4.0, relabel_above=0.9), PROPOSALS, batch)
    assert targets.tolist() == [1, 2, 2, 0]
    assert values[0].item() == pytest.approx(4 * (1 - PROPOSALS[0].softmax(dim=0)[1].item()), rel=1e-4)
    _, _, unsure = _values(LNCIS(gamma=4.0, relabel_above=0.9999), PROPOSALS, batch)
    assert unsure.tolist() == [2, 2, 2, 0]


def test_left_out_units_can_be_kept_from_the_mean():
    _, batch = _proposals()
    _, weights, _ = _values(LNCIS(gamma=4.0, count_left_out=False), PROPOSALS, batch)
    assert weights.tolist() == [0, 1, 1, 1]


def test_the_released_loss_is_a_knob():
    labels, batch = _proposals()
    values, _, _ = _values(LNCIS(released=True, gamma=math.inf), PROPOSALS, batch)
    sets = division(PROPOSALS, labels, gamma=math.inf)
    assert torch.equal(values, lncis_released(PROPOSALS, labels, sets))


def test_learns_clean_labels(make_engine, make_flipped):
    data = make_flipped(Task.SEMANTIC, 0.0)
    engine = make_engine(LNCIS(), data.problem, data.images, data.labels, lr=0.02).fit(16)
    assert engine.agreement(data.truth) > 0.97


def test_stops_learning_wrong_classes_where_cross_entropy_goes_on(make_engine, make_flipped):
    data = make_flipped(Task.SEMANTIC, 0.4)
    believer, method = (
        make_engine(each, data.problem, data.images, data.labels).fit(24) for each in (CE(), LNCIS())
    )
    objects = (data.truth != 0) & (data.labels != 0)
    right = {}
    for name, engine in (("ce", believer), ("lncis", method)):
        with torch.no_grad():
            guess = engine.networks["main"](data.images).argmax(dim=1)
        right[name] = (guess == data.truth)[objects].float().mean().item()
    assert right["lncis"] > right["ce"] + 0.05
