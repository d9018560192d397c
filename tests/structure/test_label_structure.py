import numpy as np
import pytest

from truemask.noise import corrupt, parse
from truemask.structure.label_structure import LabelStructure
from truemask.types import IGNORE, Problem, Task

PROBLEM = Problem(Task.SEMANTIC, ("background", "one"), background=0)


def maps(count):
    """Clean maps of one square each, and the same with flips and samples."""
    truth = np.zeros((40, 48), np.uint8)
    truth[10:30, 10:34] = 1
    truth[0, 0] = IGNORE
    spec = parse("flip:0.1+sample:0.5")
    keys = map(str, range(count))
    return [(corrupt(truth, spec, problem=PROBLEM, seed=0, key=key), truth) for key in keys]


def structure_of(pairs):
    found = LabelStructure(2)
    for given, truth in pairs:
        found.add(given, truth)
    return found


def test_matrix_and_counts():
    found = structure_of(maps(6))
    assert found.images == 6
    assert found.true[1].area_px == 6 * 20 * 24
    assert found.true[1].pieces == 6
    assert found.given[1].pieces > 60
    assert np.allclose(found.transition, [[0.45, 0.05, 0.5], [0.05, 0.45, 0.5]], atol=0.03)
    assert found.wrong_share == pytest.approx(0.1, abs=0.02)


def test_parts_add_up():
    pairs = maps(4)
    whole, first, second = structure_of(pairs), structure_of(pairs[:1]), structure_of(pairs[1:])
    first.merge(second)
    assert first.given == whole.given
    assert first.true == whole.true
    assert (first.counts == whole.counts).all()
    assert (first.pooled.counts == whole.pooled.counts).all()
    assert first.covariance.speckle() == pytest.approx(whole.covariance.speckle())
    assert first.outlines.bias_px(1) == pytest.approx(whole.outlines.bias_px(1))


def test_without_truth_there_is_no_matrix():
    found = LabelStructure(2)
    found.add(maps(1)[0][0])
    assert np.isnan(found.transition).all()
    assert np.isnan(found.wrong_share)
    assert np.isnan(found.outlines.bias_px(1))
    assert found.given[1].images == 1
