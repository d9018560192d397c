"""Brush masks of Label Studio: bytes worked out by hand, and a decoder written from the description alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from truemask.data.formats.brush import decode, encode
from truemask.types import BadInput

# Header of 2 px: 8 values of 8 bits, lengths of 3, 4, 8 and 16 bits:
#   00000000 00000000 00000000 00001000 | 00111 | 0010 0011 0111 1111
# A run of 4 times 255, one of 4 times 0, and the filling:  1 00 011 11111111 | 1 00 011 00000000 | 0000000
ON_OFF = [0, 0, 0, 8, 57, 27, 252, 127, 241, 128, 0]
# 1 px of 4 values, no run: red 9, alpha 1:  0 00 011 | 00001001 00000000 00000000 00000001 | 00000
ALPHA = [0, 0, 0, 4, 57, 27, 248, 97, 32, 0, 0, 32]
# The same with red 255 and no alpha.
RED = [0, 0, 0, 4, 57, 27, 248, 127, 224, 0, 0, 0]


def by_description(code):
    """All values of a code, one by one, from a stream of single bits."""
    stream = iter([byte >> shift & 1 for byte in code for shift in range(7, -1, -1)])

    def number(bits):
        value = 0
        for _ in range(bits):
            value = 2 * value + next(stream)
        return value

    count, width = number(32), number(5) + 1
    lengths = [number(4) + 1 for _ in range(4)]
    values = []
    while len(values) < count:
        run = number(1)
        length = number(lengths[number(2)]) + 1
        values += [number(width)] * length if run else [number(width) for _ in range(length)]
    return values


def painted(values, size):
    return np.array(values).reshape(*size, 4)[:, :, 3] > 0


def test_codes_worked_out_by_hand():
    assert encode(np.array([[True, False]])) == ON_OFF
    assert decode(ON_OFF, (1, 2)).tolist() == [[True, False]]
    assert decode(ON_OFF, (2, 1)).tolist() == [[True], [False]]
    assert decode(ALPHA, (1, 1)).tolist() == [[True]]
    assert decode(RED, (1, 1)).tolist() == [[False]]
    assert by_description(ALPHA) == [9, 0, 0, 1]


@given(st.tuples(st.integers(1, 30), st.integers(1, 30)).flatmap(lambda size: arrays(bool, size)))
@settings(max_examples=150, deadline=None)
def test_a_mask_comes_back_and_another_decoder_reads_it(mask):
    code = encode(mask)
    np.testing.assert_array_equal(decode(code, mask.shape), mask)
    np.testing.assert_array_equal(painted(by_description(code), mask.shape), mask)


def test_runs_longer_than_the_longest_length():
    mask = np.zeros((200, 300), dtype=bool)
    mask[10:190] = True  # 216,000 values
    np.testing.assert_array_equal(painted(by_description(encode(mask)), mask.shape), mask)
    np.testing.assert_array_equal(decode(encode(mask), mask.shape), mask)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_blocks_read_as_the_description_says(data):
    size = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    count, width = 4 * size[0] * size[1], data.draw(st.integers(1, 8))
    lengths = data.draw(st.lists(st.integers(1, 6), min_size=4, max_size=4))
    bits, done = f"{count:032b}{width - 1:05b}" + "".join(f"{n - 1:04b}" for n in lengths), 0
    while done < count:
        kind = data.draw(st.integers(0, 3))
        length = data.draw(st.integers(1, min(1 << lengths[kind], count - done)))
        run = data.draw(st.booleans())
        values = data.draw(st.lists(st.integers(0, 2**width - 1), min_size=length, max_size=length))
        bits += f"{run:b}{kind:02b}{length - 1:0{lengths[kind]}b}"
        bits += "".join(f"{value:0{width}b}" for value in (values[:1] if run else values))
        done += length
    bits += "0" * (-len(bits) % 8)
    code = [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]
    np.testing.assert_array_equal(decode(code, size), painted(by_description(code), size))


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        (None, "no list of bytes"),
        ("abc", "no list of bytes"),
        ([0, 256], "no list of bytes"),
        ([0.0] * 11, "no list of bytes"),
        ([True] * 11, "no list of bytes"),
        ([], "ends amid its header"),
        (ON_OFF[:6], "ends amid its header"),
        (ON_OFF[:7], "ends too early"),
        (ON_OFF[:8], "ends too early"),
        (ON_OFF[:9], "ends too early"),
        (ALPHA[:10], "8 values|4 values"),
        ([255, 255, 255, 255, *ON_OFF[4:]], "has 4294967295 values, an image of 1 x 2 px has 4 a pixel"),
    ],
)
def test_what_is_no_code_is_refused(code, complaint):
    with pytest.raises(BadInput, match=complaint):
        decode(code, (1, 2))


def test_every_shorter_code_is_refused():
    mask = np.random.default_rng(0).random((6, 7)) < 0.5
    code = encode(mask)
    for end in range(len(code)):
        with pytest.raises(BadInput, match="ends"):
            decode(code[:end], mask.shape)
