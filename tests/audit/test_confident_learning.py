"""Confident learning: against the method written out plainly, at the edges, and in any order."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from truemask.audit import AuditResult, confident_learning, stream
from truemask.types import IGNORE, BadInput, Problem, Task

FIVE = Problem(Task.SEMANTIC, ("ground", "car", "tree", "house", "sky"), background=0)
TWO = Problem(Task.CLASSIFICATION, ("cat", "dog"))
THREE = Problem(Task.CLASSIFICATION, ("cat", "dog", "owl"))


@dataclass
class Plain:
    """Confident learning on units that all lie in memory, in float64, with sorting."""

    labels: NDArray[np.int64]
    probs: NDArray[np.float64]  # n k

    def __post_init__(self) -> None:
        n, k = self.probs.shape
        own = self.probs[np.arange(n), self.labels]
        given = [self.labels == j for j in range(k)]
        self.thresholds = np.array([own[g].mean() if g.any() else np.nan for g in given])
        self.counts = np.zeros((k, k), int)
        for label, p in zip(self.labels, self.probs, strict=True):
            passing = [j for j in range(k) if p[j] >= self.thresholds[j] - 1e-6]
            if passing:
                self.counts[label, max(passing, key=lambda j: p[j])] += 1
        scaled = self.counts.astype(float)
        for i in range(k):
            scaled[i, i] = max(scaled[i, i], 1)
            scaled[i] *= given[i].sum() / scaled[i].sum()
        self.joint = scaled / n
        self.top = self.probs.argmax(axis=1)
        self.margin = self.probs[np.arange(n), self.top] - own

    def most_suspect(self, i: int, j: int) -> NDArray[np.int64]:
        """Units given as i and predicted as j, largest margin first."""
        cell = np.flatnonzero((self.labels == i) & (self.top == j))
        return cell[np.argsort(-self.margin[cell], kind="stable")]


def plain(maps) -> Plain:
    known = [given != IGNORE for given in maps.given]
    labels = np.concatenate([given[k] for given, k in zip(maps.given, known, strict=True)])
    probs = np.concatenate([p[:, k].T for p, k in zip(maps.probs, known, strict=True)])
    return Plain(labels.astype(np.int64), probs.astype(np.float64))


def audited(maps, **knobs: int) -> AuditResult:
    return confident_learning(maps.stream(), FIVE, **knobs)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(logits) / np.exp(logits).sum(axis=0)


def one_map(given: NDArray[np.uint8], probs: NDArray[np.floating]) -> stream.Stream:
    return lambda: [("map", given, probs)]


def images(labels: list[int], probs: NDArray[np.floating]) -> stream.Stream:
    def once() -> Iterator[tuple[str, int, NDArray[np.float32]]]:
        for row, (label, p) in enumerate(zip(labels, probs, strict=True)):
            yield f"{row:05}", label, p.astype(np.float32)

    return once


def test_twelve_samples_by_hand():
    sure, unsure = [0.75, 0.25], [0.15, 0.85]
    probs = np.array([sure] * 4 + [unsure] * 2 + [sure[::-1]] * 4 + [unsure[::-1]] * 2)
    result = confident_learning(images([0] * 6 + [1] * 6, probs), TWO)
    assert result.thresholds == pytest.approx([0.55, 0.55], abs=1e-7)
    assert result.confident_joint.tolist() == [[4, 2], [2, 4]]
    assert result.joint == pytest.approx(np.array([[4, 2], [2, 4]]) / 12)
    assert result.noise_rate == pytest.approx([1 / 3, 1 / 3])
    assert result.wrong_rate_given == pytest.approx([1 / 3, 1 / 3])
    assert result.wrong_rate == pytest.approx(1 / 3)
    assert result.flagged.tolist() == [[0, 2], [2, 0]]
    assert sorted(result.findings["image"].to_pylist()) == ["00004", "00005", "00010", "00011"]
    assert result.findings["score"].to_pylist() == pytest.approx([0.85] * 4, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_method_written_out_plainly(seed: int, drawn_maps, flags_of):
    maps = drawn_maps(seed)
    result, expected = audited(maps), plain(maps)
    assert result.thresholds == pytest.approx(expected.thresholds, abs=1e-8)
    assert (result.confident_joint == expected.counts).all()
    assert result.joint == pytest.approx(expected.joint, abs=1e-12)
    assert result.units.sum() == len(expected.labels)
    flags = [flags_of(result, k, g.shape)[g != IGNORE] for k, g in zip(maps.keys, maps.given, strict=True)]
    flagged = np.flatnonzero(np.concatenate(flags))
    for i in range(5):
        for j in set(range(5)) - {i}:
            suspects, wanted = expected.most_suspect(i, j), round(expected.joint[i, j] * len(expected.labels))
            got = set(suspects) & set(flagged)
            assert got >= set(suspects[:wanted])
            assert len(got) == result.flagged[i, j]
            if wanted and len(got) > wanted:
                # What is flagged beyond the wanted number is hardly less suspect than the last wanted one.
                doubt = 1 - expected.margin[suspects[wanted - 1]]
                assert 1 - expected.margin[list(got)].min() <= doubt * (1 + 1 / 64) + 1e-6
            if not wanted:
                assert not got
    assert len(flagged) == result.flagged.sum() > 0


def test_float16_gives_what_its_values_give_as_float32(drawn_maps):
    maps = drawn_maps(1)
    halves = replace(maps, probs=[p.astype(np.float16) for p in maps.probs])
    same = replace(maps, probs=[p.astype(np.float32) for p in halves.probs])
    as_half, as_single = audited(halves), audited(same)
    assert (as_half.thresholds == as_single.thresholds).all()
    assert (as_half.confident_joint == as_single.confident_joint).all()
    assert as_half.findings == as_single.findings
    assert as_half.images == as_single.images


def test_what_is_predicted_under_ignore_changes_nothing(drawn_maps):
    maps = drawn_maps(2)
    rng = np.random.default_rng(9)
    others = [
        np.where(given == IGNORE, softmax(rng.normal(size=p.shape)).astype(np.float32), p)
        for given, p in zip(maps.given, maps.probs, strict=True)
    ]
    result = audited(replace(maps, probs=others))
    assert result.findings == audited(maps).findings
    assert result.images == audited(maps).images


def test_images_without_labels_take_no_part_and_come_last(drawn_maps):
    maps = drawn_maps(2, count=3)
    more = drawn_maps(2, count=3)
    more.keys.append("blank")
    more.given.append(np.full((9, 7), IGNORE, np.uint8))
    more.truth.append(np.zeros((9, 7), np.uint8))
    more.probs.append(np.full((5, 9, 7), 0.2, np.float32))
    result, without = audited(more), audited(maps)
    assert result.findings == without.findings
    assert result.ignored == without.ignored + 63
    assert result.images.to_pylist()[-1] == {
        "rank": 4, "image": "blank", "score": None, "quality": None, "units": 0, "flagged": 0
    }  # fmt: skip


def test_nothing_but_ignore_is_no_error_and_finds_nothing():
    blank = np.full((4, 6), IGNORE, np.uint8)
    result = confident_learning(one_map(blank, np.full((5, 4, 6), 0.2, np.float32)), FIVE)
    assert len(result.findings) == 0
    assert np.isnan(result.thresholds).all()
    assert math.isnan(result.wrong_rate)
    assert result.summary() == ["0 labelled pixels in 1 images; 24 without a label."]


def test_of_a_single_given_class_nothing_is_called_wrong():
    rng = np.random.default_rng(0)
    probs = softmax(rng.normal(size=(5, 8, 9))).astype(np.float32)
    given = np.full((8, 9), 2, np.uint8)
    result = confident_learning(one_map(given, probs), FIVE)
    assert result.confident_joint.sum() == result.confident_joint[2, 2] > 0
    assert result.joint[2, 2] == 1
    assert result.wrong_rate == 0
    assert len(result.findings) == 0
    assert np.isnan(result.thresholds[[0, 1, 3, 4]]).all()


def test_right_labels_and_sure_predictions_leave_nothing_to_find(drawn_maps):
    maps = drawn_maps(3, rate=0.0)
    sure = [(t == np.arange(5)[:, None, None]).astype(np.float32) for t in maps.truth]
    result = audited(replace(maps, probs=sure))
    assert len(result.findings) == 0
    assert result.wrong_rate == pytest.approx(0, abs=1e-12)
    assert result.images["quality"].to_pylist() == [1.0] * 6


def test_hard_predictions_find_every_disagreement(drawn_maps, flags_of):
    maps = drawn_maps(4)
    hard = [(t == np.arange(5)[:, None, None]).astype(np.float32) for t in maps.truth]
    result = audited(replace(maps, probs=hard), min_area_px=1)
    for key, given, truth in maps.labels():
        assert (flags_of(result, key, given.shape) == ((given != truth) & (given != IGNORE))).all()


def test_the_order_of_images_does_not_matter(drawn_maps):
    maps = drawn_maps(5)
    turned = replace(maps, keys=maps.keys[::-1], given=maps.given[::-1], probs=maps.probs[::-1])
    forwards, backwards = audited(maps), audited(turned)
    assert (forwards.thresholds == backwards.thresholds).all()
    assert (forwards.joint == backwards.joint).all()
    assert forwards.findings == backwards.findings
    assert forwards.images == backwards.images


def noisy_images(seed: int, n: int) -> tuple[list[int], list[int], NDArray[np.float64]]:
    """True and given classes, given = (true + 1) % 3 for 30 % of class 0, and calibrated probabilities."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    given = np.where((truth == 0) & (rng.random(n) < 0.3), 1, truth)
    logits = rng.normal(size=(n, 3)) + 4 * np.eye(3)[truth]
    return truth.tolist(), given.tolist(), softmax(logits.T).T


