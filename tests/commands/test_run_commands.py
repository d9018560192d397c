"""`train`, `predict`, `evaluate`: a run folder, files of predictions, and the numbers of both."""

import csv
import json
import re

import numpy as np
import pytest
from PIL import Image

from truemask.data import open_dataset

ORGANELLES = "organelles:train=8,val=2,test=4,size=48"
SCENES = "scenes:train=4,val=1,test=2,size=64"


def curves_of(run):
    with (run / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def printed_value(table, metric):
    """The value in a row of a printed table."""
    row = next(line for line in table.splitlines() if f"│ {metric} " in line)
    return row.split("│")[2].strip()


@pytest.fixture
def run(truemask, tmp_path):
    said = truemask("train", ORGANELLES, "--epochs", 3, "--out", "run", "--set", "lr=0.01", "--quiet")
    assert said.code == 0
    return tmp_path / "run"


def test_train_leaves_a_run_and_says_what_it_learned_from(truemask, tmp_path):
    options = ["--method", "gce", "--with", "q=0.5", "--epochs", 2, "--batch-size", 4, "--set", "lr=0.01"]
    said = truemask("train", ORGANELLES, *options, "--seed", 3, "--out", "run", "--quiet")
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert said.code == 0
    assert said.err == ""
    assert re.fullmatch(
        r"run: gce on 8 images of organelles \(train\), unet_small with 0\.48 M weights, 2 epochs, "
        r"\d+ s \(\d+ s of CPU\)\n",
        said.out,
    )
    assert (config["method"], config["knobs"]) == ("gce", {"q": "0.5"})
    plan = config["plan"]
    assert (plan["epochs"], plan["batch_size"], plan["lr"], plan["seed"]) == (2, 4, 0.01, 3)
    assert [row["epoch"] for row in curves_of(tmp_path / "run")] == ["1", "2"]
    assert (tmp_path / "run" / "weights.safetensors").is_file()


def test_a_run_has_a_folder_of_its_own_by_default(truemask, tmp_path):
    said = truemask("train", "moons:train=40,val=0,test=40", "--epochs", 1, "--seed", 2, "--quiet")
    assert said.out.startswith("runs/moons-ce-2: ce on 40 images of moons")
    assert (tmp_path / "runs" / "moons-ce-2" / "done.json").is_file()


def test_scores_on_a_test_set_go_into_the_curves(truemask, tmp_path):
    truemask("train", ORGANELLES, "--test", ORGANELLES, "--epochs", 2, "--out", "run", "--quiet")
    said = truemask("evaluate", "run", ORGANELLES, "--quiet", "--out", "numbers.json")
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    last = curves_of(tmp_path / "run")[-1]
    assert float(last["test_dice_dataset"]) == pytest.approx(numbers["dice_dataset"])
    assert printed_value(said.out, "dice_dataset") == f"{numbers['dice_dataset']:.4f}"


def test_a_finished_run_is_resumed_at_no_cost_and_never_overwritten(truemask, run):
    weights = (run / "weights.safetensors").read_bytes()
    again = ["train", ORGANELLES, "--epochs", 3, "--out", "run", "--set", "lr=0.01", "--quiet"]
    assert truemask(*again, "--resume").code == 0
    refused = truemask(*again)
    assert refused.code == 2
    assert "run already holds a run" in refused.err
    other = truemask(*again, "--resume", "--seed", 1)
    assert "holds a run with another plan" in other.err
    assert (run / "weights.safetensors").read_bytes() == weights


def test_predictions_are_probabilities_and_a_map_of_the_likeliest_class(truemask, run, tmp_path):
    said = truemask("predict", "run", ORGANELLES, "--out", "said", "--quiet")
    assert said.out.startswith("said: predictions of run for 4 images of organelles (test), ")
    keys = open_dataset(ORGANELLES).split("test").keys
    files = {file.name for file in (tmp_path / "said").iterdir()}
    expected = {f"{key}.{kind}" for key in keys for kind in ("npz", "png")}
    assert files == {*expected, "predictions.json"}
    for key in keys:
        probs = np.load(tmp_path / "said" / f"{key}.npz")["probs"]
        assert (probs.shape, probs.dtype) == ((2, 48, 48), np.float16)
        np.testing.assert_allclose(probs.astype(float).sum(axis=0), 1, atol=2e-3)
        with Image.open(tmp_path / "said" / f"{key}.png") as image:
            likeliest = np.asarray(image)
        agree = likeliest == probs.argmax(axis=0)
        assert agree[np.abs(probs[0].astype(float) - 0.5) > 1e-3].all()


def test_accuracy_is_the_share_of_pixels_where_map_and_truth_agree(truemask, run, tmp_path):
    truemask("predict", "run", ORGANELLES, "--out", "said", "--quiet")
    truemask("evaluate", "said", ORGANELLES, "--quiet", "--out", "numbers.json")
    test = open_dataset(ORGANELLES).split("test")
    maps = [np.asarray(Image.open(tmp_path / "said" / f"{key}.png")) for key in test.keys]
    truth = [test.labels(row) for row in range(len(test))]
    agreement = np.mean([drawn == true for drawn, true in zip(maps, truth, strict=True)])
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert numbers["accuracy"] == pytest.approx(agreement, abs=2e-3)
    assert 0 < numbers["accuracy"] < 1


def test_a_run_and_its_stored_predictions_score_alike(truemask, run, tmp_path):
    truemask("predict", "run", ORGANELLES, "--out", "said", "--quiet")
    for predicted in ("run", "said"):
        assert truemask("evaluate", predicted, ORGANELLES, "--quiet", "--out", f"{predicted}.json").code == 0
    live, stored = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("run", "said"))
    assert live.keys() == stored.keys()
    # Stored as float16: a threshold in between two images may move, all else agrees.
    for name in (name for name in live if "oracle" not in name):
        assert live[name] == pytest.approx(stored[name], abs=5e-3), name


