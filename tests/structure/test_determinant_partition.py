import pytest
import torch

from truemask.structure.determinant_partition import determinant_partition, predicted_in, read_back
from truemask.structure.mean_threshold import mean_mask


def predictions(k=3, seed=0, size=(2, 5, 6), sharp=2.0):
    rng = torch.Generator().manual_seed(seed)
    logits = sharp * torch.randn(size[0], k, *size[1:], generator=rng, dtype=torch.float64)
    return logits.softmax(dim=1)


def test_the_joint_matrix_by_hand():
    probs = torch.tensor([[[0.7, 0.2, 0.4], [0.3, 0.8, 0.6]]])
    expected = torch.tensor([[1.1, 0.2], [0.9, 0.8]], dtype=torch.float64)
    torch.testing.assert_close(predicted_in(probs, torch.tensor([[0, 1, 0]])), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("seed", range(4))
def test_of_two_classes_it_is_the_mean_whatever_the_map_before(seed):
    probs = predictions(2, seed, (1, 9, 7))
    before = (torch.rand(1, 9, 7, generator=torch.Generator().manual_seed(seed)) < 0.4).long()
    joint = predicted_in(probs, before)
    upside_down = torch.linalg.det(joint) < 0  # a map that says 1 where less is predicted stays that way up
    found = determinant_partition(probs, joint).bool()
    torch.testing.assert_close(found ^ upside_down, mean_mask(probs[:, 1]))


@pytest.mark.parametrize("seed", range(4))
def test_moving_a_pixel_multiplies_the_determinant_by_what_is_read_back(seed):
    probs = predictions(3, seed)
    labels = probs.argmax(dim=1)
    joint = predicted_in(probs, labels)
    gains = read_back(probs, joint) / joint.sum(dim=0).view(1, -1, 1, 1)
    moved = labels.clone()
    moved[1, 2, 3] = (labels[1, 2, 3] + 1) % 3
    there = gains[1, :, 2, 3]
    factor = 1 + there[moved[1, 2, 3]] - there[labels[1, 2, 3]]
    ratio = torch.linalg.det(predicted_in(probs, moved)) / torch.linalg.det(joint)
    assert ratio.item() == pytest.approx(factor.item(), rel=1e-4)  # up to the floor of singular values


def test_where_it_comes_to_rest_no_single_move_helps():
    probs = predictions(3, 1, (1, 6, 6), sharp=3.0)
    labels = probs.argmax(dim=1)
    for _ in range(20):
        labels = determinant_partition(probs, predicted_in(probs, labels))
    best = torch.linalg.det(predicted_in(probs, labels)).abs()
    torch.testing.assert_close(labels, determinant_partition(probs, predicted_in(probs, labels)))
    for place in range(36):
        for other in range(3):
            moved = labels.clone()
            moved.view(-1)[place] = other
            assert torch.linalg.det(predicted_in(probs, moved)).abs() <= best * (1 + 1e-9)


def test_labels_that_went_wrong_by_a_matrix_are_read_back():
    truth = torch.arange(3).repeat(4)[None]
    matrix = torch.tensor([[0.4, 0.35, 0.25], [0.2, 0.5, 0.3], [0.1, 0.6, 0.3]], dtype=torch.float64)
    probs = matrix[truth].movedim(-1, 1)  # a network that says how likely each given label is
    assert (probs.argmax(dim=1) != truth).any()
    expected = torch.nn.functional.one_hot(truth).movedim(-1, 1).double()
    torch.testing.assert_close(read_back(probs, predicted_in(probs, truth)), expected, atol=5e-3, rtol=0)


def test_a_class_without_a_pixel_gets_none_and_one_class_alone_gets_all():
    probs = predictions(3)
    labels = probs[:, :2].argmax(dim=1)
    assert set(determinant_partition(probs, predicted_in(probs, labels)).unique().tolist()) == {0, 1}
    alone = torch.ones_like(labels)
    torch.testing.assert_close(determinant_partition(probs, predicted_in(probs, alone)), alone)


def test_classes_predicted_alike_are_finite():
    probs = torch.full((1, 3, 4, 4), 1 / 3)
    labels = torch.arange(16).view(1, 4, 4) % 3
    assert read_back(probs, predicted_in(probs, labels)).isfinite().all()
