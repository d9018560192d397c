"""What an audit reads: given labels and predicted probabilities, image by image, from anywhere."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from jaxtyping import Float, UInt8

from truemask.types import IGNORE, BadInput, Problem, Task

LabelMap = UInt8[np.ndarray, "_ _"]
"""Labels of pixels; each image may have a size of its own."""

Stream = Callable[[], Iterable[tuple[str, int | LabelMap, Float[np.ndarray, "..."]]]]
"""Called once a pass, it starts anew: key, given labels and probabilities "k *space" of each image."""

_IMAGES_PER_BLOCK = 4096
_SAMPLED_PIXELS = 64
SUM_SLACK = 0.05
"""Probabilities sum to 1, give or take this."""


@dataclass(frozen=True)
class Block:
    """Units side by side: the pixels of one image, or many images that are one unit each.

    Args:
        keys: of the images: one for a label map, else one per unit.
        size: height and width of the label map; None where images are units.
        labels: given class ids, IGNORE where there is none.
        probs: float16, float32 or float64.
    """

    keys: tuple[str, ...]
    size: tuple[int, int] | None
    labels: UInt8[np.ndarray, "n"]
    probs: Float[np.ndarray, "k n"]

    def __str__(self) -> str:
        if len(self.keys) == 1:
            return f"image '{self.keys[0]}'"
        return f"images '{self.keys[0]}' to '{self.keys[-1]}'"


def blocks(stream: Stream, problem: Problem) -> Iterator[Block]:
    """One pass over a stream.

    Raises:
        BadInput: if labels are no classes of the problem, or what should be probabilities is none.
    """
    if problem.task == Task.INSTANCE:
        raise BadInput(
            "confident learning audits images and pixels; give it the objects of an instance data set as "
            "label maps"
        )
    made = _maps(stream) if problem.task == Task.SEMANTIC else _images(stream)
    seen: set[str] = set()
    for block in made:
        _check(block, problem.num_classes)
        for key in block.keys:
            if key in seen:
                raise BadInput(f"image '{key}' came twice in one pass: keys must be unique")
            seen.add(key)
        yield block


def _maps(stream: Stream) -> Iterator[Block]:
    for key, labels, probs in stream():
        _check_types(key, labels, probs)
        if np.ndim(labels) != 2 or probs.shape[1:] != np.shape(labels):
            raise BadInput(
                f"image '{key}': a label map 'h w' needs probabilities 'k h w', "
                f"got shapes {np.shape(labels)} and {probs.shape}"
            )
        height, width = probs.shape[1:]
        flat = np.ascontiguousarray(labels, dtype=np.uint8).reshape(-1)
        yield Block((key,), (height, width), flat, np.ascontiguousarray(probs).reshape(len(probs), -1))


def _images(stream: Stream) -> Iterator[Block]:
    """Images in bulk: a block each would cost more than the counting."""
    units = iter(stream())
    while bulk := list(islice(units, _IMAGES_PER_BLOCK)):
        for key, label, probs in bulk:
            _check_types(key, label, probs)
            if np.ndim(label) or not 0 <= label <= IGNORE:
                raise BadInput(f"image '{key}': label {label} is no class, nor {IGNORE} for none")
            if probs.ndim != 1 or probs.shape != bulk[0][2].shape:
                raise BadInput(
                    f"image '{key}': a class needs probabilities 'k' like the others; got shape {probs.shape}"
                )
        keys, labels, columns = zip(*bulk, strict=True)
        yield Block(keys, None, np.array(labels, np.uint8), np.stack(columns, axis=1))


def _check_types(key: str, labels: object, probs: np.ndarray) -> None:
    if probs.dtype not in (np.float16, np.float32, np.float64):
        raise BadInput(f"image '{key}': probabilities must be floats, got {probs.dtype}")
    if isinstance(labels, np.ndarray) and labels.dtype != np.uint8:
        raise BadInput(f"image '{key}': label maps must be uint8, {IGNORE} for no label; got {labels.dtype}")


def _check(block: Block, num_classes: int) -> None:
    """Refuse foreign labels; and, judged by a sample of pixels, what was not put through a softmax."""
    if len(block.probs) != num_classes:
        raise BadInput(f"{block}: probabilities of {len(block.probs)} classes, the problem has {num_classes}")
    foreign = (block.labels >= num_classes) & (block.labels != IGNORE)
    if foreign.any():
        raise BadInput(
            f"{block}: label {block.labels[foreign][0]} is no class: they are 0..{num_classes - 1}, "
            f"or {IGNORE} for none"
        )
    step = 1 if block.size is None else max(1, len(block.labels) // _SAMPLED_PIXELS)
    sample = block.probs[:, ::step][:, block.labels[::step] != IGNORE].astype(np.float64)
    sums = sample.sum(axis=0)
    # Written so that NaN fails it.
    if not (np.all(np.abs(sums - 1) <= SUM_SLACK) and np.all(sample >= -1e-6)):
        worst = sums[np.argmax(np.where(np.isnan(sums), np.inf, np.abs(sums - 1)))]
        raise BadInput(
            f"{block}: probabilities must be at least 0 and sum to 1 over the classes, some sum to "
            f"{worst:.3g}: pass softmax outputs, not logits"
        )
