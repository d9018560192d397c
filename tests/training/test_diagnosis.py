"""Runs that look at how they take their labels: what is written, warned of, and left alone."""

import csv
import math

import numpy as np
import pytest

from truemask.bench.noisy import corrupted
from truemask.data import open_dataset
from truemask.data.relabelled import Relabelled
from truemask.data.views import ArrayDataset, Subset
from truemask.methods import make_method
from truemask.training import Plan, Recipe, train
from truemask.training.checkpoint import read_tensors
from truemask.training.diagnosis import Diagnosis
from truemask.types import BadInput, Problem, Task

DOTS = Problem(Task.CLASSIFICATION, ("left", "right"), channels=2, points=True)


def dots(rows: int = 60) -> ArrayDataset:
    rng = np.random.default_rng(0)
    points = rng.normal(0, 1, (rows, 2)).astype(np.float32)
    return ArrayDataset(
        "dots", "train", DOTS, [str(row) for row in range(rows)], points, (points[:, 0] > 0).astype(int)
    )


def flipped(clean: ArrayDataset, every: int = 3) -> Relabelled:
    labels = [int(clean.labels(row)) ^ (row % every == 0) for row in range(len(clean))]
    return Relabelled(clean, labels)


def history(folder) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def learn(dataset, folder, **asked):
    plan = asked.pop("plan", {})
    settings = Plan(network="mlp:hidden=64", batch_size=10, precision="fp32", augment="none").changed(plan)
    train(Recipe(dataset=dataset, plan=settings, **asked), folder, show=False, tensorboard=False)
    return history(folder)


@pytest.fixture(scope="module")
def memorised(tmp_path_factory):
    """A network large enough to learn sixty points by heart, a third of them wrong."""
    clean = dots()
    folder = tmp_path_factory.mktemp("run") / "run"
    plan = {"epochs": 60, "lr": 0.02, "schedule": "constant", "weight_decay": 0.0}
    return learn(flipped(clean), folder, plan=plan, truth=clean), folder


def test_the_wrong_labels_are_learnt_after_the_right_ones(memorised):
    rows, _ = memorised
    right, wrong = ([float(row[f"train_loss_{kind}"]) for row in rows] for kind in ("right", "wrong"))
    assert all(one < other for one, other in zip(right[1:10], wrong[1:10], strict=True))
    assert float(rows[-1]["train_memorised"]) > 0.5 > float(rows[2]["train_memorised"])
    best = max(float(row["train_truth_accuracy"]) for row in rows)
    assert best > float(rows[-1]["train_truth_accuracy"]) + 0.1


def test_one_line_warns_when_it_begins(memorised):
    rows, _ = memorised
    warnings = [(int(row["epoch"]), row["warning"]) for row in rows if row["warning"]]
    assert len(warnings) == 1
    epoch, line = warnings[0]
    assert line.startswith(f"epoch {epoch}: the network repeats ")
    # 20 wrong labels: what is beyond chance must be above three standard errors, 0.34.
    assert float(rows[epoch - 1]["train_beyond_chance"]) > 0.33
    assert all(float(row["train_beyond_chance"]) < 0.34 for row in rows[: epoch - 1])


def test_looking_changes_nothing(memorised, tmp_path):
    _, folder = memorised
    plan = {"epochs": 60, "lr": 0.02, "schedule": "constant", "weight_decay": 0.0}
    learn(flipped(dots()), tmp_path / "blind", plan=plan)
    seen, blind = (read_tensors(one / "weights.safetensors") for one in (folder, tmp_path / "blind"))
    assert all(seen[name].equal(blind[name]) for name in blind)


def test_without_truth_held_out_rows_are_looked_at(tmp_path):
    plan = {"epochs": 60, "lr": 0.02, "schedule": "constant", "weight_decay": 0.0, "val_share": 0.4}
    rows = learn(flipped(dots()), tmp_path / "run", plan=plan, diagnose=True)
    assert "train_memorised" not in rows[0]
    assert float(rows[-1]["held_out_loss"]) > 2 * float(rows[-1]["train_loss"])
    assert sum("held-out labels has risen" in row["warning"] for row in rows) == 1


def test_pixels_and_objects_are_diagnosed_alike(tmp_path):
    cases = {
        "organelles:train=3,val=1,test=1,size=64": ("flip:0.3", "unet_small:base=4,depth=2", 0.3),
        "scenes:train=6,val=1,test=1,size=96": ("symmetric:0.5", "mask_rcnn_light:width=8,fpn=16", 0.5),
    }
    for name, (spec, network, rate) in cases.items():
        clean = open_dataset(name).split("train")
        noisy, manifest = corrupted(clean, spec, 0)
        assert manifest.realised_rate == pytest.approx(rate, abs=0.25)
        plan = {"network": network, "epochs": 1, "batch_size": 2}
        (row,) = learn(noisy, tmp_path / name[:6], plan=plan, truth=clean)
        shares = [float(row[f"train_{name}"]) for name in ("memorised", "corrected", "agreement")]
        assert all(0 <= share <= 1 for share in shares)
        assert shares[0] + shares[1] <= 1 + 1e-9
        assert math.isfinite(float(row["train_loss_wrong"]))
        assert ("train_truth_dice_dataset_oracle" in row) == name.startswith("organelles")
        assert ("train_truth_accuracy" in row) == name.startswith("scenes")


def test_a_truth_of_other_images_or_sizes_is_refused():
    clean = dots(4)
    strangers = ArrayDataset("other", "train", DOTS, ["x"], [np.zeros(2, np.float32)], [0])
    method, plan = make_method("ce", {}), Plan()
    with pytest.raises(BadInput, match=r"has none of the images of dots \(train\), such as '0'"):
        Diagnosis(clean, strangers, None, method, plan)
    cells = Problem(Task.SEMANTIC, ("background", "cell"), channels=1, background=0)

    def maps(size: int) -> ArrayDataset:
        image, labels = np.zeros((size, size, 1), np.uint8), np.zeros((size, size), np.uint8)
        return ArrayDataset(f"maps{size}", "train", cells, ["a"], [image], [labels])

    with pytest.raises(BadInput, match=r"a: maps8 has \(8, 8\) px, maps9 \(9, 9\) px; .* same size"):
        Diagnosis(maps(9), maps(8), None, method, plan)


def test_of_a_large_set_the_same_part_is_looked_at_whatever_its_order(monkeypatch):
    monkeypatch.setattr("truemask.training.diagnosis.MOST_ROWS", {Task.CLASSIFICATION: 5})
    clean = dots(30)
    parts = [
        Diagnosis(some, None, None, make_method("ce", {}), Plan())._rows["train"]
        for some in (clean, Subset(clean, range(29, -1, -1)))
    ]
    assert set(parts[0].keys) == set(parts[1].keys)
    assert len(parts[0]) == 5
