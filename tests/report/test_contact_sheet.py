import numpy as np
import pytest

from truemask.data.embedded.moons import make as make_moons
from truemask.data.embedded.organelles import make as make_organelles
from truemask.data.embedded.scenes import make as make_scenes
from truemask.data.views import ArrayDataset
from truemask.report.contact_sheet import contact_sheet
from truemask.report.palette import palette
from truemask.types import IGNORE, BadInput, Problem, Task

SEMANTIC = Problem(Task.SEMANTIC, ("background", "cell", "nucleus"), background=0)


def colour(row):
    return 40 + row, 0, 200


def dataset(sizes, value=0):
    images = [np.tile(np.array(colour(row), dtype=np.uint8), (*size, 1)) for row, size in enumerate(sizes)]
    # An array of maps: the shape check takes all maps of a list to be of one size.
    labels = np.empty(len(sizes), dtype=object)
    for row, size in enumerate(sizes):
        labels[row] = np.full(size, value, dtype=np.uint8)
    return ArrayDataset("tiny", "all", SEMANTIC, [f"k{row}" for row in range(len(sizes))], images, labels)


def count(sheet, wanted):
    return int((sheet == np.asarray(wanted)).all(axis=2).sum())


def test_small_images_grow_by_whole_factors_and_stand_beside_their_labels():
    sheet = contact_sheet(dataset([(20, 30)]), [0], cell_px=100)
    assert count(sheet, colour(0)) == 2 * (3 * 20) * (3 * 30)


def test_large_images_shrink_to_the_cell():
    sheet = contact_sheet(dataset([(300, 600)]), [0], cell_px=100)
    assert count(sheet, colour(0)) == 2 * 50 * 100


def test_rows_are_shown_in_the_order_given_and_sizes_may_differ():
    sheet = contact_sheet(dataset([(20, 30), (40, 10), (30, 30)]), [2, 0], cell_px=40, columns=1)
    third, first = (np.argwhere((sheet == colour(row)).all(axis=2))[:, 0] for row in (2, 0))
    assert third.max() < first.min()
    assert count(sheet, colour(1)) == 0


def test_the_legend_names_the_classes_that_are_there_but_not_the_background():
    colours = palette(SEMANTIC)
    sheet = contact_sheet(dataset([(20, 30)], value=2), [0], cell_px=100)
    assert count(sheet, colours[2]) > 100
    assert count(sheet, colours[1]) == 0
    # Less than a swatch: grey pixels of letters.
    assert count(contact_sheet(dataset([(20, 30)]), [0], cell_px=100), colours[0]) < 50


def test_what_is_ignored_is_in_the_legend_too():
    plain = contact_sheet(dataset([(20, 30)]), [0], cell_px=100)
    ignored = contact_sheet(dataset([(20, 30)], value=IGNORE), [0], cell_px=100)
    assert ignored.shape[0] > plain.shape[0]


def test_points_become_one_plot_with_a_dot_of_its_class_for_each():
    moons = make_moons(train=40, spread=0.0).split("train")
    sheet = contact_sheet(moons, range(40))
    upper, lower = (np.argwhere((sheet == colour).all(axis=2)) for colour in palette(moons.problem))
    plot = 60  # below title and legend
    upper, lower = upper[upper[:, 0] > plot], lower[lower[:, 0] > plot]
    assert upper[:, 0].mean() < lower[:, 0].mean()
    assert upper[:, 1].mean() < lower[:, 1].mean()


@pytest.mark.parametrize("make", [make_organelles, make_scenes])
def test_embedded_images_are_shown_twice_as_large(make):
    sheet = contact_sheet(make(train=4, val=0, test=0).split("train"), range(4), columns=2)
    assert sheet.shape[1] == pytest.approx(4 * 256, abs=60)
    assert sheet.shape[0] == pytest.approx(2 * 256 + 100, abs=60)


def test_a_sheet_of_no_rows_is_refused():
    with pytest.raises(BadInput, match="tiny, all: a contact sheet shows at least one row"):
        contact_sheet(dataset([(20, 30)]), [])
