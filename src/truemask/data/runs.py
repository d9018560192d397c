"""Between label maps and packed masks by way of their runs: cost grows with outlines, not objects x area.

COCO's code runs down the columns, so all flat indices here are column-major.
"""

from collections.abc import Sequence

import numpy as np
from faster_coco_eval import mask as coco_mask
from faster_coco_eval import mask_api_new_cpp as coco_runs
from jaxtyping import Integer


def pack_values(
    values: Integer[np.ndarray, "h w"],
) -> tuple[Integer[np.ndarray, "n"], tuple[bytes, ...]]:
    """The values other than 0 that a map holds, ascending, and the packed mask of each."""
    flat = values.ravel(order="F")
    starts = np.flatnonzero(np.diff(flat, prepend=flat[:1] + 1))
    lengths = np.diff(starts, append=len(flat))
    by_value = np.argsort(flat[starts], kind="stable")
    by_value = by_value[flat[starts][by_value] != 0]
    found, first = np.unique(flat[starts][by_value], return_index=True)
    groups = np.split(by_value, first[1:]) if len(found) else []
    return found, tuple(_encode(starts[rows], lengths[rows], values.shape) for rows in groups)


def fill(
    target: Integer[np.ndarray, "h w"], codes: Sequence[bytes], values: Integer[np.ndarray, "n"]
) -> None:
    """Write each mask's value into `target`, in order: a later mask covers earlier ones.

    Raises:
        ValueError: from the decoder, if a code does not fit the target.
    """
    if not codes:
        return
    ends = _run_ends(codes, target.shape)
    starts = np.concatenate([end[: len(end) // 2 * 2 : 2] for end in ends])
    lengths = np.concatenate([end[1::2] for end in ends]) - starts
    steps = np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
    per_code = np.repeat(values, [len(end) // 2 for end in ends])
    flat = target.ravel(order="F")
    flat[steps + np.arange(len(steps))] = np.repeat(per_code, lengths)
    target[...] = flat.reshape(target.shape, order="F")


def sample(
    codes: Sequence[bytes],
    size: tuple[int, int],
    rows: Integer[np.ndarray, "h"],
    columns: Integer[np.ndarray, "w"],
) -> tuple[bytes, ...]:
    """The packed masks of the pixels where these rows and columns cross; both ascend strictly."""
    # The crossings ascend in column-major order, so a run of pixels is a run of crossings: count those in it.
    crossings = (columns[:, None] * size[0] + rows[None, :]).ravel()
    sampled = [np.searchsorted(crossings, ends) for ends in _run_ends(codes, size)]
    return tuple(_from_ends(ends, (len(rows), len(columns))) for ends in sampled)


def _run_ends(codes: Sequence[bytes], size: tuple[int, ...]) -> list[Integer[np.ndarray, "r"]]:
    """Per mask, where its runs end: off until the first, on until the second, off until the third, ..."""
    sized = [{"size": list(size), "counts": code} for code in codes]
    return [np.cumsum(runs["counts"]) for runs in coco_runs.toUncompressedRLE(sized)]


def _from_ends(ends: Integer[np.ndarray, "r"], size: tuple[int, int]) -> bytes:
    """A code from the ends of runs, some of which may be empty."""
    starts, stops = ends[: len(ends) // 2 * 2 : 2], ends[1::2]
    held = starts < stops
    starts, stops = starts[held], stops[held]
    apart = starts[1:] != stops[:-1]  # where an empty run lay between two, they are one
    if len(starts):
        starts, stops = starts[np.append(True, apart)], stops[np.append(apart, True)]
    return _encode(starts, stops - starts, size)


def _encode(
    starts: Integer[np.ndarray, "r"], lengths: Integer[np.ndarray, "r"], size: tuple[int, ...]
) -> bytes:
    ends = starts + lengths
    gaps = np.diff(ends, prepend=0) - lengths
    counts = np.stack([gaps, lengths], axis=1).ravel().tolist()
    if rest := size[0] * size[1] - (int(ends[-1]) if len(ends) else 0):
        counts.append(rest)
    code: bytes = coco_mask.frPyObjects({"size": list(size), "counts": counts}, *size)["counts"]
    return code
