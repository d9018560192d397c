import socket

import pytest
import torch

from truemask.networks import NETWORKS, build_network, default_network
from truemask.networks.instance import InstanceNetwork
from truemask.types import BadInput, Problem, Task

SEMANTIC = Problem(Task.SEMANTIC, ("background", "cell", "wall"), background=0)
IMAGES = Problem(Task.CLASSIFICATION, ("zero", "one", "two"), channels=1)
POINTS = Problem(Task.CLASSIFICATION, ("left", "right"), channels=2, points=True)
INSTANCE = Problem(Task.INSTANCE, ("background", "disc", "bar", "star"), background=0)


PARAMETERS = {
    "unet_small": (0.4e6, 0.6e6),
    "unet": (24e6, 25e6),
    "deeplabv3plus": (4e6, 5e6),
    "deeplabv3": (12e6, 13e6),
    "hrnet": (0.4e6, 0.7e6),
    "small_cnn": (0.2e6, 0.4e6),
    "mlp": (5e3, 1e4),
    "mask_rcnn_light": (1.8e6, 2.2e6),
    "mask_rcnn_r50": (43e6, 45e6),
}
PROBLEMS = {Task.SEMANTIC: SEMANTIC, Task.CLASSIFICATION: IMAGES, Task.INSTANCE: INSTANCE}


def test_every_network_has_its_size_and_asks_the_network_for_nothing(monkeypatch):
    def refused(*_):
        raise AssertionError("a network wanted to download something")

    monkeypatch.setattr(socket.socket, "connect", refused)
    for name, row in NETWORKS.items():
        for task in row.tasks:
            network = build_network(name, PROBLEMS[task])
            least, most = PARAMETERS[name]
            assert least < sum(weight.numel() for weight in network.parameters()) < most
            assert all(weight.requires_grad for weight in network.parameters())
            assert network.training
            assert isinstance(network, InstanceNetwork) == (task == Task.INSTANCE)


def test_the_same_seed_makes_the_same_weights():
    weights = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        weights.append(torch.cat([w.flatten() for w in build_network("unet_small", SEMANTIC).parameters()]))
    assert weights[0].equal(weights[1])
    assert not weights[0].equal(weights[2])


def test_every_problem_has_a_default_network():
    assert [default_network(problem) for problem in (SEMANTIC, IMAGES, POINTS, INSTANCE)] == [
        "unet_small",
        "small_cnn",
        "mlp",
        "mask_rcnn_light",
    ]


def test_knobs_are_read_from_the_name():
    network = build_network("unet_small:base=4, depth=2,norm=group", SEMANTIC)
    assert network.classify.in_channels == 4
    assert network.stride == 4
    kinds = {type(module) for module in network.modules()}
    assert torch.nn.GroupNorm in kinds
    assert torch.nn.BatchNorm2d not in kinds


def test_a_switch_is_true_or_false():
    agnostic = build_network("mask_rcnn_light:agnostic_box=true,agnostic_mask=false", INSTANCE)
    assert agnostic.roi_heads.box_predictor.bbox_pred.out_features == 4
    assert agnostic.roi_heads.mask_predictor.mask_fcn_logits.out_channels == 4


@pytest.mark.parametrize(
    ("name", "problem", "message"),
    [
        ("unett", SEMANTIC, "no network called 'unett'; there is: unet_small, unet, "),
        ("unet", INSTANCE, "unet is not for instance problems; those that are: mask_rcnn_light"),
        ("small_cnn", POINTS, "small_cnn is not for points; those that are: mlp"),
        (
            "unet_small:width=3",
            SEMANTIC,
            "no knob 'width'; there is: base=16, depth=3, norm=batch",
        ),
        ("unet_small:base=big", SEMANTIC, "unet_small: base is a whole number; got 'big'"),
        ("unet_small:base=1.5", SEMANTIC, "unet_small: base is a whole number; got '1.5'"),
        ("unet_small:base=0", SEMANTIC, "base and depth of at least 1, got base=0, depth=3"),
        ("unet_small:base", SEMANTIC, "'base' is not knob=value"),
        ("unet_small:base=8,base=9", SEMANTIC, "sets base twice"),
        ("unet_small:norm=layer", SEMANTIC, "norm is one of batch, group; got 'layer'"),
        ("mask_rcnn_light:agnostic_box=1", INSTANCE, "agnostic_box is true or false; got '1'"),
        ("mask_rcnn_light:width=0", INSTANCE, "mask_rcnn_light needs width, fpn and anchor_px of at least 1"),
        ("mask_rcnn_r50:anchor_px=0", INSTANCE, "mask_rcnn_r50 needs anchor_px of at least 1"),
        ("small_cnn:base=0", IMAGES, "small_cnn needs a base of at least 1"),
        ("mlp:depth=0", POINTS, "mlp needs hidden, depth and size of at least 1"),
        ("unet:encoder=resnet43", SEMANTIC, "no encoder called 'resnet43'"),
        ("deeplabv3:stride=32", SEMANTIC, "deeplabv3 has a stride of 8 or 16, got stride=32"),
        ("hrnet:scales=1", SEMANTIC, "hrnet needs base and blocks of at least 1, scales of at least 2"),
        ("hrnet:stem=3", SEMANTIC, "a stem of 1, 2 or 4, got base=12, blocks=1, scales=4, stem=3"),
        ("deeplabv3plus:encoder=tu-none", SEMANTIC, "no encoder called 'tu-none'"),
    ],
)
def test_a_wrong_name_is_told_the_way_out(name, problem, message):
    with pytest.raises(BadInput, match=message.replace("(", r"\(")) as caught:
        build_network(name, problem)
    assert "\n" not in str(caught.value)
