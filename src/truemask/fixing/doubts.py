"""Findings that nobody accepted, as weights: how far the labels they speak of are to be trusted."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

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
    overlap, the smallest weight counts. An object that may be missing has no label to weigh.
    """
    rows = {key: row for row, key in enumerate(fixer.dataset.keys)}
    units: dict[str, float] = {}
    images = 0
    for key, found in fixer.uncertain():
        if fixer.dataset.problem.task == Task.SEMANTIC:
            weights = map_trust(found, fixer.dataset.size(rows[key]))
            if (weights < FULL).any():
                write_map_trust(folder / WEIGHTS, key, weights)
                images += 1
            continue
        labels = fixer.dataset.labels(rows[key])
        own = object_trust(found, labels, key) if isinstance(labels, Instances) else _image_trust(found, key)
        units |= own
        images += bool(own)
    if units:
        write_unit_trust(folder / WEIGHTS, units)
    return images


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


def _image_trust(found: list[Finding], key: str) -> Mapping[str, float]:
    return {key: min(map(trust_in, found))}
