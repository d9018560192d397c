"""Findings and results: what a planted error becomes, how it ranks, what it is called, how it is kept."""

import json
import pickle
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from truemask import rle
from truemask.audit import (
    KINDS,
    LEVELS,
    SCHEMA,
    confident_learning,
    read_audit,
    read_findings,
    write_findings,
)
from truemask.audit import findings as schema
from truemask.audit.findings import Collected, Finding, findings_table, kind_of, rows_of
from truemask.types import BadInput, Problem, Task

FIVE = Problem(Task.SEMANTIC, ("ground", "car", "tree", "house", "sky"), background=0)


def one_hot(labels: NDArray[np.uint8], sureness: float) -> NDArray[np.float32]:
    return np.where(labels == np.arange(5)[:, None, None], sureness, (1 - sureness) / 4).astype(np.float32)


def planted() -> list[dict[str, object]]:
    """Cars (1) left of trees (2) on ground (0); a patch each of every kind of error, one pixel apart."""
    truth = np.zeros((24, 40), np.uint8)
    truth[:, 10:25], truth[:, 25:] = 1, 2
    given = truth.copy()
    given[2:8, 12:20] = 2  # swapped
    given[10:13, 30:35] = 0  # missing
    given[15:17, 2:6] = 1  # spurious
    given[20, 33] = 1  # too small
    result = confident_learning(lambda: [("field", given, one_hot(truth, 0.9))], FIVE, min_area_px=4)
    return result.findings.to_pylist()


def test_a_planted_error_becomes_one_segment():
    segments = [row for row in planted() if row["level"] == "segment"]
    assert [(row["kind"], row["given"], row["proposed"], row["area_px"]) for row in segments] == [
        ("swapped", 2, 1, 48),
        ("missing", 0, 2, 15),
        ("spurious", 1, 0, 8),
    ]
    first = segments[0]
    assert [first[name] for name in ("x0", "y0", "x1", "y1", "height", "width")] == [12, 2, 20, 8, 24, 40]
    mask = rle.unpack([first["rle"]], (24, 40))[0]
    assert mask[2:8, 12:20].all()
    assert mask.sum() == 48
    assert first["score"] == pytest.approx(0.9 - 0.025, abs=1e-6)


def test_a_pixel_too_small_for_a_finding_still_counts_in_its_image():
    (whole,) = [row for row in planted() if row["level"] == "image"]
    assert whole["area_px"] == 48 + 15 + 8 + 1
    assert rle.unpack([whole["rle"]], (24, 40))[0][20, 33]
    assert whole["kind"] == "swapped"
    assert whole["given"] is None
    assert 0.5 < whole["score"] < 1


def test_ranks_count_within_a_level(drawn_maps):
    table = confident_learning(drawn_maps().stream(), FIVE).findings
    for level in LEVELS:
        ranks = [row["rank"] for row in table.to_pylist() if row["level"] == level]
        assert ranks == list(range(1, len(ranks) + 1))
    weights = [row["score"] * row["area_px"] for row in table.to_pylist() if row["level"] == "segment"]
    assert np.all(np.diff(weights) < 1e-4)


def test_kinds_go_by_the_background():
    assert [kind_of(0, 3, 0), kind_of(3, 0, 0), kind_of(2, 3, 0)] == ["missing", "spurious", "swapped"]
    assert [kind_of(0, 3, None), kind_of(3, 0, None)] == ["swapped", "swapped"]
    assert {kind_of(a, b, 0) for a in range(3) for b in range(3) if a != b} < KINDS.keys()


def test_the_schema_holds_and_names_the_classes(drawn_maps):
    table = confident_learning(drawn_maps().stream(), FIVE).findings
    assert table.schema.equals(SCHEMA)
    assert json.loads(table.schema.metadata[b"truemask.classes"]) == list(FIVE.classes)


def test_equal_weights_rank_by_image():
    same = [Finding("image", key, "swapped", 0.5, "x", weight=0.5) for key in ("b", "c", "a")]
    assert findings_table(same, ("x", "y"))["image"].to_pylist() == ["a", "b", "c"]
    assert len(findings_table([], ("x", "y"))) == 0


def findings_at_random(count: int) -> list[Finding]:
    rng = np.random.default_rng(0)
    found = []
    for level, image, weight, known in rng.integers(0, [3, 7, 4, 2], (count, 4)).tolist():
        wide = Finding([*LEVELS][level], f"image {image}", "swapped", 0.5, "x", weight=weight / 4)
        whole = replace(
            wide, given=1, proposed=2, size=(5, 6), area_px=3, box=(1, 2, 3, 4), rle=b"0?", p_wrong=0.25,
            objects=(len(found), 7), shapes=(b"1", b"22"),
        )  # fmt: skip
        found.append(whole if known else wide)
    return found


