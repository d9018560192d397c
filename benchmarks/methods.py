"""What methods cost: seconds a step over cross entropy's, on the same batches, in the same run by turns.

A step is all that follows the loading of images: batch, stores, forward, loss, backward, optimiser. Of
methods with several stages it is a step of the last one.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
import typer

from benchmarks.measure import Rounds, Spent, by_turns, spent
from benchmarks.report import Goal, Row, publish
from truemask.data import open_dataset
from truemask.data.dataset import Dataset
from truemask.methods import METHODS, make_method
from truemask.training import default_plan
from truemask.training.devices import make_fabric
from truemask.training.loop import Loop
from truemask.training.streams import Sample
from truemask.types import Task

LOSSES_ALONE = (
    "active_passive",
    "bootstrap_hard",
    "bootstrap_soft",
    "bootstrap_temperature",
    "confidence_penalty",
    "dice",
    "dmi",
    "focal",
    "gce",
    "label_smoothing",
    "lncis",
    "mae",
    "min_entropy",
    "multibox_hard",
    "multibox_soft",
    "rce",
    "sce",
    "soft_iou",
    "t_loss",
)
"""Methods whose step differs from cross entropy's in nothing but the loss or its target."""
MOST_OVER_CE = {**dict.fromkeys(LOSSES_ALONE, 0.10), "elr": 0.20}
"""Goals, as shares of a step of cross entropy."""


def main(size: int = 128, steps: int = 10, rounds: int = 15, losses_alone: bool = False) -> None:
    """Print the table and keep it in benchmarks/results/methods.json.

    Args:
        size: side of the images, px.
        steps: a round.
        rounds: all methods take turns this many times.
        losses_alone: only methods that are a loss or a target, in minutes; kept in losses_in_steps.json.
    """
    batch_size = 10
    dataset = open_dataset(f"organelles:train={steps * batch_size},val=1,test=1,size={size}").split("train")
    with tempfile.TemporaryDirectory() as folder:
        asked = LOSSES_ALONE if losses_alone else METHODS
        names = ["ce", *(name for name in asked if name != "ce" and Task.SEMANTIC in METHODS[name].tasks)]
        loops = {name: make_loop(name, dataset, batch_size, Path(folder) / name) for name in names}
        batches = [views[0] for views in loops["ce"].main.epoch(0)]
        taken = by_turns({name: steps_of(loop, batches) for name, loop in loops.items()}, rounds)
    publish(
        "losses_in_steps" if losses_alone else "methods",
        f"A training step of each method: small U-Net, organelles, {size} px, batches of {batch_size}",
        [_row(name, times, taken["ce"], steps) for name, times in taken.items()],
        settings={
            "steps": steps,
            "rounds": rounds,
            "threads": torch.get_num_threads(),
            "device": make_fabric().device.type,
        },
        goals=[
            Goal(f"{name}: share of a step over ce", bound, taken[name].over(taken["ce"]) - 1, at_least=False)
            for name, bound in MOST_OVER_CE.items()
            if name in taken
        ],
    )


def _row(name: str, taken: Rounds, ce: Rounds, steps: int) -> Row:
    return {
        "method": name,
        "ms a step (median)": taken.median_s / steps * 1e3,
        "ms a step (best)": taken.best_s / steps * 1e3,
        "CPU ms a step": taken.median_cpu_s / steps * 1e3,
        "over ce": taken.over(ce),
        "CPU over ce": taken.cpu_over(ce),
    }


def make_loop(name: str, dataset: Dataset, batch_size: int, folder: Path) -> Loop:
    """A run that stands at the first step of its last stage."""
    plan = default_plan(dataset.problem).changed({"network": "unet_small", "batch_size": batch_size})
    method = make_method(name, {})
    trusted = dataset if method.clean_labels else None
    loop = Loop(make_fabric(plan.precision), dataset, method, plan, folder, trusted=trusted)
    loop.stage = loop.stages[-1]
    loop.hooks.before_epoch(loop)
    for network in loop.networks.values():
        network.train()
    return loop


def steps_of(loop: Loop, batches: list[list[Sample]]) -> Callable[[], Spent]:
    """A step on each of the batches."""

    def steps() -> None:
        for samples in batches:
            batch = loop.task.batch(loop, samples, "main", trusted=False)
            loop.hooks.step(loop, batch)

    return lambda: spent(steps)


if __name__ == "__main__":
    typer.run(main)
