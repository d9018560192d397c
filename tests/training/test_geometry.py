"""What the network sees can be written back to where it came from."""

import numpy as np
import pytest
import torch

from truemask.training.geometry import Geometry, draw_geometry

WHOLE = (5, 7)


def views(rng: np.random.Generator, crop_px: int | None) -> list[Geometry]:
    return [draw_geometry(WHOLE, rng, crop_px=crop_px, turns=(turn,)) for turn in range(8) for _ in range(5)]


@pytest.mark.parametrize("crop_px", [None, 4, 6, 9])
def test_backward_undoes_forward_on_the_window(crop_px):
    plane = torch.arange(2 * 35.0).reshape(2, *WHOLE)
    for geometry in views(np.random.default_rng(0), crop_px):
        view = geometry.forward(plane, -1.0)
        assert tuple(view.shape[1:]) == (geometry.window[::-1] if geometry.turn & 4 else geometry.window)
        inner, (rows, columns) = geometry.backward(view)
        torch.testing.assert_close(inner, plane[:, rows, columns])
        assert (view >= 0).sum() == inner.numel()


@pytest.mark.parametrize("crop_px", [None, 4, 6])
def test_boxes_move_with_the_masks_they_hold(crop_px):
    mask = torch.zeros(WHOLE)
    mask[1:4, 2:6] = 1
    box = torch.tensor([[2.0, 1.0, 6.0, 4.0]])
    for geometry in views(np.random.default_rng(1), crop_px):
        ys, xs = geometry.forward(mask, 0.0).nonzero(as_tuple=True)
        if not len(ys):
            continue
        tight = [float(xs.min()), float(ys.min()), float(xs.max()) + 1, float(ys.max()) + 1]
        assert geometry.boxes(box)[0].tolist() == tight


def test_the_eight_turns_are_all_different():
    plane = torch.arange(16.0).reshape(4, 4)
    seen = {
        tuple(Geometry((4, 4), 0, 0, (4, 4), turn).forward(plane, 0).flatten().tolist()) for turn in range(8)
    }
    assert len(seen) == 8


def test_an_image_smaller_than_the_crop_is_padded_to_it():
    geometry = draw_geometry((5, 7), np.random.default_rng(0), crop_px=16, turns=(0,))
    view = geometry.forward(torch.ones(5, 7), 255.0)
    assert view.shape == (16, 16)
    assert (view == 1).sum() == 35
    assert (view == 255).sum() == 256 - 35
