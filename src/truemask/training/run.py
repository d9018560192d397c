"""One run, from data set to `done.json`."""

import dataclasses
import importlib.metadata
import json
import platform
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from truemask.data.dataset import Dataset
from truemask.data.trust import Trust
from truemask.data.views import Cached, Resized, hold_out
from truemask.files import write_json
from truemask.methods import make_method
from truemask.methods.method import Method
from truemask.networks import default_network
from truemask.training.checkpoint import Checkpoints, write_tensors
from truemask.training.devices import make_fabric
from truemask.training.diagnosis import Diagnosis
from truemask.training.label_dynamics import FOLDER
from truemask.training.loop import Loop
from truemask.training.plan import Plan
from truemask.training.scoring import Monitor
from truemask.training.trained import Trained, load_run
from truemask.types import BadInput

if TYPE_CHECKING:
    from lightning_fabric import Fabric

VAL_SHARE = 0.1
"""Share of the training rows held out where selection needs some and the plan names none."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a run learns from, and how.

    Args:
        dataset: images and given labels.
        method: a name in METHODS.
        knobs: the method's, where they differ from its paper's.
        plan: network, optimiser, schedule.
        trusted: rows whose labels were verified, for methods that ask for them.
        weights: how far the given labels are to be trusted, by key; None: all alike.
        monitors: data sets by name to score after every epoch for the curves. Nothing is chosen by them.
        diagnose: after every epoch, look at how the given labels are taken: see `Diagnosis`.
        truth: clean labels of the same rows, for the diagnosis alone; the method never sees them.
        watch_labels: keep a sketch of how each label is taken: see `LabelWatch`.
        notes: kept in config.json: the noise manifest, the command.
    """

    dataset: Dataset
    method: str = "ce"
    knobs: Mapping[str, object] = dataclasses.field(default_factory=dict)
    plan: Plan
    trusted: Dataset | None = None
    weights: Trust | None = None
    monitors: Mapping[str, Dataset] = dataclasses.field(default_factory=dict)
    diagnose: bool = False
    truth: Dataset | None = None
    watch_labels: bool = False
    notes: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def train(
    recipe: Recipe,
    folder: Path,
    *,
    resume: bool = False,
    devices: int = 1,
    show: bool = True,
    tensorboard: bool = True,
    cache_mb: float = 2048,
) -> Trained:
    """Learn, and leave a run folder: config, metrics per epoch, weights, and `done.json` written last.

    Killed at any moment and called again with `resume`, it ends with the weights of an undisturbed run
    (same machine and thread count).

    Args:
        recipe: what and how.
        folder: of the run.
        resume: go on from the newest checkpoint, or return the run where it is done.
        devices: processes that share every batch.
        show: a progress bar.
        tensorboard: event files beside the CSV.
        cache_mb: budget for decoded images.

    Raises:
        BadInput: the folder holds another run, or the recipe's parts do not fit.
    """
    recipe = _completed(recipe)
    config = _config(recipe)
    _claim(folder, config, resume=resume)
    if recipe.watch_labels and (folder / "done.json").is_file() and not (folder / FOLDER).is_dir():
        raise BadInput(f"{folder} is done, and did not watch its labels; choose another --out")
    if not (folder / "done.json").is_file():
        fabric = make_fabric(recipe.plan.precision, devices)
        # Bound beforehand: what Fabric hands to its processes it takes apart, and a recipe is frozen.
        learn = partial(_learn, recipe, folder, show, tensorboard, cache_mb)
        try:
            if devices > 1:
                fabric.launch(learn)
            else:
                learn(fabric)
        except BadInput:
            _withdraw(folder)
            raise
    return load_run(folder)


