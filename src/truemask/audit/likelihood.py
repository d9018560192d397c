"""An audit of images' classes by the likelihood of their labels: which are more probably wrong than right.

Confident learning flags what a network is at least as sure of as it usually is of that class; a weak network
is often sure of a wrong one. What classes it mistakes for which, and how surely, is in its probabilities, and
so is which labels they contradict more often than such a network would (see `noise_channel`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from truemask.audit.findings import Collected, Finding, kind_of
from truemask.audit.noise_channel import Channels, NoiseChannel, fit_channels
from truemask.audit.result import AuditResult, images_table
from truemask.audit.stream import Block, Stream, blocks
from truemask.seeds import seed_for
from truemask.types import IGNORE, Problem

MOST_CELLS = 500_000
"""Probabilities that channels are fitted to; of larger data sets, those of images drawn by their keys."""
EVIDENCE = "likelihood"


@dataclass(frozen=True)
class Beliefs:
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
        counts = np.einsum("c,cij->ij", self.channels.weights_of_all, self.pairs)
        return np.asarray(counts / max(float(counts.sum()), 1e-12))

    def errors(self, kind: str, problem: Problem) -> Float64[np.ndarray, "c"]:
        """Expected wrong labels of a kind, by channel."""
        classes = range(problem.num_classes)
        of_kind = np.array(
            [[g != t and kind_of(g, t, problem.background) == kind for t in classes] for g in classes]
        )
        return np.asarray(self.pairs[:, of_kind].sum(axis=1))


def by_likelihood(result: AuditResult, stream: Stream) -> tuple[AuditResult, Beliefs]:
    """The audit with other findings, another order of images and another joint; and what they rest on.

    Findings are the labels that are more probably wrong than right; their score is that probability, and
    `p_wrong` as well. On CIFAR-10N, with networks that are right about half of the images, the confident
    joint is off by .22 to .29 (total variation), the one by likelihood by .04 to .10.

    Args:
        result: of confident learning on classes of images.
        stream: labels and probabilities that it rests on; called twice.
    """
    problem = result.problem
    channels = fit_channels(*_sample(stream, problem))
    pairs = np.zeros((len(channels.channels), problem.num_classes, problem.num_classes))
    flagged = np.zeros_like(result.flagged)
    images, findings = list[dict[str, object]](), Collected()
    wrong: dict[str, Float64[np.ndarray, c]] = {}
    for block in blocks(stream, problem):
        known = np.flatnonzero(block.labels != IGNORE)
        given = block.labels[known]
        true = np.stack([_posterior(one, given, block.probs[:, known].T) for one in channels.channels])
        for of_channel, counts in zip(true, pairs, strict=True):
            np.add.at(counts, given, of_channel)
        p_wrong = 1 - true[:, np.arange(len(given)), given]
        p = channels.weights_of_all @ p_wrong
        found = np.flatnonzero(p > 0.5)
        proposed = _next_best(np.einsum("c,cnk->nk", channels.weights_of_all, true[:, found]), given[found])
        np.add.at(flagged, (given[found], proposed), 1)
        images.extend(_image_rows(block, known, p))
        keys = [block.keys[at] for at in known[found]]
        findings.extend(_findings(keys, given[found], proposed, p[found], problem))
        wrong.update(zip(keys, p_wrong[:, found].T, strict=True))
    table = findings.ranked(problem.classes)
    order = [wrong[key] for key in table["image"].to_pylist()]
    beliefs = Beliefs(channels, np.array(order).reshape(-1, len(pairs)).T, pairs)
    told = replace(result, findings=table, images=images_table(images), flagged=flagged, joint=beliefs.joint)
    return told, beliefs


def _posterior(
    channel: NoiseChannel, given: UInt8[np.ndarray, "n"], probs: np.ndarray
) -> Float64[np.ndarray, "n k"]:
    joint = channel.joint(given, probs)
    return np.asarray(joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300))


def _next_best(true: Float64[np.ndarray, "n k"], given: UInt8[np.ndarray, "n"]) -> Int64[np.ndarray, "n"]:
    """The likeliest class but the given one."""
    others = true.copy()
    others[np.arange(len(given)), given] = -1
    return np.asarray(others.argmax(axis=1))


def _image_rows(
    block: Block, known: Int64[np.ndarray, "n"], p_wrong: Float64[np.ndarray, "n"]
) -> Iterator[dict[str, object]]:
    """Rows of the table of images; NaN for those without a label, which come last."""
    quality = np.full(len(block.keys), np.nan)
    quality[known] = 1 - p_wrong
    for key, value in zip(block.keys, quality.tolist(), strict=True):
        has_label = not np.isnan(value)
        yield {"image": key, "units": int(has_label), "flagged": int(value < 0.5), "quality": value}


def _findings(
    keys: list[str],
    given: UInt8[np.ndarray, "n"],
    proposed: Int64[np.ndarray, "n"],
    p_wrong: Float64[np.ndarray, "n"],
    problem: Problem,
) -> Iterator[Finding]:
    columns = (keys, given.tolist(), proposed.tolist(), p_wrong.tolist())
    for key, own, other, p in zip(*columns, strict=True):
        kind = kind_of(own, other, problem.background)
        yield Finding("image", key, kind, p, EVIDENCE, p, given=own, proposed=other, p_wrong=p)


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
