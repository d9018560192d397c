"""A finished run, opened for prediction."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from truemask.data.dataset import Dataset
from truemask.data.predictions import Prediction
from truemask.methods import make_method
from truemask.methods.method import Method
from truemask.networks import build_network
from truemask.training.checkpoint import load_networks, read_tensors
from truemask.training.devices import make_fabric
from truemask.training.plan import TURNS, Plan
from truemask.training.predicting import object_predictions, predictions
from truemask.types import BadInput, Problem, Task, problem_from

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(frozen=True)
class Trained:
    """Networks of a finished run, and all that is needed to predict with them.

    Args:
        path: the run's folder.
        problem: classes and task.
        method: what trained them; combines them.
        plan: how they were trained.
        networks: those that predict, in evaluation mode.
        fabric: device and precision.
        parameters: what the method learnt beside the networks, as it was after the last epoch.
    """

    path: Path
    problem: Problem
    method: Method
    plan: Plan
    networks: Mapping[str, nn.Module]
    fabric: "Fabric"
    parameters: Mapping[str, Tensor] = field(default_factory=dict)

    def judge_objects(self, dataset: Dataset) -> Iterator[Prediction]:
        """Class probabilities of every given object at its own box, one prediction an object."""
        self._must_fit(dataset)
        network = next(iter(self.networks.values()))
        return object_predictions(network, dataset, self.plan, self.fabric.autocast)

    def predict(self, dataset: Dataset, *, turned: bool = False) -> Iterator[Prediction]:
        """One prediction a row, in order.

        Args:
            turned: the mean over all flips and quarter turns that training drew.

        Raises:
            BadInput: the data set's task or channels are not the run's; nothing can be turned.
        """
        self._must_fit(dataset)
        networks = list(self.networks.values())
        turns = turns_of(self.plan, self.problem) if turned else (0,)
        return predictions(self.method, networks, dataset, self.plan, self.fabric.autocast, turns=turns)

    def _must_fit(self, dataset: Dataset) -> None:
        if (dataset.problem.task, dataset.problem.channels) != (self.problem.task, self.problem.channels):
            raise BadInput(
                f"{self.path} was trained for {self.problem.task} on {self.problem.channels} channels; "
                f"{dataset.name} is {dataset.problem.task} with {dataset.problem.channels}"
            )


def turns_of(plan: Plan, problem: Problem) -> tuple[int, ...]:
    """The flips and quarter turns that training draws, for predictions to be the mean over.

    Raises:
        BadInput: it draws none, or what is predicted cannot be turned back.
    """
    turns = TURNS[plan.augment]
    if problem.points or problem.task == Task.INSTANCE or len(turns) == 1:
        raise BadInput(
            "nothing to turn: predictions of images and label maps can be, by networks that trained on "
            f"flips (--set augment=hflip, flips or dihedral; here: {plan.augment})"
        )
    return turns


def load_run(path: Path) -> Trained:
    """A run's networks by its folder.

    Raises:
        BadInput: the folder holds no finished run.
    """
    if not (path / "done.json").is_file():
        hint = "resume it first" if (path / "config.json").is_file() else "train one there first"
        raise BadInput(f"{path} holds no finished run (no done.json); {hint}")
    config: dict[str, Any] = json.loads((path / "config.json").read_text())
    problem = problem_from(config["problem"])
    method = make_method(config["method"], config["knobs"])
    plan = Plan().changed(config["plan"])
    fabric = make_fabric(plan.precision)
    tensors = read_tensors(path / "weights.safetensors")
    names = dict.fromkeys(key.split("/")[0] for key in tensors)
    networks = {name: build_network(plan.network, problem) for name in names}
    load_networks(networks, tensors)
    for network in networks.values():
        network.eval().to(fabric.device)
    kept = path / "parameters.safetensors"
    parameters = (
        {name: t.to(fabric.device) for name, t in read_tensors(kept).items()} if kept.exists() else {}
    )
    return Trained(path, problem, method, plan, networks, fabric, parameters)
