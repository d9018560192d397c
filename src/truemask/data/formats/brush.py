"""Label Studio's brush masks: a run-length code in bits, of an image with four channels.

A code is a list of bytes, read bit by bit, the highest first: 32 bits say how many values there are (4 a
pixel, row by row: red, green, blue, alpha), 5 how many bits a value has less 1, and four times 4 bits how
many bits the lengths of kind 0 to 3 have less 1. Then come blocks: one bit that says whether it is a run,
two for the kind of its length, the length less 1, and one value if it is a run, or else as many as its
length. A pixel is on where its alpha is above 0. (The packing is that of the rle-pack package by thi.ng,
which Label Studio uses.)
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from truemask.types import BadInput

_CHANNELS = 4
_LENGTH_BITS = (3, 4, 8, 16)
_VALUE_BITS = 8
_ON = 255


def decode(code: object, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """The mask of an image of height, width `size`.

    Raises:
        BadInput: if it is no such code, ends too early, or is one of an image of another size.
    """
    if not isinstance(code, list) or not all(type(byte) is int and 0 <= byte < 256 for byte in code):
        raise BadInput("its rle is no list of bytes")
    if len(code) < 7:
        raise BadInput("its rle ends amid its header")
    bits = bin(int.from_bytes(bytes([1, *code]), "big"))[3:]
    count = int(bits[:32], 2)
    if count != _CHANNELS * size[0] * size[1]:
        raise BadInput(f"its rle has {count} values, an image of {size[0]} x {size[1]} px has 4 a pixel")
    width = int(bits[32:37], 2) + 1
    lengths = [int(bits[at : at + 4], 2) + 1 for at in range(37, 53, 4)]
    try:
        on, end = _blocks(bits, 53, count, width, lengths)
    except ValueError as error:  # of no bits at all
        raise BadInput("its rle ends too early") from error
    if end > len(bits):
        raise BadInput("its rle ends too early")
    return on.reshape(size)


def encode(mask: Bool[np.ndarray, "h w"]) -> list[int]:
    """The code of a mask, all four channels of a pixel being 255 or 0."""
    flat = mask.ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=~flat[:1]))
    lengths = np.diff(starts, append=flat.size) * _CHANNELS
    longest = 1 << _LENGTH_BITS[-1]
    parts = -(-lengths // longest)  # runs longer than a length can say are several
    values = np.repeat(np.where(flat[starts], _ON, 0), parts)
    lengths = np.repeat(lengths - (parts - 1) * longest, parts)
    lengths[np.diff(np.repeat(np.arange(len(parts)), parts), append=-1) == 0] = longest
    kinds = np.searchsorted(1 << np.array(_LENGTH_BITS), lengths)
    length_bits = np.array(_LENGTH_BITS)[kinds]
    words = (((1 << 2 | kinds) << length_bits | lengths - 1) << _VALUE_BITS) | values
    header = [(flat.size * _CHANNELS, 32), (_VALUE_BITS - 1, 5), *((n - 1, 4) for n in _LENGTH_BITS)]
    words = np.concatenate([[word for word, _ in header], words])
    widths = np.concatenate([[width for _, width in header], 1 + 2 + length_bits + _VALUE_BITS])
    shifts = np.repeat(np.cumsum(widths), widths) - np.arange(widths.sum()) - 1
    code: list[int] = np.packbits(np.repeat(words, widths) >> shifts & 1).tolist()
    return code


def _blocks(
    bits: str, at: int, count: int, width: int, lengths: Sequence[int]
) -> tuple[Bool[np.ndarray, "n"], int]:
    """Whether the alpha of each pixel is above 0, and where the blocks end."""
    on = np.zeros(count // _CHANNELS, dtype=bool)
    done = 0
    while done < count:
        is_run, bits_of_length = bits[at : at + 1] == "1", lengths[int(bits[at + 1 : at + 3], 2)]
        at += 3
        length = min(int(bits[at : at + bits_of_length], 2) + 1, count - done)
        at += bits_of_length
        if is_run:
            if int(bits[at : at + width], 2):
                # Alpha is every fourth value: those from `done` on, before the end of the run.
                on[done // _CHANNELS : (done + length) // _CHANNELS] = True
            at += width
        else:
            for i in range(done, done + length):
                if i % _CHANNELS == _CHANNELS - 1 and int(bits[at : at + width], 2):
                    on[i // _CHANNELS] = True
                at += width
        done += length
    return on, at
