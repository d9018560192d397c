"""Mask R-CNN whose class loss is the caller's: He et al., ICCV 2017, arXiv:1703.06870."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import overload

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torchvision.ops import batched_nms

from truemask.batch import Objects
from truemask.networks.detections import Detections
from truemask.networks.heads import RegionHeads, box_loss, mask_loss
from truemask.networks.matching import clip, decode, encode, has_area, match, sample
from truemask.networks.padding import pad_to_stride
from truemask.networks.paste import cut_out, paste
from truemask.networks.proposals import ProposalNetwork

ClassLoss = Callable[[Float[Tensor, "n k"], Int[Tensor, "n"], Int[Tensor, "n"]], Float[Tensor, ""]]
"""Of the sampled proposals: logits, given labels (0: background), object rows (-1: none) -> a scalar."""

OFFSET_SCALE = (10.0, 10.0, 5.0, 5.0)
"""Offsets of the box head are this much larger than `matching.encode`'s: Fast R-CNN's unit variance."""


@dataclass(frozen=True)
class RegionKnobs:
    """How regions are sampled and detections kept. Defaults are those of torchvision's Mask R-CNN.

    Args:
        samples: proposals per image that the box head learns from, a quarter of them objects at most.
        mask_samples: object proposals per image that the mask head learns from; None: all.
        score: detections below this probability are dropped.
        nms: of two detections of a class that overlap more than this (IoU), the better stays.
        most: detections per image.
    """

    samples: int = 512
    mask_samples: int | None = None
    score: float = 0.05
    nms: float = 0.5
    most: int = 100


Pool = Callable[[Sequence[Tensor], Sequence[Tensor], int], Tensor]
"""Pyramid levels, boxes of each image, bins along a side -> "n c bins bins"."""


@dataclass(frozen=True)
class _Sampled:
    """The proposals of a batch that the heads learn from, image after image."""

    boxes: tuple[Float[Tensor, "_ 4"], ...]
    labels: Int[Tensor, "n"]
    objects: Int[Tensor, "n"]
    """Index of the matched object among all objects of the batch; of any where there is none."""


class InstanceNetwork(nn.Module):
    """Mask R-CNN that leaves the class loss to its caller, and says which object a proposal was matched to.

    With the images alone it detects; with objects and a class loss it returns the terms of a training loss.
    Images come normalised and of one size; they are padded inside to the stride of the coarsest level.

    Objects of class IGNORE teach where objects are (region proposals), nothing else: proposals matched to
    them are neither objects nor background to the heads. Objects without area are left out.
    """

    def __init__(
        self,
        backbone: nn.Module,
        rpn: ProposalNetwork,
        roi_heads: RegionHeads,
        pool: Pool,
        knobs: RegionKnobs,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.rpn = rpn
        self.roi_heads = roi_heads
        self.pool = pool
        self.knobs = knobs

    @overload
    def forward(self, images: Float[Tensor, "b c h w"]) -> list[Detections]: ...

    @overload
    def forward(
        self, images: Float[Tensor, "b c h w"], objects: tuple[Objects, ...], class_loss: ClassLoss
    ) -> dict[str, Float[Tensor, ""]]: ...

    def forward(
        self,
        images: Float[Tensor, "b c h w"],
        objects: tuple[Objects, ...] | None = None,
        class_loss: ClassLoss | None = None,
    ) -> dict[str, Float[Tensor, ""]] | list[Detections]:
        """Detections of each image; or, given its objects, the loss terms of the batch.

        The terms are `objectness`, `rpn_box`, `class`, `box`, `mask`, in float32; their sum is the loss.
        """
        if objects is None or class_loss is None:
            with torch.no_grad():
                return self._detect(images)
        return self._losses(images, tuple(_with_area(own) for own in objects), class_loss)

    def score_objects(
        self, images: Float[Tensor, "b c h w"], objects: tuple[Objects, ...]
    ) -> Float[Tensor, "n k"]:
        """Class logits of the given objects, their own boxes taken as proposals, image after image."""
        levels, _ = self._levels(images)
        logits, _ = self._classify(levels, [own.boxes for own in objects])
        return logits

    def _levels(self, images: Float[Tensor, "b c h w"]) -> tuple[list[Tensor], tuple[int, int]]:
        """Pyramid levels, finest first, and the size of the images that they belong to (padded)."""
        padded = pad_to_stride(images, 32)
        return list(self.backbone(padded).values()), (padded.shape[-2], padded.shape[-1])

    def _classify(
        self, levels: Sequence[Tensor], boxes: Sequence[Float[Tensor, "_ 4"]]
    ) -> tuple[Float[Tensor, "n k"], Float[Tensor, "n boxes 4"]]:
        heads = self.roi_heads
        logits, offsets = heads.box_predictor(heads.box_head(self.pool(levels, boxes, 7)))
        return logits.float(), offsets.float()

    def _outline(
        self, levels: Sequence[Tensor], boxes: Sequence[Float[Tensor, "_ 4"]], labels: Int[Tensor, "n"]
    ) -> Float[Tensor, "n side side"]:
        heads = self.roi_heads
        logits: Tensor = heads.mask_predictor(heads.mask_head(self.pool(levels, boxes, 14)), labels)
        return logits.float()

    def _losses(
        self, images: Float[Tensor, "b c h w"], objects: tuple[Objects, ...], class_loss: ClassLoss
    ) -> dict[str, Float[Tensor, ""]]:
        levels, padded = self._levels(images)
        size = (images.shape[-2], images.shape[-1])
        scored = self.rpn.score(levels, padded)
        objectness, rpn_box = self.rpn.losses(scored, [own.boxes for own in objects])
        proposals = self.rpn.propose(scored, size, training=True)
        drawn = self._sample(proposals, objects)
        logits, offsets = self._classify(levels, drawn.boxes)
        every = _joined(objects)
        held = drawn.labels > 0
        rows = torch.full_like(drawn.labels, -1)
        rows[held] = every.rows[drawn.objects[held]]
        near = encode(every.boxes[drawn.objects[held]], torch.cat(drawn.boxes)[held])
        return {
            "objectness": objectness,
            "rpn_box": rpn_box,
            "class": class_loss(logits, drawn.labels, rows) if len(rows) else logits.sum(),
            "box": box_loss(offsets, near * near.new_tensor(OFFSET_SCALE), drawn.labels),
            "mask": self._mask_loss(levels, drawn, every),
        }

    def _sample(self, proposals: list[Float[Tensor, "_ 4"]], objects: tuple[Objects, ...]) -> _Sampled:
        """Match proposals, and the objects' own boxes beside them, to objects; draw those to learn from."""
        boxes, labels, matched, before = [], [], [], 0
        for own, image in zip(proposals, objects, strict=True):
            every = torch.cat([own, image.boxes])
            marks, which = match(every, image.boxes, image.labels)
            drawn = sample(marks, self.knobs.samples, 0.25)
            boxes.append(every[drawn])
            labels.append(marks[drawn])
            matched.append(which[drawn] + before)
            before += len(image.labels)
        return _Sampled(tuple(boxes), torch.cat(labels), torch.cat(matched))

    def _mask_loss(self, levels: Sequence[Tensor], drawn: _Sampled, every: Objects) -> Float[Tensor, ""]:
        counts = [len(own) for own in drawn.boxes]
        boxes, which, labels = [], [], []
        for own, marks, objects in zip(
            drawn.boxes, torch.split(drawn.labels, counts), torch.split(drawn.objects, counts), strict=True
        ):
            held = (marks > 0).nonzero()[:, 0]
            if self.knobs.mask_samples is not None and len(held) > self.knobs.mask_samples:
                held = held[torch.randperm(len(held), device=held.device)[: self.knobs.mask_samples]]
            boxes.append(own[held])
            which.append(objects[held])
            labels.append(marks[held])
        logits = self._outline(levels, boxes, torch.cat(labels))
        return mask_loss(logits, cut_out(every.masks, torch.cat(which), torch.cat(boxes), logits.shape[-1]))

    def _detect(self, images: Float[Tensor, "b c h w"]) -> list[Detections]:
        levels, padded = self._levels(images)
        size = (images.shape[-2], images.shape[-1])
        proposals = self.rpn.propose(self.rpn.score(levels, padded), size, training=False)
        logits, offsets = self._classify(levels, proposals)
        counts = [len(own) for own in proposals]
        probs, near = torch.split(logits.softmax(dim=1), counts), torch.split(offsets, counts)
        kept = [self._best(*one, size) for one in zip(proposals, probs, near, strict=True)]
        boxes, labels, scores = zip(*kept, strict=True)
        outlines = self._outline(levels, boxes, torch.cat(labels)).sigmoid()
        masks = map(paste, torch.split(outlines, [len(own) for own in labels]), boxes, repeat(size))
        return [Detections(*one) for one in zip(boxes, labels, scores, masks, strict=True)]

    def _best(
        self,
        proposals: Float[Tensor, "n 4"],
        probs: Float[Tensor, "n k"],
        offsets: Float[Tensor, "n boxes 4"],
        size: tuple[int, int],
    ) -> tuple[Float[Tensor, "m 4"], Int[Tensor, "m"], Float[Tensor, "m"]]:
        """Boxes, labels and scores of what is kept of one image's proposals, each asked for each class."""
        scale = offsets.new_tensor(OFFSET_SCALE)
        boxes = clip(decode(offsets / scale, proposals[:, None].expand_as(offsets)), size)
        which, label = (probs > self.knobs.score).nonzero(as_tuple=True)
        own = boxes[which, 0 if boxes.shape[1] == 1 else label]
        keep = (label > 0) & has_area(own, 1e-2)
        own, label, scores = own[keep], label[keep], probs[which, label][keep]
        best = batched_nms(own, scores, label, self.knobs.nms)[: self.knobs.most]
        return own[best], label[best], scores[best]


def _with_area(objects: Objects) -> Objects:
    """Without objects whose box has no area: their offsets would be infinite."""
    keep = has_area(objects.boxes)
    if keep.all():
        return objects
    return Objects(objects.boxes[keep], objects.labels[keep], objects.masks[keep], objects.rows[keep])


def _joined(objects: Sequence[Objects]) -> Objects:
    """The objects of all images in a row."""
    return Objects(
        torch.cat([own.boxes for own in objects]),
        torch.cat([own.labels for own in objects]),
        torch.cat([own.masks for own in objects]),
        torch.cat([own.rows for own in objects]),
    )
