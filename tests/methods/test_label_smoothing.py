import pytest
import torch

from truemask.batch import Batch
from truemask.losses.label_smoothing import smoothed_over_neighbours
from truemask.methods.label_smoothing import LabelSmoothing
from truemask.types import IGNORE, BadInput, Task


def test_a_radius_makes_targets_of_the_pixels_around():
    labels = torch.tensor([[[0, 0, 2], [0, 2, IGNORE]]])
    batch = Batch(images=torch.zeros(1, 1, 2, 3), labels=labels, rows=torch.arange(1))
    logits = torch.randn(1, 3, 2, 3, generator=torch.Generator().manual_seed(0))
    method = LabelSmoothing(eps=0.3, radius_px=1)
    targets, weights = method.targets(batch, logits)
    assert weights is None
    assert torch.equal(targets, smoothed_over_neighbours(labels, 3, eps=0.3, radius_px=1))
    expected = -(targets * logits.log_softmax(dim=1)).sum(dim=1)
    torch.testing.assert_close(method.unit_loss(logits, targets, batch), expected)


def test_a_radius_without_label_maps_is_refused(make_engine, make_flipped):
    data = make_flipped(Task.CLASSIFICATION, 0.0)
    with pytest.raises(BadInput, match=r"radius_px=2 smooths label maps, .*; set radius_px=0"):
        make_engine(LabelSmoothing(radius_px=2), data.problem, data.images, data.labels)
