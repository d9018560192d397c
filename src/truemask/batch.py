"""What a method sees: images, given labels, which rows they came from, and slices of its stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor, device


@runtime_checkable
class Slice(Protocol):
    """The part of a store that belongs to a batch, in the batch's own geometry (flipped, cropped alike)."""

    @property
    def values(self) -> Float[Tensor, "b c *space"]:
        """Current values, aligned with the labels; no gradient."""

    def update(self, values: Float[Tensor, "b c *space"]) -> None:
        """Write back by the store's rule (replace, ema, ring); refused outside training rows."""


@dataclass  # not frozen: Fabric rebuilds it field by field on the way into a network
class Objects:
    """The given objects of one image, as an instance network wants them.

    Args:
        boxes: x0, y0, x1, y1 in pixels.
        labels: given class ids, 1 and up.
        masks: one plane an object.
        rows: each object's row in the data set's list of all objects: what its stores are keyed by.
    """

    boxes: Float[Tensor, "n 4"]
    labels: Int[Tensor, "n"]
    masks: Bool[Tensor, "n h w"]
    rows: Int[Tensor, "n"]

    def to(self, device: device) -> "Objects":
        """The same objects on a device."""
        boxes, labels = self.boxes.to(device), self.labels.to(device)
        return Objects(boxes, labels, self.masks.to(device), self.rows.to(device))


@dataclass(frozen=True)
class Batch:
    """Units with their given labels. There is no field for clean labels: a method cannot cheat.

    Class axis is 1, so logits are "b k *space" for labels "b *space". For an instance problem the hooks
    `targets` and `unit_loss` get a batch whose units are the n proposals of the box head: labels "n",
    `rows` the matched object's row, or -1 where a proposal is background.

    Args:
        images: "b c h w", or "b d" for points.
        labels: the given labels, IGNORE where there is none.
        rows: the immutable data set row (object row for proposals) of each entry of the first axis.
        objects: instance problems only: per image, what its annotators drew.
        stores: slices of the method's stores by name.
        parameters: the method's own tensors by name, as it asked for them with `Setup.parameter`.
        background: the class that means "nothing here", if the problem has one.
        stream: which of the method's streams this batch came from.
        trusted: the stream was asked for as a clean or verified one.
        views: more views of the same rows, drawn apart, where the stream was asked for with several.
        weights: how far each label is to be trusted, in [0, 1]; None: all alike. A label of weight 0 is
            IGNORE already.
    """

    images: Float[Tensor, "b c *size"]
    labels: Int[Tensor, "u *space"]
    rows: Int[Tensor, "u"]
    objects: tuple[Objects, ...] = ()
    stores: Mapping[str, Slice] = field(default_factory=dict)
    parameters: Mapping[str, Tensor] = field(default_factory=dict)
    background: int | None = None
    stream: str = "main"
    trusted: bool = False
    views: tuple["Batch", ...] = ()
    weights: Float[Tensor, "u *space"] | None = None

    def weigh(self, counts: Shaped[Tensor, "u *space"]) -> Shaped[Tensor, "u *space"]:
        """What each unit counts, times the trust in its label."""
        return counts if self.weights is None else counts * self.weights