def test_the_headline_comes_first_and_classes_have_a_table_of_their_own(truemask, run):
    table = truemask("evaluate", "run", ORGANELLES, "--quiet").out
    names = [line.split("│")[1].strip() for line in table.splitlines() if line.startswith("│")]
    assert names[0] == "dice_dataset"
    assert names[-2:] == ["background", "organelle"]
    assert not any("/" in name for name in names)
    assert "run on organelles (test, 4 images)" in table


def test_held_out_images_are_not_trained_on(truemask, maps, tmp_path):
    options = ["--holdout", 0.4, "--quiet"]
    said = truemask("train", "maps", *options, "--epochs", 1, "--crop-px", 16, "--out", "run")
    tested = truemask("predict", "run", "maps", *options, "--out", "said")
    (learned,) = re.findall(r"ce on (\d) images of maps", said.out)
    (held_out,) = re.findall(r"for (\d) images of maps \(held_out\)", tested.out)
    assert (int(learned) >= 1, int(held_out) >= 1, int(learned) + int(held_out)) == (True, True, 3)


def test_a_method_with_a_memory_learns_digits(truemask, tmp_path):
    options = ["--method", "elr", "--with", "momentum=0.9", "--epochs", 2, "--out", "run", "--quiet"]
    assert truemask("train", "digits", *options).code == 0
    truemask("evaluate", "run", "digits", "--quiet", "--out", "numbers.json")
    assert json.loads((tmp_path / "numbers.json").read_text())["accuracy"] > 0.9


def test_objects_are_found_stored_and_scored(truemask, tmp_path):
    options = ["--method", "lncis", "--epochs", 1, "--out", "run", "--quiet"]
    assert truemask("train", SCENES, *options).code == 0
    assert (
        "for 2 images of scenes (test)" in truemask("predict", "run", SCENES, "--out", "said", "--quiet").out
    )
    for key in open_dataset(SCENES).split("test").keys:
        found = np.load(tmp_path / "said" / f"{key}.npz")
        count = len(found["scores"])
        assert [len(found[name]) for name in ("boxes", "labels", "masks")] == [count] * 3
        assert found["boxes"].shape == (count, 4)
    said = truemask("evaluate", "said", SCENES, "--quiet", "--out", "numbers.json")
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert 0 <= numbers["mask_ap"] <= 1
    assert printed_value(said.out, "mask_ap") == f"{numbers['mask_ap']:.4f}"