def test_with_probabilities_alike_for_all_of_a_class_the_noise_rates_are_exact():
    truth, given, _ = noisy_images(0, 3000)
    alike = np.where(np.eye(3)[truth] > 0, 0.9, 0.05)
    result = confident_learning(images(given, alike), THREE)
    pairs = np.histogram2d(given, truth, bins=np.arange(4) - 0.5)[0]
    assert result.joint == pytest.approx(pairs / 3000, abs=1e-12)
    assert result.noise_rate == pytest.approx(1 - np.diag(pairs) / pairs.sum(axis=0), abs=1e-12)
    assert result.wrong_rate_given == pytest.approx(1 - np.diag(pairs) / pairs.sum(axis=1), abs=1e-12)
    assert 0.25 < result.noise_rate[0] < 0.35


def test_noise_rates_of_plain_probabilities_are_near_and_rather_low():
    _, given, probs = noisy_images(0, 3000)
    result = confident_learning(images(given, probs), THREE)
    assert result.noise_rate == pytest.approx([0.3, 0, 0], abs=0.06)
    assert result.noise_rate[0] < 0.3


def test_images_in_bulk_are_the_same_as_images_one_by_one(monkeypatch: pytest.MonkeyPatch):
    _, given, probs = noisy_images(1, 60)
    given[3] = IGNORE
    at_once = confident_learning(images(given, probs), THREE)
    monkeypatch.setattr(stream, "_IMAGES_PER_BLOCK", 7)
    in_parts = confident_learning(images(given, probs), THREE)
    assert at_once.findings == in_parts.findings
    assert at_once.images == in_parts.images
    assert (at_once.thresholds == in_parts.thresholds).all()
    assert at_once.ignored == 1


