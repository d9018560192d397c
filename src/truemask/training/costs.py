"""What each label costs a trained network by the loss of its own method, and how hard it pulls."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32

from truemask.batch import Batch
from truemask.data.dataset import Dataset
from truemask.training.blueprint import Blueprint
from truemask.training.trained import Trained
from truemask.types import BadInput


@dataclass(frozen=True)
class Costs:
    """One value of each row of a data set, in its order.

    Args:
        losses: the method's loss times its weight, in the last of its stages.
        gradients: length of the derivative by the network's outputs.
    """

    losses: Float32[np.ndarray, "n"]
    gradients: Float32[np.ndarray, "n"]


def costs_of_points(trained: Trained, dataset: Dataset) -> Costs:
    """The costs of all labels as one batch, so that what a method counts it counts over the whole data set.

    Args:
        trained: a run on points. Of several networks the first is judged.
        dataset: points with the labels that are to be judged.

    Raises:
        BadInput: images, or a method that keeps values of each row while it trains: a run does not keep them.
    """
    if not trained.problem.points:
        raise BadInput(f"{trained.path} was trained on images; the cost of each label is for data of points")
    blueprint = Blueprint(trained.problem)
    trained.method.build(blueprint)
    if blueprint.stores:
        names = ", ".join(blueprint.stores)
        raise BadInput(
            f"{trained.path}: its method keeps {names} of each row while it trains, which a finished run has "
            "not any more; choose a run of another method"
        )
    if blueprint.parameters.keys() - trained.parameters.keys():
        raise BadInput(
            f"{trained.path}: parameters.safetensors is missing, with what its method learnt beside the "
            "network; train again"
        )
    device = trained.fabric.device
    rows = range(len(dataset))
    batch = Batch(
        images=torch.from_numpy(np.stack([dataset.image(row) for row in rows])).to(device),
        labels=torch.from_numpy(np.array([dataset.labels(row) for row in rows], dtype=np.int64)).to(device),
        rows=torch.arange(len(dataset), device=device),
        parameters={name: value.clone() for name, value in trained.parameters.items()},
        background=trained.problem.background,
    )
    stages = [stage for stage in trained.method.stages(trained.plan.epochs) if stage.epochs > 0]
    hooks = stages[-1].hooks or trained.method
    with torch.no_grad():
        logits = next(iter(trained.networks.values()))(batch.images).float()
    logits.requires_grad_()
    targets, weights = hooks.targets(batch, logits.detach())
    losses = hooks.unit_loss(logits, targets.detach(), batch)
    losses = losses if weights is None else losses * weights.detach()
    (gradients,) = torch.autograd.grad(losses.sum(), logits)
    lengths = torch.linalg.vector_norm(gradients, dim=1)
    return Costs(losses.detach().float().cpu().numpy(), lengths.float().cpu().numpy())
