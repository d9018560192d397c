import pytest
import torch

from truemask.batch import Batch, Slice
from truemask.losses import cross_entropy, gce
from truemask.methods.ce import CE
from truemask.methods.gce import GCE
from truemask.methods.method import Stage
from truemask.methods.truncated_gce import TruncatedGCE
from truemask.types import Task


class Kept(Slice):
    """What a sweep has found; not written to."""

    values = None

    def __init__(self, values):
        self.values = values


def _batch(labels, rows, kept):
    images = torch.zeros(len(labels), 1, 1, 1)
    return Batch(images=images, labels=labels, rows=rows, stores={"kept": Kept(kept)})


@pytest.fixture(scope="module")
def trained(make_engine, make_flipped):
    """Both after 27 epochs on label maps of which two pixels in five are wrong: cross entropy, and this."""
    data = make_flipped(Task.SEMANTIC, 0.4)
    return data, *(
        make_engine(method, data.problem, data.images, data.labels).fit(27)
        for method in (CE(), TruncatedGCE(every_epochs=6))
    )


def test_starts_from_the_best_epoch_of_a_stage_of_gce():
    assert TruncatedGCE(q=0.5).stages(12) == (
        Stage("gce", 4, hooks=GCE(q=0.5)),
        Stage("truncated", 8, start="best"),
    )


def test_a_fresh_network_never_judges():
    assert [stage.epochs for stage in TruncatedGCE(warm_up=0.0).stages(6)] == [1, 5]


def test_sweeps_every_few_epochs_of_the_second_stage(trained):
    _, _, engine = trained
    assert engine.sweeps == [("truncated", 0), ("truncated", 6), ("truncated", 12)]


def test_keeps_one_bit_a_unit(trained):
    _, _, engine = trained
    assert engine.asked == {"kept": {"channels": 1, "dtype": "uint8"}}
    assert engine.stores["kept"][0].unique().tolist() == [0.0, 1.0]


def test_mostly_wrong_labels_are_dropped(trained):
    data, _, engine = trained
    kept, right = engine.stores["kept"][0][:, 0] == 1, data.labels == data.truth
    assert right[kept].float().mean() > 0.75
    assert right[~kept].float().mean() < 0.25


def test_learns_fewer_wrong_labels_by_heart_than_cross_entropy(trained):
    data, believer, engine = trained
    assert engine.agreement(data.truth) > believer.agreement(data.truth) + 0.1


def test_a_sweep_keeps_labels_above_the_threshold(make_engine, make_flipped):
    data = make_flipped(Task.CLASSIFICATION, 0.4)
    engine = make_engine(TruncatedGCE(threshold=0.4), data.problem, data.images, data.labels)
    engine.method.before_epoch(engine)
    with torch.no_grad():
        p = torch.exp(-cross_entropy(engine.networks["main"](data.images), data.labels))
    assert torch.equal(engine.stores["kept"][0][:, 0] == 1, p > 0.4)
    assert 0.1 < (p > 0.4).float().mean() < 0.9


def test_weights_are_what_was_kept_and_1_for_background_proposals():
    labels, rows = torch.tensor([1, 2, 0]), torch.tensor([5, 3, -1])
    batch = _batch(labels, rows, torch.tensor([[1.0], [0.0], [0.0]]))
    targets, weights = TruncatedGCE().targets(batch, torch.zeros(3, 3))
    assert targets is labels
    assert weights.tolist() == [1.0, 0.0, 1.0]


def test_weights_of_label_maps_keep_their_shape():
    kept = torch.randint(2, (2, 1, 4, 5), generator=torch.Generator().manual_seed(0)).float()
    batch = _batch(torch.zeros(2, 4, 5, dtype=torch.long), torch.tensor([0, 1]), kept)
    _, weights = TruncatedGCE().targets(batch, torch.zeros(2, 3, 4, 5))
    assert torch.equal(weights, kept[:, 0])


def test_unit_loss_is_gce():
    logits, labels = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)), torch.arange(5) % 3
    batch = _batch(labels, torch.arange(5), torch.ones(5, 1))
    assert torch.equal(TruncatedGCE(q=0.3).unit_loss(logits, labels, batch), gce(logits, labels, q=0.3))
