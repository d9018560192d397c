import pytest
import torch
from torchvision.ops import roi_align

from truemask.networks import regions
from truemask.networks.paste import cut_out, paste
from truemask.networks.regions import pool_regions

BOXES = [
    torch.tensor([[3.0, 5.0, 20.5, 31.0], [0.0, 0.0, 64.0, 48.0], [60.2, 40.0, 64.0, 48.0]]),
    torch.zeros(0, 4),
    torch.tensor([[10.0, 10.0, 10.5, 10.5]]),
]


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_two_products_are_torchvisions_roi_align(samples):
    maps = torch.randn(3, 5, 12, 16)
    expected = roi_align(maps, BOXES, 7, spatial_scale=0.25, sampling_ratio=samples, aligned=True)
    torch.testing.assert_close(pool_regions(maps, BOXES, bins=7, stride=4, samples=samples), expected)


def test_its_gradient_is_torchvisions():
    maps = torch.randn(3, 5, 12, 16, requires_grad=True)
    pull = torch.randn(4, 5, 7, 7)
    pool_regions(maps, BOXES, bins=7, stride=4).backward(pull)
    mine, maps.grad = maps.grad, None
    roi_align(maps, BOXES, 7, spatial_scale=0.25, sampling_ratio=2, aligned=True).backward(pull)
    torch.testing.assert_close(mine, maps.grad, rtol=1e-4, atol=1e-5)


def test_large_maps_take_torchvisions_way_to_the_same_values(monkeypatch):
    maps = torch.randn(3, 5, 12, 16)
    dense = pool_regions(maps, BOXES, bins=7, stride=4)
    monkeypatch.setattr(regions, "DENSE_CELLS", 0)
    torch.testing.assert_close(pool_regions(maps, BOXES, bins=7, stride=4), dense)


def test_a_box_of_whole_cells_holds_their_values():
    maps = torch.arange(48.0).view(1, 1, 6, 8)
    region = pool_regions(maps, [torch.tensor([[8.0, 4.0, 20.0, 16.0]])], bins=3, stride=4, samples=1)
    torch.testing.assert_close(region[0, 0], maps[0, 0, 1:4, 2:5])


def test_no_box_at_all_is_no_region():
    maps = torch.randn(2, 5, 12, 16)
    assert pool_regions(maps, [torch.zeros(0, 4)] * 2, bins=7, stride=4).shape == (0, 5, 7, 7)


def test_pasting_undoes_cutting_out():
    masks = torch.zeros(2, 40, 50, dtype=torch.bool)
    masks[0, 6:34, 10:38] = torch.ones(28, 28).tril().bool()
    masks[1, 6:20, 20:48] = True
    boxes = torch.tensor([[10.0, 6.0, 38.0, 34.0], [20.0, 6.0, 48.0, 34.0]])
    cells = cut_out(masks, torch.tensor([0, 1]), boxes, 28)
    assert paste(cells, boxes, (40, 50)).equal(masks)


def test_pasting_at_any_scale_keeps_the_shape():
    row, column = torch.meshgrid(torch.arange(64) + 0.5, torch.arange(64) + 0.5, indexing="ij")
    disc = ((row - 32.3) ** 2 + (column - 30.8) ** 2 < 21**2)[None]
    boxes = torch.tensor([[9.6, 11.1, 51.9, 53.4]])
    back = paste(cut_out(disc, torch.tensor([0]), boxes, 28), boxes, (64, 64))
    assert (back & disc).sum() / (back | disc).sum() > 0.97


def test_nothing_is_pasted_outside_the_box_or_the_image():
    boxes = torch.tensor([[-5.0, 2.0, 4.0, 9.0], [8.0, 8.0, 30.0, 30.0]])
    masks = paste(torch.ones(2, 28, 28), boxes, (12, 16))
    expected = torch.zeros(2, 12, 16, dtype=torch.bool)
    expected[0, 2:9, :4] = True
    expected[1, 8:, 8:] = True
    assert masks.equal(expected)


def test_many_masks_are_pasted_piece_by_piece(monkeypatch):
    probs, boxes = torch.rand(5, 28, 28), torch.rand(5, 4) * 8 + torch.tensor([0, 0, 10, 10])
    whole = paste(probs, boxes, (20, 20))
    monkeypatch.setattr("truemask.networks.paste.CHUNK", 800)
    assert paste(probs, boxes, (20, 20)).equal(whole)
    assert paste(probs[:0], boxes[:0], (20, 20)).shape == (0, 20, 20)
