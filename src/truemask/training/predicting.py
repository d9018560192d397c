"""Predictions of networks over a data set, image by image, in the data set's own size."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from truemask.batch import Objects
from truemask.data.as_objects import object_key
from truemask.data.dataset import Dataset
from truemask.data.predictions import Found, Prediction
from truemask.data.views import Resized
from truemask.methods.method import Method
from truemask.training.geometry import turned, unturned
from truemask.training.plan import Plan
from truemask.training.streams import Stream, Views
from truemask.training.tasks import stacked_images
from truemask.types import Instances, Task

Precision = Callable[[], AbstractContextManager[None]]


def predictions(
    method: Method,
    networks: Sequence[nn.Module],
    dataset: Dataset,
    plan: Plan,
    precision: Precision,
    *,
    turns: Sequence[int] = (0,),
) -> Iterator[Prediction]:
    """One prediction a row, in order. Images are reduced as in training; predictions are enlarged again.

    With several turns (see `geometry`) class probabilities are the mean over the turned images, turned back.
    """
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
            # Not around the yields: whoever takes the predictions keeps a grad mode and precision of its own.
            with torch.no_grad(), precision():
                instances = dataset.problem.task == Task.INSTANCE
                if instances:
                    said = networks[0](images)
                else:
                    views = [_view(method, networks, images, turn) for turn in turns]
                    said = torch.stack(views).mean(dim=0) if len(views) > 1 else views[0]
            for (key, row), size, one in zip(keys, sizes, said, strict=True):
                if instances:
                    yield Prediction(key, row, found=_found(one, size))
                else:
                    yield Prediction(key, row, probs=_enlarged(one, size).cpu().numpy())
    finally:
        for network, was_training in zip(networks, modes, strict=True):
            network.train(was_training)


def object_predictions(
    network: nn.Module, dataset: Dataset, plan: Plan, precision: Precision
) -> Iterator[Prediction]:
    """Class probabilities of every given object at its own box, one prediction an object, in order.

    Keys are those of `AsObjects`; `row` is the image's. Crowds and objects without a pixel are left out.
    """
    device = next(network.parameters()).device
    shown = dataset if plan.size_px is None else Resized(dataset, plan.size_px)
    views = Views(shown, plan)
    offsets = cast(np.ndarray, views.object_offsets)
    was_training = network.training
    network.eval()
    try:
        for samples in Stream("predict", views, range(len(dataset)), batch_size=1).ordered(plan.batch_size):
            objects = tuple(cast(Objects, sample.objects).to(device) for sample in samples)
            with torch.no_grad(), precision():
                logits = network.score_objects(stacked_images(samples, device), objects)  # type: ignore[operator]
            probs = logits.float().softmax(dim=1).cpu().numpy()
            of = [
                (sample.row, index)
                for sample, found in zip(samples, objects, strict=True)
                for index in found.rows
            ]
            for (row, index), one in zip(of, probs, strict=True):
                given = cast(Instances, dataset.labels(row))
                annotation_id = int(given.ids[int(index) - int(offsets[row])])
                yield Prediction(object_key(dataset.keys[row], annotation_id), row, probs=one)
    finally:
        network.train(was_training)


def _view(method: Method, networks: Sequence[nn.Module], images: Tensor, turn: int) -> Tensor:
    """Class probabilities of turned images, turned back where they are of pixels."""
    probs = method.predict(networks, turned(images, turn))
    return unturned(probs, turn) if probs.ndim > 2 else probs


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
