"""Baselines that cut each image without labels: they see no label, and find what is brighter."""

import numpy as np
import pytest
import torch
from skimage.filters import threshold_otsu

from truemask.losses.mutual_information import mutual_information
from truemask.methods import make_method
from truemask.methods.adaptive_threshold import sigma_of
from truemask.methods.autoregressive_clustering import ORDERS, _before
from truemask.structure.otsu import otsu
from truemask.structure.smoothing import smoothed
from truemask.types import IGNORE, BadInput, Problem, Task

NAMES = ("adaptive_threshold", "dfc", "kmeans", "otsu")
BINARY = Problem(Task.SEMANTIC, ("background", "cell"), channels=1, background=0)
FEW = {"dfc": {"channels": 8, "steps": 30}}


def discs(seed=0):
    """Two images of two brighter discs on a dim ground, and where the discs are."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:40, :48]
    inside = np.stack([np.hypot(y - 12, x - c) < 7 for c in (12, 20)])
    inside |= np.stack([np.hypot(y - 28, x - c) < 6 for c in (34, 30)])
    images = np.where(inside, 2.0, 0.0) + rng.normal(0, 0.3, inside.shape)
    return torch.from_numpy(images).float()[:, None], torch.from_numpy(inside)


def dice(found, truth):
    return (2 * (found & truth).sum() / (found.sum() + truth.sum())).item()


@pytest.mark.parametrize("name", NAMES)
def test_finds_bright_discs_at_one_half(name):
    images, truth = discs()
    probs = make_method(name, FEW.get(name)).predict([], images)
    torch.testing.assert_close(probs.sum(dim=1), torch.ones(truth.shape))
    assert dice(probs[:, 1] > 0.5, truth) > 0.9


@pytest.mark.parametrize("name", NAMES)
def test_a_dark_foreground_is_the_bright_one_of_the_negative(name):
    images, _ = discs()
    bright = make_method(name, FEW.get(name)).predict([], images)
    dark = make_method(name, {**FEW.get(name, {}), "foreground": "dark"}).predict([], -images)
    if name == "dfc":  # its network is not the same on the negative
        assert dice(bright[:, 1] > 0.5, dark[:, 1] > 0.5) > 0.9
    else:
        torch.testing.assert_close(dark, bright, atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", [*NAMES, "ac", "igtt", "igtt_published", "igtt_released"])
def test_more_classes_are_refused_in_one_line(name, make_engine):
    streets = Problem(Task.SEMANTIC, ("sky", "road", "car"), channels=3)
    with pytest.raises(BadInput, match="two classes of which the first is the background") as refused:
        make_engine(make_method(name), streets, torch.zeros(1, 3, 8, 8), torch.zeros(1, 8, 8).long())
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", [*NAMES, "ac", "igtt"])
def test_foreground_is_bright_or_dark(name):
    with pytest.raises(BadInput, match="bright or dark; got foreground=grey"):
        make_method(name, {"foreground": "grey"})


@pytest.mark.parametrize(
    ("name", "knobs"),
    [
        ("otsu", {"blur_px": -1.0}),
        ("adaptive_threshold", {"window_px": 4}),
        ("adaptive_threshold", {"window_px": 1}),
        ("kmeans", {"rounds": 0}),
        ("dfc", {"channels": 1}),
        ("dfc", {"lr": -1.0}),
        ("ac", {"reach_px": -1}),
        ("ac", {"clusters": 2}),
        ("ac", {"clusters": -1}),
    ],
)
def test_knobs_out_of_range(name, knobs):
    with pytest.raises(BadInput, match=next(iter(knobs))):
        make_method(name, knobs)


def test_otsu_agrees_with_skimage_to_a_bin():
    rng = np.random.default_rng(1)
    values = np.stack([rng.normal(0, 1, 4000) + 3 * (rng.random(4000) < p) for p in (0.2, 0.5, 0.8)])
    got, separation = otsu(torch.from_numpy(values))
    for row, threshold, part in zip(values, got, separation, strict=True):
        width = np.ptp(row) / 256
        assert abs(threshold.item() - threshold_otsu(row)) <= 1.01 * width
        upper = row > threshold.item()
        between = upper.mean() * (1 - upper.mean()) * (row[upper].mean() - row[~upper].mean()) ** 2
        assert part.item() == pytest.approx(between / row.var(), rel=0.01)


def test_otsu_of_one_value_has_no_upper_group():
    threshold, separation = otsu(torch.full((1, 9), 2.5))
    assert threshold.item() == 2.5
    assert separation.item() == 0


def test_flat_images_have_no_foreground():
    for name in ("otsu", "adaptive_threshold", "kmeans"):
        probs = make_method(name).predict([], torch.zeros(1, 1, 30, 30))
        assert not (probs[:, 1] > 0.5).any()


def test_a_chosen_window_parts_best():
    images, _ = discs(2)
    parts = []
    for window in (11, 21, 41, 61, 101):
        over = images[:, 0] - smoothed(images[:, 0], sigma_of(window))
        parts.append(otsu(over.flatten(1))[1])
    best = [(11, 21, 41, 61, 101)[int(i)] for i in torch.stack(parts).argmax(dim=0)]
    chosen = make_method("adaptive_threshold").predict([], images)
    for row, window in enumerate(best):
        alone = make_method("adaptive_threshold", {"window_px": window}).predict([], images)
        torch.testing.assert_close(chosen[row], alone[row])


def test_opencvs_sigma():
    assert sigma_of(11) == pytest.approx(2.0)
    assert sigma_of(3) == pytest.approx(0.8)


def test_dfc_of_an_image_is_the_same_every_time():
    images, _ = discs()
    method = make_method("dfc", FEW["dfc"])
    torch.testing.assert_close(method.clusters(images[0]), method.clusters(images[0]))


def test_mutual_information_by_its_formula():
    torch.manual_seed(0)
    first, second = ((3 * torch.randn(2, 3, 5, 6)).double().softmax(dim=1) for _ in range(2))
    p = sum(
        np.outer(a, b)
        for a, b in zip(
            first.movedim(1, -1).reshape(-1, 3), second.movedim(1, -1).reshape(-1, 3), strict=True
        )
    )
    p = (p + p.T) / p.sum() / 2
    expected = (p * np.log(p / p.sum(0) / p.sum(1)[:, None])).sum()
    assert mutual_information(first, second).item() == pytest.approx(expected, rel=1e-5)


def test_mutual_information_is_log_k_for_equal_sure_clusters_and_0_for_one():
    two = torch.zeros(1, 2, 4, 4)
    two[:, 0, :2], two[:, 1, 2:] = 1, 1
    assert mutual_information(two, two).item() == pytest.approx(np.log(2), abs=1e-6)
    one = torch.zeros(1, 2, 4, 4)
    one[:, 0] = 1
    assert mutual_information(one, one).item() == pytest.approx(0, abs=1e-6)
    # Moved by a row, the cut lies elsewhere: of 12 pairs, 4 of each alike, 4 apart.
    assert 0 < mutual_information(two, two, reach_px=1).item() < np.log(2)


def test_eight_orders_are_different_and_each_sees_four_neighbours_and_itself():
    masks = [_before(order, torch.zeros(1)) for order in range(ORDERS)]
    assert all(mask.sum() == 5 and mask[1, 1] == 1 for mask in masks)
    assert len({tuple(mask.flatten().tolist()) for mask in masks}) == ORDERS
    for mask in masks:  # of two opposite neighbours exactly one came before
        torch.testing.assert_close(
            mask + mask.flip(0, 1), torch.ones(3, 3) + torch.eye(3)[1].outer(torch.eye(3)[1])
        )


def test_many_clusters_train_the_network_that_predicts_by_a_last_layer_of_their_own(make_engine):
    images, inside = discs()
    one = make_engine(make_method("ac"), BINARY, images, torch.full(inside.shape, IGNORE))
    before = {name: {n: w.clone() for n, w in net.state_dict().items()} for name, net in one.networks.items()}
    one.step_in_epoch = 1
    torch.manual_seed(0)
    one.method.step(one, one.batch(torch.arange(2)))
    moved = {
        name: {n for n, w in net.named_parameters() if not torch.equal(w, before[name][n])}
        for name, net in one.networks.items()
    }
    shapes = {name: {n: w.shape for n, w in net.named_parameters()} for name, net in one.networks.items()}
    last = {n for n, shape in shapes["main"].items() if shapes["many"][n] != shape}
    assert last
    assert moved["many"] == last
    assert moved["main"] == shapes["main"].keys() - last


def test_ac_finds_discs_and_finds_them_better_as_it_learns(make_engine):
    images, inside = discs()
    method = make_method("ac")
    one = make_engine(method, BINARY, images, torch.full(inside.shape, IGNORE))
    before = dice(method.predict([one.networks["main"]], images)[:, 1] > 0.5, inside)
    torch.manual_seed(0)
    one.fit(20)
    after = dice(method.predict([one.networks["main"]], images)[:, 1] > 0.5, inside)
    assert after > max(before, 0.9)
