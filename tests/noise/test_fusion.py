"""Majority and STAPLE: against plain formulations, and on a real crowd."""

import numpy as np
import pytest
from noise_toys import BINARY, CLASSES, PIXELS

from truemask.noise.annotator.fusion import fuse, majority
from truemask.noise.annotator.staple import staple
from truemask.noise.annotator.votes import combinations
from truemask.types import IGNORE, BadInput


def reference_staple(votes, k, rounds):
    """The paper's EM written out in float64, a pixel and an annotator at a time."""
    annotators, pixels = votes.shape
    frequency = np.array([(votes == s).sum() for s in range(k)], float)
    prior = frequency / frequency.sum()
    theta = np.full((annotators, k, k), 0.01 / (k - 1))
    for matrix in theta:
        np.fill_diagonal(matrix, 0.99)
    weights = np.zeros((pixels, k))

    def expect():
        for i in range(pixels):
            for s in range(k):
                weights[i, s] = prior[s]
                for j in range(annotators):
                    if votes[j, i] != IGNORE:
                        weights[i, s] *= theta[j, s, votes[j, i]]
            weights[i] /= weights[i].sum()

    expect()
    for _ in range(rounds):
        for j in range(annotators):
            for s in range(k):
                said = votes[j] != IGNORE
                for given in range(k):
                    theta[j, s, given] = weights[votes[j] == given, s].sum() / weights[said, s].sum()
        expect()
    return weights, theta


def crowd_of(truth, accuracies, k, rng):
    maps = []
    for accuracy in accuracies:
        wrong = rng.random(truth.shape) > accuracy
        maps.append(np.where(wrong, (truth + rng.integers(1, k, truth.shape)) % k, truth).astype(np.uint8))
    return maps


@pytest.mark.parametrize(("k", "problem"), [(2, BINARY), (4, PIXELS)])
def test_staple_is_the_em_of_the_paper(k, problem, rng):
    truth = rng.integers(0, k, (12, 15))
    maps = crowd_of(truth, (0.9, 0.8, 0.7, 0.6, 0.85), k, rng)
    maps[1][:3] = IGNORE
    votes = np.stack([one.ravel() for one in maps])
    fused, matrices = staple(maps, problem, rounds=25, tolerance=0)
    weights, theta = reference_staple(votes, k, 25)
    np.testing.assert_allclose(matrices, theta, atol=1e-9)
    assert (fused.ravel() == weights.argmax(axis=1)).all()
    np.testing.assert_allclose(matrices.sum(axis=2), 1)


def test_staple_finds_out_who_is_good(rng):
    truth = (rng.random((60, 60)) < 0.4).astype(np.uint8)
    good = (0.95, 0.9, 0.6, 0.6, 0.6)
    maps = crowd_of(truth, good, 2, rng)
    fused, matrices = staple(maps, BINARY)
    estimated = matrices[:, [0, 1], [0, 1]].mean(axis=1)
    np.testing.assert_allclose(estimated, good, atol=0.03)
    assert (fused == truth).mean() > (majority(maps, BINARY) == truth).mean() + 0.05


def test_a_vote_against_itself_is_counted_for_what_it_says(rng):
    """One who calls everything by the other name tells as much as one who never errs."""
    truth = (rng.random((50, 50)) < 0.5).astype(np.uint8)
    maps = [*crowd_of(truth, (0.8, 0.8, 0.8), 2, rng), 1 - truth]
    fused, matrices = staple(maps, BINARY)
    assert (fused == truth).mean() > 0.99
    assert matrices[3, 0, 1] > 0.98


def test_agreement_comes_out_as_it_is():
    one = np.array([[0, 1, 2], [3, 1, IGNORE]], np.uint8)
    for how in ("majority", "staple"):
        assert (fuse([one, one, one], PIXELS, how) == one).all()
        assert (fuse([one], PIXELS, how) == one).all()


def test_majority_takes_the_lower_id_where_votes_are_equal():
    maps = [np.array([row], np.uint8) for row in ([2, 1, 0, IGNORE, 3], [1, 1, 3, IGNORE, IGNORE])]
    assert majority(maps, PIXELS).tolist() == [[1, 1, 0, IGNORE, 3]]


def test_a_class_that_nobody_gave_has_no_row():
    maps = [np.array([[0, 1, 1]], np.uint8), np.array([[0, 0, 1]], np.uint8)]
    _, matrices = staple(maps, PIXELS)
    assert np.isnan(matrices[:, 2:]).all()
    assert not np.isnan(matrices[:, :2]).any()


def test_nobody_says_anything():
    silent = np.full((2, 3), IGNORE, np.uint8)
    fused, matrices = staple([silent, silent], PIXELS)
    assert (fused == IGNORE).all()
    assert np.isnan(matrices).all()
    assert (majority([silent], PIXELS) == IGNORE).all()
    assert fuse([np.zeros((0, 4), np.uint8)], PIXELS, "staple").shape == (0, 4)


def test_classes_of_images_fuse_as_one_row(rng):
    truth = rng.integers(0, 3, (1, 800))
    maps = crowd_of(truth, (0.9, 0.85, 0.5, 0.5, 0.4), 3, rng)
    fused = fuse(maps, CLASSES, "staple")
    assert (fused == truth).mean() > (fuse(maps, CLASSES, "majority") == truth).mean() + 0.03


@pytest.mark.parametrize("count", [1, 3, 11, 40])
def test_combinations_are_the_different_columns(count, rng):
    votes = rng.choice([0, 1, 2, IGNORE], size=(count, 300)).astype(np.uint8)
    kinds, seen, places = combinations(votes, 3)
    assert (kinds[:, places] == votes).all()
    assert kinds.shape[1] == len(np.unique(votes, axis=1).T) == len(seen)
    assert (np.bincount(places) == seen).all()


@pytest.mark.parametrize(
    ("maps", "said"),
    [
        ([], "of one size; got no map"),
        ([np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8)], "got 2 x 2 px and 2 x 3 px"),
        ([np.full((2, 2), 7, np.uint8)], "an annotator's map with class 7 of 4"),
    ],
)
def test_what_cannot_be_fused_is_told(maps, said):
    for how in ("majority", "staple"):
        with pytest.raises(BadInput, match=said):
            fuse(maps, PIXELS, how)


def test_disputed_pixels_alone_are_estimated_from(rng):
    truth = np.zeros((80, 80), np.uint8)
    truth[30:50, 30:50] = 1
    maps = crowd_of(truth[28:52, 28:52], (0.95, 0.9, 0.8, 0.7, 0.6), 2, rng)
    whole = [np.zeros_like(truth) for _ in maps]
    for one, inner in zip(whole, maps, strict=True):
        one[28:52, 28:52] = inner
    _, cut = staple(maps, BINARY, disputed=True)
    fused, matrices = staple(whole, BINARY, disputed=True)
    np.testing.assert_allclose(matrices, cut)  # what all agree on does not count
    agreed = np.ptp(np.stack(whole), axis=0) == 0
    assert (fused[agreed] == whole[0][agreed]).all()
    assert np.argsort(-matrices[:, [0, 1], [0, 1]].mean(axis=1)).tolist() == [0, 1, 2, 3, 4]
    same = np.array([[0, 1, 2, IGNORE]], np.uint8)
    assert (staple([same, same], PIXELS, disputed=True)[0] == same).all()
