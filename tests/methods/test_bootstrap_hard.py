import torch

from truemask.batch import Batch
from truemask.losses import cross_entropy
from truemask.methods.bootstrap import BootstrapHard
from truemask.methods.ce import CE
from truemask.methods.method import Stage
from truemask.types import IGNORE, Task


def _batch(labels):
    return Batch(images=torch.zeros(len(labels), 1, 1, 1), labels=labels, rows=torch.arange(len(labels)))


def test_targets_of_a_worked_example():
    logits = torch.tensor([[1.0, 5.0, 0.0], [1.0, 5.0, 0.0], [3.0, 0.0, 0.0]])
    targets, weights = BootstrapHard(beta=0.8).targets(_batch(torch.tensor([0, 1, IGNORE])), logits)
    torch.testing.assert_close(targets, torch.tensor([[0.8, 0.2, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    assert weights is None


def test_targets_of_label_maps_sum_to_1_where_there_is_a_label():
    rng = torch.Generator().manual_seed(0)
    labels = torch.randint(3, (2, 4, 5), generator=rng)
    labels[0, :2] = IGNORE
    logits = torch.randn(2, 3, 4, 5, generator=rng)
    targets, _ = BootstrapHard(beta=0.7).targets(_batch(labels), logits)
    torch.testing.assert_close(targets.sum(dim=1), (labels != IGNORE).float())
    at_label = targets.gather(1, labels.where(labels != IGNORE, 0).unsqueeze(1)).squeeze(1)
    agrees = logits.argmax(dim=1) == labels
    torch.testing.assert_close(at_label[agrees], torch.ones(int(agrees.sum())))
    torch.testing.assert_close(at_label[~agrees & (labels != IGNORE)].unique(), torch.tensor([0.7]))


def test_loss_is_cross_entropy_to_label_and_likeliest_class_mixed():
    rng = torch.Generator().manual_seed(0)
    labels, logits = torch.randint(3, (8,), generator=rng), torch.randn(8, 3, generator=rng)
    batch, method = _batch(labels), BootstrapHard(beta=0.8)
    targets, _ = method.targets(batch, logits)
    expected = 0.8 * cross_entropy(logits, labels) + 0.2 * cross_entropy(logits, logits.argmax(dim=1))
    torch.testing.assert_close(method.unit_loss(logits, targets, batch), expected)


def test_beta_1_is_cross_entropy():
    rng = torch.Generator().manual_seed(0)
    labels, logits = torch.randint(3, (8,), generator=rng), torch.randn(8, 3, generator=rng)
    batch, method = _batch(labels), BootstrapHard(beta=1.0)
    targets, _ = method.targets(batch, logits)
    torch.testing.assert_close(method.unit_loss(logits, targets, batch), cross_entropy(logits, labels))


def test_warm_up_is_a_stage_of_cross_entropy():
    assert BootstrapHard(warm_up=0.25).stages(12) == (Stage("ce", 3, hooks=CE()), Stage("bootstrap", 9))
    assert BootstrapHard().stages(12)[0].epochs == 0


def test_learns_clean_labels(make_engine, make_flipped):
    data = make_flipped(Task.SEMANTIC, 0.0)
    method = BootstrapHard(warm_up=0.2)
    engine = make_engine(method, data.problem, data.images, data.labels, lr=0.02).fit(15)
    assert engine.agreement(data.truth) > 0.97
