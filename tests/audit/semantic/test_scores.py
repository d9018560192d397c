"""Scores of images, pixels and segments."""

import numpy as np
import pytest

from truemask.audit.semantic.agreement import kappa, unusable
from truemask.audit.semantic.features import FEATURES, features
from truemask.audit.semantic.find import find_suspects
from truemask.audit.semantic.image_scores import segments_score, softmin_score, tolerant_softmin_score
from truemask.audit.semantic.meta_classifier import meta_scores
from truemask.audit.semantic.pixel_scores import pixel_scores
from truemask.audit.semantic.segment_score import segment_scores
from truemask.audit.semantic.self_confidence import plain_self_confidence, tolerant_self_confidence
from truemask.types import IGNORE


def test_softmin_is_the_formula_written_out(disc, sight):
    rng = np.random.default_rng(0)
    given = np.where(disc(20, 30, 9), 1, 0).astype(np.uint8)
    given[:5] = IGNORE
    seen = sight(given, np.zeros_like(given))
    seen.probs[:] = rng.dirichlet(np.ones(4), given.shape).transpose(2, 0, 1)
    own = np.where(given == 1, seen.probs[1], seen.probs[0])[5:].astype(np.float64)
    weights = np.exp((1 - own) / 0.1)
    assert softmin_score(seen) == pytest.approx(1 - (own * weights).sum() / weights.sum(), abs=1e-5)


def unsure_borders(given, seen):
    """Beside every outline, the other class is a little more probable than the given one."""
    beside = seen.depth_given == 0
    other = np.where(given == 1, 0, 1)
    for plane in range(len(seen.probs)):
        seen.probs[plane][beside] = np.select([given == plane, other == plane], [0.45, 0.53], 0.01)[beside]
    return type(seen)(seen.key, given, seen.probs.argmax(axis=0).astype(np.uint8), seen.probs)


def test_a_clean_image_of_many_unsure_borders_does_not_rank_near_a_bad_one(sight):
    columns = np.arange(64) // 8 % 2
    given = np.tile(columns, (48, 1)).astype(np.uint8)
    clean = unsure_borders(given, sight(given, given, sure=0.97))
    lacks = given.copy()
    lacks[:, 8:16] = 0
    bad = sight(lacks, given, sure=0.97)
    assert softmin_score(clean) > 0.35
    assert tolerant_softmin_score(clean, 1.5) < 0.1
    assert tolerant_softmin_score(bad, 1.5) > 0.6


def test_with_no_tolerance_self_confidence_is_plain(disc, sight):
    given = np.where(disc(20, 30, 9), 1, 0).astype(np.uint8)
    seen = sight(given, np.where(disc(21, 30, 9), 1, 0).astype(np.uint8))
    assert (tolerant_self_confidence(seen, 0.0) == plain_self_confidence(seen)).all()
    assert (tolerant_self_confidence(seen, 2.5) == np.float32(0.9)).all()


def test_an_images_segments_score_is_a_share_of_its_labels():
    assert segments_score(np.array([0.5, 1.0]), np.array([20, 30]), 400) == pytest.approx(0.1)
    assert np.isnan(segments_score(np.zeros(0), np.zeros(0, np.int64), 0))


def test_features_and_the_segment_score_by_hand(sight, strict):
    given, predicted = np.zeros((48, 64), np.uint8), np.zeros((48, 64), np.uint8)
    predicted[10:20, 10:20] = 1
    suspects = find_suspects(sight(given, predicted, sure=0.85), strict, 0)
    rows = features(suspects, strict, np.array([0.85, np.nan, 0.5, 0.5]))
    row = dict(zip(FEATURES, rows[0].tolist(), strict=True))
    assert rows.shape == (1, len(FEATURES))
    assert row["log_area"] == pytest.approx(np.log(100))
    assert row["of_given_region"] == pytest.approx(100 / (48 * 64))
    assert row["of_predicted_region"] == pytest.approx(1)
    assert row["mean_margin"] == pytest.approx(0.8, abs=1e-6)
    assert row["confident"] == pytest.approx(0.85 - 0.05 / 0.85, abs=1e-6)
    assert row["ring_agrees"] == 1
    assert row["log_elsewhere"] == 0
    assert row["is_missing"] == 1
    assert sum(row[name] for name in FEATURES if name.startswith("is_")) == 1
    disc = np.pi * 1.5**2
    assert segment_scores(rows, strict) == pytest.approx([0.8 * 100 / (100 + disc)])
    plane = pixel_scores(suspects.sight, suspects.ids, [0.6])
    assert plane[15, 15] == pytest.approx((1 - 0.05 + 0.6) / 2, abs=1e-6)
    assert plane[40, 40] == pytest.approx((1 - 0.85) / 2, abs=1e-6)


