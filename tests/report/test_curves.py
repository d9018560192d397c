import itertools
import math
import re
from pathlib import Path

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truemask.report.curves import Curve, Panel, as_svg, curve_of, draw, read_history, spread, write_curves
from truemask.types import BadInput

CSV = """epoch,stage,lr,loss,test_dice_dataset
1,ce,0.001,0.7,
2,ce,0.001,0.5,0.61
3,robust,0.0005,nan,0.75
"""


@pytest.fixture
def run(tmp_path) -> Path:
    (tmp_path / "metrics.csv").write_text(CSV)
    return tmp_path


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_a_history_is_the_columns_of_the_file(run):
    history = read_history(run)
    assert list(history) == ["epoch", "stage", "lr", "loss", "test_dice_dataset"]
    assert history["test_dice_dataset"] == ["", "0.61", "0.75"]


def test_a_run_without_history_is_told(tmp_path):
    with pytest.raises(BadInput, match=r"metrics\.csv: no such file"):
        read_history(tmp_path)


def test_a_curve_has_gaps_where_nothing_was_measured(run):
    curve = curve_of(run, "test_dice_dataset", "ce", "baseline")
    assert list(curve.epochs) == [1, 2, 3]
    assert math.isnan(curve.values[0])
    assert list(curve.values[1:]) == [0.61, 0.75]
    assert math.isnan(curve_of(run, "loss", "ce").values[2])


def test_a_curve_knows_where_stages_begin(run):
    assert list(curve_of(run, "loss", "ce").stages) == [(3, "robust")]


def test_epochs_are_counted_where_the_file_does_not_say(tmp_path):
    (tmp_path / "metrics.csv").write_text("loss\n0.5\n0.4\n")
    curve = curve_of(tmp_path, "loss", "ce")
    assert (list(curve.epochs), list(curve.stages)) == ([1, 2], [])


def test_a_column_that_is_not_there_is_not_drawn(run):
    curve = curve_of(run, "colour", "ce")
    assert not curve.drawn
    assert not any("ce" in text for text in texts(as_svg(draw([Panel("t", [curve])]))))


def test_lines_are_named_at_their_ends_with_their_last_value(run):
    svg = as_svg(draw([Panel("Dice", [curve_of(run, "test_dice_dataset", "elr", "method")])]))
    assert {"elr 0.750", "Dice", "epoch", "robust"} <= set(texts(svg))


def test_a_figure_in_a_page_has_the_colours_of_the_page_and_no_others(run):
    curves = [curve_of(run, "loss", role, role) for role in ("ceiling", "baseline", "method", "other")]
    svg = as_svg(draw([Panel("loss", curves)]))
    assert svg.startswith("<svg")
    assert not re.findall(r"(?:fill|stroke): #\w+", svg)
    assert set(re.findall(r"var\(--(\w+)\)", svg)) == {
        "ceiling",
        "baseline",
        "method",
        "other",
        "ink",
        "line",
    }
    assert "font-family" not in svg


def test_same_curves_same_bytes(run):
    panels = [Panel("loss", [curve_of(run, "loss", "ce")])]
    assert as_svg(draw(panels)) == as_svg(draw(panels))


def test_panels_stand_side_by_side():
    one, two = (draw([Panel("t", [])] * count) for count in (1, 2))
    assert two.get_size_inches()[0] == 2 * one.get_size_inches()[0]
    assert len(two.axes) == 2
    assert two.axes[0].get_position().x1 < two.axes[1].get_position().x0


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_curves_are_written_by_the_ending_of_the_path(tmp_path, suffix):
    path = tmp_path / f"curves{suffix}"
    write_curves([Panel("t", [Curve("ce", [1, 2], [0.5, 0.6])])], path)
    starts = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}
    assert path.read_bytes().startswith(starts[suffix])
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_written_picture_has_ink_on_it(tmp_path):
    write_curves([Panel("t", [Curve("ce", [1, 2], [0.5, 0.6], "baseline")])], tmp_path / "curves.png")
    blue, green, red = cv2.imread(str(tmp_path / "curves.png")).reshape(-1, 3).astype(int).T
    orange = (abs(red - 0xC2) < 12) & (abs(green - 0x54) < 12) & (abs(blue - 0x0A) < 12)
    assert orange.sum() > 100


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"\.svg, \.png, \.pdf"):
        write_curves([], tmp_path / "curves.gif")


@given(st.lists(st.floats(0, 1), max_size=8), st.floats(0.01, 0.2))
def test_labels_are_moved_apart_in_order_and_no_further_than_needed(heights, gap):
    placed = spread(heights, gap)
    order = sorted(range(len(heights)), key=lambda at: heights[at])
    steps = [placed[above] - placed[below] for below, above in itertools.pairwise(order)]
    assert all(step >= gap - 1e-5 for step in steps)
    apart = all(abs(a - b) >= gap for i, a in enumerate(heights) for b in heights[:i])
    if apart:
        assert placed == pytest.approx(heights, abs=1e-5)
    if heights:
        assert sum(placed) == pytest.approx(sum(heights), abs=1e-4)
