"""The share of errors in a list, on lists of known truth."""

import numpy as np
import pytest

from truemask.audit.calibration.binned import Scored, bin_of, binned
from truemask.audit.calibration.curve import curve, u_of
from truemask.audit.calibration.mixture import Mixture, fit


def normal_list(rng, errors, false, injected):
    """Errors score N(3, 1), false alarms N(0, 1): the top of the list is pure."""
    scores = np.concatenate([rng.normal(3, 1, errors), rng.normal(0, 1, false)])
    wrong = np.arange(errors + false) < errors
    return scores, wrong, rng.normal(3, 1, injected)


def beta_list(rng, errors, false, injected):
    scores = np.concatenate([rng.beta(4, 1, errors), rng.beta(1.5, 4, false)])
    wrong = np.arange(errors + false) < errors
    return scores, wrong, rng.beta(4, 1, injected)


def spread_over(rng, count, images=200):
    return [f"image {i:03}" for i in rng.integers(0, images, count)]


def calibrated(rng, scores, hits, unseen=0):
    images = spread_over(rng, len(hits))
    errors = Scored(np.append(hits, np.full(unseen, -np.inf)), images + spread_over(rng, unseen))
    listed = Scored(scores, spread_over(rng, len(scores)))
    return curve(listed, Scored(hits, images), errors, rng=np.random.default_rng(0))


def test_promised_and_realised_precision_differ_by_at_most_5_points_in_9_of_10_lists():
    rng = np.random.default_rng(0)
    close, inside, trials = 0, 0, 80
    for number in range(trials):
        make = normal_list if number % 2 else beta_list
        errors = int(rng.uniform(0.1, 0.9) * 1000)
        scores, wrong, hits = make(rng, errors, 1000 - errors, 600)
        promised = calibrated(rng, scores, hits).precision[-1]
        close += abs(promised[0] - wrong.mean()) <= 0.05
        inside += promised[1] <= wrong.mean() <= promised[2]
    assert close >= 0.9 * trials
    assert inside >= 0.9 * trials


def test_a_list_cut_for_a_precision_has_it():
    rng = np.random.default_rng(1)
    realised = []
    for _ in range(10):
        scores, wrong, hits = normal_list(rng, 500, 500, 1000)
        p = calibrated(rng, scores, hits).p_wrong
        order = np.argsort(-p, kind="stable")
        means = np.cumsum(p[order]) / np.arange(1, 1001)
        realised.append(wrong[order[: np.flatnonzero(means >= 0.9)[-1] + 1]].mean())
    assert np.mean(realised) == pytest.approx(0.9, abs=0.03)
    assert np.abs(np.array(realised) - 0.9).max() <= 0.1


def test_probabilities_never_fall_as_scores_rise_and_their_mean_is_the_precision():
    rng = np.random.default_rng(2)
    scores, _, hits = normal_list(rng, 100, 300, 200)
    one = calibrated(rng, scores, hits, unseen=50)
    assert (np.diff(one.p_wrong[np.argsort(scores)]) >= 0).all()
    assert one.precision[-1, 0] == pytest.approx(one.p_wrong.mean())
    assert one.recall[-1, 0] == pytest.approx(0.8)  # 200 of 250 injected errors have a finding
    # Of 125 errors 100 are found; 4 standard errors of a count of 100 are 40 %.
    assert one.errors[0] == pytest.approx(125, rel=0.4)
    assert one.counts[-1] == 400
    assert (np.diff(one.counts) > 0).all()


def test_a_list_without_errors_is_told_to_have_next_to_none():
    rng = np.random.default_rng(3)
    scores, _, hits = normal_list(rng, 0, 1000, 600)
    one = calibrated(rng, scores, hits)
    assert one.precision[-1, 0] < 0.03
    assert one.errors[0] < 30


def test_a_list_of_errors_alone_is_told_to_be_one():
    rng = np.random.default_rng(4)
    scores, _, hits = normal_list(rng, 1000, 0, 600)
    assert calibrated(rng, scores, hits).precision[-1, 0] > 0.93


def test_findings_below_every_injected_error_are_not_expected_to_be_errors():
    rng = np.random.default_rng(5)
    scores = np.array([0.9, 0.8, 0.1, 0.05])
    one = calibrated(rng, scores, np.linspace(0.5, 1, 40))
    assert (one.p_wrong[2:] == 0).all()
    assert (one.p_wrong[:2] > 0).all()


