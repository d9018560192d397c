"""The figure of how a run took its labels, and the lines that sum it up, from histories written here."""

import pytest
from PIL import Image

from truemask.commands.dynamics import dynamics_verb, summary
from truemask.report.dynamics import courses_of, panels_of
from truemask.training.journal import as_csv
from truemask.types import BadInput


def run_with(tmp_path, columns: dict[str, list]):
    epochs = range(1, len(next(iter(columns.values()))) + 1)
    rows = [
        {"epoch": epoch, "stage": "train"} | {name: values[epoch - 1] for name, values in columns.items()}
        for epoch in epochs
    ]
    (tmp_path / "metrics.csv").write_text(as_csv(rows))
    return tmp_path


def known_truth(tmp_path):
    columns = {
        "train_agreement": [0.5, 0.6, 0.7],
        "train_loss_right": [0.6, 0.5, 0.2],
        "train_loss_wrong": [0.7, 0.9, 0.3],
        "train_memorised": [0.3, 0.1, 0.6],
        "train_beyond_chance": [0.0, 0.0, 0.5],
        "train_corrected": [0.3, 0.9, 0.4],
        "train_truth_dice_dataset": [0.2, 0.9, 0.5],
        "train_truth_dice_dataset_oracle": [0.4, 0.9, 0.6],
        "test_accuracy": [0.5, 0.5, 0.5],
        "warning": ["", "", "epoch 3: the network repeats 60% of the wrong labels"],
    }
    return run_with(tmp_path, columns)


def test_with_truth_right_and_wrong_labels_have_lines_of_their_own(tmp_path):
    losses, shares, dice = panels_of(known_truth(tmp_path))
    assert {curve.label: curve.values for curve in losses.curves} == {
        "right labels": [0.6, 0.5, 0.2],
        "wrong labels": [0.7, 0.9, 0.3],
    }
    assert [curve.label for curve in shares.curves] == ["corrected", "memorised", "beyond chance"]
    assert [mark for curve in shares.curves for mark in curve.stages] == [(3.0, "by heart")]
    assert dice.title == "Dice against the truth; best 0.900 in epoch 2"
    assert [curve.label for curve in dice.curves] == ["training images", "oracle threshold"]


def test_without_truth_labels_learnt_from_stand_beside_those_held_out(tmp_path):
    columns = {"train_loss": [0.6, 0.3], "held_out_loss": [0.6, 0.7], "train_agreement": [0.5, 0.8]}
    losses, shares = panels_of(run_with(tmp_path, columns))
    assert [curve.label for curve in losses.curves] == ["learnt from", "held out"]
    assert [curve.label for curve in shares.curves] == ["learnt from"]
    assert shares.curves[0].stages == []


def test_the_command_draws_and_says_the_warning_and_the_landmarks(tmp_path, capsys):
    run = known_truth(tmp_path)
    dynamics_verb(run, None)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "epoch 3: the network repeats 60% of the wrong labels",
        "train_truth_dice_dataset: best 0.900 in epoch 2, last 0.500 (0.400 below the best); "
        "largest fall 0.400, epochs 2 to 3",
        "train_truth_dice_dataset_oracle: best 0.900 in epoch 2, last 0.600 (0.300 below the best); "
        "largest fall 0.300, epochs 2 to 3",
        f"{run / 'dynamics.png'}: the curves",
    ]
    with Image.open(run / "dynamics.png") as figure:
        assert figure.width > 3 * figure.height


def test_what_never_fell_is_said_in_one_breath(tmp_path):
    run = run_with(tmp_path, {"train_agreement": [0.5, 0.6], "train_truth_accuracy": [0.5, 0.6]})
    assert summary(run) == ["train_truth_accuracy: best 0.600 in epoch 2, last 0.600"]
    assert courses_of(run)["train_truth_accuracy"].collapse == 0


def test_a_run_that_did_not_look_is_told_how(tmp_path):
    run = run_with(tmp_path, {"loss": [0.5]})
    with pytest.raises(BadInput, match="did not look at its labels; train it with --diagnose"):
        panels_of(run)