def _learn(
    recipe: Recipe, folder: Path, show: bool, tensorboard: bool, cache_mb: float, fabric: "Fabric"
) -> None:
    started, cpu_started = time.perf_counter(), time.process_time()
    method = make_method(recipe.method, recipe.knobs)
    dataset = _shown(recipe.dataset, recipe.plan, cache_mb)
    judge, held_out = None, None
    if needs_val(method, recipe.plan):
        dataset, held_out = hold_out(dataset, recipe.plan.val_share or VAL_SHARE)
        judge = Monitor("noisy_val", held_out, method, recipe.plan)
    # Monitors see what training sees: images reduced to the plan's size.
    plan = dataclasses.replace(recipe.plan, size_px=None)
    monitors = [
        Monitor(name, _shown(watched, recipe.plan, cache_mb), method, plan)
        for name, watched in recipe.monitors.items()
    ]
    diagnosis = None
    if recipe.diagnose or recipe.truth is not None:
        truth = None if recipe.truth is None else _shown(recipe.truth, recipe.plan, cache_mb)
        diagnosis = Diagnosis(dataset, truth, held_out, method, plan)
    loop = Loop(
        fabric,
        dataset,
        method,
        plan,
        folder,
        trusted=None if recipe.trusted is None else _shown(recipe.trusted, recipe.plan, cache_mb),
        weights=recipe.weights,
        judge=judge,
        monitors=monitors,
        diagnosis=diagnosis,
        watch_labels=recipe.watch_labels,
    )
    checkpoints = Checkpoints(folder / "checkpoints")
    title = f"{recipe.method} on {recipe.dataset.name}"
    loop.run(checkpoints, show=show, title=title, tensorboard=tensorboard)
    if fabric.global_rank == 0:
        write_tensors(folder / "weights.safetensors", loop.finish())
        if loop.parameters:
            write_tensors(folder / "parameters.safetensors", loop.parameters)
        if loop.watch is not None:
            loop.watch.keep(folder / FOLDER)
        write_json(
            folder / "done.json",
            {
                "finished": datetime.now(UTC).isoformat(timespec="seconds"),
                "seconds": round(time.perf_counter() - started, 1),
                "cpu_seconds": round(time.process_time() - cpu_started, 1),
            },
        )
        checkpoints.remove()
        loop.discard()
    fabric.barrier()


def needs_val(method: Method, plan: Plan) -> bool:
    """Whether something is selected by held-out noisy labels: the last weights, or a stage's first."""
    asked = plan.select == "noisy_val" or plan.val_share > 0
    return asked or any(stage.start == "best" and stage.epochs > 0 for stage in method.stages(plan.epochs))


def _shown(dataset: Dataset, plan: Plan, cache_mb: float) -> Dataset:
    if dataset.problem.points:
        return dataset
    reduced = dataset if plan.size_px is None else Resized(dataset, plan.size_px)
    return Cached(reduced, cache_mb)


def _completed(recipe: Recipe) -> Recipe:
    """The recipe with its network named, after a check of what can be checked before any work."""
    method = make_method(recipe.method, recipe.knobs)
    problem = recipe.dataset.problem
    if problem.task not in method.tasks:
        can = ", ".join(sorted(method.tasks))
        raise BadInput(f"{recipe.method} works on {can}; {recipe.dataset.name} is {problem.task}")
    if recipe.plan.network == "auto":
        return dataclasses.replace(
            recipe, plan=dataclasses.replace(recipe.plan, network=default_network(problem))
        )
    return recipe


def _config(recipe: Recipe) -> dict[str, Any]:
    return {
        "method": recipe.method,
        "knobs": dict(recipe.knobs),
        "plan": dataclasses.asdict(recipe.plan),
        "problem": dataclasses.asdict(recipe.dataset.problem),
        "dataset": {"name": recipe.dataset.name, "split": recipe.dataset.split, "rows": len(recipe.dataset)},
        "weights": None if recipe.weights is None else recipe.weights.digest(),
        "notes": dict(recipe.notes),
        "versions": versions(),
    }


def _claim(folder: Path, config: Mapping[str, Any], *, resume: bool) -> None:
    """Make the folder this run's; only the very same run may go on in it."""
    file = folder / "config.json"
    ours = json.loads(json.dumps(config))
    if file.is_file():
        if not resume:
            raise BadInput(f"{folder} already holds a run; choose another --out, or go on with it: --resume")
        theirs = json.loads(file.read_text())
        parts = ("method", "knobs", "plan", "problem", "dataset", "weights")
        differing = [part for part in parts if theirs.get(part) != ours[part]]
        if differing:
            raise BadInput(
                f"{folder} holds a run with another {', another '.join(differing)}; choose another --out"
            )
        return
    if folder.is_dir() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty and holds no run; choose another --out")
    write_json(file, ours)


def _withdraw(folder: Path) -> None:
    """Leave nothing of a run that met bad input in its first epoch; what was learnt before stays."""
    if not (folder / "checkpoints").is_dir():
        shutil.rmtree(folder)


def versions() -> dict[str, str]:
    """What the numbers of a run may depend on, besides its config."""
    packages: Sequence[str] = ("truemask", "torch", "torchvision", "numpy")
    found = {package: importlib.metadata.version(package) for package in packages}
    found["python"] = platform.python_version()
    found["threads"] = str(torch.get_num_threads())
    found["commit"] = _commit()
    return found


def _commit() -> str:
    """The commit of the running source tree, with "+" where files differ; "" where it is no checkout."""
    command = ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"]
    here = Path(__file__).parent
    result = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    return result.stdout.strip()
