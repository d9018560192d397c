import numpy as np

from truemask.report.palette import GREY
from truemask.report.shade import profile_picture, shaded


def test_shares_are_darker_the_larger_and_grey_where_there_are_none():
    picture = shaded(np.array([[0.0, 0.5, 1.0, np.nan]], np.float32), zoom=2)
    assert picture.shape == (2, 8, 3)
    brightness = picture[0, ::2].sum(axis=1).tolist()
    assert brightness[0] > brightness[1] > brightness[2]
    assert tuple(picture[0, 6]) == GREY
    assert (shaded(np.array([[0.2]], np.float32), high=0.2) == picture[0, 4]).all()


def test_shares_that_are_all_alike_have_a_shade():
    assert (shaded(np.zeros((2, 2), np.float32), high=0.0) == shaded(np.zeros((2, 2), np.float32))).all()


def test_a_profile_shows_its_lines():
    lines = {"cell": np.array([1.0, 0.9, np.nan, 0.0])}
    picture = profile_picture([-2, -1, 1, 2], lines, {"cell": (200, 0, 0)}, across="px", up="share")
    assert (picture == (200, 0, 0)).all(axis=2).any()
    assert picture.dtype == np.uint8
