"""Calibrates an audit of images' classes by the likelihood of the labels; nothing is injected.

Injected errors show where errors come in a list, but not what else is at its top: a weak network is often
sure of a wrong class. What classes it mistakes for which, and how surely, is in its probabilities, and so is
which labels they contradict more often than such a network would (see `noise_channel`).
"""

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, UInt8
from scipy.optimize import isotonic_regression

from truemask.audit.calibration.calibration import Calibration, Uncalibrated
from truemask.audit.calibration.curve import Curve, of_so_few, with_interval
from truemask.audit.calibration.lists import List, list_calibration, with_p_wrong
from truemask.audit.findings import kind_of
from truemask.audit.noise_channel import Channels, NoiseChannel, fit_channels
from truemask.audit.result import AuditResult
from truemask.audit.stream import Stream, blocks
from truemask.seeds import seed_for
from truemask.types import IGNORE, Problem

MOST_CELLS = 1_000_000
"""Probabilities that channels are fitted to; of larger data sets, those of images drawn by their keys."""
_DRAWS = 200
_LOOSE = 0.4
"""Standard deviation of what the model does not know, in log odds of a label's being wrong."""
_EDGES = 20


def calibrate_classes(
    result: AuditResult, stream: Stream, *, precision: float | None = None
) -> tuple[Calibration, AuditResult]:
    """What is to be expected of each list of images; and the audit with `p_wrong`, and with a better joint.

    The confident joint takes what a network mistakes for wrong labels. On CIFAR-10N, with networks that are
    right about half of the images, it is off by .22 to .29 (total variation); that of the likelihood by .05
    to .10.

    Rests on wrong labels being drawn by class, whatever the image: where people mistake what networks
    mistake, it says too few. Where networks are surely wrong, it says too many.

    Args:
        result: of an audit of classes of images.
        stream: labels and probabilities that it rests on; called twice.
        precision: where to cut; None: nowhere.
    """
    findings, problem = result.findings, result.problem
    rows = findings.select(["level", "kind", "image", "score"]).to_pylist()
    listed: dict[List, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        listed[row["level"], row["kind"]].append(place)
    mine = {name: places for name, places in sorted(listed.items()) if name[0] == "image"}
    why = [
        Uncalibrated(*name, len(places), "only labels of whole images have a likelihood")
        for name, places in sorted(listed.items())
        if name[0] != "image"
    ]
    p_wrong, curves = np.full(len(rows), np.nan), dict[List, Curve]()
    if mine:
        places = {rows[place]["image"]: place for of_list in mine.values() for place in of_list}
        believed = _believed(stream, problem, places, len(rows))
        scores = np.array([row["score"] for row in rows], np.float64)
        for name, of_list in mine.items():
            rng = np.random.default_rng(seed_for("calibration", *name))
            errors = believed.errors(name[1], problem)
            curves[name] = _curve(scores[of_list], believed.wrong[:, of_list], errors, believed.channels, rng)
            p_wrong[of_list] = curves[name].p_wrong
        result = replace(result, joint=believed.joint)
    told = with_p_wrong(findings, p_wrong)
    lists = tuple(list_calibration(name, one, told, precision) for name, one in curves.items())
    return Calibration("likelihood", precision, (), lists, tuple(why)), replace(result, findings=told)


@dataclass(frozen=True)
class _Believed:
    """What each channel believes.

    Args:
        channels: and the images that they were fitted to.
        wrong: P(wrong) of each finding's label, by channel.
        pairs: expected labels given as row and truly column, by channel.
    """

    channels: Channels
    wrong: Float64[np.ndarray, "c n"]
    pairs: Float64[np.ndarray, "c k k"]

    @property
    def joint(self) -> Float64[np.ndarray, "k k"]:
        """Share of all labels given as row and truly column."""
        weights = self.channels.weights(np.ones(self.channels.log_likelihood.shape[1]))
        counts = np.einsum("c,cij->ij", weights, self.pairs)
        return np.asarray(counts / max(float(counts.sum()), 1e-12))

    def errors(self, kind: str, problem: Problem) -> Float64[np.ndarray, "c"]:
        """Expected wrong labels of a kind, by channel."""
        classes = range(problem.num_classes)
        of_kind = np.array(
            [[g != t and kind_of(g, t, problem.background) == kind for t in classes] for g in classes]
        )
        return np.asarray(self.pairs[:, of_kind].sum(axis=1))


def _believed(stream: Stream, problem: Problem, places: dict[str, int], count: int) -> _Believed:
    k = problem.num_classes
    channels = fit_channels(*_sample(stream, problem))
    wrong = np.full((len(channels.channels), count), np.nan)
    pairs = np.zeros((len(channels.channels), k, k))
    for block in blocks(stream, problem):
        known = block.labels != IGNORE
        given, probs = block.labels[known], block.probs[:, known].T
        at = np.array([places.get(key, -1) for key in block.keys])[known]
        for row, channel in enumerate(channels.channels):
            true = _posterior(channel, given, probs)
            np.add.at(pairs[row], given, true)
            wrong[row, at[at >= 0]] = 1 - true[at >= 0, given[at >= 0]]
    return _Believed(channels, wrong, pairs)


def _posterior(
    channel: NoiseChannel, given: UInt8[np.ndarray, "n"], probs: np.ndarray
) -> Float64[np.ndarray, "n k"]:
    joint = channel.joint(given, probs)
    return np.asarray(joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300))


