"""Findings that nobody accepted, as weights: how far the labels they speak of are to be trusted."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from truemask import rle
from truemask.audit.findings import Finding
from truemask.data.as_objects import object_key
from truemask.data.trust import FULL, WEIGHTS, write_map_trust, write_unit_trust
from truemask.fixing.fixer import Fixer
from truemask.fixing.wanted import mask_of
from truemask.types import Instances, Task


def trust_in(finding: Finding) -> float:
    """1 - P(wrong), where the audit was calibrated; else 1 - its score."""
    return 1.0 - (finding.score if finding.p_wrong is None else finding.p_wrong)


def write_doubts(fixer: Fixer, folder: Path) -> int:
    """Write the weights of the labels in doubt into the folder's `weights`; returns of how many images.

    Of label maps the pixels of segments, of objects those that findings name, of images all. Where findings
    overlap, the smallest weight counts. Objects have weights of pixels beside, for whoever learns from them
    as label maps: an object that may be missing has no label of its own to weigh, but its pixels have.
    """
    rows = {key: row for row, key in enumerate(fixer.dataset.keys)}
    task = fixer.dataset.problem.task
    units: dict[str, float] = {}
    images: set[str] = set()
    for key, found in fixer.uncertain():
        if task == Task.CLASSIFICATION:
            units |= _image_trust(found, key)
            images.add(key)
            continue
        if task == Task.INSTANCE:
            given = fixer.dataset.labels(rows[key])
            assert isinstance(given, Instances)
            own = object_trust(found, given, key)
            units |= own
            images |= {key} if own else set()
            weights = map_trust([_with_pixels(one, given) for one in found], given.size)
        else:
            weights = map_trust(found, fixer.dataset.size(rows[key]))
        if (weights < FULL).any():
            write_map_trust(folder / WEIGHTS, key, weights)
            images.add(key)
    if units:
        write_unit_trust(folder / WEIGHTS, units)
    return len(images)


def map_trust(found: list[Finding], size: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
    """The trust in each pixel, in 255ths."""
    weights = np.full(size, FULL, np.uint8)
    for finding in found:
        value = np.uint8(round(FULL * trust_in(finding)))
        if finding.rle is not None:
            pixels = mask_of(finding.rle, finding, size)
            weights[pixels] = np.minimum(weights[pixels], value)
        elif finding.level == "image":
            weights = np.minimum(weights, value)
    return weights


def object_trust(found: list[Finding], given: Instances, key: str) -> Mapping[str, float]:
    """The trust in each object that a finding speaks of, by the object's key."""
    weights: dict[str, float] = {}
    for finding in found:
        ids = given.ids.tolist() if finding.level == "image" else finding.objects
        for id_ in ids:
            name = object_key(key, id_)
            weights[name] = min(weights.get(name, 1.0), trust_in(finding))
    return weights


def _with_pixels(finding: Finding, given: Instances) -> Finding:
    """With the pixels of its objects, where it names objects alone."""
    if finding.rle is not None or not finding.objects:
        return finding
    codes = [given.masks[row] for row in np.flatnonzero(np.isin(given.ids, finding.objects))]
    pixels = np.asarray(rle.unpack(codes, given.size).any(axis=0, keepdims=True))
    return replace(finding, rle=rle.pack(pixels)[0], size=given.size)


def _image_trust(found: list[Finding], key: str) -> Mapping[str, float]:
    return {key: min(map(trust_in, found))}
