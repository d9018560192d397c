import pytest
import torch
from torch.func import functional_call
from torch.nn import functional as F

from truemask.networks import NETWORKS, build_network
from truemask.types import Problem, Task

SEMANTIC = Problem(Task.SEMANTIC, ("background", "cell", "wall"), background=0)


NAMES = [name for name, row in NETWORKS.items() if Task.SEMANTIC in row.tasks]


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    small = {"unet": "unet:encoder=resnet18"}
    return {name: build_network(small.get(name, name), SEMANTIC) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 1), (37, 50), (64, 33)])
def test_any_size_keeps_its_size_even_alone_in_a_training_batch(networks, name, size):
    network = networks[name].train()
    logits = network(torch.randn(1, 3, *size))
    assert logits.shape == (1, 3, *size)
    assert logits.isfinite().all()
    assert network.features(torch.randn(1, 3, *size)).shape[2:] == size


@pytest.mark.parametrize(
    ("name", "stride"),
    [("unet_small", 8), ("unet", 32), ("deeplabv3plus", 16), ("deeplabv3", 16), ("hrnet", 8)],
)
def test_other_sizes_are_continued_by_their_edge_pixels_to_the_next_multiple(networks, name, stride):
    network = networks[name].eval()
    height, width = 2 * stride + 5, 3 * stride + 1
    images = torch.randn(1, 3, height, width)
    continued = F.pad(images, (0, stride - 1, 0, stride - 5), mode="replicate")
    with torch.no_grad():
        torch.testing.assert_close(network(images), network(continued)[..., :height, :width])


@pytest.mark.parametrize("name", NAMES)
def test_logits_are_made_from_the_features(networks, name):
    network = networks[name].eval()
    images = torch.randn(2, 3, 64, 64)
    last = {
        "unet_small": lambda net: net.classify,
        "unet": lambda net: net.model.segmentation_head[0],
        "deeplabv3plus": lambda net: net.model.segmentation_head[0],
        "deeplabv3": lambda net: net.model.segmentation_head[0],
        "hrnet": lambda net: net.classify,
    }[name](network)
    with torch.no_grad():
        torch.testing.assert_close(last(network.features(images)), network(images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_under_autocast_logits_stay_in_low_precision(networks, name):
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        assert networks[name].eval()(torch.randn(1, 3, 32, 32)).dtype == torch.bfloat16


def test_channels_are_the_problems():
    grey = Problem(Task.SEMANTIC, ("background", "cell"), channels=1)
    for name in NAMES:
        assert build_network(name, grey).eval()(torch.zeros(1, 1, 32, 32)).shape == (1, 2, 32, 32)


def test_with_group_norm_an_image_does_not_see_the_rest_of_its_batch():
    images = torch.randn(3, 3, 16, 16)
    group = build_network("unet_small:base=8,norm=group", SEMANTIC)
    batch = build_network("unet_small:base=8", SEMANTIC)
    with torch.no_grad():
        torch.testing.assert_close(group(images)[:1], group(images[:1]))
        assert not torch.allclose(batch(images)[:1], batch(images[:1]), atol=1e-2)


@pytest.mark.parametrize("knobs", ["stem=2", "stem=4", "base=4,scales=2,blocks=2"])
def test_an_hrnet_with_a_coarser_stem_is_as_linear_in_its_features(knobs):
    network = build_network(f"hrnet:{knobs}", SEMANTIC).eval()
    images = torch.randn(1, 3, 37, 50)
    with torch.no_grad():
        logits = network(images)
        assert logits.shape == (1, 3, 37, 50)
        torch.testing.assert_close(network.classify(network.features(images)), logits, rtol=1e-4, atol=1e-4)


def test_unet_small_learns_two_images_by_heart():
    torch.manual_seed(0)
    network = build_network("unet_small:base=8,depth=2", SEMANTIC)
    images = torch.randn(2, 3, 24, 24)
    labels = (images[:, 0] > 0).long() + (images[:, 1] > 1).long()
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(80):
        optimiser.zero_grad()
        loss = F.cross_entropy(network(images), labels)
        loss.backward()
        optimiser.step()
    assert loss < 0.05
    assert (network.eval()(images).argmax(dim=1) == labels).float().mean() > 0.98


def test_second_derivatives_pass_through_a_functional_call():
    torch.manual_seed(0)
    network = build_network("unet_small:base=4,depth=1", SEMANTIC)
    weights = dict(network.named_parameters())
    images, labels = torch.randn(2, 3, 8, 8), torch.randint(3, (2, 8, 8))
    share = torch.tensor(1.0, requires_grad=True)
    inner = share * F.cross_entropy(functional_call(network, weights, images), labels)
    slopes = torch.autograd.grad(inner, list(weights.values()), create_graph=True)

    def after_a_step(size):
        steps = zip(weights.items(), slopes, strict=True)
        moved = {name: weight - size * slope for (name, weight), slope in steps}
        return F.cross_entropy(functional_call(network, moved, images), labels)

    # The slopes are linear in the share, so that moving one moves the other.
    (slope,) = torch.autograd.grad(after_a_step(0.1), share)
    with torch.no_grad():
        by_differences = (after_a_step(0.101) - after_a_step(0.099)) / 0.02
    torch.testing.assert_close(slope, by_differences, rtol=0.02, atol=1e-4)