def test_pixels_beside_an_outline_are_in_doubt_though_no_segment_is(sight, strict):
    given, predicted = np.zeros((20, 20), np.uint8), np.zeros((20, 20), np.uint8)
    given[:, :10], predicted[:, :11] = 1, 1
    suspects = find_suspects(sight(given, predicted, sure=0.9), strict, 0)
    plane = pixel_scores(suspects.sight, np.zeros_like(suspects.ids), [])
    assert plane[5, 10] == pytest.approx((1 - 0.1 / 3) / 2)  # three classes share what is left of 0.9
    assert plane[5, 3] == pytest.approx(0.1 / 2)


def test_no_suspects_have_no_features(sight, strict):
    same = np.zeros((5, 6), np.uint8)
    assert features(find_suspects(sight(same, same), strict, 0), strict, np.ones(4)).shape == (
        0,
        len(FEATURES),
    )


def test_kappa_is_agreement_beyond_chance(sight):
    given, predicted = np.zeros((2, 10), np.uint8), np.zeros((2, 10), np.uint8)
    given[0], predicted[0, :8], predicted[1, :2] = 1, 1, 1
    # 16 of 20 agree; both say each class of half of the pixels.
    assert kappa(sight(given, predicted)) == pytest.approx((0.8 - 0.5) / 0.5)
    assert kappa(sight(given, given)) == pytest.approx(1)
    assert kappa(sight(given * 0, given * 0)) == 1
    assert np.isnan(kappa(sight(np.full_like(given, IGNORE), given)))


def test_labels_without_anything_in_common_with_most_predictions_are_unusable():
    kappas, suspects = [0.8, 0.7, 0.02, 0.02, float("nan")], [9, 0, 9, 1, 0]
    assert unusable(kappas, suspects).tolist() == [False, False, True, False, False]
    assert not unusable([0.01, 0.02], [9, 9])[1]
    assert not unusable([float("nan")], [9]).any()


def drawn_rows(n, shift, rng):
    return rng.normal(size=(n, len(FEATURES))) + shift


def test_the_meta_classifier_tells_what_injected_errors_look_like():
    rng = np.random.default_rng(0)
    ordinary, errors = drawn_rows(80, 0.0, rng), drawn_rows(20, 1.0, rng)
    rows = np.concatenate([ordinary, errors])
    keys = [f"image{i % 25}" for i in range(100)]
    scores = meta_scores(rows, keys, drawn_rows(60, 1.0, rng), [f"image{i % 25}" for i in range(60)])
    assert scores is not None
    assert ((scores >= 0) & (scores <= 1)).all()
    beaten = (scores[80:, None] > scores[None, :80]).mean()
    assert beaten > 0.9


def test_the_meta_classifier_never_saw_the_image_that_it_judges():
    rng = np.random.default_rng(1)
    rows, injected = drawn_rows(60, 0.0, rng), drawn_rows(60, 0.5, rng)
    keys = [f"image{i % 30}" for i in range(60)]
    scores = meta_scores(rows, keys, injected, keys)
    other = injected.copy()
    other[[i for i in range(60) if keys[i] == "image0"]] += 50
    assert scores is not None
    again = meta_scores(rows, keys, other, keys)
    assert again is not None
    assert again[0] == scores[0]
    assert (again != scores).any()


def test_from_a_handful_of_examples_nothing_is_learnt():
    rows = np.zeros((19, len(FEATURES)))
    assert meta_scores(rows, ["a"] * 19, rows, ["a"] * 19) is None
    many = np.zeros((30, len(FEATURES)))
    assert meta_scores(many, ["a"] * 30, many, ["a"] * 30) is None
