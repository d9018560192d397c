"""Hashes of labels: two data sets with the same hash have the same labels, down to boxes and ids."""

import hashlib
from collections.abc import Mapping

import numpy as np

from truemask.types import Instances, Labels

_BYTES = 16


def digest(labels: Labels) -> bytes:
    """A hash of the labels of one image."""
    whole = hashlib.blake2b(digest_size=_BYTES)
    if isinstance(labels, Instances):
        whole.update(repr((labels.size, [len(mask) for mask in labels.masks])).encode())
        for mask in labels.masks:
            whole.update(mask)
        for column in (labels.classes, labels.boxes, labels.ids, labels.crowd):
            whole.update(column.tobytes())
    else:
        whole.update(repr(np.shape(labels)).encode())
        whole.update(np.asarray(labels, dtype=np.uint8).tobytes())
    return whole.digest()


def hash_of(digests: Mapping[str, bytes]) -> str:
    """A hash of all labels of a data set, by key, in whatever order they came."""
    whole = hashlib.blake2b(digest_size=_BYTES)
    for key in sorted(digests):
        whole.update(hashlib.blake2b(key.encode(), digest_size=_BYTES).digest())
        whole.update(digests[key])
    return f"blake2b:{whole.hexdigest()}"
