"""Class files say what the integers of label files mean."""

import json
from pathlib import Path

import numpy as np
import pytest

from truemask.data.formats.class_file import ClassTable, read_class_table, write_class_table
from truemask.types import IGNORE, BadInput, Task


def said(folder, name, content):
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return read_class_table(folder)


def test_no_class_file_is_none(tmp_path):
    assert read_class_table(tmp_path) is None


def test_a_list_a_text_and_an_object_say_the_same(tmp_path):
    table = ClassTable(("sky", "road"), (0, 1), IGNORE)
    assert said(tmp_path, "classes.txt", "sky\n\n road \n") == table
    assert said(tmp_path, "classes.json", ["sky", "road"]) == table
    assert said(tmp_path, "meta.json", {"classes": ["sky", "road"], "size": [3, 4]}) == table


def test_the_class_to_ignore_is_no_class(tmp_path):
    table = said(tmp_path, "meta.json", {"classes": ["void", "sky", "road"], "ignore": 0})
    assert table == ClassTable(("sky", "road"), (1, 2), 0)


def test_values_of_instance_maps_and_255_as_a_class_ignore_nothing_unless_told(tmp_path):
    assert said(tmp_path, "meta.json", {"classes": ["bg", "cell"], "task": "instance"}).ignore is None
    assert said(tmp_path, "meta.json", {"classes": ["bg", "cell"], "values": [0, 255]}) == ClassTable(
        ("bg", "cell"), (0, 255), None
    )


@pytest.mark.parametrize(
    "table",
    [
        ClassTable(("a", "b", "c"), (0, 1, 2)),
        ClassTable(("a", "b"), (0, 255), None, Task.SEMANTIC),
        ClassTable(("a", "b"), (7, 300), 65535, Task.INSTANCE),
    ],
)
def test_a_written_table_reads_as_it_was(tmp_path, table):
    write_class_table(tmp_path, table)
    assert read_class_table(tmp_path) == table


def test_values_become_ids_and_back():
    table = ClassTable(("a", "b", "c"), (3, 1, 200), ignore=0)
    values = np.array([[0, 1], [3, 200]], dtype=np.uint8)
    ids = table.to_ids(values, Path("x.png"))
    np.testing.assert_array_equal(ids, [[IGNORE, 1], [0, 2]])
    np.testing.assert_array_equal(table.to_values(ids, Path("x.png")), values)


def test_values_beyond_8_bits_are_written_with_16():
    table = ClassTable(("a", "b"), (0, 300), 65535)
    values = np.array([[0, 300, 65535]], dtype=np.uint16)
    back = table.to_values(table.to_ids(values, Path("x.png")), Path("x.png"))
    assert back.dtype == np.uint16
    np.testing.assert_array_equal(back, values)


def test_a_value_that_is_no_class_is_named_with_its_file_and_the_rule():
    table = ClassTable(tuple("abcdefghijk"), tuple(range(11)), ignore=11)
    with pytest.raises(
        BadInput, match=r"x\.png: a mask with class 37 of 11 \(classes are 0 to 10, IGNORE is 11\)"
    ):
        table.to_ids(np.array([[0, 37]], dtype=np.uint8), Path("x.png"))
    with pytest.raises(BadInput, match="a mask with class 12 of 11"):
        table.to_values(np.array([[0, 12]], dtype=np.uint8), Path("x.png"))


def test_ignore_cannot_be_written_where_files_have_no_value_for_it():
    table = ClassTable(("a", "b"), (0, 255), None)
    with pytest.raises(BadInput, match="no value for IGNORE"):
        table.to_values(np.array([[IGNORE]], dtype=np.uint8), Path("x.png"))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "a class file holds"),
        ({"names": ["a"]}, "a class file holds"),
        ({"classes": ["a", "b"], "values": [1]}, "as many different values"),
        ({"classes": ["a", "b"], "values": [1, 1]}, "as many different values"),
        ({"classes": ["a", "b"], "values": [1, 70_000]}, "0 to 65535; got 70000"),
        ({"classes": ["a"], "ignore": 0}, "names no class"),
        ([], "names no class"),
    ],
)
def test_a_class_file_that_says_something_else_is_one_line(tmp_path, content, complaint):
    with pytest.raises(BadInput, match=complaint) as caught:
        said(tmp_path, "meta.json", content)
    assert "meta.json" in str(caught.value)
    assert "\n" not in str(caught.value)
