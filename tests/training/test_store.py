"""Stores keep what belongs to a row, whatever view it was seen in."""

import numpy as np
import pytest
import torch

from truemask.training.geometry import Geometry, draw_geometry
from truemask.training.store import MapSlice, Store, StoreSpec, UnitSlice

CPU = torch.device("cpu")


def test_maps_written_through_any_view_read_back_in_place(tmp_path):
    rng = np.random.default_rng(0)
    truth = torch.randint(0, 64, (3, 6, 8)).float()
    for turn in range(8):
        store = Store(StoreSpec(3), [(6, 8)], tmp_path / f"{turn}")
        geometry = Geometry((6, 8), 0, 0, (6, 8), turn)
        live = MapSlice(store, torch.tensor([0]), [geometry], CPU)
        live.update(geometry.forward(truth, 0)[None])
        torch.testing.assert_close(store.read(0), truth)
        other = draw_geometry((6, 8), rng, crop_px=5, turns=(7 - turn,))
        seen = MapSlice(store, torch.tensor([0]), [other], CPU).values[0]
        torch.testing.assert_close(seen, other.forward(truth, 0))


def test_a_crop_leaves_the_rest_of_the_row_as_it_was(tmp_path):
    store = Store(StoreSpec(1), [(4, 4)], tmp_path / "s")
    store.write(0, torch.full((1, 4, 4), 9.0))
    MapSlice(store, torch.tensor([0]), [Geometry((4, 4), 1, 1, (2, 2))], CPU).update(torch.ones(1, 1, 2, 2))
    expected = torch.full((1, 4, 4), 9.0)
    expected[:, 1:3, 1:3] = 1
    torch.testing.assert_close(store.read(0), expected)


def test_strided_cells_take_the_mean_of_their_pixels_and_spread_over_them(tmp_path):
    store = Store(StoreSpec(1, stride=2), [(4, 5)], tmp_path / "s")
    whole = [Geometry.whole((4, 5))]
    pixels = torch.arange(20.0).reshape(1, 1, 4, 5)
    live = MapSlice(store, torch.tensor([0]), whole, CPU)
    live.update(pixels)
    assert store.read(0).shape == (1, 2, 3)
    assert store.read(0)[0, 0, 0] == pixels[0, 0, :2, :2].mean()
    assert store.read(0)[0, 1, 2] == pixels[0, 0, 2:, 4].mean()
    assert (live.values[0, 0, :2, :2] == store.read(0)[0, 0, 0]).all()


def test_ema_and_ring_rules(tmp_path):
    ema = Store(StoreSpec(2, rule="ema", momentum=0.75), [()] * 3, tmp_path / "ema")
    live = UnitSlice(ema, torch.tensor([2]), CPU)
    live.update(torch.tensor([[1.0, 0.5]]))
    live.update(torch.tensor([[1.0, 0.5]]))
    torch.testing.assert_close(live.values, torch.tensor([[0.4375, 0.21875]]))
    ring = Store(StoreSpec(3, rule="ring"), [()] * 1, tmp_path / "ring")
    for value in (1.0, 2.0, 3.0, 4.0):
        UnitSlice(ring, torch.tensor([0]), CPU).update(torch.tensor([[value]]))
    assert ring.read(0).tolist() == [4.0, 3.0, 2.0]


def test_proposals_of_one_object_count_by_their_mean_and_background_not_at_all(tmp_path):
    store = Store(StoreSpec(1), [()] * 2, tmp_path / "s")
    live = UnitSlice(store, torch.tensor([1, -1, 1]), CPU)
    live.update(torch.tensor([[1.0], [50.0], [3.0]]))
    assert store.read(1).item() == 2.0
    assert store.read(0).item() == 0.0
    assert live.values.flatten().tolist() == [2.0, 0.0, 2.0]


def test_uint8_holds_probabilities_to_a_255th(tmp_path):
    store = Store(StoreSpec(4, dtype="uint8"), [()], tmp_path / "s")
    probs = torch.tensor([[0.1, 0.2, 0.3, 0.4]])
    live = UnitSlice(store, torch.tensor([0]), CPU)
    live.update(probs)
    torch.testing.assert_close(live.values, probs, atol=0.5 / 255 + 1e-6, rtol=0)


def test_rows_of_different_sizes_do_not_touch(tmp_path):
    store = Store(StoreSpec(2), [(2, 3), (1, 1), (4, 2)], tmp_path / "s")
    for row, size in enumerate([(2, 3), (1, 1), (4, 2)]):
        store.write(row, torch.full((2, *size), row + 1.0))
    assert [float(store.read(row).mean()) for row in range(3)] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("turn", [0, 3, 6])
def test_a_store_that_learns_takes_plain_gradient_steps(tmp_path, turn):
    store = Store(StoreSpec(1, learning_rate=0.5), [(2, 2)], tmp_path / f"s{turn}")
    live = MapSlice(store, torch.tensor([0]), [Geometry((2, 2), 0, 0, (2, 2), turn)], CPU)
    weights = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    (live.values[0, 0] * live._geometries[0].forward(weights, 0)).sum().backward()
    live.learn(1.0)
    torch.testing.assert_close(store.read(0)[0], -0.5 * weights)


def test_processes_agree_on_the_rows_that_each_of_them_wrote(tmp_path):
    mine, theirs = (Store(StoreSpec(1), [()] * 3, tmp_path / name) for name in ("a", "b"))
    mine.write(0, torch.tensor([5.0]))
    theirs.write(2, torch.tensor([7.0]))
    answers = iter([torch.tensor([1.0, 0.0, 1.0]), torch.tensor([5.0]), torch.tensor([7.0])])
    mine.agree(lambda _: next(answers))
    assert [mine.read(row).item() for row in range(3)] == [5.0, 0.0, 7.0]
