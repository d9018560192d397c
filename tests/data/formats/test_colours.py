"""Label maps in RGB: which colour is which class, and what is said of a colour that is none."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from truemask.data import open_dataset, write_dataset
from truemask.data.formats.class_file import ClassTable, read_class_table
from truemask.data.formats.colours import (
    ColourTable,
    read_colour_file,
    standard_colours,
    standard_palette,
    write_colour_file,
)
from truemask.data.image_file import read_image, write_image
from truemask.types import IGNORE, BadInput

SIZE = (3, 4)
SKY, ROAD, VOID = (128, 128, 128), (128, 64, 128), (0, 0, 0)
LABELMAP = "# label:color_rgb:parts:actions\nsky:128,128,128::\nvoid:0,0,0::\nroad:128,64,128:a,b:\n"
CAMVID = "128 128 128\t\tSky\n\n0 0 0 Void\n128  64 128  Road\n"


def make(home, colours=(SKY, ROAD), names="ab"):
    """Maps whose pixels repeat the colours in turn."""
    for folder in ("images", "labels"):
        (home / folder).mkdir(parents=True)
    for name in names:
        write_image(home / f"images/{name}.png", np.zeros((*SIZE, 3), dtype=np.uint8))
        pixels = np.resize(np.array(colours, dtype=np.uint8), (12, 3)).reshape(*SIZE, 3)
        write_image(home / f"labels/{name}.png", pixels)
    return home


def test_the_first_standard_colours_are_those_of_voc():
    colours = standard_colours(256)
    assert colours[:4] == ((0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0))
    assert colours[8:10] == ((64, 0, 0), (192, 0, 0))
    assert (colours[20], colours[255]) == ((0, 64, 128), (224, 224, 192))
    assert len(set(colours)) == 256
    assert standard_palette()[3:9] == [128, 0, 0, 0, 128, 0]


@pytest.mark.parametrize("text", [LABELMAP.replace("sky", "Sky").replace("road", "Road"), CAMVID])
def test_both_spellings_say_the_same(tmp_path, text):
    (tmp_path / "label_colors.txt").write_text(text)
    table = read_class_table(tmp_path)
    assert table == ClassTable(("Sky", "Road"), (0, 2), 1, colours=ColourTable((SKY, ROAD), VOID))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sky", "line 1: 'sky' names no colour"),
        ("sky:1,2,3::\nroad:1,2,300::", "line 2: a name and three numbers up to 255"),
        ("sky:1,2,3::\nroad:1,2,3::", "line 2: road or its colour was named before"),
        ("sky:1,2,3::\nsky:1,2,4::", "line 2: sky or its colour was named before"),
        ("background:::", "line 1: 'background:::' names no colour"),
        (f"sky:{'9' * 9999},2,3::", "three numbers up to 255"),
    ],
)
def test_a_line_that_names_no_colour_is_named(tmp_path, text, complaint):
    (tmp_path / "labelmap.txt").write_text(text)
    with pytest.raises(BadInput, match=complaint):
        read_colour_file(tmp_path)


def test_a_file_that_is_no_text_is_one_line(tmp_path):
    (tmp_path / "labelmap.txt").write_bytes(b"sky:\xff\xfe")
    with pytest.raises(BadInput, match=r"labelmap\.txt: cannot be read as text"):
        read_colour_file(tmp_path)


def test_a_written_file_reads_as_it_was(tmp_path):
    write_colour_file(tmp_path, ("a b", "c"), (SKY, ROAD))
    said = read_colour_file(tmp_path)
    assert (said.names, said.colours, said.void) == (("a b", "c"), (SKY, ROAD), None)
    with pytest.raises(BadInput, match=r"cannot name the class 'a:b'"):
        write_colour_file(tmp_path, ("a:b",), (SKY,))


@pytest.mark.parametrize(
    "said",
    [
        {"classes": ["sky", "road"], "colors": [SKY, ROAD]},
        {"classes": ["void", "sky", "road"], "ignore": 0, "colors": [VOID, SKY, ROAD]},
    ],
)
def test_a_class_file_may_name_colours(tmp_path, said):
    home = make(tmp_path / "set")
    (home / "meta.json").write_text(json.dumps(said))
    opened = open_dataset(home)
    assert opened.problem.classes == ("sky", "road")
    np.testing.assert_array_equal(opened.split("all").labels(0), np.resize([0, 1], SIZE))


def test_colours_beside_a_class_file_go_by_name(tmp_path):
    home = make(tmp_path / "set", (SKY, ROAD, VOID))
    (home / "classes.txt").write_text("road\nsky\n")
    (home / "labelmap.txt").write_text(LABELMAP)
    labels = open_dataset(home).split("all").labels(0)
    np.testing.assert_array_equal(labels, np.resize([1, 0, IGNORE], SIZE))


@pytest.mark.parametrize(
    ("colors", "complaint"),
    [
        ([SKY], "2 classes need as many different"),
        ([SKY, SKY], "as many different"),
        ([SKY, [1, 2, 256]], "255"),
    ],
)
def test_wrong_colours_in_a_class_file_are_one_line(tmp_path, colors, complaint):
    (tmp_path / "meta.json").write_text(json.dumps({"classes": ["a", "b"], "colors": colors}))
    with pytest.raises(BadInput, match=complaint):
        read_class_table(tmp_path)


def test_an_unknown_colour_is_named_with_file_and_pixel(tmp_path):
    home = make(tmp_path / "set", (SKY, ROAD, (1, 2, 3)))
    (home / "labelmap.txt").write_text(LABELMAP)
    with pytest.raises(BadInput, match=r"b\.png: the colour \(1, 2, 3\) at row 0, column 2 is"):
        open_dataset(home).split("all").labels(1)


def test_colours_without_a_file_that_names_them_are_an_error(tmp_path):
    with pytest.raises(BadInput, match=r"this one is RGB; name its colours in label_colors\.txt"):
        open_dataset(make(tmp_path / "set"))


def test_maps_in_colours_go_back_in_colours(tmp_path):
    home = make(tmp_path / "set")
    (home / "labelmap.txt").write_text(LABELMAP)
    source = open_dataset(home)
    new = [source.split("all").labels(row).copy() for row in range(2)]
    new[1][0] = [1, 1, 0, IGNORE]
    write_dataset(source, {"all": new}, tmp_path / "out")
    assert (tmp_path / "out/labels/a.png").samefile(home / "labels/a.png")
    assert (tmp_path / "out/labelmap.txt").samefile(home / "labelmap.txt")
    with Image.open(tmp_path / "out/labels/b.png") as image:
        assert image.mode == "RGB"
    row = read_image(tmp_path / "out/labels/b.png", 3)[0]
    np.testing.assert_array_equal(row, [ROAD, ROAD, SKY, VOID])
    np.testing.assert_array_equal(open_dataset(tmp_path / "out").split("all").labels(1), new[1])


def test_ignore_needs_a_colour_and_a_class_an_id():
    table = ColourTable((SKY, ROAD))
    with pytest.raises(BadInput, match=r"x\.png: no colour stands for IGNORE"):
        table.to_colours(np.array([[0, IGNORE]], dtype=np.uint8), Path("x.png"))
    with pytest.raises(BadInput, match=r"x\.png: a mask with class 2 of 2"):
        table.to_colours(np.array([[0, 2]], dtype=np.uint8), Path("x.png"))
    assert table.to_ids(np.zeros((0, 4, 3), dtype=np.uint8), Path("x.png")).shape == (0, 4)
