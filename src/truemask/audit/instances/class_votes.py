"""Which class a network takes each given object for."""

import numpy as np
from jaxtyping import Float64, Int64

from truemask.audit.instances.relations import SAME_IOU
from truemask.audit.instances.seen import Predicted


def votes(
    found: Predicted, across: Float64[np.ndarray, "g p"], judged: Float64[np.ndarray, "g k"] | None
) -> tuple[Int64[np.ndarray, "g"], Float64[np.ndarray, "g"]]:
    """The most probable class of each given object, and how sure that is; 0 and 0 without an opinion.

    Of a class, the surest prediction at the object's place (IoU of 0.5) counts, and where the classes of an
    object add up to more than 1, their share of it. Probabilities at the given place, if somebody asked for
    them, count without the background, and as much as the predictions.

    Args:
        found: the predictions.
        across: IoU of each given object and each prediction.
        judged: class probabilities at each given object; rows of NaN where there are none.
    """
    classes = 1 + max(found.labels.max(initial=0), 0 if judged is None else judged.shape[1] - 1)
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
    if not at.size:
        return np.zeros(len(at), np.int64), np.zeros(len(at))
    top = at.argmax(axis=1)
    return top, at[np.arange(len(at)), top]
