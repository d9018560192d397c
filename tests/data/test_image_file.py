"""Image files come back with the pixels that were put in, or with one line that says why not."""

import numpy as np
import pytest
from PIL import Image

from truemask.data.image_file import (
    channels_of,
    image_size,
    is_wide,
    read_image,
    read_map,
    write_image,
    write_map,
)
from truemask.types import BadInput

RNG = np.random.default_rng(0)


def photo(path, size=(30, 40), channels=3):
    pixels = RNG.integers(0, 256, (*size, channels), dtype=np.uint8)
    write_image(path, pixels)
    return pixels


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_survive_a_round_trip(tmp_path, channels):
    pixels = photo(tmp_path / "a.png", channels=channels)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", channels), pixels)
    assert image_size(tmp_path / "a.png") == (30, 40)


def test_a_grey_file_among_colour_ones_repeats_its_channel(tmp_path):
    grey = photo(tmp_path / "a.png", channels=1)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", 3), np.repeat(grey, 3, axis=2))


def test_alpha_is_dropped(tmp_path):
    pixels = RNG.integers(0, 256, (5, 6, 4), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", 3), pixels[:, :, :3])


def test_16_bits_are_scaled_from_0_to_the_999th_permille(tmp_path):
    values = np.arange(10_000, dtype=np.uint16).reshape(100, 100) // 4
    values[0, 0] = 65535  # a hot pixel
    write_map(tmp_path / "a.png", values)
    image = read_image(tmp_path / "a.png", 1)[:, :, 0]
    white = np.percentile(values, 99.9)
    np.testing.assert_array_equal(image, np.minimum(values * (255 / white) + 0.5, 255).astype(np.uint8))
    assert image[0, 0] == 255
    assert image[0, 1] == 0


def test_a_black_16_bit_image_is_black(tmp_path):
    write_map(tmp_path / "a.png", np.zeros((4, 4), dtype=np.uint16))
    assert not read_image(tmp_path / "a.png", 3).any()


def test_channels_are_3_if_any_file_has_colour(tmp_path):
    photo(tmp_path / "a.png", channels=1)
    photo(tmp_path / "b.png", channels=3)
    assert channels_of([tmp_path / "a.png"]) == 1
    assert channels_of([tmp_path / "a.png", tmp_path / "b.png"]) == 3


def test_an_indexed_map_gives_its_indices_not_its_colours(tmp_path):
    ids = RNG.integers(0, 5, (9, 7), dtype=np.uint8)
    write_map(tmp_path / "a.png", ids, palette=[255, 0, 0, 0, 255, 0, 9, 9, 9, 1, 2, 3, 4, 5, 6])
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "P"
    np.testing.assert_array_equal(read_map(tmp_path / "a.png"), ids)


def test_maps_of_1_8_and_16_bits_give_their_integers(tmp_path):
    wide = RNG.integers(0, 60_000, (9, 7)).astype(np.uint16)
    write_map(tmp_path / "wide.png", wide)
    np.testing.assert_array_equal(read_map(tmp_path / "wide.png"), wide)
    assert is_wide(tmp_path / "wide.png")
    bits = RNG.random((9, 7)) < 0.5
    Image.fromarray(bits).save(tmp_path / "bits.png")
    np.testing.assert_array_equal(read_map(tmp_path / "bits.png"), bits)
    assert not is_wide(tmp_path / "bits.png")


def test_a_map_of_colours_is_refused(tmp_path):
    photo(tmp_path / "a.png")
    with pytest.raises(BadInput, match=r"a\.png: a label map is an indexed or grey image.*this one is RGB"):
        read_map(tmp_path / "a.png")


@pytest.mark.parametrize("read", [lambda path: read_image(path, 3), read_map])
def test_broken_files_are_named_in_one_line(tmp_path, read):
    path = tmp_path / "a.png"
    photo(path, (200, 200), channels=1)
    whole = path.read_bytes()
    broken = {
        "truncated": whole[: len(whole) // 2],
        "flipped": whole[:5000] + bytes(b ^ 0xFF for b in whole[5000:5100]) + whole[5100:],
        "no image": b"hello",
        "empty": b"",
        "header only": whole[:40],
    }
    for content in broken.values():
        path.write_bytes(content)
        with pytest.raises(BadInput, match=r"a\.png: cannot be read as an image") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"gone\.png: no such file"):
        image_size(tmp_path / "gone.png")
