"""`audit --predictions`: predictions of any origin, shared out or not, by our rules or by cleanlab's."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from truemask.audit import read_findings
from truemask.data import open_dataset
from truemask.data.image_file import read_map, write_map


def predict(home, folder, sure=0.9):
    """Predictions that differ from the given labels in a square of each map, as .npz; IGNORE is class 0."""
    dataset = open_dataset(home).split("all")
    folder.mkdir()
    for row, key in enumerate(dataset.keys):
        said = np.where(dataset.labels(row) == 255, 0, dataset.labels(row)).astype(np.int64)
        said[4:12, 4:12] = (said[4:12, 4:12] + 1) % 3
        probs = np.full((3, *said.shape), (1 - sure) / 2, np.float32)
        np.put_along_axis(probs, said[None], np.float32(sure), axis=0)
        np.savez_compressed(folder / f"{key}.npz", probs=probs)
    return folder


def tables(folder):
    files = ("findings.parquet", "images.parquet")
    return [pq.read_table(folder / name) for name in files], (folder / "audit.json").read_text()


def test_processes_write_what_one_writes(truemask, maps, tmp_path):
    predict(maps, tmp_path / "said")
    words = ("audit", "maps", "--predictions", "said", "--out")
    alone = truemask(*words, "alone")
    shared = truemask(*words, "shared", "--jobs", 2)
    assert (alone.code, shared.code) == (0, 0)
    assert "forecast: 3 images, 3.84 k labels: about " in alone.err
    assert tables(tmp_path / "alone") == tables(tmp_path / "shared")
    flagged = json.loads((tmp_path / "alone" / "audit.json").read_text())["flagged"]
    known = sum((read_map(maps / "labels" / f"{i}.png")[4:12, 4:12] != 255).sum() for i in range(3))
    assert np.sum(flagged) == known > 180
    assert sorted(path.name for path in (tmp_path / "shared").iterdir()) == sorted(
        path.name for path in (tmp_path / "alone").iterdir()
    )


def test_an_audit_that_was_interrupted_and_is_run_again_says_the_same(truemask, maps, tmp_path):
    predict(maps, tmp_path / "said")
    words = ("audit", "maps", "--predictions", "said", "--quiet", "--out", "found")
    assert truemask(*words).code == 0
    whole = tables(tmp_path / "found")
    killed = tmp_path / "found" / ".truemask-killed"
    for left in (["findings.parquet", ".images.parquet.writing"], [".findings.parquet.writing"], []):
        for path in (tmp_path / "found").iterdir():
            path.unlink()
        for name in left:
            (tmp_path / "found" / name).write_bytes(b"half")
        killed.mkdir()
        (killed / "candidates-0").write_bytes(b"half")
        assert truemask(*words).code == 0
        assert tables(tmp_path / "found") == whole
        assert not killed.exists()


def test_hard_predictions_say_what_they_cannot_tell(truemask, maps, tmp_path):
    said = predict(maps, tmp_path / "said")
    for file in said.glob("*.npz"):
        write_map(file.with_suffix(".png"), np.load(file)["probs"].argmax(axis=0).astype(np.uint16))
        file.unlink()
    heard = truemask("audit", "maps", "--predictions", "said", "--quiet", "--out", "found")
    assert heard.code == 0
    assert "said holds classes, not probabilities: every disagreement with them counts" in heard.out
    audit = json.loads((tmp_path / "found" / "audit.json").read_text())
    assert audit["notes"] == audit["summary"][-1:]
    assert np.array(audit["flagged"]).sum() > 180


def test_images_without_a_prediction_are_counted(truemask, maps, tmp_path):
    (predict(maps, tmp_path / "said") / "1.npz").unlink()
    heard = truemask("audit", "maps", "--predictions", "said", "--quiet", "--out", "found")
    assert "said has no prediction for 1 of 3 images, such as '1': they were not audited." in heard.out
    assert pq.read_table(tmp_path / "found" / "images.parquet")["image"].to_pylist() in (
        ["0", "2"],
        ["2", "0"],
    )


def test_parity_wants_labels_everywhere_and_then_answers(truemask, maps, tmp_path):
    predict(maps, tmp_path / "said")
    words = ("audit", "maps", "--predictions", "said", "--parity", "cleanlab", "--out", "found", "--quiet")
    refused = truemask(*words)
    assert refused.code == 2
    assert "image '0' has pixels without a label: cleanlab takes none" in refused.err
    assert not (tmp_path / "found").exists()
    for file in (maps / "labels").iterdir():
        write_map(file, read_map(file) % 255)
    assert truemask(*words).code == 0
    evidence = read_findings(tmp_path / "found" / "findings.parquet")["evidence"].to_pylist()
    assert set(evidence) == {"cleanlab"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--parity", "cleanlap"], "--parity knows cleanlab; got cleanlap"),
        (["--parity", "cleanlab", "--jobs", "2"], "--parity works in one process"),
        (["--downsample", "2"], "--downsample belongs to --parity"),
        (["--parity", "cleanlab", "--calibrate", "fast"], "--calibrate judges this tool's own audit"),
        (["--jobs", "2", "--ray"], "choose one"),
        (["--jobs", "2"], "share out stored predictions: name them with --predictions"),
        (["--predictions", "nowhere"], "nowhere holds no predictions (no such file or folder)"),
        (["--predictions", "foreign"], "foreign: a prediction is about 'x', which maps does not have"),
        (["--predictions", "four"], "image '0': probabilities of 4 classes, the problem has 3"),
        (["--predictions", "logits"], "pass softmax outputs, not logits"),
        (["--predictions", "small"], "image '0': a label map 'h w' needs probabilities 'k h w'"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(truemask, maps, tmp_path, words, message):
    arrays = {
        "foreign": ("x", np.full((3, 32, 40), 1 / 3, np.float32)),
        "four": ("0", np.full((4, 32, 40), 1 / 4, np.float32)),
        "logits": ("0", np.full((3, 32, 40), 5, np.float32)),
        "small": ("0", np.full((3, 16, 20), 1 / 3, np.float32)),
    }
    for name, (key, probs) in arrays.items():
        (tmp_path / name).mkdir()
        np.savez(tmp_path / name / f"{key}.npz", probs=probs)
    refused = truemask("audit", "maps", *words, "--out", "found", "--quiet")
    assert refused.code == 2
    assert message in refused.err
    assert refused.err.strip().count("\n") == 0
    assert not (tmp_path / "found").exists()


@pytest.mark.exhaustive
def test_ray_writes_what_one_process_writes(truemask, maps, tmp_path):
    """Exhaustive because a cluster takes its time to start."""
    pytest.importorskip("ray", reason="the ray extra is not installed")
    predict(maps, tmp_path / "said")
    words = ("audit", "maps", "--predictions", "said", "--quiet", "--out")
    alone, shared = truemask(*words, "alone"), truemask(*words, "shared", "--ray")
    assert (alone.code, shared.code) == (0, 0)
    assert tables(tmp_path / "alone") == tables(tmp_path / "shared")
