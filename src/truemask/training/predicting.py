"""Predictions of networks over a data set, image by image, in the data set's own size."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from truemask.data.dataset import Dataset
from truemask.data.views import Resized
from truemask.methods.method import Method
from truemask.training.plan import Plan
from truemask.training.prediction import Found, Prediction
from truemask.training.streams import Stream, Views
from truemask.training.tasks import stacked_images
from truemask.types import Task

Precision = Callable[[], AbstractContextManager[None]]


@torch.no_grad()
def predictions(
    method: Method, networks: Sequence[nn.Module], dataset: Dataset, plan: Plan, precision: Precision
) -> Iterator[Prediction]:
    """One prediction a row, in order. Images are reduced as in training; predictions are enlarged again."""
    device = next(networks[0].parameters()).device
    shown = dataset if plan.size_px is None or dataset.problem.points else Resized(dataset, plan.size_px)
    stream = Stream("predict", Views(shown, plan), range(len(dataset)), batch_size=1)
    modes = [network.training for network in networks]
    for network in networks:
        network.eval()
    try:
        for samples in stream.ordered(plan.batch_size):
            images = stacked_images(samples, device)
            sizes = [dataset.size(sample.row) for sample in samples]
            keys = [(dataset.keys[sample.row], sample.row) for sample in samples]
            with precision():
                if dataset.problem.task == Task.INSTANCE:
                    for (key, row), size, found in zip(keys, sizes, networks[0](images), strict=True):
                        yield Prediction(key, row, found=_found(found, size))
                    continue
                probs = method.predict(networks, images)
            for (key, row), size, one in zip(keys, sizes, probs, strict=True):
                yield Prediction(key, row, probs=_enlarged(one, size).cpu().numpy())
    finally:
        for network, was_training in zip(networks, modes, strict=True):
            network.train(was_training)


def _enlarged(probs: Tensor, size: tuple[int, int]) -> Tensor:
    """Class probabilities "k h w" at another size, bilinear; other shapes as they are."""
    if probs.ndim == 1 or probs.shape[1:] == size:
        return probs.float()
    return F.interpolate(probs[None].float(), size=size, mode="bilinear", align_corners=False)[0]


def _found(found: object, size: tuple[int, int]) -> Found:
    """A network's detections as arrays, at another size."""
    boxes, labels, scores, masks = (
        getattr(found, name).cpu() for name in ("boxes", "labels", "scores", "masks")
    )
    if masks.shape[1:] != size:
        scale = torch.tensor([size[1] / masks.shape[2], size[0] / masks.shape[1]]).repeat(2)
        boxes = boxes * scale
        if len(masks):
            soft = F.interpolate(masks[:, None].float(), size=size, mode="bilinear", align_corners=False)[
                :, 0
            ]
            masks = soft > 0.5
        else:
            masks = torch.zeros(0, *size, dtype=torch.bool)
    return Found(
        boxes.float().numpy(),
        labels.numpy().astype(np.int64),
        scores.float().numpy(),
        masks.numpy().astype(bool),
    )
