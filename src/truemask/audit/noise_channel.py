"""Given classes as true ones that went through a channel: told from predictions alone, by maximum likelihood.

Every label is the true class put through a transition matrix T, P(given | true), as in Mnih & Hinton (ICML
2012) and Goldberger & Ben-Reuven (ICLR 2017), who learn T beside a network. Here the network has learnt, from
labels of other images, and three things say what its probabilities q are worth:

- `learnt`, a: how much of the noise it repeats. A network that learns P(given | image) says
  q = p ((1-a) I + a T) of a true p with a = 1; one that the noise left alone has a = 0.
- `sharpness`, s: how much surer it should be than it is, p^s before it sums to 1 again: a temperature of 1/s
  (Guo et al., ICML 2017, arXiv:1706.04599).
- `bias`: by how much too seldom it says each class, as networks do of rare ones, in log odds.

T and the bias come of expectation maximisation for each a and s of a grid. All of the grid that is likely
counts, by how likely it is, and so do several beliefs in how far T is free, by cross-validation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float64, UInt8

LEARNT = (0.0, 0.25, 0.5, 0.75, 0.95)
SHARPNESS = tuple(float(one) for one in np.geomspace(0.5, 8, 17))
_FLOOR = 1e-4
"""What a network says is impossible happens this often."""
ALIKE = (1.0, 10.0, 100.0, 1000.0)
"""Labels' worth of belief, for each true class, that all wrong classes are alike. Of a weak network, or of
few images, a matrix with all its entries free would learn by heart what the network mistakes."""
_DECISIVE = 6.25e-4
"""A belief counts 1/e of another that makes labels of images left out by so much likelier, in log likelihood
an image. With many images the best would count alone by the likelihood itself, though no belief is right."""
_COUNTS = 0.01
_FIRST_STEPS, _LAST_STEPS, _STEPS_A_SOLUTION = 12, 60, 4
_TINY = 1e-300
_LIKELY = 1e-3
"""Of the grid's likeliest; others do not count."""


@dataclass(frozen=True)
class NoiseChannel:
    """How labels and predictions come of true classes.

    Args:
        transition: P(given | true), a row a true class.
        learnt: share of the noise that the network repeats, in [0, 1).
        sharpness: power of the network's probabilities, above 0.
        bias: added to its log probabilities.
    """

    transition: Float64[np.ndarray, "k k"]
    learnt: float
    sharpness: float
    bias: Float64[np.ndarray, "k"]

    def joint(
        self, given: UInt8[np.ndarray, "n"], probs: Float[np.ndarray, "n k"]
    ) -> Float64[np.ndarray, "n k"]:
        """P(this given class and each true one) of each image.

        Args:
            given: classes.
            probs: of a network that learnt from labels of other images.
        """
        return np.asarray(_shares(self._odds(probs) * np.exp(self.bias)) * self.transition[:, given].T)

    def _odds(self, probs: Float[np.ndarray, "n k"]) -> Float64[np.ndarray, "n k"]:
        """Of the true classes, by a network without bias, before the label is looked at."""
        said = self.learnt * self.transition + (1 - self.learnt) * np.eye(len(self.transition))
        return np.asarray(np.maximum(probs @ np.linalg.pinv(said), _FLOOR) ** self.sharpness)


