"""How far off the outlines are that findings speak of, so that errors can be made that are as large."""

from collections.abc import Sequence

import numpy as np
from faster_coco_eval import mask as coco_mask
from jaxtyping import Bool, Float64

from truemask.audit.calibration.pointing import Row

MEASURED = ("shifted", "boundary_over", "boundary_under", "hole")
"""Kinds whose size can be told from a finding."""
_MOST = 200


def sizes_px(findings: Sequence[Row], kind: str) -> Float64[np.ndarray, "n"]:
    """The size of the error of each finding of a kind that is as suspect as half of its list, or more.

    In pixels: the distance of a shift, the mean distance of two outlines, the radius of a hole. Findings that
    propose no shape are left out; 200 are enough.

    Args:
        findings: of one level.
        kind: one of MEASURED.
    """
    mine = [row for row in findings if row["kind"] == kind and row["rle"]]
    if kind != "hole" or any(row["level"] == "instance" for row in mine):
        mine = [row for row in mine if row["shapes"]]
    mine = sorted(mine, key=lambda row: -float(row["score"]))[: min(_MOST, (len(mine) + 1) // 2)]
    return np.array([_size_px(row, kind) for row in mine], np.float64)


def _size_px(row: Row, kind: str) -> float:
    if row["level"] == "segment" and kind == "hole":
        return _radius(int(row["area_px"]))
    given, there = _planes(row, kind)
    if kind == "shifted":
        return float(np.hypot(*(_centre(there) - _centre(given))))
    changed = int(np.count_nonzero(given != there))
    if kind == "hole":
        return _radius(changed)
    return changed / max(1, _outline(given if given.sum() < there.sum() else there))


def _planes(row: Row, kind: str) -> tuple[Bool[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """The given and the proposed shape."""
    size = [row["height"], row["width"]]
    about, there = (
        coco_mask.decode({"size": size, "counts": code}).astype(bool)
        for code in (row["rle"], row["shapes"][0])
    )
    if row["level"] == "instance":
        return about, there
    # Of a segment `rle` is what changes, not what was given.
    return {"shifted": about ^ there, "boundary_over": about | there}.get(kind, there & ~about), there


def _centre(plane: Bool[np.ndarray, "h w"]) -> Float64[np.ndarray, "2"]:
    places = np.argwhere(plane)
    return places.mean(axis=0) if len(places) else np.zeros(2)


def _outline(plane: Bool[np.ndarray, "h w"]) -> int:
    """Pixels at the rim."""
    wide = np.pad(plane, 1)
    inner = wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:]
    return int(np.count_nonzero(plane & ~inner))


def _radius(area_px: int) -> float:
    return float(np.sqrt(area_px / np.pi))