def test_equal_scores_get_equal_probabilities():
    rng = np.random.default_rng(6)
    scores, hits = np.repeat([1.0, 0.5], 50), np.repeat([1.0, 0.5], [30, 10])
    one = calibrated(rng, scores, hits)
    assert len(set(one.p_wrong[:50])) == len(set(one.p_wrong[50:])) == 1
    assert one.p_wrong[0] > one.p_wrong[-1]


def test_an_even_spread_is_all_errors_and_one_that_grows_is_not():
    even = np.full((1, 10), 20.0)
    assert fit(even, even)[0].errors > 0.95
    growing = 100.0 * np.diff(np.linspace(0, 1, 11) ** 4)[None]
    assert fit(growing, even)[0].errors < 0.1


def test_several_lists_at_once_are_as_each_alone():
    rng = np.random.default_rng(7)
    lists, even = rng.integers(1, 50, (3, 8)).astype(float), np.full((3, 8), 10.0)
    together = fit(lists, even)
    alone = [fit(row[None], even[:1])[0] for row in lists]
    assert [m.errors for m in together] == pytest.approx([m.errors for m in alone])


def test_p_error_is_1_at_the_top_and_falls():
    mixture = Mixture(0.5, np.eye(30)[0] * 0.5, power=4.0)  # density of false alarms 4 u^3
    p = mixture.p_error(np.array([0.0, 0.5, 1.0]))
    assert p.tolist() == pytest.approx([1.0, 0.5 / (0.5 + 0.5 * 4 * 0.125), 0.5 / (0.5 + 0.5 * 4)])


def test_bins_hold_everything_once():
    rng = np.random.default_rng(8)
    hits = Scored(rng.random(100), spread_over(rng, 100))
    findings = Scored(rng.random(70), spread_over(rng, 70))
    counted = binned(findings, hits, hits)
    assert counted.hits.sum() == counted.errors.sum() == 100
    assert counted.findings.sum() == 70
    assert len(counted.edges) == 20
    assert counted.hits.sum(axis=0).tolist() == [5] * 20
    below = int((findings.scores < hits.scores.min()).sum())
    assert counted.findings[:, -1].sum() == below


def test_scores_at_an_edge_are_in_the_bin_that_it_ends():
    edges = np.array([0.9, 0.5])
    assert bin_of(np.array([1.0, 0.9, 0.89, 0.5, 0.4, -np.inf]), edges).tolist() == [0, 0, 1, 1, 2, 2]


def test_u_counts_half_of_equal_scores():
    assert u_of(np.array([2.0, 1.0, 0.0]), np.array([1.0, 1.0, 3.0, 0.5])).tolist() == [0.25, 0.5, 1.0]


def test_a_kind_that_was_not_injected_has_at_least_the_errors_that_its_list_holds():
    rng = np.random.default_rng(9)
    scores, _, hits = normal_list(rng, 200, 100, 300)
    images = spread_over(rng, 300)
    one = curve(Scored(scores, spread_over(rng, 300)), Scored(hits, images), Scored(np.zeros(0), []), rng=rng)
    assert one.errors[0] == pytest.approx(one.precision[-1, 0] * 300)
    assert np.isnan(one.recall).all()


def test_a_short_list_of_errors_alone_is_not_promised_to_be_one():
    rng = np.random.default_rng(10)
    scores, _, hits = normal_list(rng, 25, 0, 300)
    estimate, low, high = calibrated(rng, scores, hits).precision[-1]
    # Of 25 findings that are all errors, 95 % of Jeffreys' posterior lies above 0.93.
    assert low < 0.94
    assert low <= estimate <= high


def test_false_alarms_that_no_score_can_tell_are_in_the_interval():
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(20):
        scores, wrong, hits = normal_list(rng, 400, 400, 600)
        alike = rng.random(800) < 0.2
        scores = np.where(alike & ~wrong, rng.normal(3, 1, 800), scores)
        _, low, high = calibrated(rng, scores, hits).precision[-1]
        inside += low <= wrong.mean() <= high
    assert inside >= 18
