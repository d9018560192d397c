"""`truemask decision` on runs of a second."""

from dataclasses import replace

import pytest
from PIL import Image

from truemask.commands.decision import decision_map
from truemask.data import open_dataset
from truemask.training import load_run
from truemask.types import BadInput

POINTS = "moons:train=40,val=0,test=0"
SHORT = ("--network", "mlp:hidden=4,depth=1", "--epochs", "1", "--quiet")


def test_runs_on_points_become_columns_of_a_figure(truemask, tmp_path):
    truemask("train", POINTS, "--out", "ce", *SHORT)
    truemask("train", POINTS, "--out", "w", *SHORT, "--method", "pu_weighted", "--with", "unlabelled=0")
    said = truemask("decision", "ce", "w", "--out", "both.png")
    assert (said.code, said.err) == (0, "")
    assert "decisions of 2 runs" in said.out
    with Image.open(tmp_path / "both.png") as image:
        assert image.width > 400
    said = truemask("decision", "ce", "--source", "digits", "--out", "other.png")
    assert said.code == 2
    assert "they must be the same" in said.err
    said = truemask("decision", "ce", "--out", "other.txt")
    assert "other.txt: a figure is written as .png, .svg, .pdf" in said.err
    assert not list(tmp_path.glob("other*"))
    trained, points = load_run(tmp_path / "ce"), open_dataset(POINTS).split("train")
    on_images = replace(trained, problem=replace(trained.problem, points=False))
    with pytest.raises(BadInput, match="trained on images; a plane takes points of 2 features"):
        decision_map(on_images, points, "")
