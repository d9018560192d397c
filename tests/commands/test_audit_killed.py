"""An audit that is killed outright at any point, and run again in the same folder, ends as if undisturbed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import killed_audits
from killed_audits import kill_and_compare

from truemask.data import open_dataset


def predictions(home, folder):
    rng = np.random.default_rng(0)
    dataset = open_dataset(home).split("all")
    folder.mkdir()
    for row, key in enumerate(dataset.keys):
        said = np.where(dataset.labels(row) == 255, 0, dataset.labels(row)).astype(np.int64)
        for top, left in rng.integers(0, 24, (4, 2)):
            said[top : top + 8, left : left + 8] = rng.integers(3)
        probs = np.full((3, *said.shape), 0.1, np.float32)
        np.put_along_axis(probs, said[None], np.float32(0.8), axis=0)
        np.savez(folder / f"{key}.npz", probs=probs)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize(
    ("points", "calibrate"),
    [(3, "off"), pytest.param(60, "fast", marks=[pytest.mark.exhaustive, pytest.mark.timeout(7200)])],
)
def test_audits_of_stored_predictions(truemask, maps, tmp_path, points, calibrate):
    predictions(maps, tmp_path / "said")
    words = ["audit", "maps", "--predictions", "said", "--calibrate", calibrate, "--quiet"]
    assert truemask(*words, "--out", "first").code == 0  # loads all that forks would else load one by one
    found = kill_and_compare(points, words)
    assert {"audit.json", "diagnosis.json", "findings.parquet", "images.parquet"} <= {*found["files"]}
    assert found["touched"] > 10
    assert len(found["other"]) >= 3
    assert not any(found["other"].values()), found["other"]


@pytest.mark.exhaustive  # in a process of its own: torch does not train in forks of one that trained
def test_audits_that_train(tmp_path):
    words = ["audit", "digits@train=60,test=10", "--epochs", "2", "--quiet"]
    ran = subprocess.run(
        [sys.executable, str(Path(killed_audits.__file__)), "12", *words],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        check=True,
        capture_output=True,
    )
    found = json.loads(ran.stdout)
    assert "folds/fold-1/weights.safetensors" in found["files"]
    assert len(found["other"]) >= 12
    assert not any(found["other"].values()), found["other"]
