"""`data check`: what it prints, the JSON for machines, and the exit code."""

import json

import numpy as np

from truemask.data.image_file import read_map, write_map


def spoil(maps):
    """Two unknown values in one map and one in another; one map gone."""
    for name, values in (("0", (7, 8)), ("1", (7,))):
        file = maps / "labels" / f"{name}.png"
        labels = read_map(file)
        labels[10, : len(values)] = values
        write_map(file, labels)
    (maps / "labels" / "2.png").unlink()


def test_a_sound_set_ends_well(truemask, maps, coco):
    for name in ("maps", "coco"):
        said = truemask("data", "check", name, "--quiet")
        assert (said.code, said.out, said.err) == (0, f"{name}: nothing wrong was found\n", "")


def test_findings_stand_under_their_rule_errors_first_and_the_exit_code_is_1(truemask, maps):
    spoil(maps)
    said = truemask("data", "check", "maps", "--quiet", "--show", 2)
    assert said.code == 1
    assert said.out.splitlines() == [
        "error class-unknown (3): a class that is not listed",
        "  labels/0.png value 7: 1 px, no class of 3",
        "  labels/0.png value 8: 1 px, no class of 3",
        "  ... and 1 more",
        "  way out: correct the label, or list the class",
        "note image-unlabelled (1): images without labels: never trained on",
        "  images/2.png no map of that name in labels",
        "  way out: label them, or leave them",
        "maps: 3 errors, 0 warnings, 1 note",
    ]


def test_notes_and_warnings_are_no_errors(truemask, maps):
    (maps / "labels" / "2.png").unlink()
    assert truemask("data", "check", "maps", "--quiet").code == 0


def test_machines_get_every_finding(truemask, maps):
    spoil(maps)
    said = truemask("data", "check", "maps", "--json", "--quiet", "--show", 0)
    answer = json.loads(said.out)
    assert said.code == 1
    assert answer["source"] == "maps"
    assert answer["counts"] == {"error": 3, "warning": 0, "note": 1}
    expected = {"file": "maps/labels/0.png", "object": "value 7", "rule": "class-unknown"}
    assert {**expected, "severity": "error", "says": "1 px, no class of 3"} in answer["findings"]
    assert len(answer["findings"]) == 4


def test_a_bar_counts_on_standard_error(truemask, maps):
    said = truemask("data", "check", "maps")
    assert "maps" in said.err
    assert "images" in said.err
    assert said.out == "maps: nothing wrong was found\n"


def test_it_is_the_label_set_that_was_named(truemask, maps):
    bad = maps / "other"
    bad.mkdir()
    for name in "012":
        write_map(bad / f"{name}.png", np.full((32, 40), 9, dtype=np.uint8))
    assert truemask("data", "check", "maps", "--labels", "labels", "--quiet").code == 0
    assert truemask("data", "check", "maps", "--labels", "other", "--quiet").code == 1
    said = truemask("data", "check", "maps", "--labels", "third", "--quiet")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "has no labels called 'third'; there is: labels, other" in said.err


def test_what_is_no_data_set_is_one_line(truemask, tmp_path):
    (tmp_path / "empty").mkdir()
    said = truemask("data", "check", "empty", "--quiet")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
