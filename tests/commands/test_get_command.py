"""`data get`: the list, a copy that is there already, and one line for what cannot be had."""

import pytest

from truemask.data.download import DOWNLOADS


def test_without_a_name_all_are_listed(truemask):
    said = truemask("data", "get")
    assert said.code == 0
    assert [name for name in DOWNLOADS if f" {name} " not in said.out] == []
    assert "20.41 GB" in said.out


def test_a_copy_that_is_there_is_opened_by_its_path(truemask, coco, tmp_path):
    (coco / "annotations.json").rename(coco / "instances.json")
    said = truemask("data", "get", "coco2017", "--from", "coco", "--out", "new", "--quiet")
    assert said.code == 0
    assert said.out == f"{coco}: coco2017 as coco, instance, 3 classes: all 3\n"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("imagenet",), "no data set called 'imagenet' to get; there is: voc2012, "),
        (("cityscapes",), "register at https://www.cityscapes-dataset.com/register/"),
        (("voc2012", "--from", "none"), "--from none: no such file or folder"),
    ],
)
def test_what_cannot_be_had_is_one_line(truemask, tmp_path, words, complaint):
    said = truemask("data", "get", *words)
    assert said.code == 2
    assert complaint in said.err
    assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
