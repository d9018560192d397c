"""What a run's network makes of each image, or of each given object, before it names a class."""

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor, nn

from truemask.data.dataset import Dataset
from truemask.data.views import Resized
from truemask.training.streams import Stream, Views
from truemask.training.tasks import stacked_images
from truemask.training.trained import Trained
from truemask.types import Task


def embeddings(trained: Trained, dataset: Dataset) -> tuple[list[str], Float32[np.ndarray, "n d"]]:
    """Keys and features: of images, those of label maps as the mean over their pixels; or of given objects.

    Keys of objects are those of `AsObjects`; objects without a pixel, and crowds, are left out.
    """
    network = next(iter(trained.networks.values()))
    if dataset.problem.task == Task.INSTANCE:
        return _of_objects(trained, network, dataset)
    plan = trained.plan
    shown = dataset if plan.size_px is None or dataset.problem.points else Resized(dataset, plan.size_px)
    stream = Stream("embed", Views(shown, plan), range(len(dataset)), batch_size=1)
    device = next(network.parameters()).device
    found = []
    for samples in stream.ordered(plan.batch_size):
        with torch.no_grad(), trained.fabric.autocast():
            seen: Tensor = network.features(stacked_images(samples, device))  # type: ignore[operator]
        found.append(seen.float().flatten(2).mean(dim=2) if seen.ndim > 2 else seen.float())
    return list(dataset.keys), torch.cat(found).cpu().numpy()


def _of_objects(
    trained: Trained, network: nn.Module, dataset: Dataset
) -> tuple[list[str], Float32[np.ndarray, "n d"]]:
    found: list[Tensor] = []

    def keep(_module: nn.Module, _given: object, seen: Tensor) -> None:
        found.append(seen.detach().float().cpu())

    head = network.get_submodule("roi_heads.box_head")
    handle = head.register_forward_hook(keep)
    try:
        keys = [one.key for one in trained.judge_objects(dataset)]
    finally:
        handle.remove()
    return keys, torch.cat(found).numpy()
