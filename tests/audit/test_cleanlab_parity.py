"""The parity mode: cleanlab 2.9's answers, from vectors that are written down and from the package itself."""

import numpy as np
import pytest

from truemask import rle
from truemask.audit.cleanlab_parity import cleanlab_parity, softmin
from truemask.audit.lowest import lowest
from truemask.types import IGNORE, BadInput, Problem, Task

THREE = Problem(Task.SEMANTIC, ("ground", "car", "tree"))


def written_down():
    """Two maps of 4 x 6 px: given labels and probabilities, no two of which are alike."""
    at = np.arange(2 * 4 * 6).reshape(2, 4, 6)
    given = (at // 5 % 3).astype(np.uint8)
    odds = ((7 * at[:, None] + 11 * np.arange(3)[:, None, None]) % 13 + 1 + at[:, None] / 100) ** 2
    odds = odds + 40 * (given[:, None] == np.arange(3)[:, None, None])
    return given, (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)


def stream_of(given, probs):
    return lambda: ((str(i), given[i], probs[i]) for i in range(len(given)))


def flagged_px(result, shape):
    flags = np.zeros(shape, bool)
    for row in result.findings.to_pylist():
        if row["level"] == "image":
            flags[int(row["image"])] = rle.unpack([row["rle"]], shape[1:])[0]
    return flags


def qualities(result):
    rows = sorted(result.images.to_pylist(), key=lambda row: int(row["image"]))
    return [row["quality"] for row in rows]


@pytest.mark.parametrize(
    ("downsample", "expected"),
    [
        (1, [[0, 2, 4, 6, 11, 15, 17, 19], [5, 6, 8, 18, 20, 21]]),
        (2, [[0, 4, 6, 7, 11, 12, 13, 19], [0, 1, 2, 3, 4, 5, 6, 8, 11, 16, 17]]),
    ],
)
def test_the_flags_are_those_that_cleanlab_gave(downsample, expected):
    given, probs = written_down()
    result = cleanlab_parity(stream_of(given, probs), THREE, downsample=downsample)
    assert [np.flatnonzero(one).tolist() for one in flagged_px(result, given.shape)] == expected
    assert result.flagged.sum() == sum(map(len, expected))
    assert qualities(result) == pytest.approx([0.20135826497913856, 0.3158951631076495], rel=1e-14)


def test_the_estimate_is_cleanlabs_number_of_issues():
    given, probs = written_down()
    result = cleanlab_parity(stream_of(given, probs), THREE)
    issues = result.confident_joint.sum() - np.trace(result.confident_joint)
    assert result.wrong_rate == pytest.approx(issues / given.size)
    assert {row["evidence"] for row in result.findings.to_pylist()} == {"cleanlab"}


def drawn(seed):
    """Maps of any size and number, classes absent or not, in any precision, with ties, hard, downsampled."""
    rng = np.random.default_rng(seed)
    k, n, side = int(rng.integers(2, 8)), int(rng.integers(1, 9)), int(rng.choice([1, 1, 2, 3]))
    height, width = (side * int(cells) for cells in rng.integers(1, 14, 2))
    truth = rng.integers(0, k, (n, height, width))
    given = np.where(rng.random(truth.shape) < 0.2, rng.integers(0, 1 + seed % k, truth.shape), truth)
    planes = np.arange(k)[:, None, None]
    odds = np.exp(rng.normal(size=(n, k, height, width)) + rng.uniform(0, 4) * (truth[:, None] == planes))
    probs = odds / odds.sum(axis=1, keepdims=True)
    if seed % 3 == 0:
        probs = np.round(probs * 8) + 0.25
        probs /= probs.sum(axis=1, keepdims=True)
    if seed % 7 == 0:
        probs = 1.0 * (probs.argmax(axis=1)[:, None] == planes)
    return given.astype(np.uint8), probs.astype((np.float16, np.float32, np.float64)[seed % 5 % 3]), side


def test_the_package_itself_says_the_same():
    filters = pytest.importorskip("cleanlab.segmentation.filter", reason="cleanlab (extra peers) is not here")
    ranks = pytest.importorskip("cleanlab.segmentation.rank")
    for seed in range(25):
        given, probs, side = drawn(seed)
        problem = Problem(Task.SEMANTIC, tuple(map(str, range(probs.shape[1]))))
        ours = cleanlab_parity(stream_of(given, probs), problem, downsample=side)
        theirs = filters.find_label_issues(given, probs, n_jobs=1, verbose=False, downsample=side)
        assert (flagged_px(ours, given.shape) == theirs).all(), seed
        assert qualities(ours) == ranks.get_label_quality_scores(given, probs, verbose=False)[0].tolist()


def test_a_colder_soft_minimum_is_nearer_to_the_minimum():
    own = np.array([0.2, 0.9, 0.8], np.float32)
    assert softmin(own, 1e-3) == pytest.approx(0.2, abs=1e-6)
    assert softmin(own, 1e3) == pytest.approx(own.mean(), abs=1e-3)


GIVEN, PROBS = written_down()


@pytest.mark.parametrize(
    ("given", "probs", "knobs", "message"),
    [
        (np.where(GIVEN == 2, IGNORE, GIVEN).astype(np.uint8), PROBS, {}, "without a label: cleanlab takes"),
        ([GIVEN[0], GIVEN[1, :3]], [PROBS[0], PROBS[1, :, :3]], {}, "3 x 6 px, the first 4 x 6"),
        (GIVEN, PROBS, {"downsample": 4}, "4 x 6 px do not divide by --downsample 4"),
        (GIVEN, PROBS, {"downsample": 0}, "1 or more; got 0"),
        (GIVEN, PROBS * 9, {}, "pass softmax outputs"),
        (GIVEN[:0], PROBS[:0], {}, "no images"),
    ],
)
def test_what_cleanlab_does_not_take_is_refused(given, probs, knobs, message):
    with pytest.raises(BadInput, match=message):
        cleanlab_parity(stream_of(given, probs), THREE, **knobs)


def test_only_label_maps_have_a_parity_mode():
    with pytest.raises(BadInput, match="for label maps; this is classification"):
        cleanlab_parity(stream_of(GIVEN, PROBS), Problem(Task.CLASSIFICATION, ("cat", "dog")))


def test_a_stream_that_changes_is_refused():
    passes = iter([2, 1])
    with pytest.raises(BadInput, match="48 units in the first pass, 24 in the second"):
        cleanlab_parity(lambda: stream_of(GIVEN[: (n := next(passes))], PROBS[:n])(), THREE)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_lowest_of_a_file_are_those_of_a_sort(tmp_path, dtype):
    values = np.random.default_rng(1).normal(size=500).astype(dtype)
    values[::7] = values[3]
    values[::11] *= 0
    values[::13] *= -0.0
    file = tmp_path / "values"
    values.tofile(file)
    for count in (0, 1, 60, 250, 499, 500):
        chosen = lowest(file, values.dtype, count).chosen(values, 0)
        assert np.flatnonzero(chosen).tolist() == np.sort(values.argsort()[:count]).tolist()


def test_parts_of_a_file_choose_as_the_whole_and_first_ties_win_where_there_are_too_many(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("truemask.audit.lowest._SORTED_HERE", 10)
    values = np.array([0.5, 0.1, 0.5, 0.5, 0.2, 0.5] * 10, np.float32)
    values.tofile(tmp_path / "values")
    cut = lowest(tmp_path / "values", values.dtype, 23)
    chosen = np.concatenate([cut.chosen(values[at : at + 7], at) for at in range(0, 60, 7)])
    assert np.flatnonzero(chosen & (values == 0.5)).tolist() == [0, 2, 3]
    assert chosen.sum() == 23
