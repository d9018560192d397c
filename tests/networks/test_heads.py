import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.detection.mask_rcnn import MaskRCNNPredictor
from torchvision.models.detection.roi_heads import fastrcnn_loss

from truemask.networks.doubling import doubled
from truemask.networks.heads import BoxPredictor, MaskPredictor, box_loss, mask_loss


def test_masks_are_those_of_torchvisions_predictor_with_the_same_weights():
    mine, theirs = MaskPredictor(6, 4, agnostic=False), MaskRCNNPredictor(6, 6, 4)
    theirs.load_state_dict(mine.state_dict())
    features, classes = torch.randn(5, 6, 3, 4), torch.tensor([1, 3, 0, 2, 1])
    torch.testing.assert_close(mine(features, classes), theirs(features)[torch.arange(5), classes])


def test_an_agnostic_mask_does_not_look_at_the_class():
    predictor = MaskPredictor(6, 4, agnostic=True)
    features = torch.randn(2, 6, 3, 3)
    one, other = (predictor(features, torch.tensor(classes)) for classes in ([1, 2], [3, 0]))
    assert one.equal(other)


@pytest.mark.parametrize("agnostic", [False, True])
def test_box_loss_is_fast_rcnns(agnostic):
    labels = torch.tensor([0, 2, 1, 0, 3])
    logits, offsets, wanted = torch.randn(5, 4), torch.randn(5, 1 if agnostic else 4, 4), torch.randn(5, 4)
    spread = offsets.expand(5, 4, 4).reshape(5, 16)
    classes, expected = fastrcnn_loss(logits, spread, [labels], [wanted])
    torch.testing.assert_close(box_loss(offsets, wanted[labels > 0], labels), expected)
    torch.testing.assert_close(F.cross_entropy(logits, labels), classes)


def test_without_an_object_box_and_mask_cost_nothing_but_keep_their_graph():
    offsets = torch.randn(3, 4, 4, requires_grad=True)
    loss = box_loss(offsets, torch.zeros(0, 4), torch.zeros(3, dtype=torch.int64))
    loss.backward()
    assert loss == 0
    assert offsets.grad.eq(0).all()
    predictor = MaskPredictor(6, 4, agnostic=False)
    nothing = predictor(torch.zeros(0, 6, 3, 3), torch.zeros(0, dtype=torch.int64))
    assert nothing.shape == (0, 6, 6)
    loss = mask_loss(nothing, torch.zeros(0, 6, 6))
    loss.backward()
    assert loss == 0
    assert all(weight.grad.eq(0).all() for weight in predictor.parameters())


def test_mask_loss_is_the_mean_over_all_cells():
    logits = torch.tensor([[[0.0, 0.0]], [[0.0, 100.0]]])
    wanted = torch.tensor([[[1.0, 0.0]], [[0.5, 1.0]]])
    torch.testing.assert_close(mask_loss(logits, wanted), torch.tensor(0.75 * math.log(2)))


def test_no_region_has_no_logits():
    logits, offsets = BoxPredictor(6, 4, agnostic=False)(torch.zeros(0, 6))
    assert logits.shape == (0, 4)
    assert offsets.shape == (0, 4, 4)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_doubling_is_a_transposed_convolution(layout):
    layer = nn.ConvTranspose2d(6, 4, 2, 2)
    maps = torch.randn(2, 6, 3, 5).contiguous(memory_format=layout)
    torch.testing.assert_close(doubled(layer, maps), layer(maps))
