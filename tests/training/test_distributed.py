"""Two processes that share every batch learn what one process learns."""

import dataclasses

import numpy as np
import pytest
import torch

from truemask.data.views import ArrayDataset
from truemask.training import Plan, Recipe, train
from truemask.training.checkpoint import read_tensors
from truemask.types import IGNORE, Problem, Task


@pytest.mark.parametrize("method", ["ce", "elr", "t_loss"])
def test_two_gloo_processes_end_where_one_does(tmp_path, method):
    rng = np.random.default_rng(0)
    labels = [(rng.random((16, 16)) < 0.4).astype(np.uint8) for _ in range(8)]
    images = [
        (label * 120 + rng.integers(0, 80, label.shape)).astype(np.uint8)[..., None] for label in labels
    ]
    for row, label in enumerate(labels):
        label[: row * 2] = IGNORE  # the processes' shares of valid pixels differ
    problem = Problem(Task.SEMANTIC, ("background", "blob"), channels=1, background=0)
    dataset = ArrayDataset("blobs", "train", problem, [str(row) for row in range(8)], images, labels)
    # Group norm: batch norm sees another batch on each process. SGD: Adam blows up rounding differences.
    plan = Plan(
        network="unet_small:base=4,norm=group",
        epochs=3,
        batch_size=4,
        optimiser="sgd",
        lr=0.05,
        precision="fp32",
        schedule="constant",
    )
    recipe = Recipe(dataset=dataset, method=method, plan=plan)
    for devices in (1, 2):
        train(recipe, tmp_path / str(devices), devices=devices, show=False, tensorboard=False)
    one, two = (read_tensors(tmp_path / name / "weights.safetensors") for name in ("1", "2"))
    fresh = dataclasses.replace(recipe, plan=dataclasses.replace(plan, lr=1e-12))
    train(fresh, tmp_path / "still", show=False, tensorboard=False)
    start = read_tensors(tmp_path / "still" / "weights.safetensors")
    moved = max(float((one[name] - start[name]).abs().max()) for name in one)
    assert moved > 1e-2
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=1e-4, atol=1e-5)
