"""Images a second in training: truemask's engine against a plain PyTorch loop in float32.

Same network, data, batch size and optimiser, in the same run by turns. The plain loop gets its images ready
made: standardised, in memory, never turned or flipped. So whatever else the engine does (loading, augmenting,
stores, logging) counts against it.
"""

import csv
import tempfile
from pathlib import Path

import numpy as np
import torch
import typer
from torch.nn import functional as F

from benchmarks.measure import Rounds, Spent, as_rounds, by_turns, spent
from benchmarks.report import Goal, Row, publish
from truemask.data import open_dataset
from truemask.data.dataset import Dataset
from truemask.networks import build_network
from truemask.training import Plan, Recipe, default_plan, train
from truemask.training.devices import make_fabric
from truemask.training.streams import standardised

GOAL = 1.8


def main(images: int = 100, size: int = 128, epochs: int = 3, rounds: int = 7) -> None:
    """Print the table and keep it in benchmarks/results/training.json."""
    dataset = open_dataset(f"organelles:train={images},val=1,test=1,size={size}").split("train")
    plan = default_plan(dataset.problem).changed({"network": "unet_small", "epochs": epochs})
    whole_runs: list[Spent] = []

    def engine() -> Spent:
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder) / "run"
            recipe = Recipe(dataset=dataset, plan=plan)
            whole_runs.append(spent(lambda: train(recipe, run, show=False, tensorboard=False)))
            return time_of_epochs(run / "metrics.csv")

    ready = ready_made(dataset)
    taken = by_turns(
        {"truemask": engine, "plain": lambda: spent(lambda: plain_loop(ready, dataset, plan))}, rounds
    )
    plain = taken["plain"]
    seen = epochs * (images // plan.batch_size) * plan.batch_size
    precision = default_precision(plan)
    truemask, whole = taken["truemask"], as_rounds(whole_runs[1:])
    rows = [
        _row("truemask, epochs", precision, truemask, plain, seen),
        _row("truemask, set-up and checkpoints too", precision, whole, plain, seen),
        _row("plain PyTorch loop", "torch.float32", plain, plain, seen),
    ]
    gain = plain.over(truemask)
    publish(
        "training",
        f"Training a small U-Net on organelles, {size} px, batches of {plan.batch_size}",
        rows,
        settings={
            "images": images,
            "epochs": epochs,
            "rounds": rounds,
            "threads": torch.get_num_threads(),
            "device": make_fabric().device.type,
        },
        goals=[Goal("images/s of truemask over the plain loop's", GOAL, gain, at_least=True)],
        packages=("lightning-fabric",),
    )


def _row(name: str, precision: str, taken: Rounds, plain: Rounds, seen: int) -> Row:
    return {
        "loop": name,
        "precision": precision,
        "images/s (median)": seen / taken.median_s,
        "images/s (best)": seen / taken.best_s,
        "CPU ms an image": taken.median_cpu_s / seen * 1e3,
        "speed over plain": plain.over(taken),
        "CPU over plain": taken.cpu_over(plain),
    }


def default_precision(plan: Plan) -> str:
    """What the engine computes in on this machine."""
    fabric = make_fabric(plan.precision)
    with fabric.autocast():
        device = fabric.device.type
        return str(torch.get_autocast_dtype(device)) if torch.is_autocast_enabled(device) else "float32"


def time_of_epochs(curves: Path) -> Spent:
    """What the epochs of a run took, without set-up, checkpoints and scores."""
    with curves.open() as file:
        rows = list(csv.DictReader(file))
    return Spent(sum(float(row["seconds"]) for row in rows), sum(float(row["cpu_seconds"]) for row in rows))


def ready_made(dataset: Dataset) -> tuple[torch.Tensor, torch.Tensor]:
    """All images, standardised, and their labels."""
    pixels = np.stack([standardised(dataset.image(row)) for row in range(len(dataset))])
    labels = np.stack([np.asarray(dataset.labels(row)) for row in range(len(dataset))])
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.from_numpy(pixels).to(device), torch.from_numpy(labels).long().to(device)


def plain_loop(ready: tuple[torch.Tensor, torch.Tensor], dataset: Dataset, plan: Plan) -> None:
    """What one writes down first."""
    images, labels = ready
    network = build_network(plan.network, dataset.problem).to(images.device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=plan.lr, weight_decay=plan.weight_decay)
    for _ in range(plan.epochs):
        order = torch.randperm(len(images), device=images.device)
        for step in range(len(images) // plan.batch_size):
            rows = order[step * plan.batch_size : (step + 1) * plan.batch_size]
            loss = F.cross_entropy(network(images[rows]), labels[rows])
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            loss.item()


if __name__ == "__main__":
    typer.run(main)
