"""From a cell to the rows of its training."""

import cv2
import numpy as np
import pytest

from truemask.bench.cells import Cell
from truemask.bench.experiment import data_of, run_cell
from truemask.data.dataset import Dataset
from truemask.types import BadInput


@pytest.fixture
def cell() -> Cell:
    return Cell(table="toy", row="ce", method="ce", noise="symmetric:0.5", seed=0, dataset="moons")


def test_without_further_keys_all_rows_are_learnt_from_with_noise(cell):
    data = data_of(cell)
    assert data.verified is None
    assert (data.noisy.split, data.test.split) == ("train", "test")
    assert data.realised_rate == pytest.approx(0.5, abs=0.06)


def test_rows_held_out_are_those_that_are_tested_on_and_keep_their_labels(cell):
    whole = data_of(cell).noisy
    data = data_of(cell.model_copy(update={"holdout": 0.25}))
    assert sorted([*data.noisy.keys, *data.test.keys]) == sorted(whole.keys)
    clean = data_of(cell.model_copy(update={"holdout": 0.25, "noise": "none"})).test
    assert [data.test.labels(i) for i in range(9)] == [clean.labels(i) for i in range(9)]


def test_trusted_rows_are_clean_and_the_others_noisy_as_before(cell):
    before, data = data_of(cell), data_of(cell.model_copy(update={"trusted": 0.1}))
    noisy = dict(zip(before.noisy.keys, map(before.noisy.labels, range(len(before.noisy))), strict=True))
    clean = data_of(cell.model_copy(update={"noise": "none"})).noisy
    true = dict(zip(clean.keys, map(clean.labels, range(len(clean))), strict=True))
    assert data.verified is not None
    assert len(data.verified) == round(0.1 * len(noisy))
    assert all(data.verified.labels(i) == true[key] for i, key in enumerate(data.verified.keys))
    assert all(data.noisy.labels(i) == noisy[key] for i, key in enumerate(data.noisy.keys))
    assert not set(data.verified.keys) & set(data.noisy.keys)


@pytest.fixture
def two_versions(tmp_path) -> str:
    """Twelve images whose labels v1 say 1 everywhere, and v2 the truth: 2."""
    images = np.zeros((12, 8, 8, 3), np.uint8)
    for version, value in (("v1", 1), ("v2", 2)):
        for i, image in enumerate(images):
            for folder, pixels in (("images", image), (version, np.full((8, 8), value, np.uint8))):
                path = tmp_path / "parts" / folder / f"{i}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path), pixels)
    (tmp_path / "parts" / "classes.txt").write_text("background\ndoor\nwheel\n")
    return str(tmp_path / "parts")


def values(dataset: Dataset | None) -> set[int]:
    assert dataset is not None
    return {int(value) for row in range(len(dataset)) for value in np.unique(dataset.labels(row))}


def test_versions_of_labels_to_learn_from_to_test_on_and_to_trust(cell, two_versions):
    versions = {"dataset": two_versions, "labels": "v1", "test_labels": "v2", "holdout": 0.3, "trusted": 0.3}
    data = data_of(cell.model_copy(update={"noise": "none", **versions}))
    assert [values(part) for part in (data.noisy, data.test, data.verified)] == [{1}, {2}, {2}]
    ceiling = data_of(cell.model_copy(update={"noise": "none", **versions, "labels": "v2"}))
    assert values(ceiling.noisy) == {2}
    assert ceiling.test.keys == data.test.keys
    assert ceiling.verified is not None
    assert ceiling.verified.keys == data.verified.keys


def test_a_method_that_asks_for_clean_labels_gets_them_and_its_result_says_so(cell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = {"plan": {"epochs": 2}, "method": "glc", "row": "glc"}
    with pytest.raises(BadInput, match="verified"):
        run_cell(cell.model_copy(update=small))
    result = run_cell(cell.model_copy(update={**small, "trusted": 0.1}))
    assert result.clean_labels
    assert result.metrics["accuracy"] > 0.5
