from dataclasses import replace

import pytest
import torch
from torch import nn

from truemask.losses import cross_entropy
from truemask.methods.ce import CE
from truemask.methods.co_teaching import CoTeaching
from truemask.methods.selection import smallest
from truemask.types import IGNORE, Task


def _fit_alone(engine, data, epochs):
    """The two networks of an untrained engine, each with its own Adam on plain cross entropy."""
    order = torch.Generator().manual_seed(0)
    optimisers = {
        name: torch.optim.Adam(net.parameters(), lr=engine.lr) for name, net in engine.networks.items()
    }
    for _ in range(epochs):
        for rows in torch.randperm(len(data.labels), generator=order).split(engine.batch_size):
            for name, net in engine.networks.items():
                optimisers[name].zero_grad()
                cross_entropy(net(data.images[rows]), data.labels[rows]).mean().backward()
                optimisers[name].step()


def test_forgetting_nothing_with_one_optimiser_is_exactly_two_networks_alone(make_engine, make_flipped):
    data = make_flipped(Task.CLASSIFICATION, 0.4)
    together, alone = (
        make_engine(CoTeaching(forget_rate=0.0), data.problem, data.images, data.labels) for _ in range(2)
    )
    together.fit(3)
    _fit_alone(alone, data, 3)
    for name in ("main", "peer"):
        for one, other in zip(
            together.networks[name].parameters(), alone.networks[name].parameters(), strict=True
        ):
            assert torch.equal(one, other)


def test_the_two_begin_with_weights_of_their_own(make_engine, make_flipped):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    engine = make_engine(CoTeaching(), data.problem, data.images, data.labels)
    main, peer = (engine.networks[name][0].weight for name in ("main", "peer"))
    assert (main != peer).any()


class _Fixed(nn.Module):
    """Says the same logits for every image, whatever it learns."""

    def __init__(self, problem):
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(4, problem.num_classes))

    def forward(self, images):
        return self.logits


def test_each_network_learns_only_from_what_its_peer_finds_easiest(make_engine, make_flipped):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    method = CoTeaching(forget_rate=0.5, ramp_epochs=0)
    labels = torch.zeros(4, dtype=torch.long)
    engine = make_engine(method, data.problem, data.images[:4], labels, network=_Fixed)
    with torch.no_grad():
        engine.networks["main"].logits[:2, 0] = 3.0
        engine.networks["peer"].logits[1:3, 0] = 3.0
    logged = method.step(engine, engine.batch(torch.arange(4)))
    pulled = {name: (net.logits.grad != 0).any(dim=1).tolist() for name, net in engine.networks.items()}
    assert pulled == {"main": [False, True, True, False], "peer": [True, True, False, False]}
    sure, unsure = cross_entropy(torch.tensor([[3.0, 0, 0], [0.0, 0, 0]]), torch.zeros(2, dtype=torch.long))
    assert logged["loss"] == pytest.approx((sure + unsure).item() / 2)
    assert logged["kept"] == 0.5


def test_the_dropped_share_grows_evenly_to_the_forget_rate():
    method = CoTeaching(forget_rate=0.4, ramp_epochs=4)
    assert [method.kept_share(epoch) for epoch in range(6)] == pytest.approx([1, 0.9, 0.8, 0.7, 0.6, 0.6])
    assert CoTeaching(forget_rate=0.4, ramp_epochs=0).kept_share(0) == pytest.approx(0.6)


def test_predicts_the_mean_of_both(make_engine, make_flipped):
    data = make_flipped(Task.SEMANTIC, 0.0)
    engine = make_engine(CoTeaching(), data.problem, data.images, data.labels)
    both = [engine.networks[name](data.images).softmax(dim=1) for name in ("main", "peer")]
    probs = engine.method.predict(list(engine.networks.values()), data.images)
    torch.testing.assert_close(probs, (both[0] + both[1]) / 2)


def test_a_batch_without_labels_moves_nothing(make_engine, make_flipped):
    data = make_flipped(Task.SEMANTIC, 0.0)
    labels = torch.full_like(data.labels, IGNORE)
    engine = make_engine(CoTeaching(), data.problem, data.images, labels)
    before = [weight.clone() for weight in engine.networks["main"].parameters()]
    assert engine.method.step(engine, engine.batch(torch.arange(4)))["loss"] == 0
    assert all(map(torch.equal, before, engine.networks["main"].parameters()))


def test_what_is_kept_is_purer_than_what_was_given(make_engine, noisy):
    believer, pair = (
        make_engine(method, noisy.problem, noisy.images, noisy.labels).fit(20)
        for method in (CE(), CoTeaching(forget_rate=0.4, ramp_epochs=5))
    )
    assert pair.agreement(noisy.truth) > believer.agreement(noisy.truth) + 0.1
    with torch.no_grad():
        losses = cross_entropy(pair.networks["peer"](noisy.images), noisy.labels)
    kept, right = smallest(losses, noisy.labels, 0.6), noisy.labels == noisy.truth
    assert right[kept].float().mean() > right.float().mean() + 0.15


def test_in_label_maps_rare_classes_are_not_forgotten(make_engine, make_flipped, make_network):
    """They are where the whole map shares one quota, as the images of a classification set do."""
    data = make_flipped(Task.SEMANTIC, 0.1, shares=(0.9, 0.05, 0.05))
    as_images = replace(data.problem, task=Task.CLASSIFICATION)
    found = {}
    for name, problem in (("per class", data.problem), ("one quota", as_images)):
        engine = make_engine(
            CoTeaching(forget_rate=0.3, ramp_epochs=1),
            problem,
            data.images,
            data.labels,
            network=lambda _: make_network(data.problem),
        ).fit(15)
        rare = data.truth != 0
        with torch.no_grad():
            guess = engine.method.predict(list(engine.networks.values()), data.images).argmax(dim=1)
        found[name] = (guess == data.truth)[rare].float().mean().item()
    assert found["per class"] > 0.9
    assert found["one quota"] < 0.1
