import pytest
import torch
from torch.nn import functional as F

from truemask.networks import build_network
from truemask.types import Problem, Task

IMAGES = Problem(Task.CLASSIFICATION, ("zero", "one", "two"), channels=1)
POINTS = Problem(Task.CLASSIFICATION, ("left", "right"), channels=2, points=True)


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (28, 28), (33, 64)])
def test_small_cnn_takes_any_size_even_alone_in_a_training_batch(size):
    network = build_network("small_cnn:base=4", IMAGES)
    logits = network(torch.randn(1, 1, *size))
    assert logits.shape == (1, 3)
    assert logits.isfinite().all()


def test_mlp_takes_points_as_they_are():
    network = build_network("mlp", POINTS)
    assert network(torch.randn(5, 2)).shape == (5, 2)
    assert network.layers[0].in_features == 2


def test_mlp_sees_images_of_its_own_size_pixel_by_pixel_and_larger_ones_averaged():
    network = build_network("mlp:size=4", IMAGES)
    images = torch.randn(3, 1, 4, 4)
    torch.testing.assert_close(network.features(images), network.features(images.flatten(1)))
    torch.testing.assert_close(
        network(images), network(images.repeat_interleave(3, 2).repeat_interleave(3, 3))
    )


@pytest.mark.parametrize("name", ["small_cnn", "mlp"])
def test_logits_are_linear_in_the_features(name):
    network = build_network(name, IMAGES).eval()
    images = torch.randn(4, 1, 8, 8)
    torch.testing.assert_close(network.classify(network.features(images)), network(images))


@pytest.mark.parametrize("name", ["small_cnn:base=8", "mlp"])
def test_learns_eight_random_labels_by_heart(name):
    torch.manual_seed(0)
    network = build_network(name, IMAGES)
    images, labels = torch.randn(8, 1, 8, 8), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(60):
        optimiser.zero_grad()
        loss = F.cross_entropy(network(images), labels)
        loss.backward()
        optimiser.step()
    assert loss < 0.05
