"""Dropout as a knob of networks: off by default, off in predictions, and as much as was asked for."""

import pytest
import torch

from truemask.networks import build_network
from truemask.types import BadInput, Problem, Task

IMAGES = Problem(Task.CLASSIFICATION, ("zero", "one", "two"), channels=1)
MAPS = Problem(Task.SEMANTIC, ("background", "cell"), channels=1, background=0)
each = pytest.mark.parametrize(
    ("name", "problem"),
    [("mlp:hidden=256", IMAGES), ("small_cnn", IMAGES), ("unet_small:base=64,depth=1", MAPS)],
    ids=["mlp", "small_cnn", "unet_small"],
)


@each
def test_a_share_of_the_last_features_is_left_out_in_training_alone(name, problem):
    knobs = "," if ":" in name else ":"
    torch.manual_seed(0)
    network = build_network(f"{name}{knobs}dropout=0.5", problem)
    images = torch.randn(64, 1, 8, 8)
    network.train()
    drawn = network.features(images)
    channels = drawn.flatten(2).amax(dim=2) if drawn.ndim == 4 else drawn
    # Dead ReLU features are 0 as well, so at least half; 64 x 64 features or more: five deviations are 0.04.
    assert (channels == 0).float().mean() > 0.46
    network.eval()
    torch.testing.assert_close(network(images), network(images))
    assert (network.features(images) == 0).float().mean() < (drawn == 0).float().mean()


@each
def test_without_dropout_nothing_is_drawn(name, problem):
    network = build_network(name, problem)
    torch.manual_seed(1)
    network(torch.randn(2, 1, 8, 8))
    after = torch.rand(3)
    torch.manual_seed(1)
    torch.randn(2, 1, 8, 8)
    assert torch.equal(torch.rand(3), after)


@pytest.mark.parametrize("name", ["mlp", "small_cnn"])
def test_a_share_of_all_features_is_refused(name):
    with pytest.raises(BadInput, match="0 <= dropout < 1"):
        build_network(f"{name}:dropout=1.0", IMAGES)
