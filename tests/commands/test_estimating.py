import json

import numpy as np
import pytest
from typer.testing import CliRunner

from truemask.cli import app
from truemask.data import open_dataset, write_dataset
from truemask.noise import corrupt, parse
from truemask.types import BadInput


def made(name, folder, spec="none", seed=1):
    """An embedded data set on disk, its training labels with noise."""
    splits = open_dataset(name)
    data, problem = splits.split("train"), splits.problem
    labels = (
        corrupt(data.labels(row), parse(spec), problem=problem, seed=seed, key=key)
        for row, key in enumerate(data.keys)
    )
    write_dataset(splits, {"train": labels}, folder)
    return folder


def run(*words):
    return CliRunner().invoke(app, ["noise", "estimate", *map(str, words), "--quiet"])


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    home = tmp_path_factory.mktemp("scenes")
    name = "scenes:train=40,val=2,test=2,seed=1"
    return made(name, home / "clean"), made(name, home / "noisy", "miss:0.3+misclassify:0.2")


def test_tables_numbers_and_a_spec_that_can_be_read(scenes, tmp_path):
    clean, noisy = scenes
    result = run(noisy, clean, "--out", tmp_path / "twin")
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "twin" / "estimate.json").read_text())
    missed, wrong = (report["kinds"][kind] for kind in ("missed", "wrong class"))
    for pair, rate in ((missed, 0.3), (wrong, 0.2)):
        spread = 4 * np.sqrt(pair["of"] * rate * (1 - rate))
        assert abs(pair["count"] - rate * pair["of"]) <= spread
    spec = (tmp_path / "twin" / "spec.txt").read_text().strip()
    assert [step.name for step in parse(spec).steps] == ["miss", "misclassify"]
    assert report["spec"] == spec
    assert f"{missed['count']:,} (" in result.output
    assert spec in result.output


def test_nothing_is_written_unless_asked_for_and_equal_labels_need_no_noise(scenes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(scenes[0], scenes[0])
    assert result.output.splitlines()[0] == "40 images of both; 0 of them differ"
    assert result.output.splitlines()[-1] == "none"
    assert list(tmp_path.iterdir()) == []


def test_label_maps_and_classes_are_compared_too(tmp_path):
    maps = "organelles:train=6,val=1,test=1,seed=1"
    result = run(made(maps, tmp_path / "b", "flip:0.1"), made(maps, tmp_path / "a"))
    assert "+matrix:" in result.output or "\nmatrix:" in result.output
    classes = "digits"
    result = run(made(classes, tmp_path / "d", "symmetric:0.3"), made(classes, tmp_path / "c"))
    assert "classes taken for others" in result.output
    assert result.output.splitlines()[-1].startswith("matrix:0.")


def test_what_cannot_be_compared_is_one_line(scenes, tmp_path):
    other = made("organelles:train=2,val=1,test=1,seed=1", tmp_path / "maps")
    result = run(other, scenes[0])
    assert isinstance(result.exception, BadInput)
    assert "only labels of one problem can be compared" in str(result.exception)
    strangers = made("organelles:train=2,val=1,test=1,seed=1", tmp_path / "strangers")
    for path in strangers.rglob("train-*"):
        path.rename(path.with_name(path.name.replace("train-", "photo-")))
    result = run(strangers, other)
    assert isinstance(result.exception, BadInput)
    assert "have no image in common" in str(result.exception)
    assert "'photo-" in str(result.exception)
