"""`spot-check`: a page to decide on, and lists that are calibrated by what was decided."""

import html
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from truemask.audit import read_findings
from truemask.audit.calibration import read_calibration
from truemask.audit.identity import finding_ids
from truemask.bench.sources import Source
from truemask.commands.audits import audit_predictions
from truemask.data import open_dataset
from truemask.data.image_file import write_image, write_map

IMAGES = 10
CLASSES = 3


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Label maps with a square of class 1; an audit by predictions that call half of it 2, and add some."""
    home = tmp_path_factory.mktemp("spot-check")
    for name in ("maps/images", "maps/labels", "said"):
        (home / name).mkdir(parents=True)
    (home / "maps" / "classes.txt").write_text("background\nround\nsquare")
    rng = np.random.default_rng(0)
    for name in map(str, range(IMAGES)):
        write_image(home / "maps/images" / f"{name}.png", rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
        given = np.zeros((64, 64), np.uint8)
        given[20:44, 20:44] = 1
        write_map(home / "maps/labels" / f"{name}.png", given)
        said = given.astype(np.int64)
        said[20:44, 20:32] = 2
        said[4:12, 4:12] = said[50:60, 50:60] = 1
        sure = rng.uniform(0.5, 0.9)
        probs = np.full((CLASSES, 64, 64), (1 - sure) / 2, np.float32)
        np.put_along_axis(probs, said[None], np.float32(sure), axis=0)
        np.savez_compressed(home / "said" / f"{name}.npz", probs=probs)
    audit_predictions(Source(str(home / "maps")), home / "said", home / "found", show=False)
    return home


@pytest.fixture
def audited(made, tmp_path):
    """A copy of it."""
    for name in ("maps", "found"):
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path / "found"


def all_rows(folder):
    """Findings by their names."""
    table = read_findings(folder / "findings.parquet")
    return dict(zip(finding_ids(table), table.to_pylist(), strict=True))


def asked(folder):
    """The findings that the page asks about, in its order."""
    return re.findall(r'data-finding="(\w+)"', (folder / "spot-check.html").read_text())


def decide(folder, ids, wrong):
    lines = [{"finding": one, "decision": "accept" if one in wrong else "reject"} for one in ids]
    (folder / "decisions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_the_page_asks_about_a_sample_of_every_list(truemask, audited):
    said = truemask("spot-check", "maps", "found", "--each", 12)
    assert said.code == 0
    rows = all_rows(audited)
    kinds = [rows[one]["kind"] for one in asked(audited)]
    listed = [row["kind"] for row in rows.values() if row["level"] == "segment"]
    assert listed.count("missing") == 2 * IMAGES
    assert len(set(listed)) == 2
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        kind: min(12, listed.count(kind)) for kind in set(listed)
    }
    assert f"{len(kinds)} findings of 2 lists" in said.out
    assert "truemask spot-check maps found --decisions decisions.jsonl" in said.out
    page = html.unescape((audited / "spot-check.html").read_text())
    assert "given background, rather round" in page
    shown = re.sub(r"<script>.*?</script>|base64,[^\"]+", "", page.split("<main>")[1], flags=re.DOTALL)
    assert not re.search(r"score|\brank\b|p_wrong", shown)


def test_decisions_calibrate_the_lists_and_fix_goes_by_them(truemask, audited, tmp_path):
    truemask("spot-check", "maps", "found", "--each", 1000)
    rows = all_rows(audited)
    wrong = {one for one in asked(audited) if rows[one]["given"] == 0 and rows[one]["y0"] < 20}
    decide(tmp_path, asked(audited), wrong)
    said = truemask("spot-check", "maps", "found", "--decisions", "decisions.jsonl")
    assert said.code == 0
    assert "calibrated by what a reviewer decided" in said.out
    assert "segment missing: of 20 findings 50% (50% to 50%) are errors\n" in said.out
    calibration = read_calibration(audited)
    assert calibration.mode == "reviewed"
    for one in calibration.lists:
        mine = [id_ in wrong for id_ in asked(audited) if rows[id_]["kind"] == one.kind]
        assert one.whole.precision == pytest.approx((np.mean(mine),) * 3)
    assert "reviewer" in (audited / "report.html").read_text()
    words = ("fix", "maps", "found", "--accept", "precision=0.9", "--out", "fixed")
    replace(calibration, mode="fast").write(audited)
    refused = truemask(*words)
    assert refused.code == 2
    assert "spot-check" in refused.err
    assert not (tmp_path / "fixed").exists()
    calibration.write(audited)
    fixed = truemask(*words)
    assert fixed.code == 0
    assert f"{IMAGES} applied" in fixed.out
    given, after = (open_dataset(tmp_path / name).split("all") for name in ("maps", "fixed"))
    for row in range(IMAGES):
        corner = np.zeros((64, 64), bool)
        corner[4:12, 4:12] = True
        assert np.array_equal(given.labels(row) != after.labels(row), corner)


def test_a_precision_cuts_and_all_findings_come_back_without_one(truemask, audited, tmp_path):
    before = all_rows(audited).keys()
    truemask("spot-check", "maps", "found", "--each", 1000)
    wrong = {*asked(audited)[::3]}
    decide(tmp_path, asked(audited), wrong)
    words = ("spot-check", "maps", "found", "--decisions", "decisions.jsonl")
    assert truemask(*words, "--precision", 0.9).code == 0
    assert all_rows(audited).keys() == wrong
    truemask("spot-check", "maps", "found", "--each", 1000)
    assert len(asked(audited)) > 2 * len(wrong)  # those that were cut off are asked about, too
    assert truemask(*words).code == 0
    assert all_rows(audited).keys() == before


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("maps", "nothing"), "no finished audit"),
        (("coco", "found"), "another task"),
        (("maps", "found", "--precision", "0.9"), "--decisions"),
        (("maps", "found", "--decisions", "none.jsonl"), "no such file"),
        (("maps", "found", "--decisions", "few.jsonl"), "no list of found can be calibrated"),
        (("maps", "found", "--decisions", "odd.jsonl"), "line 1: a decision is"),
        (("maps", "found", "--decisions", "all.jsonl", "--precision", "2"), "above 0 and up to 1"),
    ],
)
def test_what_cannot_be_done_is_one_line(truemask, audited, coco, tmp_path, words, complaint):
    ids = finding_ids(read_findings(audited / "findings.parquet"))
    decide(tmp_path, ids, set(ids))
    (tmp_path / "decisions.jsonl").rename(tmp_path / "all.jsonl")
    (tmp_path / "few.jsonl").write_text(json.dumps({"finding": "0123456789ab", "decision": "accept"}))
    (tmp_path / "odd.jsonl").write_text(json.dumps({"finding": ids[0], "decision": "perhaps"}))
    before = (audited / "findings.parquet").read_bytes()
    said = truemask("spot-check", *words)
    assert said.code == 2
    assert complaint in said.err
    assert len(said.err.splitlines()) == 1
    assert (audited / "findings.parquet").read_bytes() == before
    assert read_calibration(audited) is None


def test_other_decisions_start_from_the_audit_and_a_new_audit_forgets_them(truemask, audited, made, tmp_path):
    truemask("spot-check", "maps", "found", "--each", 1000)
    first, second = ({*asked(audited)[start::2]} for start in (0, 1))
    words = ("spot-check", "maps", "found", "--decisions", "decisions.jsonl")
    told = []
    for wrong in (first, second, first):
        decide(tmp_path, asked(audited), wrong)
        assert truemask(*words, "--precision", 0.9).code == 0
        told.append((all_rows(audited), (audited / "calibration.json").read_bytes()))
    assert told[0] == told[2] != told[1]
    assert (audited / "unchecked").is_dir()
    shutil.copytree(made / "said", tmp_path / "said")
    assert truemask("audit", "maps", "--predictions", "said", "--out", "found", "--quiet").code == 0
    assert not (audited / "unchecked").exists()
    assert read_calibration(audited) is None
    assert len(all_rows(audited)) == len(all_rows(made / "found"))
