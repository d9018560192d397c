"""Where a method's transition matrix comes from: given by the user, or estimated from what a network says."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from truemask.methods.ce import CE
from truemask.methods.knobs import check_share
from truemask.methods.method import Engine, Stage
from truemask.seeds import seed_for
from truemask.structure.transition import anchor_transition, class_means, confident_transition, smoothed
from truemask.types import IGNORE, BadInput, Problem, Task

UNITS_PER_ROW = 256
"""Of a label map so many pixels are looked at: neighbours say the same, and millions would not fit."""

ESTIMATES = ("anchor", "confident")


def check_estimate(method: str, estimate: str, quantile: float | None, smoothing: float) -> None:
    """Refuse settings that estimate nothing.

    Raises:
        BadInput: naming the method, the knob and its value.
    """
    if estimate not in ESTIMATES:
        raise BadInput(f"{method} estimates by {' or '.join(ESTIMATES)}, got estimate={estimate}")
    if quantile is not None and not 0 < quantile < 1:
        raise BadInput(f"{method} needs 0 < quantile < 1, or none (the surest unit), got quantile={quantile}")
    check_share(method, "smoothing", smoothing)


def given_transition(method: str, matrix: str | None, problem: Problem) -> Float[Tensor, "k k"]:
    """The matrix of a knob, written out or in a file, over the classes of a problem; None: the identity.

    Raises:
        BadInput: if it is no transition matrix between these classes.
    """
    if matrix is None:
        return torch.eye(problem.num_classes)
    from truemask.noise.matrix_text import Matrix  # with all noises, which few methods need

    numbers = Matrix.parse(matrix).over(problem)
    if numbers.shape[1] != problem.num_classes:
        raise BadInput(
            f"{method}: {matrix} has a column for labels that get lost, which says nothing of those that are "
            "there; leave it out and let the rows sum to 1"
        )
    return torch.from_numpy(numbers).float()


def two_stages(name: str, epochs: int, warm_up: float) -> Sequence[Stage]:
    """Cross entropy, and from its best epoch the estimate; what comes then begins anew."""
    first = max(1, round(warm_up * epochs))
    return Stage("ce", first, hooks=CE()), Stage(name, epochs - first, start="best", restart=True)


def estimated_transition(
    engine: Engine, *, estimate: str, quantile: float | None, smoothing: float
) -> Float[Tensor, "k k"]:
    """P(given | true) by the main network's predictions of all training rows."""
    probs, labels = said_of(engine)
    if estimate == "confident":
        found = confident_transition(probs, labels)
    else:
        found = anchor_transition(probs, labels, quantile=quantile)
    return over_all_classes(smoothed(found, smoothing), engine.problem)


def trusted_transition(engine: Engine, stream: str) -> Float[Tensor, "k k"]:
    """P(given | true) by the main network's predictions of verified rows."""
    return over_all_classes(class_means(*said_of(engine, stream)), engine.problem)


def said_of(engine: Engine, stream: str = "main") -> tuple[Float[np.ndarray, "n k"], Int[np.ndarray, "n"]]:
    """Predictions of the main network, and the labels, of the units of a stream that have a label.

    Of label maps some pixels of each, drawn by its row; of objects without the background: that something
    was drawn is not in doubt, and neither is a class of its own.
    """
    first = _first_class(engine.problem)
    probs, labels = [np.zeros((0, engine.problem.num_classes - first), np.float32)], [np.zeros(0, np.int64)]
    for batch, logits in engine.sweep(engine.networks["main"], stream):
        known = (batch.labels != IGNORE).flatten().nonzero()[:, 0]
        most = UNITS_PER_ROW * len(batch.labels)
        if len(known) > most:
            rng = np.random.default_rng(seed_for("units", stream, int(batch.rows[0])))
            drawn = rng.choice(len(known), size=most, replace=False)
            known = known[torch.from_numpy(drawn).to(known.device)]
        said = logits.movedim(1, -1).flatten(0, -2)[known][:, first:].softmax(dim=1)
        probs.append(said.cpu().numpy())
        labels.append(batch.labels.flatten()[known].cpu().numpy() - first)
    return np.concatenate(probs), np.concatenate(labels)


def over_all_classes(found: Float[np.ndarray, "m m"], problem: Problem) -> Float[Tensor, "k k"]:
    """A matrix of what `said_of` speaks of, over all classes: the background of objects stays itself."""
    first = _first_class(problem)
    whole = torch.eye(problem.num_classes)
    whole[first:, first:] = torch.from_numpy(found).float()
    return whole


def _first_class(problem: Problem) -> int:
    return 1 if problem.task == Task.INSTANCE else 0
