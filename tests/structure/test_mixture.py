"""Lemmas 1 and 2, Theorems 1 and 2 of Luo et al., AAAI 2022, arXiv:2103.11594, on maps made here."""

import cv2
import numpy as np
import pytest

from truemask.noise import corrupt, parse
from truemask.noise.transition import symmetric
from truemask.structure.mixture import check_mixture, predicted_shares
from truemask.structure.windows import SHAPES, Window
from truemask.types import IGNORE, Problem, Task

PROBLEM = Problem(Task.SEMANTIC, ("background", "one", "two"), background=0)


def three_regions(side=96):
    truth = np.zeros((side, side), np.uint8)
    truth[10:60, 10:60] = 1
    cv2.circle(truth, (65, 60), 22, 2, -1)
    return truth


def noisy_by(spec, truth, key="a"):
    return corrupt(truth, parse(spec), problem=PROBLEM, seed=0, key=key)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rate", [0.2, 0.6])
def test_lemma_1_holds_for_flips(shape, rate):
    truth = three_regions()
    found = check_mixture(noisy_by(f"flip:{rate}", truth), truth, symmetric(3, rate), Window(shape, 5))
    # Windows overlap, so the mean over some 100 independent ones: +- 0.1 is three standard errors.
    assert found.rms_z == pytest.approx(1, abs=0.15)


def test_lemma_1_holds_for_sampling_and_around_ignore():
    truth = three_regions()
    truth[30:40] = IGNORE
    found = check_mixture(noisy_by("flip:0.3+sample:0.5", truth), truth, symmetric(3, 0.3), Window("disk", 5))
    assert found.rms_z == pytest.approx(1, abs=0.2)
    assert found.rms_gap < 0.1


def test_lemma_1_can_fail():
    truth = three_regions()
    window = Window("disk", 5)
    assert check_mixture(noisy_by("flip:0.4", truth), truth, symmetric(3, 0.2), window).rms_z > 3
    # Mistakes along outlines have a matrix as well, but labels are not drawn pixel by pixel by it.
    dilated = noisy_by("dilate:3", truth)
    counts = np.array([[((truth == i) & (dilated == j)).sum() for j in range(3)] for i in range(3)])
    assert check_mixture(dilated, truth, counts / counts.sum(axis=1, keepdims=True), window).rms_z > 3


def test_certain_predictions_hold_or_are_infinitely_wrong():
    truth = three_regions()
    window = Window("box", 3)
    assert np.isnan(check_mixture(truth, truth, np.eye(3), window).rms_z)
    assert check_mixture(truth, truth, np.eye(3), window).rms_gap == 0
    assert check_mixture(noisy_by("flip:0.1", truth), truth, np.eye(3), window).rms_z == np.inf
    nothing = np.full_like(truth, IGNORE)
    assert np.isnan(check_mixture(nothing, truth, np.eye(3), window).rms_gap)


def test_deep_inside_a_region_the_prediction_is_its_row():
    matrix = np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.2, 0.2, 0.6]])
    predicted = predicted_shares(three_regions(), matrix, Window("disk", 4))
    assert np.allclose(predicted[:, 25, 25], matrix[1], atol=1e-5)
    assert np.allclose(predicted[:, 60, 70], matrix[2], atol=1e-5)
    assert np.allclose(predicted.sum(axis=0), 1, atol=1e-5)
