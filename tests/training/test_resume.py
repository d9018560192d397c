"""A run killed at any moment and resumed ends with the weights of one that was left alone."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from truemask.data.relabelled import Relabelled
from truemask.data.views import ArrayDataset
from truemask.training import Plan, Recipe, train
from truemask.training.checkpoint import read_tensors
from truemask.types import BadInput, Problem, Task

PROBLEM = Problem(Task.SEMANTIC, ("background", "blob"), channels=1, background=0)


def recipe() -> Recipe:
    rng = np.random.default_rng(0)
    labels = [(rng.random((32, 32)) < 0.4).astype(np.uint8) for _ in range(16)]
    images = [
        (label * 120 + rng.integers(0, 80, label.shape)).astype(np.uint8)[..., None] for label in labels
    ]
    keys = [f"{row:02d}" for row in range(16)]
    dataset = ArrayDataset("blobs", "train", PROBLEM, keys, images, labels)
    plan = Plan(
        network="unet_small:base=4", epochs=12, batch_size=4, crop_px=24, jitter=0.1, ema=0.9, val_share=0.2
    )
    return Recipe(dataset=dataset, method="elr", plan=plan)


def work(folder: Path) -> None:
    torch.set_num_threads(1)
    train(recipe(), folder, resume=True, show=False, tensorboard=False)


def start(folder: Path) -> multiprocessing.Process:
    process = multiprocessing.get_context("fork").Process(target=work, args=(folder,))
    process.start()
    return process


def epochs_behind(folder: Path) -> int:
    file = folder / "metrics.csv"
    return len(file.read_text().splitlines()) - 1 if file.is_file() else 0


def test_killed_three_times_and_resumed_ends_with_the_same_bits(tmp_path):
    torch.set_num_threads(1)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    process = start(whole)
    process.join()
    assert process.exitcode == 0
    rng = np.random.default_rng(os.getpid())
    kills = 0
    for behind in (1, 4, 8):
        process = start(broken)
        while process.is_alive() and epochs_behind(broken) < behind:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.1))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        kills += process.exitcode == -signal.SIGKILL
        assert not (broken / "done.json").exists()
    assert kills == 3
    process = start(broken)
    process.join()
    assert process.exitcode == 0
    ours, theirs = (read_tensors(folder / "weights.safetensors") for folder in (broken, whole))
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), name
    numbers = [(folder / "metrics.csv").read_text().splitlines() for folder in (broken, whole)]
    assert len(numbers[0]) == len(numbers[1]) == 13


def test_a_folder_with_another_run_is_refused(tmp_path):
    import dataclasses

    first = recipe()
    short = dataclasses.replace(first, plan=dataclasses.replace(first.plan, epochs=1))
    train(short, tmp_path / "run", show=False, tensorboard=False)
    with pytest.raises(BadInput, match="already holds a run; choose another --out"):
        train(short, tmp_path / "run", show=False)
    with pytest.raises(BadInput, match="holds a run with another method"):
        train(dataclasses.replace(short, method="ce"), tmp_path / "run", resume=True, show=False)


def test_bad_labels_found_in_the_first_epoch_leave_nothing_behind(tmp_path):
    import dataclasses

    class Broken(Relabelled):
        def labels(self, row):
            if row == 11:
                raise BadInput("labels/11.png: class 37 of 2")
            return super().labels(row)

    good = recipe()
    given = [good.dataset.labels(row) for row in range(len(good.dataset))]
    plan = dataclasses.replace(good.plan, val_share=0.0)  # the first epoch visits every row
    bad = dataclasses.replace(good, dataset=Broken(good.dataset, given), plan=plan)
    with pytest.raises(BadInput, match="class 37 of 2"):
        train(bad, tmp_path / "run", show=False, tensorboard=False)
    assert not (tmp_path / "run").exists()
