"""`audit --calibrate`: errors put into the labels of a small data set, and what comes of it."""

from dataclasses import replace
from typing import final

import numpy as np
import pyarrow as pa
import pytest

from truemask.audit import confident_learning, read_findings
from truemask.audit.calibration import Calibration, read_calibration
from truemask.audit.calibration.calibration import Uncalibrated
from truemask.commands.calibrating import (
    UNCUT,
    calibrated,
    must_be_mode,
    print_calibration,
    write_calibrated,
)
from truemask.commands.injecting import like_presumed, planned, trial
from truemask.data import open_dataset
from truemask.data.dataset import Dataset
from truemask.noise.matrix_text import read_matrix
from truemask.types import BadInput, Problem, Task

PROBLEM = Problem(Task.CLASSIFICATION, ("a", "b", "c"), channels=1)


@final
class Classes(Dataset):
    """Images of one pixel; only their labels matter."""

    def __init__(self, labels):
        self.name, self.split, self.problem = "classes", "train", PROBLEM
        self.keys = [f"image {row:04}" for row in range(len(labels))]
        self._labels = labels

    def image(self, row):
        return np.zeros((1, 1, 1), np.uint8)

    def labels(self, row):
        return int(self._labels[row])

    def size(self, row):
        return 1, 1


@pytest.fixture(scope="module")
def audited():
    """1,500 images, 150 of them mislabelled, what a network says of them, and the audit."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 1500)
    given = truth.copy()
    given[:150] = (truth[:150] + 1) % 3
    logits = rng.normal(0, 1, (1500, 3)) + 4.0 * np.eye(3)[truth]
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    dataset = Classes(given)

    def stream(labels):
        rows = range(len(labels))
        return lambda: ((labels.keys[i], labels.labels(i), probs[i].astype(np.float32)) for i in rows)

    def again(other, number=0):
        return confident_learning(stream(other), PROBLEM)

    again.stream = stream
    return dataset, again(dataset), again, {dataset.keys[row] for row in range(150)}


def test_promised_precision_is_that_of_the_truth_and_the_list_is_cut(audited, tmp_path, capsys):
    dataset, result, again, wrong = audited
    told, calibration = calibrated(dataset, result, again, mode="fast", precision=0.95, seed=0)
    (one,) = calibration.lists
    right = [key in wrong for key in result.findings["image"].to_pylist()]
    assert one.whole.precision[0] == pytest.approx(np.mean(right), abs=0.1)
    assert one.errors[0] == pytest.approx(150, abs=30)
    assert one.injected >= 200
    cut = write_calibrated(told, calibration, tmp_path)
    kept = read_findings(tmp_path / "findings.parquet")
    assert len(kept) == len(cut.findings) == one.cut.findings
    assert kept["rank"].to_pylist() == [*range(1, len(kept) + 1)]
    assert read_findings(tmp_path / UNCUT).num_rows == len(result.findings)
    assert read_calibration(tmp_path) == calibration
    print_calibration(calibration)
    out = capsys.readouterr().out
    assert f"image swapped: of {len(right)} findings at most " in out
    assert "are kept, at most " in out
    assert "truemask spot-check tells" in out


def test_with_the_predictions_at_hand_classes_are_calibrated_by_likelihood(audited, tmp_path, capsys):
    dataset, result, again, wrong = audited
    stream = again.stream(dataset)
    told, calibration = calibrated(dataset, result, again, mode="fast", precision=0.9, seed=0, stream=stream)
    assert (calibration.mode, calibration.specs) == ("likelihood", ())
    (one,) = calibration.lists
    right = [key in wrong for key in told.findings["image"].to_pylist()]
    assert one.whole.precision[0] == pytest.approx(np.mean(right), abs=0.06)
    assert one.errors[0] == pytest.approx(150, abs=20)
    assert len(write_calibrated(told, calibration, tmp_path).findings) == one.cut.findings
    assert read_calibration(tmp_path) == calibration
    print_calibration(calibration)
    out = capsys.readouterr().out
    assert "labels and predictions that make the given labels likeliest; with" in out
    assert "at most" not in out


def test_an_audit_of_classes_tells_how_many_are_wrong(truemask, tmp_path):
    truemask("data", "make", "digits", "clean")
    truemask("corrupt", "clean", "symmetric:0.2", "noisy", "--quiet")
    words = ["audit", "noisy", "--epochs", 2, "--calibrate", "fast", "--out", "found", "--truth", "clean"]
    assert truemask(*words, "--quiet").code == 0
    calibration = read_calibration(tmp_path / "found")
    assert calibration.mode == "likelihood"
    low, high = calibration.lists[0].errors[1:]
    clean, noisy = (open_dataset(tmp_path / name).split("train") for name in ("clean", "noisy"))
    wrong = sum(clean.labels(row) != noisy.labels(row) for row in range(len(noisy.keys)))
    assert low <= wrong <= high
    assert "likeliest" in (tmp_path / "found" / "report.html").read_text(encoding="utf-8")


def test_errors_are_put_in_as_the_audit_presumes_them_to_be(audited):
    dataset, result, _, _ = audited
    injection = planned(dataset, result)
    labels, errors = trial(dataset, injection, seed=1)
    before = np.array([dataset.labels(row) for row in range(len(dataset))])
    after = np.array(labels)
    assert len(errors) == (before != after).sum()
    share = len(errors) / len(dataset)
    assert 0.1 < share < 0.2  # 0.15 asked for; 4 standard errors are 0.04
    moved = (after - before)[before != after] % 3
    assert (moved == 1).mean() > 0.7  # the data's own errors are to the next class
    assert trial(dataset, injection, seed=1)[0] == labels


def test_the_matrix_has_the_rate_and_follows_the_joint(tmp_path):
    joint = np.array([[0.4, 0.0], [0.1, 0.5]])  # a tenth is given as 1 and truly 0
    matrix = read_matrix(like_presumed(joint, 0.05).partition(":")[2])
    assert matrix == pytest.approx(np.array([[0.9, 0.1], [0.0, 1.0]]))
    even = read_matrix(like_presumed(np.diag([0.5, 0.5]), 0.05).partition(":")[2])
    assert even == pytest.approx(np.array([[0.95, 0.05], [0.05, 0.95]]))
    undefined = np.diag([0.5, 0.5, np.nan])
    assert read_matrix(like_presumed(undefined, 0.1).partition(":")[2]).sum() == pytest.approx(3)


def test_what_is_refused():
    with pytest.raises(BadInput, match="off, fast or full"):
        must_be_mode("quick", None, trains=True)
    with pytest.raises(BadInput, match="add --calibrate fast"):
        must_be_mode("off", 0.9, trains=True)
    with pytest.raises(BadInput, match="up to 1"):
        must_be_mode("fast", 1.5, trains=True)
    with pytest.raises(BadInput, match="trains networks"):
        must_be_mode("full", None, trains=False)


def test_an_audit_that_found_nothing_is_calibrated_in_no_time(audited, tmp_path, capsys):
    dataset, result, again, _ = audited
    nothing = replace(result, findings=result.findings.slice(0, 0))
    told, calibration = calibrated(dataset, nothing, again, mode="fast", precision=0.9, seed=0)
    assert calibration.lists == calibration.uncalibrated == ()
    print_calibration(calibration)
    assert capsys.readouterr().out.startswith("not calibrated: no list is long enough")
    assert len(write_calibrated(told, calibration, tmp_path).findings) == 0


def test_lists_that_are_not_calibrated_are_named_by_why(capsys):
    short = [Uncalibrated("segment", kind, 3, "too short") for kind in ("merged", "split")]
    other = Uncalibrated("image", "unusable", 1200, "no such errors")
    print_calibration(Calibration("fast", None, ("miss:0.1",), (), (short[0], other, short[1])))
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  not calibrated: segment merged (3), segment split (3): too short",
        "  not calibrated: image unusable (1,200): no such errors",
    ]


def test_lists_without_a_noise_that_makes_such_errors_are_left_out_of_a_cut(audited, tmp_path):
    dataset, result, again, _ = audited
    at = result.findings.schema.get_field_index("level")
    column = pa.array(["data_set"] * len(result.findings))
    other = result.findings.set_column(at, result.findings.schema.field(at), column)
    told, calibration = calibrated(
        dataset, replace(result, findings=other), again, mode="fast", precision=0.9, seed=0
    )
    assert calibration.uncalibrated[0].why == "no errors of this kind were injected"
    assert len(write_calibrated(told, calibration, tmp_path).findings) == 0


def test_networks_that_learn_from_the_errors_calibrate_a_whole_audit(truemask, tmp_path):
    truemask("data", "make", "digits", "clean")
    truemask("corrupt", "clean", "symmetric:0.2", "noisy", "--quiet")
    words = ["audit", "noisy", "--epochs", 2, "--calibrate", "full", "--precision", 0.8, "--out", "found"]
    said = truemask(*words, "--truth", "clean", "--quiet")
    assert said.code == 0
    assert "calibrated by errors put into these labels, judged by networks that learnt from them" in said.out
    calibration = read_calibration(tmp_path / "found")
    assert calibration.mode == "full"
    (one,) = calibration.lists
    assert (one.level, one.kind) == ("image", "swapped")
    kept, uncut = (read_findings(tmp_path / "found" / name) for name in ("findings.parquet", UNCUT))
    assert len(uncut) == one.findings
    assert len(kept) == one.cut.findings > 100  # of 250 errors
    clean, noisy = (open_dataset(tmp_path / name).split("train") for name in ("clean", "noisy"))
    wrong = {key for row, key in enumerate(noisy.keys) if clean.labels(row) != noisy.labels(row)}
    right = np.mean([key in wrong for key in kept["image"].to_pylist()])
    assert right == pytest.approx(one.cut.precision[0], abs=0.15)
    trial_folder = tmp_path / "found" / "calibration" / "trial-0"
    assert (trial_folder / "folds" / "fold-1" / "done.json").is_file()
