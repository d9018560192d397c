"""`audit`: findings and a page, from folds that are trained or from predictions that are there."""

import json

import numpy as np

from truemask import rle
from truemask.audit import read_findings
from truemask.data import open_dataset
from truemask.training import Found, Prediction
from truemask.training.saved import write_predictions

ORGANELLES = "organelles:train=6,val=1,test=1,size=48"


def printed_value(table, metric):
    """The value in a row of a printed table."""
    row = next(line for line in table.splitlines() if f"│ {metric} " in line)
    return row.split("│")[2].strip()


def oracle_predictions(source, folder):
    """What a network would say that knows the truth, and is rather sure."""
    dataset = open_dataset(source).split("train")

    def said():
        for row, key in enumerate(dataset.keys):
            truth = np.asarray(dataset.labels(row))
            yield Prediction(
                key, row, probs=np.where(truth == np.arange(2)[:, None, None], 0.95, 0.05).astype(np.float32)
            )

    write_predictions(said(), dataset.problem, folder)


def test_an_oracle_finds_all_that_was_missed_and_nothing_else(truemask, tmp_path):
    truemask("data", "make", ORGANELLES, "clean")
    corrupted = truemask("corrupt", "clean", "miss:0.4", "noisy", "--quiet")
    oracle_predictions("clean", tmp_path / "said")
    said = truemask(
        "audit", "noisy", "--predictions", "said", "--truth", "clean", "--out", "found", "--quiet"
    )
    changed = json.loads((tmp_path / "noisy" / "manifest.json").read_text())["changed"]
    audit = json.loads((tmp_path / "found" / "audit.json").read_text())
    findings = read_findings(tmp_path / "found" / "findings.parquet")
    assert corrupted.code == said.code == 0
    assert changed > 0
    assert np.array(audit["flagged"]).tolist() == [[0, changed], [0, 0]]
    for score in ("unit_precision", "unit_recall", "proposal_accuracy", "kind_accuracy"):
        assert printed_value(said.out, score) == "1.0000"
    segments = [row for row in findings.to_pylist() if row["level"] == "segment"]
    assert {(row["given"], row["proposed"]) for row in segments} == {(0, 1)}
    assert "Of the pixels given as 'background', " in said.out
    assert said.out.splitlines()[-1].startswith("found/report.html: the findings, with pictures")


def test_folds_find_wrong_digits(truemask, tmp_path):
    truemask("data", "make", "digits", "clean")
    truemask("corrupt", "clean", "symmetric:0.2", "noisy", "--quiet")
    said = truemask("audit", "noisy", "--epochs", 4, "--truth", "clean", "--out", "found", "--quiet")
    assert float(printed_value(said.out, "unit_precision")) > 0.8
    assert float(printed_value(said.out, "unit_recall")) > 0.8
    assert 0.15 < float(printed_value(said.out, "unit_wrong")) < 0.25
    assert "1,250 labelled images; 0 without a label." in said.out
    for fold in ("fold-0", "fold-1"):
        assert (
            json.loads((tmp_path / "found" / "folds" / fold / "config.json").read_text())["dataset"]["rows"]
            == 625
        )


def test_the_page_has_the_command_that_made_it(truemask, tmp_path):
    words = [
        "audit",
        ORGANELLES,
        "--epochs",
        "1",
        "--folds",
        "3",
        "--set",
        "lr=0.01",
        "--quiet",
        "--out",
        "found",
    ]
    assert truemask(*words).code == 0
    assert f"<pre>{' '.join(['truemask', *words])}</pre>" in (tmp_path / "found" / "report.html").read_text()
    assert sorted(fold.name for fold in (tmp_path / "found" / "folds").iterdir()) == [
        "fold-0",
        "fold-1",
        "fold-2",
    ]


def test_an_audit_run_again_uses_its_folds_and_says_the_same(truemask, tmp_path):
    words = ["audit", ORGANELLES, "--epochs", 1, "--out", "found", "--quiet"]
    first = truemask(*words)
    done = tmp_path / "found" / "folds" / "fold-0" / "done.json"
    before = done.stat().st_mtime_ns
    assert truemask(*words) == first
    assert done.stat().st_mtime_ns == before


def test_objects_are_audited_one_by_one(truemask, tmp_path):
    scenes = "scenes:train=4,val=1,test=1,size=64"
    said = truemask("audit", scenes, "--epochs", 1, "--out", "found", "--quiet")
    train = open_dataset(scenes).split("train")
    objects = sum(len(train.labels(row)) for row in range(len(train)))
    assert said.code == 0
    assert sum(json.loads((tmp_path / "found" / "audit.json").read_text())["units"]) == objects
    assert said.out.startswith(f"{objects} labelled ")


def test_stored_predictions_find_wrong_objects(truemask, tmp_path):
    truemask("data", "make", "scenes:train=20,val=1,test=1,size=64", "clean")
    truemask("corrupt", "clean", "misclassify:0.1+miss:0.1", "noisy", "--quiet")
    clean = open_dataset("clean").split("train")

    def said():
        for row, key in enumerate(clean.keys):
            truth = clean.labels(row)
            sure = np.linspace(0.9, 0.8, len(truth), dtype=np.float32)
            masks = rle.unpack(truth.masks, truth.size)
            yield Prediction(key, row, found=Found(truth.boxes, truth.classes.astype(np.int64), sure, masks))

    write_predictions(said(), clean.problem, tmp_path / "said")
    words = ["audit", "noisy", "--predictions", "said", "--truth", "clean", "--out", "found", "--quiet"]
    answer = truemask(*words)
    changed = json.loads((tmp_path / "noisy" / "manifest.json").read_text())["changed"]
    rows = read_findings(tmp_path / "found" / "findings.parquet").to_pylist()
    assert answer.code == 0
    assert len(rows) == changed > 0
    assert {row["kind"] for row in rows} == {"swapped", "missing"}
    for score in ("precision", "recall", "ap", "right_kind", "image_ap"):
        assert printed_value(answer.out, score) == "1.0000"
