"""The segment audit as a whole: partitions, edges, the result, and the truth."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from truemask import rle
from truemask.audit import confident_learning, score_audit
from truemask.audit.semantic.against_truth import SegmentTally, kinds_of, painted, wrong_segments
from truemask.audit.semantic.audit import audit_segments
from truemask.audit.semantic.injected import noises_for
from truemask.audit.semantic.join import with_segments
from truemask.audit.semantic.tolerance import Tolerance
from truemask.noise import parse
from truemask.types import IGNORE, BadInput, Problem, Task

FOUR = Problem(Task.SEMANTIC, ("ground", "disc", "ball", "dot"), background=0)
NO_GROUND = replace(FOUR, background=None)


def drawn(disc, count=16, seed=0):
    """Key, given labels, probabilities and truth: discs, some missing, some of another class."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        truth = np.zeros((48, 64), np.uint8)
        for place, class_id in zip(((12, 14), (14, 46), (34, 30)), rng.integers(1, 4, 3), strict=True):
            truth[disc(*place, rng.uniform(5, 9))] = class_id
        given = truth.copy()
        if number % 3 == 0:
            given[disc(12, 14, 12)] = 0
        elif number % 3 == 1:
            here = disc(34, 30, 12) & (truth > 0)
            given[here] = truth[here] % 3 + 1
        logits = 4 * (truth == np.arange(4)[:, None, None]) + rng.normal(size=(4, *truth.shape))
        probs = np.exp(logits) / np.exp(logits).sum(axis=0)
        rows.append((f"image{number:02}", given, probs.astype(np.float32), truth))
    return rows


def stream(rows):
    return [(key, given, probs) for key, given, probs, _ in rows]


@pytest.fixture
def rows(disc):
    return drawn(disc)


def test_errors_are_found_first_with_their_kinds(rows):
    audit = audit_segments([partial(stream, rows)], FOUR)
    table = audit.findings.to_pylist()
    truth = {key: (given, true) for key, given, _, true in rows}
    for row in table[:10]:
        given, true = truth[row["image"]]
        pixels = rle.unpack([row["rle"]], given.shape)[0]
        assert (given != true)[pixels].mean() > 0.8
        assert row["kind"] == ("missing" if int(row["image"][-2:]) % 3 == 0 else "swapped")
        assert row["action"] == ("add" if row["kind"] == "missing" else "relabel")
        assert set(given[pixels]) == {row["given"]}
        assert row["area_px"] == pixels.sum()
    clean = {key: audit.badness[key] for key, given, _, true in rows if (given == true).all()}
    assert max(clean.values()) < min(audit.badness[key] for key in audit.badness if key not in clean)
    assert audit.tolerance.outline_px >= 1


def test_any_partition_gives_the_same_findings(rows):
    whole = audit_segments([partial(stream, rows)], FOUR)
    parts = [partial(stream, rows[9:]), partial(stream, rows[:2]), partial(stream, rows[2:9])]
    again = audit_segments(parts, FOUR)
    assert again.findings == whole.findings
    assert again.badness == whole.badness
    assert again.tolerant_softmin == whole.tolerant_softmin


def test_pixels_keep_their_numbers_beside_segments(rows):
    result = confident_learning(partial(stream, rows), FOUR)
    joined = with_segments(result, audit_segments([partial(stream, rows)], FOUR))
    assert joined.images.drop_columns("suspect_share") == result.images
    assert (joined.flagged == result.flagged).all()
    kept = [row for row in joined.findings.to_pylist() if row["level"] == "image"]
    assert kept == [row for row in result.findings.to_pylist() if row["level"] == "image"]
    segments = [row for row in joined.findings.to_pylist() if row["level"] == "segment"]
    assert {row["evidence"] for row in segments} <= {"meta_classifier", "segment_score"}
    assert [row["rank"] for row in segments] == [*range(1, len(segments) + 1)]
    labels = [(key, given, true) for key, given, _, true in rows]
    values = score_audit(joined, labels, kinds=("missing", "swapped"))
    assert values["segment_recall"] == 1
    assert values["segment_precision_at_half"] == 1
    assert values["kind_accuracy"] == 1
    plain = score_audit(result, labels)
    assert "kind_accuracy" not in plain
    assert values["unit_precision"] == plain["unit_precision"]