@dataclass(frozen=True)
class Channels:
    """The likely channels of some labels.

    Args:
        channels: one or more.
        log_likelihood: of each image's given class, by channel.
        log_prior: what each counts before.
    """

    channels: Sequence[NoiseChannel]
    log_likelihood: Float64[np.ndarray, "c n"]
    log_prior: Float64[np.ndarray, "c"]

    @property
    def weights_of_all(self) -> Float64[np.ndarray, "c"]:
        """P(channel), each image once."""
        return self.weights(np.ones(self.log_likelihood.shape[1]))

    def weights(self, images: Float64[np.ndarray, "... n"]) -> Float64[np.ndarray, "... c"]:
        """P(channel); they sum to 1.

        Args:
            images: how often each counts: once, or as a bootstrap draws them.
        """
        log = images @ self.log_likelihood.T + self.log_prior
        odds = np.exp(log - log.max(axis=-1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def fit_channels(given: UInt8[np.ndarray, "n"], probs: Float[np.ndarray, "n k"]) -> Channels:
    """The channels that make the given labels likely.

    Args:
        given: classes, one image or more.
        probs: P(class), of networks that did not learn from these labels.
    """
    grid = _grid(given, probs, ALIKE[0])
    left_out = _left_out(max(grid, key=lambda one: one[0])[1], given, probs)
    shares = np.exp((left_out - left_out.max()) / (_DECISIVE * len(given)))
    channels, likelihoods, priors = list[NoiseChannel](), list[Float64[np.ndarray, "n"]](), list[float]()
    for alike, share in zip(ALIKE, shares.tolist(), strict=True):
        if share < _COUNTS:
            continue
        found = grid if alike == ALIKE[0] else _grid(given, probs, alike)
        best = max(log for log, _ in found)
        likely = [
            _fitted(channel, given, probs, alike, _LAST_STEPS)
            for log, channel in found
            if log > best + np.log(_LIKELY)
        ]
        logs = [_log_likelihood(one, given, probs) for one in likely]
        channels += likely
        likelihoods += logs
        # All of a belief's channels together count as the belief does.
        priors += [float(np.log(share) - np.logaddexp.reduce([log.sum() for log in logs]))] * len(likely)
    return Channels(channels, np.stack(likelihoods), np.array(priors))


def _grid(
    given: UInt8[np.ndarray, "n"], probs: Float[np.ndarray, "n k"], alike: float
) -> list[tuple[float, NoiseChannel]]:
    """All of it, each with its log likelihood."""
    found = []
    for learnt in LEARNT:
        channel = NoiseChannel(_even(probs.shape[1], 0.1), learnt, SHARPNESS[0], np.zeros(probs.shape[1]))
        for sharpness in SHARPNESS:  # each starts where the last one ended
            channel = _fitted(replace(channel, sharpness=sharpness), given, probs, alike, _FIRST_STEPS)
            found.append((float(_log_likelihood(channel, given, probs).sum()), channel))
    return found


def _left_out(
    channel: NoiseChannel, given: UInt8[np.ndarray, "n"], probs: Float[np.ndarray, "n k"]
) -> Float64[np.ndarray, "beliefs"]:
    """Log likelihood of labels by each of ALIKE, fitted to the other half; the rest as the channel has it."""
    first = np.arange(len(given)) % 2 == 0
    start = replace(channel, transition=_even(probs.shape[1], 0.1), bias=np.zeros(probs.shape[1]))

    def of(alike: float, part: Bool[np.ndarray, "n"]) -> float:
        fitted = _fitted(start, given[part], probs[part], alike, _LAST_STEPS)
        return float(_log_likelihood(fitted, given[~part], probs[~part]).sum())

    return np.array([of(alike, first) + of(alike, ~first) for alike in ALIKE])


def _fitted(
    channel: NoiseChannel,
    given: UInt8[np.ndarray, "n"],
    probs: Float[np.ndarray, "n k"],
    alike: float,
    steps: int,
) -> NoiseChannel:
    """With the transition matrix and the bias of maximum likelihood, by expectation maximisation."""
    k = len(channel.transition)
    transition, bias, labels = channel.transition, channel.bias, np.eye(k)[given]
    for step in range(steps):
        if step % _STEPS_A_SOLUTION == 0:
            odds = replace(channel, transition=transition)._odds(probs)
        before = odds * np.exp(bias)
        before /= before.sum(axis=1, keepdims=True)
        after = before * transition.T[given]
        after /= np.maximum(after.sum(axis=1, keepdims=True), _TINY)
        counts = after.T @ labels
        wrong = 1 - np.trace(counts) / max(float(counts.sum()), 1e-12)
        counts += alike * _even(k, float(wrong))
        transition = counts / np.maximum(counts.sum(axis=1, keepdims=True), _TINY)
        bias = bias + np.log((after.sum(axis=0) + 1) / (before.sum(axis=0) + 1))
    return replace(channel, transition=transition, bias=bias)


def _shares(odds: Float64[np.ndarray, "n k"]) -> Float64[np.ndarray, "n k"]:
    """Rows that sum to 1."""
    return np.asarray(odds / np.maximum(odds.sum(axis=1, keepdims=True), _TINY))


def _log_likelihood(
    channel: NoiseChannel, given: UInt8[np.ndarray, "n"], probs: Float[np.ndarray, "n k"]
) -> Float64[np.ndarray, "n"]:
    return np.asarray(np.log(np.maximum(channel.joint(given, probs).sum(axis=1), _TINY)))


def _even(k: int, wrong: float) -> Float64[np.ndarray, "k k"]:
    """The transition matrix where all wrong classes are alike."""
    rows = np.full((k, k), wrong / max(1, k - 1))
    np.fill_diagonal(rows, 1 - wrong if k > 1 else 1)
    return rows
