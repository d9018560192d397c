"""Networks by name. Every row is built with fresh weights and downloads nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from torch import nn

from truemask.networks.knobs import read_knobs, split_name
from truemask.types import BadInput, Problem, Task


@dataclass(frozen=True)
class Network:
    """A row of NETWORKS.

    Args:
        builder: module:function; imported when asked for, as torchvision and smp take seconds to import.
        tasks: what the network can learn.
        description: one line.
    """

    builder: str
    tasks: frozenset[Task]
    description: str

    def load(self) -> Callable[..., nn.Module]:
        """The builder: `(problem, *, knobs) -> nn.Module`; its keyword-only parameters are the knobs."""
        module, _, function = self.builder.partition(":")
        return cast(Callable[..., nn.Module], getattr(import_module(module), function))


NETWORKS = {
    "unet_small": Network(
        "truemask.networks.unet_small:unet_small",
        frozenset({Task.SEMANTIC}),
        "a U-Net of half a million parameters, for CPUs",
    ),
    "unet": Network(
        "truemask.networks.unet:unet",
        frozenset({Task.SEMANTIC}),
        "U-Net on ResNet-34, or any encoder of smp or timm",
    ),
    "deeplabv3plus": Network(
        "truemask.networks.deeplabv3plus:deeplabv3plus",
        frozenset({Task.SEMANTIC}),
        "DeepLabv3+ on MobileNetV2, or any encoder of smp or timm that can be dilated",
    ),
    "deeplabv3": Network(
        "truemask.networks.deeplabv3:deeplabv3",
        frozenset({Task.SEMANTIC}),
        "DeepLabv3 on MobileNetV2, or any encoder of smp or timm that can be dilated",
    ),
    "hrnet": Network(
        "truemask.networks.hrnet:hrnet",
        frozenset({Task.SEMANTIC}),
        "an HRNet of half a million parameters that keeps full resolution throughout, for thin structures",
    ),
    "small_cnn": Network(
        "truemask.networks.small_cnn:small_cnn",
        frozenset({Task.CLASSIFICATION}),
        "six convolutions, for images of 8 to 64 px",
    ),
    "mlp": Network(
        "truemask.networks.mlp:mlp",
        frozenset({Task.CLASSIFICATION}),
        "linear layers, for points and tiny images",
    ),
    "mask_rcnn_light": Network(
        "truemask.networks.mask_rcnn_light:mask_rcnn_light",
        frozenset({Task.INSTANCE}),
        "a Mask R-CNN of 2 million parameters, for CPUs and images of 100 to 300 px",
    ),
    "mask_rcnn_r50": Network(
        "truemask.networks.mask_rcnn_r50:mask_rcnn_r50",
        frozenset({Task.INSTANCE}),
        "the standard Mask R-CNN on ResNet-50 with a feature pyramid; wants a GPU",
    ),
}


def build_network(name: str, problem: Problem) -> nn.Module:
    """The network of that name for `problem`, in training mode, with weights drawn from torch's generator.

    A name may carry knobs: `unet_small:base=8,norm=group`. Semantic networks map images "b c h w" to logits
    "b k h w" at any h, w; classification networks images or points "b d" to "b k"; both have `features`, the
    activations before the last layer. Instance networks are `instance.InstanceNetwork`s.

    Raises:
        BadInput: if there is no such network or knob, or the network is for another task.
    """
    name, written = split_name(name)
    if name not in NETWORKS:
        raise BadInput(f"no network called {name!r}; there is: {', '.join(NETWORKS)}")
    row = NETWORKS[name]
    if problem.task not in row.tasks or (problem.points and name != "mlp"):
        fitting = ", ".join(_fitting(problem))
        kind = "points" if problem.points else f"{problem.task} problems"
        raise BadInput(f"network {name} is not for {kind}; those that are: {fitting}")
    builder = row.load()
    return builder(problem, **read_knobs(name, builder, written))


def default_network(problem: Problem) -> str:
    """The name of the network to take for `problem` on a CPU: the first that fits."""
    return _fitting(problem)[0]


def _fitting(problem: Problem) -> list[str]:
    if problem.points:
        return ["mlp"]
    return [name for name, row in NETWORKS.items() if problem.task in row.tasks]