def test_packed_findings_are_those_that_were_put_in():
    put_in = findings_at_random(2 * schema._LOOSE + 5)
    table = findings_table(put_in, ("x", "y"))
    order = {level: place for place, level in enumerate(LEVELS)}
    ranked = sorted(put_in, key=lambda one: (order[one.level], -one.weight, one.image))
    for row, one in zip(table.to_pylist(), ranked, strict=True):
        for name in ("level", "image", "kind", "score", "given", "proposed", "area_px", "rle", "p_wrong"):
            assert row[name] == getattr(one, name)
        assert [row[side] for side in ("x0", "y0", "x1", "y1")] == [*(one.box or [None] * 4)]
        assert [row["height"], row["width"]] == [*(one.size or [None] * 2)]
        assert (row["objects"], row["shapes"]) == ([*one.objects], [*one.shapes])


def test_collected_in_parts_findings_rank_as_if_collected_at_once():
    put_in = findings_at_random(900)
    whole = findings_table(put_in, ("x", "y"))
    parts = Collected()
    for start, stop in pairwise((0, 100, 400, 900)):
        parts.merge(pickle.loads(pickle.dumps(Collected(put_in[start:stop]))))
    assert len(parts) == 900
    assert parts.ranked(("x", "y")) == whole
    assert len(parts) == 0  # nothing is held twice
    assert [*rows_of(whole, ["rank"])] == [{"rank": rank} for rank in whole["rank"].to_pylist()]


def test_a_packed_finding_takes_a_sixth_of_a_kilobyte():
    rng = np.random.default_rng(0)
    collected = Collected(
        Finding(
            "segment", f"folder/image_{number // 200:06}", "swapped", 0.5, "segment_score, meta_classifier",
            weight=0.5, given=1, proposed=2, size=(1024, 2048), area_px=256, box=(1, 2, 3, 4),
            rle=rng.bytes(40),
        )
        for number in range(8192)
    )  # fmt: skip
    held = sum(array.nbytes for arrays in collected._packed.values() for array in arrays)
    assert held / 8192 < 170


def test_findings_survive_the_disk(tmp_path: Path, drawn_maps):
    table = confident_learning(drawn_maps().stream(), FIVE).findings
    write_findings(table, tmp_path / "findings.parquet")
    assert read_findings(tmp_path / "findings.parquet").equals(table, check_metadata=True)


def test_a_result_survives_the_disk(tmp_path: Path, drawn_maps):
    maps = drawn_maps()
    problem = Problem(Task.SEMANTIC, (*FIVE.classes, "never"), background=0)
    sixth = [np.concatenate([p, np.zeros_like(p[:1])]) for p in maps.probs]
    result = confident_learning(lambda: zip(maps.keys, maps.given, sixth, strict=True), problem)
    result.write(tmp_path / "audit")
    back = read_audit(tmp_path / "audit")
    assert back.problem == problem
    assert np.array_equal(back.thresholds, result.thresholds, equal_nan=True)
    assert np.isnan(back.thresholds[5])
    assert (back.joint == result.joint).all()
    assert (back.confident_joint == result.confident_joint).all()
    assert back.summary() == result.summary()
    assert back.findings.equals(result.findings, check_metadata=True)
    assert back.images == result.images
    assert sorted(p.name for p in (tmp_path / "audit").iterdir()) == [
        "audit.json", "findings.parquet", "images.parquet"
    ]  # fmt: skip
    assert json.loads((tmp_path / "audit" / "audit.json").read_text())["thresholds"][5] is None


def test_a_folder_without_a_finished_audit_is_refused(tmp_path: Path):
    with pytest.raises(BadInput, match=r"no finished audit"):
        read_audit(tmp_path)


def test_the_summary_says_how_much_is_wrong_what_and_where(drawn_maps):
    result = confident_learning(drawn_maps(count=3).stream(), FIVE)
    lines = result.summary()
    assert lines[0].startswith(f"{result.units.sum():,} labelled pixels in 3 images")
    assert lines[1].startswith(f"About {result.wrong_rate:.1%} of the labels look wrong")
    assert "segments in 3 images" in lines[1]
    assert "look like" in lines[2]
    worst = result.images["image"].to_pylist()
    assert lines[-1] == f"Look first at: {', '.join(worst)}."


def test_the_summary_names_classes_that_were_never_given():
    given = np.zeros((4, 4), np.uint8)
    result = confident_learning(lambda: [("x", given, one_hot(given, 0.9))], FIVE)
    assert "Never given, so not judged: 'car', 'tree', 'house', 'sky'." in result.summary()


def test_findings_name_what_their_scores_rest_on_and_keep_the_rest():
    one = Finding(level="image", image="a", kind="swapped", score=0.5, evidence="kappa", weight=0.5)
    table = findings_table([one], ("cat", "dog"))
    resting = schema.resting_on(table, "label_dynamics")
    assert resting["evidence"].to_pylist() == ["label_dynamics, kappa"]
    assert resting.drop_columns("evidence") == table.drop_columns("evidence")
    assert resting.schema.equals(table.schema, check_metadata=True)
    empty = findings_table([], ("cat",))
    assert schema.resting_on(empty, "label_dynamics").schema == empty.schema
