"""Packed masks: COCO's compressed run-length code, through faster-coco-eval."""

from collections.abc import Iterable

import numpy as np
from faster_coco_eval import mask as coco_mask
from jaxtyping import Bool, Float32, Int64


def pack(masks: Bool[np.ndarray, "n h w"]) -> tuple[bytes, ...]:
    """COCO run-length code of each mask."""
    if not len(masks):
        return ()
    columns = np.asfortranarray(masks.transpose(1, 2, 0).astype(np.uint8))
    return tuple(code["counts"] for code in coco_mask.encode(columns))


def unpack(codes: Iterable[bytes], size: tuple[int, int]) -> Bool[np.ndarray, "n h w"]:
    """Masks of height, width `size` from their codes."""
    packed = _with_size(codes, size)
    if not packed:
        return np.zeros((0, *size), dtype=bool)
    return np.ascontiguousarray(coco_mask.decode(packed).transpose(2, 0, 1)).astype(bool)


def areas(codes: Iterable[bytes], size: tuple[int, int]) -> Int64[np.ndarray, "n"]:
    """Pixels of each mask, without unpacking it."""
    packed = _with_size(codes, size)
    return np.asarray(coco_mask.area(packed) if packed else [], dtype=np.int64)


def boxes(codes: Iterable[bytes], size: tuple[int, int]) -> Float32[np.ndarray, "n 4"]:
    """Tight x0, y0, x1, y1 of each mask, without unpacking it; zeros where a mask is empty."""
    packed = _with_size(codes, size)
    if not packed:
        return np.zeros((0, 4), dtype=np.float32)
    xywh = np.asarray(coco_mask.toBbox(packed), dtype=np.float32).reshape(-1, 4)
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)


def _with_size(codes: Iterable[bytes], size: tuple[int, int]) -> list[dict[str, object]]:
    return [{"size": list(size), "counts": code} for code in codes]
