import numpy as np

from truemask.report.palette import GREY, palette
from truemask.types import Problem, Task


def problem(count, background=None):
    return Problem(Task.SEMANTIC, tuple(f"c{i}" for i in range(count)), background=background)


def test_the_background_is_grey_and_takes_no_colour_from_the_classes():
    assert palette(problem(3, background=0))[0].tolist() == list(GREY)
    np.testing.assert_array_equal(palette(problem(4, background=0))[1:], palette(problem(3)))


def test_colours_differ_for_as_many_classes_as_coco_has():
    colours = palette(problem(81, background=0))
    assert colours.shape == (81, 3)
    assert len(np.unique(colours, axis=0)) == 81


def test_the_first_eight_are_far_apart_for_red_green_blind_readers_too():
    """Brightness and blue against yellow are what remains to a reader without red or without green."""
    red, green, blue = palette(problem(8)).astype(float).T
    seen = np.stack([0.3 * red + 0.59 * green + 0.11 * blue, blue - (red + green) / 2], axis=1)
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    assert apart[~np.eye(8, dtype=bool)].min() > 15
