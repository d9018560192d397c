import numpy as np
import pytest
from PIL import Image

from truemask.report.layout import GAP_PX, beside, grid, legend, save_png, stacked, text_line


def tile(height, width, value):
    return np.full((height, width, 3), value, dtype=np.uint8)


def test_stacked_pictures_keep_their_pixels_and_get_a_gap_and_a_margin():
    sheet = stacked([tile(4, 10, 1), tile(6, 8, 2)])
    assert sheet.shape == (4 + 6 + 3 * GAP_PX, 10 + 2 * GAP_PX, 3)
    assert (sheet == 1).sum() == 4 * 10 * 3
    assert (sheet == 2).sum() == 6 * 8 * 3
    assert (sheet[0] == 255).all()


def test_beside_is_as_high_as_the_highest():
    assert beside([tile(4, 10, 1), tile(6, 8, 2)]).shape == (6, 10 + 8 + GAP_PX, 3)


def test_a_grid_lines_its_columns_up_though_rows_differ():
    sheet = grid([[tile(5, 10, 1), tile(5, 10, 2)], [tile(5, 30, 3)]])
    ones, twos, threes = (np.argwhere((sheet == value).all(axis=2)) for value in (1, 2, 3))
    assert ones[:, 1].min() == threes[:, 1].min() == 0
    assert twos[:, 1].min() == 30 + GAP_PX
    assert threes[:, 0].min() == 5 + GAP_PX


def test_titles_of_rows_and_columns_push_the_pictures_aside():
    bare = grid([[tile(40, 60, 1)], [tile(40, 60, 2)]])
    titled = grid(
        [[tile(40, 60, 1)], [tile(40, 60, 2)]], column_titles=["given"], row_titles=["first", "second"]
    )
    assert titled.shape[0] > bare.shape[0]
    assert titled.shape[1] > bare.shape[1]
    assert (titled == 2).all(axis=2).sum() == 40 * 60


def test_a_legend_breaks_into_lines():
    entries = [(f"a long name {i}", (10 * i, 0, 200)) for i in range(8)]
    one, many = legend(entries, 5000), legend(entries, 300)
    assert many.shape[0] > 3 * one.shape[0]
    assert many.shape[1] <= 300
    for _, colour in entries:
        assert (many == colour).all(axis=2).sum() > 100


def test_a_legend_of_nothing_is_empty_paper():
    assert (legend([], 100) == 255).all()


def test_text_is_as_wide_as_it_is_long():
    assert text_line("mm").shape[1] < text_line("mmmmmmmm").shape[1]
    assert (text_line("m") < 100).any()


def test_a_picture_is_saved_whole_and_replaces_the_old_one(tmp_path):
    path = tmp_path / "new" / "sheet.png"
    save_png(tile(3, 4, 7), path)
    save_png(tile(5, 4, 9), path)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), tile(5, 4, 9))
    assert [file.name for file in path.parent.iterdir()] == ["sheet.png"]


def test_when_saving_fails_the_old_picture_stays(tmp_path, monkeypatch):
    path = tmp_path / "sheet.png"
    save_png(tile(3, 4, 7), path)

    def full(_image, to, **kwargs):
        to.write_bytes(b"half a pict")
        raise OSError("no space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="no space left"):
        save_png(tile(3, 4, 9), path)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), tile(3, 4, 7))
    assert [file.name for file in tmp_path.iterdir()] == ["sheet.png"]
