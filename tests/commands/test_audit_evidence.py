"""`audit` by evidence other than folds: a run that watched its labels."""

import json

from truemask.audit import read_findings


def printed_value(table, metric):
    """The value in a row of a printed table."""
    row = next(line for line in table.splitlines() if f"│ {metric} " in line)
    return float(row.split("│")[2].strip())


def test_one_run_finds_wrong_digits(truemask, tmp_path):
    truemask("data", "make", "digits", "clean")
    truemask("corrupt", "clean", "symmetric:0.2", "noisy", "--quiet")
    trained = truemask("train", "noisy", "--epochs", 4, "--watch-labels", "--out", "run", "--quiet")
    assert "truemask audit noisy --run run" in trained.out
    said = truemask("audit", "noisy", "--run", "run", "--truth", "clean", "--out", "found", "--quiet")
    assert said.code == 0
    assert printed_value(said.out, "unit_precision") > 0.8
    assert printed_value(said.out, "unit_ap") > 0.8
    assert len(json.loads((tmp_path / "run" / "label_dynamics" / "index.json").read_text())["keys"]) == 1250
    assert read_findings(tmp_path / "found" / "findings.parquet").num_rows > 100


def test_evidence_of_a_run_is_of_the_labels_it_learnt_from(truemask, tmp_path):
    truemask("data", "make", "moons:train=40,val=1,test=1", "clean")
    truemask("corrupt", "clean", "symmetric:0.4", "noisy", "--quiet")
    truemask("train", "noisy", "--epochs", 1, "--watch-labels", "--out", "run", "--quiet")
    truemask("train", "noisy", "--epochs", 1, "--out", "blind", "--quiet")
    for words, why in (
        (("clean", "--run", "run"), "has other labels than run learnt from"),
        (("noisy", "--run", "blind"), "did not watch its labels"),
        (("noisy", "--run", "run", "--predictions", "run"), "two kinds of evidence"),
    ):
        said = truemask("audit", *words, "--out", "found", "--quiet")
        assert said.code == 2
        assert why in said.err
        assert not (tmp_path / "found").exists()
