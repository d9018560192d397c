"""The steps of confident learning on their own: parts merge, cuts cut, segments are segments."""

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from truemask import rle
from truemask.audit import confident_learning, read_audit
from truemask.audit.candidates import Source
from truemask.audit.class_confidence import ClassConfidence, self_confidence, soft_minimum
from truemask.audit.confident_joint import Candidates, ConfidentJoint
from truemask.audit.flags import flagged_images
from truemask.audit.pruning import MarginHistogram, flagged
from truemask.audit.segments import pack_pixels, segments_of
from truemask.audit.stream import blocks
from truemask.types import BadInput, Problem, Task

FIVE = Problem(Task.SEMANTIC, ("ground", "car", "tree", "house", "sky"), background=0)


def candidates(margins: list[float], given: int = 0, proposed: int = 1) -> Candidates:
    n = len(margins)
    classes = np.full((2, n), [[given], [proposed]], np.uint8)
    return Candidates(np.arange(n), *classes, np.array(margins, np.float32))


def wanted(number: int) -> NDArray[np.int64]:
    return np.array([[0, number], [0, 0]])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_two_parts_merged_equal_the_whole(dtype: type[np.floating], drawn_maps):
    maps = drawn_maps(1)
    maps.probs[:] = [p.astype(dtype) for p in maps.probs]
    listed = list(blocks(maps.stream(), FIVE))
    confidence = [ClassConfidence(5) for _ in range(3)]
    for row, block in enumerate(listed):
        confidence[0].update(block)
        confidence[1 + row % 2].update(block)
    confidence[2].merge(confidence[1])
    thresholds = confidence[0].thresholds()
    assert (confidence[2].thresholds() == thresholds).all()
    assert (confidence[2].units == confidence[0].units).all()
    assert confidence[2].ignored == confidence[0].ignored > 0

    joint = [ConfidentJoint(thresholds) for _ in range(3)]
    margins = [MarginHistogram(5) for _ in range(3)]
    for row, block in enumerate(listed):
        for part in (0, 1 + row % 2):
            margins[part].update(joint[part].update(block)[0])
    joint[2].merge(joint[1])
    margins[2].merge(margins[1])
    assert (joint[2].counts == joint[0].counts).all()
    assert (joint[2].units == joint[0].units).all()
    for number in (1, 7, 30, 1000):
        cut = np.full((5, 5), number)
        assert (margins[2].cuts(cut) == margins[0].cuts(cut)).all()


def test_self_confidence_is_the_probability_of_the_given_label(drawn_maps):
    maps = drawn_maps(0, count=1)
    labels, probs = maps.given[0].reshape(-1), maps.probs[0].reshape(5, -1)
    own = self_confidence(labels, probs)
    known = labels < 5
    assert (own[known] == probs[labels[known], np.flatnonzero(known)]).all()
    assert (own[~known] == 0).all()


def test_a_soft_minimum_lies_between_the_minimum_and_the_mean():
    s = np.random.default_rng(0).random(500).astype(np.float32)
    assert soft_minimum(s, 1e-4) == pytest.approx(s.min(), abs=1e-3)
    assert soft_minimum(s, 1e4) == pytest.approx(s.mean(), abs=1e-4)
    weights = np.exp((1 - s.astype(np.float64)) / 0.1)
    assert soft_minimum(s, 0.1) == pytest.approx((weights * s).sum() / weights.sum(), rel=1e-5)
    assert np.isnan(soft_minimum(s[:0], 0.1))


