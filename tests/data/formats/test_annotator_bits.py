"""Masks by several annotators in the bits of one file: each set opens by its name."""

import numpy as np
import pytest
from PIL import Image

from truemask.data import open_dataset, write_dataset
from truemask.types import BadInput, Task


@pytest.fixture
def cells(tmp_path):
    """Two images of one folder; worker 3 drew the second row, expert B the third."""
    home = tmp_path / "cells"
    (home / "ds1").mkdir(parents=True)
    lines = ["id,expert_names"]
    for number in range(2):
        stem = home / "ds1" / f"b{number}"
        bits = np.zeros((4, 5), np.uint8)
        bits[1], bits[2] = 1 << 2, 0b1111011
        experts = np.zeros((4, 5), np.uint16)
        experts[2] = 0b10
        Image.fromarray(np.full((4, 5), 9, np.uint8)).save(f"{stem}.png")
        Image.fromarray(bits).save(f"{stem}_crowd.png")
        Image.fromarray(experts).save(f"{stem}_experts.png")
        lines.append(f"ds1/b{number},A|B")
    Image.fromarray((bits > 0).astype(np.uint8)).save(home / "ds1" / "b0_gold.png")
    (home / "index.csv").write_text("\n".join(lines) + "\n")
    return home


def test_each_annotator_is_a_label_set(cells):
    third = open_dataset(cells, labels="crowd-3").split("all")
    assert third.problem.classes == ("background", "object")
    assert list(third.keys) == ["ds1-b0", "ds1-b1"]
    assert third.image(0).shape == (4, 5, 1)
    assert third.labels(0).sum(axis=1).tolist() == [0, 5, 0, 0]
    assert open_dataset(cells, labels="crowd-1").split("all").labels(1).sum(axis=1).tolist() == [0, 0, 5, 0]
    assert open_dataset(cells, labels="B").split("all").labels(0).sum(axis=1).tolist() == [0, 0, 5, 0]
    assert open_dataset(cells, labels="A").split("all").labels(0).sum() == 0


def test_single_masks_have_the_rows_that_they_have(cells):
    gold = open_dataset(cells, labels="gold").split("all")
    assert list(gold.keys) == ["ds1-b0"]
    assert gold.labels(0).sum() == 10
    assert gold.file(0).name == "b0.png"


def test_it_is_written_as_a_mask_folder(cells, tmp_path):
    opened = open_dataset(cells, labels="crowd-3")
    write_dataset(opened, {"all": [opened.split("all").labels(row) for row in range(2)]}, tmp_path / "out")
    again = open_dataset(tmp_path / "out").split("all")
    assert again.labels(1).sum(axis=1).tolist() == [0, 5, 0, 0]


def test_which_annotator_must_be_said(cells):
    with pytest.raises(BadInput, match="labels of 10 annotators; choose one: A, B, crowd-1"):
        open_dataset(cells)
    with pytest.raises(BadInput, match="none is called 'crowd-8'"):
        open_dataset(cells, labels="crowd-8")
    with pytest.raises(BadInput, match="open as semantic, not as instance"):
        open_dataset(cells, labels="gold", task=Task.INSTANCE)
    (cells / "index.csv").write_text("id\nds1/b0\n")
    with pytest.raises(BadInput, match="no column expert_names"):
        open_dataset(cells, labels="gold")


def test_a_mask_of_another_size_is_refused(cells):
    Image.fromarray(np.zeros((3, 5), np.uint8)).save(cells / "ds1" / "b0_gold.png")
    with pytest.raises(BadInput, match=r"b0_gold.png: \(3, 5\) px; its image has \(4, 5\) px"):
        open_dataset(cells, labels="gold").split("all").labels(0)


def test_the_real_pack_opens(real_data):
    if not (real_data / "bu-bil").is_dir():
        pytest.skip("bu-bil is not here")
    gold = open_dataset(real_data / "bu-bil", labels="consensus").split("all")
    assert len(gold) == 143
    assert set(np.unique(gold.labels(0))) == {0, 1}