def test_an_images_quality_is_its_self_confidence():
    _, given, probs = noisy_images(2, 20)
    rows = confident_learning(images(given, probs), THREE).images.to_pylist()
    for row in rows:
        at = int(row["image"])
        assert row["quality"] == pytest.approx(probs[at, given[at]], abs=1e-6)
    assert [row["quality"] for row in rows] == sorted(row["quality"] for row in rows)


PROBS = np.full((5, 4, 4), 0.2, np.float32)
GIVEN = np.zeros((4, 4), np.uint8)


@pytest.mark.parametrize(
    ("given", "probs", "message"),
    [
        (GIVEN + 9, PROBS, r"'map': label 9 is no class: they are 0..4, or 255 for none"),
        (GIVEN, PROBS * 30, r"'map': .* some sum to 30: pass softmax outputs, not logits"),
        (GIVEN, PROBS * np.nan, r"'map': .* some sum to nan"),
        (GIVEN, np.log(PROBS), r"'map': .* some sum to"),
        (GIVEN, PROBS[:4] * 1.25, r"'map': probabilities of 4 classes, the problem has 5"),
        (GIVEN, PROBS[:, :3], r"'map': a label map 'h w' needs probabilities 'k h w'"),
        (GIVEN[0], PROBS, r"'map': a label map 'h w' needs"),
        (GIVEN.astype(np.int32), PROBS, r"'map': label maps must be uint8, 255 for no label; got int32"),
        (GIVEN, PROBS.astype(np.int64), r"'map': probabilities must be floats, got int64"),
    ],
)
def test_what_cannot_be_audited_is_refused_by_name(
    given: NDArray[np.uint8], probs: NDArray[np.floating], message: str
):
    with pytest.raises(BadInput, match=message):
        confident_learning(one_map(given, probs), FIVE)


