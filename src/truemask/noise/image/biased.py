"""Wrong labels that follow from what images look like: the mistakes of a weak model, or of a fixed rule.

Source: the study of biased (consistent) and unbiased mislabelling on MNIST that the project grew from (2017).
"""

from typing import Annotated, Literal

import numpy as np
from jaxtyping import Float64, Int64

from truemask.noise.image.features import features
from truemask.noise.image.roster import Gallery, Roster, relabelled
from truemask.noise.image.set_draws import SetDraws
from truemask.noise.knobs import Range, Rate
from truemask.types import Problem

Samples = Annotated[int, Range(2, 10**6, "a whole number from 2 to 1000000")]


def biased(
    roster: Roster,
    problem: Problem,
    draws: SetDraws,
    gallery: Gallery,
    *,
    rate: Rate,
    by: Literal["model", "brightness"] = "model",
    samples: Samples = 200,
) -> Roster:
    """The labels that a weak model would give, or a fixed rule, where they are wrong most surely.

    `model` knows the mean image of each class, of a few samples, and takes the nearest. Its mistakes come
    first, the gravest before the others; where they are fewer than `rate` asks for, the rows follow that it
    is least sure of, with its second choice. `brightness` takes the darkest images of each class for the
    next class (the last for the first). Either way equal images get equal labels: the noise can be learned.

    Args:
        roster: all rows; those with IGNORE stay.
        problem: what the classes are.
        draws: which samples the model learns from; the rule draws nothing.
        gallery: the images.
        rate: share of labels that end up wrong, to the nearest whole number (by brightness: of each class).
        by: what makes the mistakes.
        samples: labelled images that the model has learned from.
    """
    places = np.flatnonzero(roster.labelled)
    if rate == 0 or not len(places):
        return roster
    labels = roster.labels.copy()
    if by == "brightness":
        light = _brightness(roster, gallery, places)
        for class_id in range(problem.num_classes):
            members = places[roster.labels[places] == class_id]
            darkest = sorted(members.tolist(), key=lambda place: (light[place], roster.keys[place]))
            labels[darkest[: _nearest(len(members) * rate)]] = (class_id + 1) % problem.num_classes
        return relabelled(roster, labels)
    means = _learned(roster, problem, draws, gallery, places, samples)
    margins, second = _judged(roster, gallery, places, means)
    surest = sorted(range(len(places)), key=lambda row: (margins[row], roster.keys[places[row]]))
    wrong = [row for row in surest if np.isfinite(second[row])][: _nearest(len(places) * rate)]
    labels[places[wrong]] = second[wrong].astype(np.uint8)
    return relabelled(roster, labels)


def _nearest(count: float) -> int:
    return int(np.floor(count + 0.5))


def _brightness(roster: Roster, gallery: Gallery, places: Int64[np.ndarray, "n"]) -> dict[int, float]:
    light: dict[int, float] = {}
    for some, shown in features(roster, gallery, places.tolist()):
        light |= dict(zip(some, shown.sum(axis=1).tolist(), strict=True))
    return light


def _learned(
    roster: Roster,
    problem: Problem,
    draws: SetDraws,
    gallery: Gallery,
    places: Int64[np.ndarray, "n"],
    samples: int,
) -> Float64[np.ndarray, "k d"]:
    """The mean features of each class among drawn samples; NaN for a class that is not among them."""
    order = draws.order("samples", [roster.keys[place] for place in places])
    chosen = sorted(places[order[:samples]].tolist())
    shown = np.concatenate([some for _, some in features(roster, gallery, chosen)])
    labels = roster.labels[chosen]
    means = np.full((problem.num_classes, shown.shape[1]), np.nan)
    for class_id in np.unique(labels):
        means[class_id] = shown[labels == class_id].sum(axis=0) / (labels == class_id).sum()
    return np.round(means)


def _judged(
    roster: Roster, gallery: Gallery, places: Int64[np.ndarray, "n"], means: Float64[np.ndarray, "k d"]
) -> tuple[Float64[np.ndarray, "n"], Float64[np.ndarray, "n"]]:
    """How much nearer the given class is than the nearest other one (negative: a mistake), and that one.

    A class that the model never met is infinitely far; NaN where it knows no other class.
    """
    known = ~np.isnan(means[:, 0])
    filled = np.nan_to_num(means)
    offset = np.where(known, np.square(filled).sum(axis=1), np.inf)
    margins, second = [], []
    for some, shown in features(roster, gallery, places.tolist()):
        apart = offset - 2 * shown @ filled.T
        own, rows = roster.labels[list(some)], np.arange(len(some))
        given = apart[rows, own].copy()
        apart[rows, own] = np.inf
        other = apart.min(axis=1)
        margins.append(np.where(np.isfinite(other), other, 0) - given)
        second.append(np.where(np.isfinite(other), apart.argmin(axis=1), np.nan))
    return np.concatenate(margins), np.concatenate(second)
