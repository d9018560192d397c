"""Labels by any transition matrix: given, from a file, or measured."""

import numpy as np
from jaxtyping import Float64

from truemask.noise.draws import Draws
from truemask.noise.matrix_text import Matrix
from truemask.noise.relabel import relabel
from truemask.types import Labels, Problem


def matrix(labels: Labels, problem: Problem, draws: Draws, *, transition: Matrix) -> Labels:
    """Labels drawn from the row of the true class in a transition matrix.

    What a matrix means for whoever learns from such labels, `truemask noise matrix` says.

    Args:
        labels: of one image; IGNORE and crowd objects stay.
        problem: what the classes are.
        draws: where the randomness comes from.
        transition: P(given = column | true = row), written out row by row as in `0.9/0.1;0.2/0.8`, or a file:
            .csv or .npy, .json with a list of rows, or the manifest.json of an earlier corruption, whose
            realised matrix it is. A column more than rows is the chance of IGNORE. A row and a column fewer
            than classes leave the background alone, which objects need. A path may have neither a comma nor a
            plus in it. The spec's canonical text is always the matrix written out, so it says what was done
            when the file is gone.

    Raises:
        BadInput: if it is no transition matrix, or not one over the classes of the problem.
    """
    return relabel(labels, transition.over(problem), draws)


def matrix_transition(
    problem: Problem,
    draws: Draws,  # noqa: ARG001 - every transition matrix is asked for alike
    *,
    transition: Matrix,
) -> Float64[np.ndarray, "k m"]:
    """P(j | y) of `matrix`."""
    return transition.over(problem)
