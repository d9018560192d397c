"""Which class a network takes each given object for."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from truemask.audit.instances.relations import SAME_IOU
from truemask.audit.instances.seen import Predicted


@dataclass(frozen=True)
class Votes:
    """Opinions on the classes of given objects.

    Args:
        claim: the most probable class; 0 without an opinion.
        confidence: its probability, as far as probabilities are known.
        share: the given class's share of all classes' probabilities; 1 without an opinion.
    """

    claim: Int64[np.ndarray, "g"]
    confidence: Float64[np.ndarray, "g"]
    share: Float64[np.ndarray, "g"]


def votes(
    given: UInt8[np.ndarray, "g"],
    found: Predicted,
    across: Float64[np.ndarray, "g p"],
    judged: Float64[np.ndarray, "g k"] | None,
) -> Votes:
    """What a network takes each given object for.

    Of a class, the surest prediction at the object's place (IoU of 0.5) counts, and where the classes of an
    object add up to more than 1, their share of it. Probabilities at the given place, if somebody asked for
    them, count without the background, and as much as the predictions.

    Args:
        given: class of each object.
        found: the predictions.
        across: IoU of each given object and each prediction.
        judged: class probabilities at each given object; rows of NaN where there are none.
    """
    known = 0 if judged is None else judged.shape[1] - 1
    classes = 1 + max(int(found.labels.max(initial=0)), int(given.max(initial=0)), known)
    at = np.zeros((len(across), classes))
    rows, columns = np.nonzero(across >= SAME_IOU)
    np.maximum.at(at, (rows, found.labels[columns]), found.scores[columns])
    at /= np.maximum(1, at.sum(axis=1, keepdims=True))
    if judged is not None:
        things = judged.copy()
        things[:, 0] = 0
        total = things.sum(axis=1, keepdims=True)
        asked = np.flatnonzero(total[:, 0] > 0)
        share = things[asked] / total[asked]
        located = at[asked].any(axis=1, keepdims=True)
        at[asked] = np.where(located, (at[asked] + share) / 2, share)
    top, rows, total = at.argmax(axis=1), np.arange(len(at)), at.sum(axis=1)
    share = np.ones(len(at))
    np.divide(at[rows, given], total, out=share, where=total > 0)
    return Votes(top, at[rows, top], share)
