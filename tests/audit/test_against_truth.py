"""Scoring an audit where the truth is known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from truemask import rle
from truemask.audit import AUDIT_SCORES, confident_learning, score_audit
from truemask.audit.against_truth import average_precision
from truemask.types import IGNORE, BadInput, Problem, Task

FIVE = Problem(Task.SEMANTIC, ("ground", "car", "tree", "house", "sky"), background=0)

THREE = Problem(Task.CLASSIFICATION, ("cat", "dog", "owl"))


def test_pixel_scores_are_those_of_a_plain_count(drawn_maps, flags_of):
    maps = drawn_maps(7)
    result = confident_learning(maps.stream(), FIVE, min_area_px=2)
    values = score_audit(result, maps.labels())
    scores, flagged, wrong = [], [], []
    for key, given, truth in maps.labels():
        known = given != IGNORE
        flags = flags_of(result, key, given.shape)
        plane = np.where(flags, 0.0, -1.0)
        for row in result.findings.to_pylist():
            if row["level"] == "segment" and row["image"] == key:
                plane[flags_of_code(row, given.shape)] = row["score"]
        scores.append(plane[known])
        flagged.append(flags[known])
        wrong.append((given != truth)[known])
    all_scores, all_flagged, all_wrong = map(np.concatenate, (scores, flagged, wrong))
    hit = (all_flagged & all_wrong).sum()
    assert values["unit_precision"] == pytest.approx(hit / all_flagged.sum())
    assert values["unit_recall"] == pytest.approx(hit / all_wrong.sum())
    assert values["unit_wrong"] == pytest.approx(all_wrong.mean())
    assert values["unit_ap"] == pytest.approx(average_precision_score(all_wrong, all_scores))
    assert values["unit_precision"] > 3 * values["unit_wrong"]
    assert {name for name in values if "/" not in name} == AUDIT_SCORES.keys() - {"kind_accuracy"}


def flags_of_code(row: dict[str, object], size: tuple[int, int]) -> np.ndarray:
    return rle.unpack([row["rle"]], size)[0]


def test_an_audit_by_the_truth_itself_is_perfect(drawn_maps):
    maps = drawn_maps(8)
    hard = [(t == np.arange(5)[:, None, None]).astype(np.float32) for t in maps.truth]
    result = confident_learning(replace(maps, probs=hard).stream(), FIVE, min_area_px=1)
    values = score_audit(result, maps.labels())
    perfect = (
        "unit_precision",
        "unit_recall",
        "unit_ap",
        "proposal_accuracy",
        "segment_precision",
        "image_ap",
    )
    assert [values[name] for name in perfect] == [1.0] * 6


def test_images_rank_by_their_quality(drawn_maps):
    clean, wrong = drawn_maps(9, count=4, rate=0.0), drawn_maps(10, count=2, rate=0.3)
    wrong.keys[:] = ["bad0", "bad1"]
    for both, more in zip(vars(clean).values(), vars(wrong).values(), strict=True):
        both.extend(more)
    maps = clean
    values = score_audit(confident_learning(maps.stream(), FIVE), maps.labels())
    assert values["image_wrong"] == pytest.approx(2 / 6)
    assert values["image_ap"] == 1.0


def test_where_the_truth_is_ignore_nothing_is_judged(drawn_maps):
    maps = drawn_maps(7)
    result = confident_learning(maps.stream(), FIVE)
    half, cut = [], []
    for key, given, truth in maps.labels():
        judged = np.arange(given.shape[1]) < 9
        partly = np.where(judged, truth, IGNORE).astype(np.uint8)
        half.append((key, given, partly))
        cut.append((key, np.where(judged, given, IGNORE).astype(np.uint8), partly))
    assert score_audit(result, half) == score_audit(result, cut)
    blank = [(key, given, np.full_like(given, IGNORE)) for key, given, _ in maps.labels()]
    assert all(math.isnan(value) for value in score_audit(result, blank).values())


def test_images_that_are_units_are_scored_as_units():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 300)
    given = np.where(rng.random(300) < 0.2, (truth + 1) % 3, truth)
    logits = np.exp(rng.normal(size=(300, 3)) + 3 * np.eye(3)[truth])
    probs = (logits / logits.sum(axis=1, keepdims=True)).astype(np.float32)
    keys = [f"{i:03}" for i in range(300)]
    result = confident_learning(lambda: zip(keys, given.tolist(), probs, strict=True), THREE)
    values = score_audit(result, zip(keys, given.tolist(), truth.tolist(), strict=True))
    found = set(result.findings["image"].to_pylist())
    wrong = {key for key, g, t in zip(keys, given, truth, strict=True) if g != t}
    assert values["unit_precision"] == pytest.approx(len(found & wrong) / len(found))
    assert values["unit_recall"] == pytest.approx(len(found & wrong) / len(wrong))
    own = probs[np.arange(300), given]
    assert values["unit_ap"] == pytest.approx(average_precision_score(given != truth, -own), abs=1e-6)
    assert values["proposal_accuracy"] > 0.9
    assert "image_ap" not in values


def test_ignored_images_are_not_judged():
    result = confident_learning(lambda: [("a", 0, np.array([0.2, 0.8, 0], np.float32))], THREE)
    assert math.isnan(score_audit(result, [("a", IGNORE, 0)])["unit_wrong"])
    assert score_audit(result, [("a", 0, 1)])["unit_wrong"] == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_is_sklearns(seed: int):
    rng = np.random.default_rng(seed)
    scores, hits = rng.integers(0, 6, 60) / 6, rng.integers(0, 2, 60)
    expected = average_precision_score(hits, scores)
    assert average_precision(scores, np.ones(60, np.int64), hits) == pytest.approx(expected)
    groups = np.unique(scores)
    sizes = np.array([(scores == s).sum() for s in groups])
    grouped = np.array([hits[scores == s].sum() for s in groups])
    assert average_precision(groups, sizes, grouped) == pytest.approx(expected)


def test_average_precision_without_hits_is_undefined():
    assert math.isnan(average_precision(np.ones(3), np.ones(3, np.int64), np.zeros(3, np.int64)))


def test_an_image_that_was_not_audited_is_refused(drawn_maps):
    maps = drawn_maps(0, count=2)
    result = confident_learning(maps.stream(), FIVE)
    with pytest.raises(BadInput, match="'other' is not among the 2 images"):
        score_audit(result, [("other", maps.given[0], maps.truth[0])])
    with pytest.raises(BadInput, match="'image0': given labels"):
        score_audit(result, [("image0", maps.given[0], maps.truth[0][1:])])
