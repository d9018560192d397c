"""iGTT for many classes: groups without labels, names by counts, and what was learnt read back."""

import numpy as np
import pytest
import torch

from truemask.methods import make_method
from truemask.methods.pixel_groups import (
    counts_by_group,
    group_centres,
    names_of_groups,
    nearest_group,
    pixel_features,
)
from truemask.structure.skeleton_extraction import skeleton
from truemask.types import IGNORE, BadInput, Problem, Task

THREE = Problem(Task.SEMANTIC, ("sky", "wall", "ground"), channels=3)


def layers(count=8, seed=0):
    """Images of a blue band over a red one over a green one, and which is where."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((count, 24, 20), np.int64)
    for each, top in zip(truth, rng.integers(5, 9, count), strict=True):
        each[top:], each[top + 8 :] = 1, 2
    colours = np.array([[-1.0, -1, 1.5], [1.5, -1, -1], [-1, 1.5, -1]])
    images = colours[truth] + rng.normal(0, 0.4, (*truth.shape, 3))
    return torch.from_numpy(images).float().movedim(-1, 1), torch.from_numpy(truth)


@pytest.fixture
def engine(make_engine):
    def build(labels=None, **knobs):
        images, truth = layers()
        method = make_method("igtt_classes", {"groups": 6, **knobs})
        return make_engine(method, THREE, images, truth if labels is None else labels), truth

    return build


def accuracy(one, truth):
    found = one.method.predict([one.networks["main"]], one.images).argmax(dim=1)
    return (found == truth).double().mean().item()


def flipped(truth, rate, seed=0):
    """A share of all labels, each replaced by another class."""
    rng = torch.Generator().manual_seed(seed)
    moves = torch.randint(1, 3, truth.shape, generator=rng)
    return torch.where(torch.rand(truth.shape, generator=rng) < rate, (truth + moves) % 3, truth)


@pytest.mark.parametrize("start", [0.5, 1.0])
def test_finds_the_classes_and_labels_that_are_mostly_wrong_change_nothing(engine, start):
    found = []
    for labels in (None, flipped(layers()[1], 0.6)):
        one, truth = engine(labels, start=start)
        torch.manual_seed(1)
        one.fit(16)
        found.append(one.networks["main"].state_dict())
        assert accuracy(one, truth) > 0.9
    for weight, same in zip(found[0].values(), found[1].values(), strict=True):
        torch.testing.assert_close(weight, same, atol=0, rtol=0)


def test_without_a_label_classes_go_by_brightness(engine):
    images, truth = layers()
    images = images.mean(dim=1, keepdim=True).expand_as(images) * 0 + (truth[:, None] - 1.0)
    method = make_method("igtt_classes", {"groups": 3, "height_weight": 0.0, "blur_px": 0.0})
    features = pixel_features(images, blur_px=0.0, height_weight=0.0)
    centres = group_centres(features.movedim(1, -1).flatten(0, 2), 3, seed=method.seed)
    names = names_of_groups(torch.zeros(3, 3).double(), centres, 3)
    assert sorted(names.tolist()) == [0, 1, 2]
    assert (names[nearest_group(features, centres)] == truth).double().mean() > 0.75


def test_groups_are_found_again_and_named_by_most_of_their_labels():
    rng = torch.Generator().manual_seed(0)
    middles = torch.tensor([[0.0, 0], [6, 0], [0, 6], [6, 6]])
    points = middles.repeat_interleave(200, dim=0) + torch.randn(800, 2, generator=rng)
    centres = group_centres(points, 4, seed=0)
    far = torch.cdist(middles, centres)
    assert far.amin(dim=1).max() < 0.3
    assert far.argmin(dim=1).unique().numel() == 4
    counts = torch.tensor([[5.0, 9, 2], [0, 0, 0], [7, 1, 0], [0, 0, 3]]).double()
    near_the_last = torch.tensor([[0.0, 0], [9, 9], [4, 0], [9, 8]])
    assert names_of_groups(counts, near_the_last, 1).tolist() == [1, 2, 0, 2]


def test_pixels_that_are_all_alike_make_groups_that_are_all_alike():
    centres = group_centres(torch.ones(10, 3), 4, seed=0)
    torch.testing.assert_close(centres, torch.ones(4, 3))


def test_counts_leave_out_what_has_no_label():
    groups, labels = torch.tensor([[[0, 0, 1]]]), torch.tensor([[[2, IGNORE, 1]]])
    expected = torch.tensor([[0.0, 0, 1], [0, 1, 0]]).double()
    torch.testing.assert_close(counts_by_group(groups, labels, 2, 3), expected)


def test_features_are_colours_contrast_and_height():
    images = torch.zeros(1, 3, 5, 4)
    images[:, 0] = 2.0
    found = pixel_features(images, blur_px=1.0, height_weight=3.0)
    assert found.shape == (1, 8, 5, 4)
    torch.testing.assert_close(found[0, 0], torch.full((5, 4), 2.0))
    torch.testing.assert_close(found[0, 6], torch.zeros(5, 4), atol=1e-3, rtol=0)
    torch.testing.assert_close(found[0, 7, :, 0], torch.tensor([-3.0, -1.5, 0, 1.5, 3]))


def test_points_are_those_of_every_class_and_the_rest_says_nothing(engine):
    one, truth = engine(shift_px=0, keep=1.0)
    points = one.method.points(truth[:1], 3)[0].numpy()
    for class_id in range(3):
        np.testing.assert_array_equal(points == class_id, skeleton(truth[0].numpy() == class_id))
    whole, _ = engine(extraction=False)
    torch.testing.assert_close(whole.method.points(truth, 3), truth)


def test_more_classes_than_groups_and_other_bad_knobs_are_refused(make_engine):
    images, truth = layers(2)
    with pytest.raises(BadInput, match="cannot name 3 classes after 2 groups"):
        make_engine(make_method("igtt_classes", {"groups": 2}), THREE, images, truth)
    for knobs in ({"groups": 1}, {"groups": 255}, {"start": 0.0}, {"height_weight": -1.0}, {"keep": 0.0}):
        with pytest.raises(BadInput):
            make_method("igtt_classes", knobs)
