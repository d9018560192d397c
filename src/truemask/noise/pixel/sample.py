"""Pixels that lose their label, each on its own.

Source: random sampling of Luo et al., AAAI 2022, arXiv:2103.11594.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float64, UInt8

from truemask.noise.background import background_of
from truemask.noise.draws import Draws
from truemask.noise.knobs import Rate
from truemask.noise.maps import ClassRates, rate_of_each
from truemask.noise.pixel.exact import kept_exactly
from truemask.noise.relabel import relabel_map
from truemask.noise.transition import spread
from truemask.types import IGNORE, Problem


def sample(
    labels: UInt8[np.ndarray, "h w"],
    problem: Problem,
    draws: Draws,
    *,
    keep: Rate,
    keeps: ClassRates | None = None,
    as_: Literal["ignore", "background"] = "ignore",
    exact: bool = False,
) -> UInt8[np.ndarray, "h w"]:
    """Pixels keep their labels by chance; the others lose them.

    The paper leaves the others out of the loss. Its released code makes them background instead
    (`as=background`), which is label noise and not missing labels: 1 - keep of the foreground is wrong.

    Args:
        labels: a label map; IGNORE stays.
        problem: what the classes are.
        draws: where the randomness comes from.
        keep: chance of a pixel to keep its label.
        keeps: other chances for some classes, such as `keeps=cell:0.5;wall:0.1`.
        as_: what the others become: `ignore` leaves them out of training, as the paper says; `background`
            makes them wrong, as its released code does.
        exact: in every image, of the n pixels of a class ceil(n * keep) keep their label, as in the paper's
            released code, and chance decides only which.

    Raises:
        BadInput: if they are to become background and the problem has none, or a class is not the problem's.
    """
    transition = sample_transition(problem, draws, keep=keep, keeps=keeps, as_=as_, exact=exact)
    if exact:
        lost = np.full_like(labels, IGNORE if as_ == "ignore" else background_of(problem, "sample"))
        return kept_exactly(labels, lost, transition.diagonal(), draws)
    return relabel_map(labels, transition, draws)


def sample_transition(
    problem: Problem,
    draws: Draws,  # noqa: ARG001 - every transition matrix is asked for alike
    *,
    keep: float,
    keeps: ClassRates | None,
    as_: str,
    exact: bool,  # noqa: ARG001 - it decides which pixels, not how many
) -> Float64[np.ndarray, "k m"]:
    """P(j | y) of `sample`, the last column for IGNORE."""
    k = problem.num_classes
    lost = np.zeros((k, k + 1), dtype=bool)
    lost[:, k if as_ == "ignore" else background_of(problem, "sample,as=background")] = True
    if as_ == "background":
        np.fill_diagonal(lost, False)
    return spread(1 - rate_of_each(problem, np.full(k, float(keep)), keeps), lost)
