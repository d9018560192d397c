"""How a task turns unit losses into a training loss: the one place where the three tasks differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from truemask.batch import Batch
from truemask.methods.method import Method, Targets
from truemask.training.streams import Sample
from truemask.types import IGNORE, Task

if TYPE_CHECKING:
    from truemask.training.loop import Loop


@runtime_checkable
class TaskLoss(Protocol):
    """What the engine asks of a task."""

    def batch(self, loop: "Loop", samples: Sequence[Sample], stream: str, *, trusted: bool) -> Batch:
        """Samples as one batch on the device, with slices of the stores."""

    def loss(self, loop: "Loop", hooks: Method, network: nn.Module, batch: Batch) -> Float[Tensor, ""]:
        """The training loss, through the hooks' `targets` and `unit_loss`."""

    def sweep(
        self, loop: "Loop", network: nn.Module, batches: Iterator[Batch]
    ) -> Iterator[tuple[Batch, Float[Tensor, "b k *space"]]]:
        """Units and their logits, no gradient."""


class ImageLoss:
    """Classification and semantic segmentation: the units are the labels of the batch."""

    def batch(self, loop: "Loop", samples: Sequence[Sample], stream: str, *, trusted: bool) -> Batch:
        """Samples as one batch on the device, with slices of the stores."""
        rows = torch.tensor([sample.row for sample in samples])
        geometries = [sample.geometry for sample in samples] if loop.problem.task == Task.SEMANTIC else None
        return Batch(
            images=stacked_images(samples, loop.device),
            labels=torch.stack([sample.labels for sample in samples]).to(loop.device),
            rows=rows.to(loop.device),
            stores={} if trusted else loop.slices(rows, geometries),
            parameters=loop.parameters,
            background=loop.problem.background,
            stream=stream,
            trusted=trusted,
            weights=_stacked_weights(samples, loop.device),
        )

    def loss(self, loop: "Loop", hooks: Method, network: nn.Module, batch: Batch) -> Float[Tensor, ""]:
        """Mean of the hooks' unit losses over valid units."""
        return unit_mean(loop, hooks, loop.logits(network, batch), batch)

    def sweep(
        self, loop: "Loop", network: nn.Module, batches: Iterator[Batch]
    ) -> Iterator[tuple[Batch, Float[Tensor, "b k *space"]]]:
        """Units and their logits, no gradient."""
        for batch in batches:
            with torch.no_grad():
                logits = loop.logits(network, batch)
            yield batch, logits


class InstanceLoss:
    """Instance segmentation: Mask R-CNN with the hooks' unit loss over the proposals of its box head."""

    def batch(self, loop: "Loop", samples: Sequence[Sample], stream: str, *, trusted: bool) -> Batch:
        """Samples as one batch on the device; the units come with the proposals."""
        rows = torch.tensor([sample.row for sample in samples])
        return Batch(
            images=stacked_images(samples, loop.device),
            labels=torch.full((len(samples),), IGNORE),
            rows=rows,
            objects=tuple(sample.objects.to(loop.device) for sample in samples if sample.objects is not None),
            parameters=loop.parameters,
            background=loop.problem.background,
            stream=stream,
            trusted=trusted,
        )

    def loss(self, loop: "Loop", hooks: Method, network: nn.Module, batch: Batch) -> Float[Tensor, ""]:
        """The network's own terms, with the method's in place of the box head's classification loss."""

        def class_loss(logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
            if loop.watch is not None:
                loop.watch.see_objects(batch, rows, labels, logits)
            return unit_mean(loop, hooks, logits.float(), _units(loop, batch, labels, rows))

        with loop.precision():
            terms: Mapping[str, Tensor] = network(batch.images, batch.objects, class_loss)
        return torch.stack([term.float() for term in terms.values()]).sum()

    def sweep(
        self, loop: "Loop", network: nn.Module, batches: Iterator[Batch]
    ) -> Iterator[tuple[Batch, Float[Tensor, "b k *space"]]]:
        """The given objects themselves, scored at their own boxes."""
        for batch in batches:
            labels = torch.cat([objects.labels for objects in batch.objects])
            rows = torch.cat([objects.rows for objects in batch.objects])
            with torch.no_grad(), loop.precision():
                logits = network.score_objects(batch.images, batch.objects)  # type: ignore[operator]
            yield _units(loop, batch, labels, rows), logits.float()


def unit_mean(loop: "Loop", hooks: Method, logits: Tensor, batch: Batch) -> Float[Tensor, ""]:
    """Targets (detached), their losses, and the weighted mean over what says something.

    One loss per unit: over units with a label. One loss per image of a label map: over images with a pixel
    that has one. A batch's own weights multiply the method's; an image's is the mean of its labelled pixels'.
    """
    targets, weights = hooks.targets(batch, logits.detach())
    losses = hooks.unit_loss(logits, targets.detach(), batch)
    valid = _says_something(targets)
    counts = batch.weigh(valid.to(losses.dtype))
    if losses.ndim == 1 and valid.ndim > 1:
        labelled = valid.flatten(1).sum(dim=1)
        counts = counts.flatten(1).sum(dim=1) / labelled.clamp(min=1)
    if weights is not None and weights.shape != losses.shape:
        raise ValueError(f"weights {tuple(weights.shape)} of losses {tuple(losses.shape)}: one for each")
    return loop.mean(losses, counts if weights is None else counts * weights.detach())


def _says_something(targets: Targets) -> Tensor:
    if targets.is_floating_point():
        return targets.sum(dim=1) > 0
    return targets != IGNORE


def _units(loop: "Loop", batch: Batch, labels: Tensor, rows: Tensor) -> Batch:
    """The proposals (or objects) of an instance batch as units of their own."""
    stores = {} if batch.trusted else loop.slices(rows, None)
    weights = None if batch.trusted else loop.main.views.weights_of(rows)
    return replace(batch, labels=labels, rows=rows, stores=stores, weights=weights)


def _stacked_weights(samples: Sequence[Sample], device: torch.device) -> Tensor | None:
    weights = [sample.weights for sample in samples if sample.weights is not None]
    return torch.stack(weights).to(device) if weights else None


def stacked_images(samples: Sequence[Sample], device: torch.device) -> Tensor:
    """Images of one batch; smaller ones are padded at the bottom and right, as detectors do."""
    images = [sample.image for sample in samples]
    if len({image.shape for image in images}) > 1:
        height, width = (max(image.shape[dim] for image in images) for dim in (1, 2))
        images = [F.pad(image, (0, width - image.shape[2], 0, height - image.shape[1])) for image in images]
    stacked = torch.stack(images).to(device)
    is_image = stacked.ndim == 4
    return stacked.contiguous(memory_format=torch.channels_last) if is_image else stacked