def _sample(stream: Stream, problem: Problem) -> tuple[UInt8[np.ndarray, "n"], np.ndarray]:
    """Labels and probabilities of so many images that they fit; all, or those of the lowest hash of key."""
    most = max(1, MOST_CELLS // problem.num_classes)
    given, probs, drawn = (
        np.zeros(0, np.uint8),
        np.zeros((0, problem.num_classes), np.float32),
        np.zeros(0, np.uint64),
    )
    for block in blocks(stream, problem):
        known = block.labels != IGNORE
        hashes = [seed_for("channel", block.keys[at]) for at in np.flatnonzero(known).tolist()]
        given = np.append(given, block.labels[known])
        probs = np.concatenate([probs, block.probs[:, known].T.astype(np.float32)])
        drawn = np.append(drawn, np.array(hashes, np.uint64))
        if len(given) > most:
            kept = np.argpartition(drawn, most)[:most]
            given, probs, drawn = given[kept], probs[kept], drawn[kept]
    return given, probs


def _curve(
    scores: Float64[np.ndarray, "n"],
    wrong: Float64[np.ndarray, "c n"],
    errors: Float64[np.ndarray, "c"],
    channels: Channels,
    rng: np.random.Generator,
) -> Curve:
    """Precision and recall of a list, with intervals by bootstrap over images, and by what no model knows."""
    fitted = channels.log_likelihood.shape[1]
    images = np.vstack([np.ones(fitted), rng.multinomial(fitted, np.full(fitted, 1 / fitted), _DRAWS)])
    weights = channels.weights(images.astype(np.float64))
    unknown = np.append(0, rng.normal(0, _LOOSE, _DRAWS))[:, None]
    order = np.argsort(-scores, kind="stable")
    draws = _shifted(weights @ wrong[:, order], unknown)
    # A higher score is not to be less probably wrong: lists are cut from their top.
    draws[0] = isotonic_regression(draws[0], increasing=False).x
    edges = np.unique(np.quantile(scores, np.arange(_EDGES) / _EDGES, method="lower"))[::-1]
    counts = np.searchsorted(-scores[order], -edges, side="right").astype(np.float64)
    found = draws.cumsum(axis=1)[:, counts.astype(np.int64) - 1]
    elsewhere = np.maximum(0, weights @ (errors - wrong.sum(axis=1)))[:, None]
    there = found[:, -1:] + elsewhere * np.exp(unknown)
    precision = of_so_few(found / counts, np.broadcast_to(counts, found.shape), rng)
    recall = found / np.maximum(there, 1e-12)
    p_wrong = np.empty(len(scores))
    p_wrong[order] = draws[0]
    return Curve(
        edges=edges,
        counts=counts,
        precision=with_interval(precision, precision),
        recall=with_interval(recall, recall),
        errors=with_interval(there, there)[0],
        p_wrong=p_wrong,
    )


def _shifted(
    p: Float64[np.ndarray, "d n"], log_odds: Float64[np.ndarray, "d 1"]
) -> Float64[np.ndarray, "d n"]:
    """Probabilities with other odds."""
    odds = p / np.maximum(1 - p, 1e-12) * np.exp(log_odds)
    return np.asarray(odds / (1 + odds))