def test_the_cut_takes_the_largest_margins():
    drawn = candidates([0.9, 0.1, 0.5, 0.7, 0.3])
    margins = MarginHistogram(2)
    margins.update(drawn)
    chosen = [drawn.index[flagged(drawn, margins.cuts(wanted(n)))].tolist() for n in range(7)]
    assert chosen == [[], [0], [0, 3], [0, 2, 3], [0, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]


def test_equal_margins_are_flagged_together():
    drawn = candidates([1.0] * 4 + [0.2])
    margins = MarginHistogram(2)
    margins.update(drawn)
    assert flagged(drawn, margins.cuts(wanted(3))).tolist() == [True] * 4 + [False]


def test_margins_near_one_are_told_apart():
    drawn = candidates([1 - 2.0**-n for n in range(1, 16)])
    margins = MarginHistogram(2)
    margins.update(drawn)
    assert flagged(drawn, margins.cuts(wanted(4))).nonzero()[0].tolist() == [11, 12, 13, 14]


def test_pairs_are_cut_each_for_itself():
    margins = MarginHistogram(2)
    margins.update(candidates([0.9, 0.8, 0.7]))
    margins.update(candidates([0.3, 0.2], given=1, proposed=0))
    cuts = margins.cuts(np.array([[0, 1], [1, 0]]))
    assert flagged(candidates([0.9, 0.8]), cuts).tolist() == [True, False]
    assert flagged(candidates([0.3, 0.2], given=1, proposed=0), cuts).tolist() == [True, False]


def scattered(seed: int) -> tuple[Candidates, tuple[int, int]]:
    rng = np.random.default_rng(seed)
    size = (19, 31)
    index = np.flatnonzero(rng.random(size) < 0.5)
    given, proposed = rng.integers(0, 2, len(index)), rng.integers(2, 4, len(index))
    margin = rng.random(len(index)).astype(np.float32)
    return Candidates(index, given.astype(np.uint8), proposed.astype(np.uint8), margin), size


@pytest.mark.parametrize("min_area_px", [1, 3])
def test_segments_are_the_connected_components_of_each_pair(min_area_px: int):
    flags, size = scattered(0)
    segments = segments_of(flags, size, min_area_px=min_area_px)
    planes = rle.unpack(segments.masks, size)
    margins = np.zeros(size)
    margins.flat[flags.index] = flags.margin
    expected = set()
    for given in (0, 1):
        for proposed in (2, 3):
            mask = np.zeros(size, bool)
            mask.flat[flags.index[(flags.given == given) & (flags.proposed == proposed)]] = True
            labels, count = ndimage.label(mask, np.ones((3, 3)))
            components = [labels == c for c in range(1, count + 1)]
            expected |= {(given, proposed, c.tobytes()) for c in components if c.sum() >= min_area_px}
    triples = zip(segments.given.tolist(), segments.proposed.tolist(), planes, strict=True)
    assert {(g, p, plane.tobytes()) for g, p, plane in triples} == expected
    assert segments.area.tolist() == planes.sum(axis=(1, 2)).tolist()
    assert segments.score == pytest.approx([margins[plane].mean() for plane in planes])
    for box, plane in zip(segments.boxes, planes, strict=True):
        y, x = plane.nonzero()
        assert box.tolist() == [x.min(), y.min(), x.max() + 1, y.max() + 1]
    assert [plane.argmax() for plane in planes] == sorted(plane.argmax() for plane in planes)


def test_packed_pixels_are_packed_planes():
    rng = np.random.default_rng(1)
    planes = rng.random((3, 9, 14)) < 0.4
    planes[0, -1, -1], planes[1, 0, 0], planes[2, -1, -1] = True, True, False
    segment, index = np.nonzero(planes.reshape(3, -1))
    assert pack_pixels(index, segment, (9, 14)) == rle.pack(planes)
    assert pack_pixels(index[:0], segment[:0], (9, 14)) == ()


def test_no_flags_make_no_segments():
    flags, size = scattered(0)
    assert segments_of(flags[flags.index < 0], size).masks == ()
    assert segments_of(flags, size, min_area_px=10_000).masks == ()


def test_an_audit_whose_writing_broke_off_is_none(tmp_path, monkeypatch, drawn_maps):
    result = replace(confident_learning(drawn_maps(0).stream(), FIVE), notes=("One thing more.",))
    result.write(tmp_path)
    assert read_audit(tmp_path).summary()[-1] == "One thing more."
    monkeypatch.setattr("truemask.audit.result.pq.write_table", Mock(side_effect=OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        result.write(tmp_path)
    with pytest.raises(BadInput, match="no finished audit"):
        read_audit(tmp_path)
    assert not list(tmp_path.glob(".*"))


def test_flagged_images_score_by_odds_not_by_margin():
    own, likelier = np.array([0.3, 0.1, 0.02]), np.array([0.7, 0.5, 0.4])
    source = Source(("a", "b", "c"), None, np.ones(3, np.int64), own)
    flags = candidates((likelier - own).tolist())
    scores = {one.image: one.score for one in flagged_images(source, flags, FIVE)}
    assert scores == pytest.approx({"a": 0.7, "b": 0.5 / 0.6, "c": 0.4 / 0.42}, abs=1e-6)