def test_images_say_how_much_of_them_is_suspect_and_are_looked_at_by_both_scores(rows):
    blank = np.full_like(rows[0][1], IGNORE)
    rows = [*rows, ("no labels", blank, rows[0][2], blank)]
    result = confident_learning(partial(stream, rows), FOUR)
    audit = audit_segments([partial(stream, rows)], FOUR)
    joined = with_segments(result, audit)
    told = {row["image"]: row["suspect_share"] for row in joined.images.to_pylist()}
    assert told.pop("no labels") is None
    shares = {key: share for key, share in audit.badness.items() if key != "no labels"}
    assert told == {key: np.float32(share) for key, share in shares.items()}
    worst = joined.worst_images()
    values = [row["score"] + row["suspect_share"] for row in worst]
    assert values == sorted(values, reverse=True)
    bad = [key for key, given, _, true in rows if (given != true).any()]
    assert {row["image"] for row in worst[: len(bad)]} == set(bad)
    assert joined.summary()[-1].startswith(f"Look first at: {worst[0]['image']}, ")
    assert [row["image"] for row in result.worst_images()] == [
        row["image"] for row in result.images.to_pylist() if row["flagged"]
    ]


def test_errors_are_injected_into_as_many_images_as_there_are_to_be_examples(disc):
    rows = drawn(disc, count=40)
    names = {
        most: set(
            audit_segments([partial(stream, rows)], FOUR, most_regions=most).findings["evidence"].to_pylist()
        )
        for most in (0, 20_000)
    }
    assert names == {0: {"segment_score"}, 20_000: {"segment_score, meta_classifier"}}
    half = [partial(stream, rows[:13]), partial(stream, rows[13:])]
    some = [audit_segments(parts, FOUR, most_regions=100) for parts in ([partial(stream, rows)], half)]
    assert some[0].findings == some[1].findings


def test_images_tell_errors_that_are_seen_from_those_that_are_not(disc):
    """All proposals are alike, but only every other one is there to be seen."""
    rng = np.random.default_rng(3)
    rows, pictures = [], {}
    for number in range(60):
        truth = np.zeros((48, 64), np.uint8)
        truth[disc(14, 14, 8)] = 1
        shown = truth.copy()
        extra = disc(30, 44, 7)
        said = truth.copy()
        said[extra] = 1
        shown[extra] = number % 2
        logits = 4 * (said == np.arange(4)[:, None, None]) + rng.normal(size=(4, *truth.shape))
        key = f"image{number:02}"
        rows.append((key, truth, (np.exp(logits) / np.exp(logits).sum(axis=0)).astype(np.float32), truth))
        pictures[key] = (60 + 120 * (shown > 0)[..., None] + rng.integers(0, 30, (48, 64, 1))).astype(
            np.uint8
        )
    seen, blind = (
        audit_segments([partial(stream, rows)], FOUR, images=images).findings.to_pylist()
        for images in (pictures.__getitem__, None)
    )
    assert all(row["kind"] == "missing" for row in blind)
    assert len(blind) == len(seen) == 60
    right = [int(row["image"][-2:]) % 2 == 1 for row in sorted(seen, key=lambda row: -row["score"])]
    assert np.mean(right[:30]) >= 0.85
    chance = [int(row["image"][-2:]) % 2 == 1 for row in sorted(blind, key=lambda row: -row["score"])]
    assert np.mean(chance[:30]) < 0.75  # 0.5 + 3.8 standard deviations
    parts = [partial(stream, rows[40:]), partial(stream, rows[:40])]
    assert audit_segments(parts, FOUR, images=pictures.__getitem__).findings.to_pylist() == seen


def test_an_image_of_another_size_than_its_labels_is_refused(rows):
    with pytest.raises(BadInput, match="image 'image00': it is 5 x 6 px, its labels 48 x 64"):
        audit_segments([partial(stream, rows)], FOUR, images=lambda _: np.zeros((5, 6, 3), np.uint8))


def test_labels_that_have_nothing_to_do_with_the_image_are_a_finding(rows, disc):
    key, given, probs, true = rows[2]
    other = np.zeros_like(given)
    for place in ((6, 30), (42, 8), (42, 56)):
        other[disc(*place, 5)] = 1
    changed = [*rows[:2], (key, other, probs, true), *rows[3:]]
    found = audit_segments([partial(stream, changed)], FOUR).findings.to_pylist()
    assert [(f["image"], f["action"]) for f in found if f["kind"] == "unusable"] == [(key, "ignore")]
    assert "unusable" not in audit_segments([partial(stream, rows)], FOUR).findings["kind"].to_pylist()


