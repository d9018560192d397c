"""`fix`: labels corrected in their own format, what it says, the way back, and training by the weights."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from truemask import rle
from truemask.audit.findings import Finding, findings_table, write_findings
from truemask.audit.identity import finding_ids
from truemask.data import open_dataset
from truemask.fixing import read_record
from truemask.noise import read_manifest


def write_audit(folder, findings, classes):
    """A folder with what an audit found."""
    table = findings_table(findings, tuple(classes))
    write_findings(table, folder / "findings.parquet")
    return table


def differences(noisy, clean, split, score=0.9):
    """A finding for each image and pair of classes by which noisy label maps differ from clean ones."""
    noisy, clean = (open_dataset(home).split(split) for home in (noisy, clean))
    found = []
    for row, key in enumerate(noisy.keys):
        given, true = noisy.labels(row), clean.labels(row)
        for one, other in sorted(
            {*zip(given[given != true].tolist(), true[given != true].tolist(), strict=True)}
        ):
            mask = (given == one) & (true == other)
            (code,) = rle.pack(mask[None])
            found.append(
                Finding(
                    *("segment", key, "missing" if one == 0 else "swapped", score, "made", float(mask.sum())),
                    given=one,
                    proposed=other,
                    size=mask.shape,
                    area_px=int(mask.sum()),
                    rle=code,
                )
            )
    return found, noisy.problem.classes


@pytest.fixture
def noisy(truemask):
    """Organelles of which some are missing, and what is missing as findings."""
    truemask("data", "make", "organelles:train=3,val=2,test=2,size=48", "clean")
    truemask("corrupt", "clean", "flip:0.2", "noisy", "--quiet")
    return differences("noisy", "clean", "train")


def contents(home):
    return {path.relative_to(home): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_right_findings_make_the_labels_right_to_the_hash_and_undo_wrong_again(truemask, noisy, tmp_path):
    write_audit(tmp_path / "found", *noisy)
    said = truemask("fix", "noisy", "found", "--accept", "score>=0.8", "--out", "fixed", "--quiet")
    assert (said.code, said.err) == (0, "")
    record, manifest = read_record(tmp_path / "fixed"), read_manifest(tmp_path / "noisy")
    assert record.fixed_hash == manifest.data_hash
    assert record.units == manifest.changed
    assert (record.accepted, record.applied, record.images, record.weighed) == (6, 6, 3, 0)
    assert f"fixed: {record.units:,} pixels changed; fix.json and fixes.parquet say which" in said.out
    assert "6 of 6 findings are accepted, 6 applied to 3 images of noisy (train)." in said.out

    said = truemask("fix", "fixed", "--undo", "--out", "back")
    assert said.out.startswith(f"back: noisy (train) as it was given, {record.units:,} pixels in 3 images")
    back = contents(tmp_path / "back")
    for name, content in contents(tmp_path / "noisy").items():
        assert "labels" not in name.parts or back[name] == content


def test_every_change_says_where_it_comes_from(truemask, noisy, tmp_path):
    table = write_audit(tmp_path / "found", *noisy)
    rule = "kind=missing,rank<=4"
    truemask("fix", "noisy", "found", "--accept", rule, "--out", "fixed", "--quiet")
    fixes = pq.read_table(tmp_path / "fixed" / "fixes.parquet").to_pylist()
    wanted = [
        (name, row["image"], row["area_px"], row["score"], row["rank"])
        for name, row in zip(finding_ids(table), table.to_pylist(), strict=True)
        if row["kind"] == "missing" and row["rank"] <= 4
    ]
    assert [(f["finding"], f["image"], f["changed"], f["score"], f["rank"]) for f in fixes] == wanted
    assert {(f["accepted_by"], f["outcome"], f["why"]) for f in fixes} == {(rule, "applied", "")}


def test_a_dry_run_says_the_same_and_writes_nothing(truemask, noisy, tmp_path):
    write_audit(tmp_path / "found", *noisy)
    before = contents(tmp_path)
    words = ("fix", "noisy", "found", "--accept", "kind=missing", "--accept", "rank<=1", "--quiet")
    dry = truemask(*words, "--dry-run")
    assert contents(tmp_path) == before
    assert "│ relabel │ missing │ background > organelle │ 3 │ 3 │" in " ".join(dry.out.split())
    done = truemask(*words, "--out", "fixed")
    assert done.out.startswith(dry.out)


def test_only_the_training_split_is_touched_unless_another_is_named(truemask, noisy, tmp_path):
    truemask("corrupt", "clean", "flip:0.2", "noisy-test", "--split", "test", "--quiet")
    write_audit(tmp_path / "found", *differences("noisy-test", "clean", "test"))
    said = truemask("fix", "noisy-test", "found", "--accept", "rank<=9", "--out", "same", "--quiet")
    assert "4 are about other splits, which stay as they are: --split names one." in said.out
    assert read_record(tmp_path / "same").images == 0
    truemask(
        "fix", "noisy-test", "found", "--accept", "rank<=9", "--split", "test", "--out", "fixed", "--quiet"
    )
    for split in ("train", "val", "test"):
        clean, fixed = (open_dataset(home).split(split) for home in ("clean", "fixed"))
        for row in range(2):
            np.testing.assert_array_equal(clean.labels(row), fixed.labels(row))


def test_a_coco_file_changes_in_one_annotation_and_comes_back_to_the_byte(truemask, coco, tmp_path):
    classes = ("background", "bolt", "nut")
    swapped = Finding("instance", "1", "swapped", 0.9, "made", 0.9, given=1, proposed=2, objects=(100,))
    gone = Finding("instance", "2", "spurious", 0.8, "made", 0.8, given=2, proposed=0, objects=(103,))
    write_audit(tmp_path / "found", [swapped, gone], classes)
    truemask("fix", "coco", "found", "--accept", "class=bolt", "--out", "fixed", "--quiet")
    before, after = ((tmp_path / home / "annotations.json").read_text() for home in ("coco", "fixed"))
    old = json.loads(before)["annotations"][0]
    assert after == before.replace(json.dumps(old), json.dumps({**old, "category_id": 7}))
    assert after != before
    assert (tmp_path / "fixed" / "weights" / "weights.csv").read_text() == "key,weight\n2#103,0.2000\n"
    truemask("fix", "fixed", "--undo", "--out", "back")
    assert (tmp_path / "back" / "annotations.json").read_text() == before
    assert contents(tmp_path / "back").keys() == contents(tmp_path / "coco").keys()


def test_what_is_in_doubt_is_learnt_from_less(truemask, noisy, tmp_path):
    write_audit(tmp_path / "found", *noisy)
    said = truemask("fix", "noisy", "found", "--accept", "kind=missing", "--out", "fixed", "--quiet")
    assert "fixed/weights: how far labels in doubt can be trusted, in 3 images" in said.out
    words = ("train", "fixed", "--epochs", "1", "--quiet")
    assert truemask(*words, "--weights", "fixed", "--out", "weighed").code == 0
    assert truemask(*words, "--out", "plain").code == 0
    configs = [json.loads((tmp_path / run / "config.json").read_text()) for run in ("weighed", "plain")]
    assert configs[0]["weights"].startswith("blake2b:")
    assert configs[1]["weights"] is None
    weights = [(tmp_path / run / "weights.safetensors").read_bytes() for run in ("weighed", "plain")]
    assert weights[0] != weights[1]
    refused = truemask(*words, "--weights", "clean", "--out", "other")
    assert (refused.code, (tmp_path / "other").exists()) == (2, False)
    assert refused.err == (
        "truemask: clean: none of its weights is for a label map (KEY.png) of fixed (train); "
        "name them as 'train-00000'\n"
    )


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("maps",), "fix needs the findings of an audit"),
        (("maps", "found"), "name its folder with --out"),
        (("maps", "--undo"), "name its folder with --out"),
        (("maps", "--undo", "--out", "new"), "has no fix.json: it was not made by truemask fix"),
        (("maps", "maps", "--out", "new"), "maps has no findings.parquet"),
        (("maps", "maps/classes.txt", "--out", "new"), "is no Parquet file"),
        (("maps", "found", "--accept", "rank", "--out", "new"), "'rank' is no condition"),
        (("maps", "found", "--accept", "class=cow", "--out", "new"), "no class called 'cow'"),
        (("maps", "found", "--accept", "precision=0.9", "--out", "new"), "--calibrate"),
        (("maps", "found", "--split", "test", "--out", "new"), "no split called 'test'"),
        (("maps", "stale", "--accept", "rank<=1", "--out", "new"), "are not those that were audited"),
        (("maps", "other", "--out", "new"), "speak of image '9', which maps (all) does not have"),
        (("maps", "found", "--out", "maps"), "maps exists already and is not an empty folder"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_nothing_is_written(truemask, maps, tmp_path, words, complaint):
    classes = open_dataset(maps).problem.classes
    whole = np.ones((32, 40), bool)
    (code,) = rle.pack(whole[None])
    for name, image, given in (("found", "1", 1), ("stale", "1", 2), ("other", "9", 1)):
        if name == "stale":
            (code,) = rle.pack(np.arange(whole.size).reshape(whole.shape)[None] == 1)  # which is of class 1
        one = Finding(
            *("segment", image, "swapped", 0.5, "made", 0.5),
            given=given,
            proposed=0,
            size=whole.shape,
            rle=code,
        )
        write_audit(tmp_path / name, [one], classes)
    before = contents(tmp_path)
    said = truemask("fix", *words, "--quiet")
    assert said.code == 2
    assert complaint in said.err
    assert said.err.count("\n") == 1
    assert contents(tmp_path) == before
