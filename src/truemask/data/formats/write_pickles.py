"""Pickles of plain values and arrays, as Python 2 wrote them."""

from collections.abc import Mapping, Sequence
from struct import pack

import numpy as np

_BATCH = 1000
"""Items that Python adds to a list at a time."""


def write_pickle(said: Mapping[bytes, object]) -> bytes:
    """A pickle of byte strings, numbers from 0 on, lists of those, and uint8 arrays of two axes.

    Its byte strings load as `str` or as `bytes`, as a reader wishes: data sets of that time are read so.
    """
    items = b"".join(_coded(key) + _coded(value) for key, value in said.items())
    return b"\x80\x02}(" + items + b"u."


def _coded(value: object) -> bytes:
    if isinstance(value, bytes):
        return (b"U" + pack("<B", len(value)) if len(value) < 256 else b"T" + pack("<i", len(value))) + value
    if isinstance(value, int):
        return b"K" + pack("<B", value) if value < 256 else b"J" + pack("<i", value)
    if isinstance(value, np.ndarray):
        return _coded_array(value)
    assert isinstance(value, Sequence)
    parts = [value[start : start + _BATCH] for start in range(0, len(value), _BATCH)]
    return b"]" + b"".join(b"(" + b"".join(map(_coded, part)) + b"e" for part in parts)


def _coded_array(values: np.ndarray) -> bytes:
    """How numpy pickles an array; under its old module name, which old and new versions know."""
    assert values.dtype == np.uint8
    assert values.ndim == 2
    start = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01"
    shape = _coded(values.shape[0]) + _coded(values.shape[1]) + b"\x86"
    dtype = b"cnumpy\ndtype\nU\x02u1\x89\x88\x87R(K\x03U\x01|NNN" + b"J\xff\xff\xff\xff" * 2 + b"K\x00tb"
    return start + shape + dtype + b"\x89" + _coded(values.tobytes()) + b"tb"
