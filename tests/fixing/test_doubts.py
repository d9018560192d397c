"""What nobody decided becomes weights; what was fixed, or found right by a reviewer, does not."""

import json

import numpy as np
import pytest

from truemask import rle
from truemask.audit.identity import finding_ids
from truemask.data.trust import read_trust
from truemask.data.views import ArrayDataset, AsSemantic
from truemask.fixing import Fixer, judge, parse_rule
from truemask.fixing.doubts import write_doubts
from truemask.types import BadInput, Instances, Problem, Task

SIZE = (4, 6)
CLASSES = ("background", "cat", "dog")


def dataset(task, labels):
    images = [np.zeros((*SIZE, 1), np.uint8)] * len(labels)
    problem = Problem(task, CLASSES, 1, background=0)
    return ArrayDataset("made", "train", problem, "abc"[: len(labels)], images, labels)


def strip(left, right):
    mask = np.zeros(SIZE, bool)
    mask[:, left:right] = True
    return mask


def test_pixels_get_the_smallest_of_what_findings_say(tmp_path, finding, table):
    data = dataset(Task.SEMANTIC, [np.zeros(SIZE, np.uint8)] * 2)
    findings = table(
        [
            finding("a", mask=strip(0, 2), given=0, proposed=1, score=0.9),
            finding("a", mask=strip(2, 4), given=0, proposed=1, score=0.6, p_wrong=0.2),
            finding("a", mask=strip(3, 5), given=0, proposed=2, score=0.4),
            finding("a", mask=strip(0, 6), level="image", action="none", score=0.8),
            finding("b", mask=strip(0, 6), given=0, proposed=1, score=0.95),
        ],
        CLASSES,
    )
    fixer = Fixer(data, findings, judge(findings, [parse_rule("score>=0.9")]))
    list(fixer.labels())
    assert write_doubts(fixer, tmp_path) == 1
    trust = read_trust(tmp_path)
    weights = trust.of_map("a", SIZE)
    assert weights[0].tolist() == [255, 255, 204, 153, 153, 255]
    assert (weights == weights[0]).all()
    assert set(trust.maps) == {"a"}


def test_what_a_reviewer_rejects_is_trusted_and_what_cannot_be_applied_is_not(tmp_path, finding, table):
    data = dataset(Task.CLASSIFICATION, [1, 1, 2])
    findings = table(
        [
            finding("a", given=1, proposed=2, score=0.9),
            finding("b", given=1, proposed=2, score=0.7),
            finding("c", given=2, score=0.25),
        ],
        CLASSES,
    )
    file = tmp_path / "decisions.jsonl"
    file.write_text(json.dumps({"finding": finding_ids(findings)[0], "decision": "reject"}))
    rules = [parse_rule(f"decisions={file}"), parse_rule("image=c")]
    fixer = Fixer(data, findings, judge(findings, rules))
    assert list(fixer.labels()) == [1, 1, 2]
    assert write_doubts(fixer, tmp_path / "out") == 2
    assert read_trust(tmp_path / "out").units == pytest.approx({"b": 0.3, "c": 0.75})


def test_objects_are_weighed_by_their_keys_and_missing_ones_by_their_pixels(tmp_path, finding, table):
    codes = rle.pack(np.stack([strip(0, 2), strip(3, 6)]))
    ids, crowd = np.array([4, 7]), np.zeros(2, bool)
    one = Instances(SIZE, np.array([1, 2], np.uint8), codes, rle.boxes(codes, SIZE), ids, crowd)
    data = dataset(Task.INSTANCE, [one, one])
    missing = strip(2, 3)
    findings = table(
        [
            finding("a", level="instance", given=1, proposed=2, objects=(4,), score=0.5),
            finding("a", level="instance", given=1, proposed=0, action="remove", objects=(4, 7), score=0.75),
            finding("a#7", given=2, proposed=1, score=0.125),
            finding("b", level="instance", mask=missing, shapes=[missing], action="add", proposed=1),
            finding("b", level="instance", given=2, proposed=1, objects=(7,), score=0.75, p_wrong=0.25),
        ],
        CLASSES,
    )
    fixer = Fixer(data, findings, judge(findings, []))
    assert [*fixer.labels()] == [one, one]
    assert write_doubts(fixer, tmp_path) == 2
    trust = read_trust(tmp_path)
    assert trust.units == {"a#4": 0.25, "a#7": 0.25, "b#7": 0.75}
    assert trust.of_map("a", SIZE)[1].tolist() == [64, 64, 255, 64, 64, 64]
    assert trust.of_map("b", SIZE)[1].tolist() == [255, 255, 128, 191, 191, 191]


def test_weights_of_what_may_be_missing_are_for_label_maps_alone(tmp_path, finding, table):
    nothing = Instances(SIZE, np.zeros(0, np.uint8), (), np.zeros((0, 4), np.float32), np.zeros(0, np.int64),
                        np.zeros(0, bool))  # fmt: skip
    data = dataset(Task.INSTANCE, [nothing])
    found = finding("a", level="instance", mask=strip(2, 3), shapes=[strip(2, 3)], action="add", proposed=1)
    findings = table([found], CLASSES)
    fixer = Fixer(data, findings, judge(findings, []))
    assert [*fixer.labels()] == [nothing]
    assert write_doubts(fixer, tmp_path) == 1
    trust = read_trust(tmp_path)
    assert trust.units == {}
    trust.must_be_about(AsSemantic(data))
    with pytest.raises(BadInput, match="train with --task semantic, or leave the weights out"):
        trust.must_be_about(data)


def test_findings_that_name_an_object_by_its_key_change_it(finding, table):
    codes = rle.pack(np.stack([strip(0, 2), strip(3, 6)]))
    ids, crowd = np.array([4, 7]), np.zeros(2, bool)
    one = Instances(SIZE, np.array([1, 2], np.uint8), codes, rle.boxes(codes, SIZE), ids, crowd)
    data = dataset(Task.INSTANCE, [one])
    findings = table([finding("a#7", given=2, proposed=1)], CLASSES)
    fixer = Fixer(data, findings, judge(findings, [parse_rule("rank<=1")]))
    (fixed,) = fixer.labels()
    assert fixed.classes.tolist() == [1, 1]


def test_nothing_in_doubt_writes_nothing(tmp_path, finding, table):
    data = dataset(Task.CLASSIFICATION, [1])
    for findings in (table([], CLASSES), table([finding("a", given=1, proposed=2)], CLASSES)):
        fixer = Fixer(data, findings, judge(findings, [parse_rule("rank<=1")]))
        list(fixer.labels())
        assert write_doubts(fixer, tmp_path / "out") == 0
    with pytest.raises(BadInput, match="holds no weights"):
        read_trust(tmp_path / "out")


def test_findings_about_classes_or_the_whole_are_no_changes(finding, table):
    data = dataset(Task.CLASSIFICATION, [1])
    findings = table([finding("", level="class_pair", given=1, proposed=2)], CLASSES)
    fixer = Fixer(data, findings, judge(findings, [parse_rule("score>=0")]))
    assert list(fixer.labels()) == [1]
    (outcome,) = fixer.outcomes.values()
    assert (outcome.outcome, outcome.why) == ("impossible", "speaks of a class pair, not of labels")
    assert list(fixer.uncertain()) == []