def test_a_single_nan_is_found_out():
    probs = np.full((5, 40, 40), 0.2, np.float32)
    probs[0, 11, 13] = np.nan
    with pytest.raises(BadInput, match="'map': some probability is NaN"):
        confident_learning(one_map(np.zeros((40, 40), np.uint8), probs), FIVE)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, 7.0])
def test_a_single_wrong_value_of_any_class_is_found_out(dtype: type, wrong: float):
    probs = np.full((5, 40, 40), 0.2, dtype)
    probs[3, 11, 13] = wrong
    given = np.zeros((40, 40), np.uint8)
    with pytest.raises(
        BadInput, match=r"'map': the probabilities of a label sum to (nan|inf|7\.8); they must"
    ):
        confident_learning(one_map(given, probs), FIVE)
    given[11, 13] = IGNORE
    assert confident_learning(one_map(given, probs), FIVE).ignored == 1


def test_a_stream_must_start_anew_at_each_call(drawn_maps):
    maps = drawn_maps(0)
    once = iter(list(maps.stream()()))
    with pytest.raises(BadInput, match="starts anew"):
        confident_learning(lambda: once, FIVE)


def test_an_empty_stream_is_refused():
    with pytest.raises(BadInput, match="no images"):
        confident_learning(lambda: [], FIVE)


def test_a_key_that_comes_twice_is_refused():
    with pytest.raises(BadInput, match="'map' came twice"):
        confident_learning(lambda: [("map", GIVEN, PROBS)] * 2, FIVE)


def test_images_need_one_class_each_and_a_probability_for_each_class():
    with pytest.raises(BadInput, match="'x': a class needs probabilities 'k'"):
        confident_learning(lambda: [("x", 1, np.full((3, 2, 2), 1 / 3, np.float32))], THREE)
    even = np.full(3, 1 / 3, np.float32)
    with pytest.raises(BadInput, match=r"'y': .* got shape \(2,\)"):
        confident_learning(lambda: [("x", 1, even), ("y", 1, np.full(2, 0.5, np.float32))], THREE)
    for label in (-1, 256):
        with pytest.raises(BadInput, match=f"'x': label {label} is no class"):
            confident_learning(lambda label=label: [("x", label, even)], THREE)


def test_instance_labels_are_to_come_as_label_maps():
    problem = Problem(Task.INSTANCE, ("nothing", "car"), background=0)
    with pytest.raises(BadInput, match="as label maps"):
        confident_learning(lambda: [("map", GIVEN, PROBS)], problem)
