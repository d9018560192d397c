"""In every format: what was accepted is changed, all else stays, and undo gives back every byte."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from format_cases import make

from truemask.audit.findings import Finding
from truemask.data import FORMATS, open_dataset, write_dataset
from truemask.fixing import Fixer, judge, parse_rule, read_record, undo, write_fixed
from truemask.noise.digest import digest, hash_of
from truemask.types import BadInput, Task

EACH = [(name, task) for name, row in FORMATS.items() for task in sorted(row.tasks)]
THINGS = [("box", 1, False, False), ("box", 2, False, False)]
ROWS = [(24, 30, "patches", 1, THINGS)] * 3


def contents(home):
    return {
        path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()
    }


def opened(tmp_path, name, task):
    """A data set of two splits in a format, as it comes from disk."""
    loses = FORMATS[name].loses
    recipe = {"splits": {"train": ROWS, "val": ROWS}, "classes": 3, "channels": 3, "seed": 5}
    made = make(recipe, task, loses | {"crowd", "unknown", "overlap"})
    write_dataset(made, {}, tmp_path / "made", format=name)
    return open_dataset(tmp_path / "made", task=task)


def findings_of(data, finding, table):
    """One that changes the second image, and one of another kind about the first."""
    found = []
    for row, kind in ((1, "swapped"), (0, "spurious")):
        labels, key = data.labels(row), data.keys[row]
        if data.problem.task == Task.SEMANTIC:
            given = int(labels[-1, -1])
            one = finding(key, mask=labels == given, given=given, proposed=(given + 1) % 3, kind=kind)
        elif data.problem.task == Task.CLASSIFICATION:
            one = finding(key, given=labels, proposed=(labels + 1) % len(data.problem.classes), kind=kind)
        else:
            one = finding(
                key, level="instance", objects=(int(labels.ids[0]),), kind=kind, action="remove", proposed=0
            )
        found.append(one)
    return table(found, data.problem.classes)


@pytest.mark.parametrize(("name", "task"), EACH, ids=[f"{name}-{task}" for name, task in EACH])
def test_accepted_findings_change_their_labels_alone_and_undo_takes_it_back(
    tmp_path, finding, table, name, task
):
    splits = opened(tmp_path, name, task)
    train = splits.split("train")
    findings = findings_of(train, finding, table)
    rule = parse_rule("kind=swapped")
    fixer = Fixer(train, findings, judge(findings, [rule]), splits.split("val").keys)
    record = write_fixed(splits, fixer, [rule.text], tmp_path / "fixed")
    assert (record.accepted, record.applied, record.images) == (1, 1, 1)
    assert record == read_record(tmp_path / "fixed")

    again = open_dataset(tmp_path / "fixed", task=task)
    assert again.format == splits.format
    assert list(again.splits) == ["train", "val"]
    expected = dict(zip(train.keys, fixer.labels(), strict=True))
    fixed = again.split("train")
    for row, key in enumerate(fixed.keys):
        labels, wanted = fixed.labels(row), expected[key]
        if task == Task.INSTANCE:
            assert labels.ids.tolist() == wanted.ids.tolist()
            assert labels.classes.tolist() == wanted.classes.tolist()
        else:
            np.testing.assert_array_equal(labels, wanted)

    write_dataset(splits, {}, tmp_path / "plain")
    undo(tmp_path / "fixed", tmp_path / "back")
    assert contents(tmp_path / "back") == contents(tmp_path / "plain")
    touched = {*record.files.changed, *record.files.added, *record.files.removed}
    plain = contents(tmp_path / "plain")
    assert 0 < len(touched) <= 3  # Cityscapes has three files an image
    for place, content in contents(tmp_path / "fixed").items():
        if place in plain and place not in touched:
            assert content == plain[place]


def test_an_image_without_a_class_is_left_out_of_class_folders_and_comes_back(tmp_path, finding, table):
    splits = opened(tmp_path, "class-folder", Task.CLASSIFICATION)
    train = splits.split("train")
    findings = table(
        [
            finding(train.keys[1], given=train.labels(1), action="ignore", kind="unusable"),
            finding(train.keys[2], given=train.labels(2), proposed=(train.labels(2) + 1) % 3),
        ],
        train.problem.classes,
    )
    rule = parse_rule("level=image")
    fixer = Fixer(train, findings, judge(findings, [rule]), splits.split("val").keys)
    record = write_fixed(splits, fixer, [rule.text], tmp_path / "fixed")
    assert (record.applied, record.units, record.images, record.left_out) == (2, 2, 2, 1)
    again = open_dataset(tmp_path / "fixed")
    fixed = again.split("train")
    assert again.format == "class-folder"
    assert sorted(fixed.keys) == sorted([train.keys[0], train.keys[2]])
    place = fixed.keys.index(train.keys[2])
    assert fixed.labels(place) == (train.labels(2) + 1) % 3
    assert (
        hash_of({key: digest(fixed.labels(row)) for row, key in enumerate(fixed.keys)}) == record.fixed_hash
    )
    fixes = pq.read_table(tmp_path / "fixed" / "fixes.parquet").to_pylist()
    assert {(one["image"], one["action"], one["outcome"]) for one in fixes} == {
        (train.keys[1], "ignore", "applied"),
        (train.keys[2], "relabel", "applied"),
    }
    write_dataset(splits, {}, tmp_path / "plain")
    undo(tmp_path / "fixed", tmp_path / "back")
    assert contents(tmp_path / "back") == contents(tmp_path / "plain")


def test_class_folders_whose_images_all_keep_a_class_are_written_as_ever(tmp_path, finding, table):
    splits = opened(tmp_path, "class-folder", Task.CLASSIFICATION)
    train = splits.split("train")
    findings = table([finding(train.keys[1], given=train.labels(1), action="ignore")], train.problem.classes)
    fixer = Fixer(train, findings, judge(findings, [parse_rule("rank>=2")]), splits.split("val").keys)
    assert write_fixed(splits, fixer, [], tmp_path / "fixed").left_out == 0
    write_dataset(splits, {}, tmp_path / "plain")
    fixed = contents(tmp_path / "fixed")
    assert {name: fixed[name] for name in contents(tmp_path / "plain")} == contents(tmp_path / "plain")


def test_the_way_back_does_not_lead_through_files_that_others_edit(tmp_path, finding, table):
    splits = opened(tmp_path, "mask-folder", Task.SEMANTIC)
    train = splits.split("train")
    findings = findings_of(train, finding, table)
    rule = parse_rule("kind=swapped")
    record = write_fixed(splits, Fixer(train, findings, judge(findings, [rule]), ()), [], tmp_path / "fixed")
    (name,) = record.files.changed
    given = (tmp_path / "made" / name).read_bytes()
    with (tmp_path / "made" / name).open("r+b") as stream:
        stream.write(b"nothing")
    undo(tmp_path / "fixed", tmp_path / "back")
    assert (tmp_path / "back" / name).read_bytes() == given
    (tmp_path / "fixed" / ".undo" / name).unlink()
    with pytest.raises(BadInput, match="the given file is gone"):
        undo(tmp_path / "fixed", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_folder_that_fix_did_not_make_cannot_be_undone(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(BadInput, match=r"has no fix.json: it was not made by truemask fix"):
        undo(tmp_path / "mine", tmp_path / "back")
    (tmp_path / "mine" / "fix.json").write_text("{}")
    with pytest.raises(BadInput, match="is no account of a fix"):
        undo(Path(tmp_path / "mine"), tmp_path / "back")


def test_findings_of_the_other_split_are_left_alone_and_of_no_split_refused(tmp_path, finding, table):
    splits = opened(tmp_path, "mask-folder", Task.SEMANTIC)
    train, val = splits.split("train"), splits.split("val")
    findings = findings_of(val, finding, table)
    verdicts = judge(findings, [parse_rule("rank<=9")])
    fixer = Fixer(train, findings, verdicts, val.keys)
    labels = list(fixer.labels())
    assert fixer.left_alone == 2
    assert fixer.hashes[0] == fixer.hashes[1]
    for row in range(3):
        np.testing.assert_array_equal(labels[row], train.labels(row))
    with pytest.raises(BadInput, match="which made \\(train\\) does not have"):
        Fixer(train, findings, verdicts)


def test_findings_of_other_classes_are_refused(tmp_path, finding, table):
    train = opened(tmp_path, "mask-folder", Task.SEMANTIC).split("train")
    findings = table([Finding("image", train.keys[0], "swapped", 0.5, "made", 0.5)], ("a", "b"))
    with pytest.raises(BadInput, match="the findings know the classes a, b; made has background, cat"):
        Fixer(train, findings, judge(findings, []))
