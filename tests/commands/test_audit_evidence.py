"""Evidence other than folds: a run that watched its labels, other annotators, the images themselves."""

import json

import numpy as np

from truemask.audit import read_findings
from truemask.data import open_dataset
from truemask.data.image_file import write_image, write_map


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
    found = read_findings(tmp_path / "found" / "findings.parquet")
    assert found.num_rows > 100
    assert set(found["evidence"].to_pylist()) == {"label_dynamics, confident_learning"}
    classes = json.loads(found.schema.metadata[b"truemask.classes"])
    assert len(classes) == 10  # still named


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


def write_crowd(home, flips):
    """A mask folder of squares with a folder of labels for each annotator, and one for the truth."""
    rng = np.random.default_rng(0)
    for number in range(12):
        truth = np.zeros((20, 24), np.uint8)
        truth[4 : 10 + number % 3, 5:15] = 1
        maps = {name: truth ^ (rng.random(truth.shape) < rate) for name, rate in flips.items()}
        write_image(home / "images" / f"{number:02d}.png", np.full((20, 24, 1), 9, np.uint8))
        for name, labels in {**maps, "truth": truth}.items():
            write_map(home / name / f"{number:02d}.png", labels.astype(np.uint8))


def test_annotators_are_ranked_by_each_other(truemask, tmp_path):
    for name in ("images", "anna", "bert", "carl", "dora", "truth"):
        (tmp_path / "crowd" / name).mkdir(parents=True)
    write_crowd(tmp_path / "crowd", {"anna": 0.2, "bert": 0.02, "carl": 0.1, "dora": 0.05})
    said = truemask("annotators", "crowd", "--truth", "truth", "--out", "ranked.json", "--quiet")
    ranked = json.loads((tmp_path / "ranked.json").read_text())
    assert said.code == 0
    assert [one["name"] for one in ranked] == ["bert", "dora", "carl", "anna"]
    assert ranked[0]["true"] > ranked[-1]["true"]
    assert said.out.splitlines()[-1].endswith("with the overlap with truth: 1.00")
    few = truemask("annotators", "crowd", "--names", "[ab]*")
    assert (few.code, few.err.startswith("truemask: crowd: 2 label sets match '[ab]*'")) == (2, True)
    strange = truemask("annotators", "crowd", "--how", "loudest")
    assert (strange.code, "majority or staple" in strange.err) == (2, True)


def test_images_that_are_there_twice_are_found(truemask, tmp_path):
    rng = np.random.default_rng(0)
    shown = [rng.integers(0, 256, (20, 24, 3), dtype=np.uint8) for _ in range(4)]
    given = [rng.integers(0, 2, (20, 24), dtype=np.uint8) for _ in range(4)]
    for split, rows in (("train", [(0, 0), (1, 1), (0, 0), (1, 2)]), ("test", [(3, 3), (1, 1)])):
        for part in ("images", "labels"):
            (tmp_path / "twice" / split / part).mkdir(parents=True)
        for number, (image, labels) in enumerate(rows):
            write_image(tmp_path / "twice" / split / "images" / f"{split}{number}.png", shown[image])
            write_map(tmp_path / "twice" / split / "labels" / f"{split}{number}.png", given[labels])
    said = truemask("audit-images", "twice", "--out", "found.parquet", "--quiet")
    found = read_findings(tmp_path / "found.parquet").to_pylist()
    assert said.out.splitlines() == [
        "3 images are there twice: 1 in two splits, 1 with other labels",
        "found.parquet: 3 findings",
    ]
    assert [(one["image"], one["evidence"]) for one in found] == [
        ("train3", "twins: same as train/train1, other labels"),
        ("test1", "twins: same as train/train1, split leak"),
        ("train2", "twins: same as train/train0, twice"),
    ]


def test_wrong_digits_lie_among_others(truemask, tmp_path):
    truemask("data", "make", "digits", "clean")
    truemask("corrupt", "clean", "symmetric:0.05", "noisy", "--quiet")
    truemask("train", "clean", "--epochs", 2, "--out", "run", "--quiet")
    said = truemask("audit-images", "noisy", "--run", "run", "--out", "found.parquet", "--quiet")
    found = read_findings(tmp_path / "found.parquet").to_pylist()
    clean, noisy = (open_dataset(tmp_path / name).split("train") for name in ("clean", "noisy"))
    wrong = {key for row, key in enumerate(clean.keys) if clean.labels(row) != noisy.labels(row)}
    swapped = [one for one in found if one["evidence"] == "neighbours"]
    assert f"{len(swapped)} images lie among others of another class" in said.out
    hits = {one["image"] for one in swapped} & wrong
    assert len(hits) > 0.8 * len(wrong)
    assert len(hits) > 0.8 * len(swapped)


def test_only_folds_of_what_can_be_turned_are_turned(truemask, tmp_path):
    truemask("data", "make", "organelles:train=6,val=1,test=1,size=48", "clean")
    for words, why in (
        (("clean", "--tta", "--set", "augment=none"), "nothing to turn"),
        (("moons", "--tta"), "nothing to turn"),
        (("clean", "--tta", "--run", "somewhere"), "--tta turns what folds predict"),
    ):
        said = truemask("audit", *words, "--out", "found", "--quiet")
        assert (said.code, why in said.err, (tmp_path / "found").exists()) == (2, True, False)
    turned = truemask("audit", "clean", "--tta", "--epochs", 1, "--out", "found", "--quiet")
    assert turned.code == 0
    assert (tmp_path / "found" / "findings.parquet").is_file()