@pytest.mark.parametrize("problem", [FOUR, NO_GROUND], ids=["ground", "no ground"])
def test_edges(problem, rows):
    assert len(audit_segments([list], problem).findings) == 0
    _, given, probs, _ = rows[0]
    blank = [("blank", np.full_like(given, IGNORE), probs)]
    audit = audit_segments([lambda: blank], problem)
    assert len(audit.findings) == 0
    assert np.isnan(audit.badness["blank"])
    dot = [("dot", np.zeros((1, 1), np.uint8), np.array([1.0, 0, 0, 0]).reshape(4, 1, 1))]
    assert len(audit_segments([lambda: dot], problem).findings) == 0
    one_class = [("one", np.ones_like(given), probs)]
    assert set(audit_segments([lambda: one_class], problem).findings["given"].to_pylist()) == {1}


def test_without_a_background_only_noises_that_need_none_are_injected():
    tolerance, alone = Tolerance(1.5, 1.0, np.zeros(4)), ["misclassify", "dilate", "erode"]
    assert [str(spec).split(":")[0] for spec in noises_for(NO_GROUND, tolerance)] == alone
    assert len(noises_for(FOUR, tolerance)) == 9
    two = Problem(Task.SEMANTIC, ("ground", "disc"), background=0)
    assert "misclassify" not in [str(spec).split(":")[0] for spec in noises_for(two, tolerance)]


def test_wrong_segments_are_told_apart_by_their_classes():
    given, truth = np.zeros((6, 12), np.uint8), np.zeros((6, 12), np.uint8)
    truth[1:3, 1:5], truth[1:3, 5:8], truth[5, :3], truth[4:, 10:] = 1, 2, 1, 1
    given[4:, 10:] = IGNORE
    ids, count = wrong_segments(given, truth)
    assert count == 2  # the third has 3 px, the fourth no label
    assert np.bincount(ids.ravel()).tolist() == [6 * 12 - 8 - 6, 8, 6]


def test_the_tally_by_hand():
    given, truth = np.zeros((6, 20), np.uint8), np.zeros((6, 20), np.uint8)
    truth[1:3, 1:5], truth[1:3, 8:12], truth[1:3, 15:19] = 1, 1, 1

    def row(rank, kind, *columns):
        mask = np.zeros((1, 6, 20), bool)
        mask[0, 1:3, slice(*columns)] = True
        return {"rank": rank, "kind": kind, "rle": rle.pack(mask)[0]}

    tally = SegmentTally(("missing",))
    tally.add([row(1, "missing", 1, 5), row(2, "hole", 5, 8), row(3, "swapped", 9, 12)], given, truth)
    values = tally.compute()
    assert values["segment_precision"] == pytest.approx(2 / 3)
    assert values["segment_recall"] == pytest.approx(2 / 3)
    assert values["segment_precision_at_half"] == pytest.approx(2 / 3)
    assert values["kind_accuracy"] == pytest.approx(1 / 2)
    assert values["segment_precision/missing"] == 1
    assert values["segment_precision/hole"] == 0
    assert tally.precision_at(0.1) == 1
    assert tally.precision_at(1.0) == 0
    assert np.isnan(SegmentTally().precision_at(0.5))


@pytest.mark.parametrize(
    ("noise", "background", "expected"),
    [
        ("miss:0.2", 0, {"missing"}),
        ("miss:0.2+dilate:2", 0, {"missing", "boundary_over"}),
        ("dilate:2", None, {"boundary_over", "swapped"}),
        ("miss:0.2+flip:0.1", 0, set()),
    ],
)
def test_which_kinds_a_noise_makes(noise, background, expected):
    assert kinds_of(parse(noise), background) == expected


def test_codes_are_painted_first_come_first_served():
    masks = np.zeros((3, 4, 5), bool)
    masks[0, :2], masks[1, 1:3], masks[2, 3, 4] = True, True, True
    expected = np.zeros((4, 5), int)
    expected[:2], expected[2], expected[3, 4] = 1, 2, 3
    assert (painted(rle.pack(masks), (4, 5)) == expected).all()
