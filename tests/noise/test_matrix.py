"""Any transition matrix: written out, from a file, or measured; and what it means."""

import json

import numpy as np
import pytest
from noise_toys import CLASSES, OBJECTS, PIXELS, STREET, class_ids, label_maps, object_lists, same

from truemask.noise import Ledger, check, corrupt, parse, write_manifest
from truemask.noise.matrix_text import Matrix, read_matrix
from truemask.noise.verdicts import verdicts
from truemask.types import IGNORE, BadInput

ROWS = [[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [1 / 3, 1 / 3, 1 / 3]]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The same matrix in every kind of file, here."""
    monkeypatch.chdir(tmp_path)
    np.save("T.npy", np.array(ROWS))
    (tmp_path / "T.json").write_text(json.dumps(ROWS))
    (tmp_path / "T.csv").write_text("\n".join(",".join(map(repr, row)) for row in ROWS) + "\n\n")
    return tmp_path


@pytest.mark.parametrize("name", ["T.csv", "T.npy", "T.json"])
def test_a_spec_says_the_matrix_and_not_the_file(files, name):
    spec = parse(f"matrix:{name}")
    assert str(spec) == (
        "matrix:0.9/0.1/0;0.05/0.9/0.05;0.3333333333333333/0.3333333333333333/0.3333333333333333"
    )
    (files / name).unlink()
    assert parse(str(spec)) == spec
    np.testing.assert_array_equal(spec.steps[0].knobs()["transition"].over(CLASSES), ROWS)


def test_a_matrix_has_one_text_however_it_is_written():
    assert str(parse("matrix: 0.90/.1 ; 2e-1/0.8")) == "matrix:0.9/0.1;0.2/0.8"
    assert str(parse("matrix:1/0;0/1+flip:0.1")) == "matrix:1/0;0/1+flip:0.1"


def test_a_row_and_a_column_fewer_than_classes_leave_the_background_alone():
    matrix = Matrix.parse("0.5/0.5/0;0/1/0;0/0.25/0.75")
    expected = [[1, 0, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 1, 0], [0, 0, 0.25, 0.75]]
    for problem in (PIXELS, OBJECTS):
        np.testing.assert_array_equal(matrix.over(problem), expected)
    for key, before in label_maps().items():
        after = corrupt(before, parse(f"matrix:{matrix}"), problem=PIXELS, seed=1, key=key)
        assert ((after == 0) == (before == 0)).all()


def test_a_column_more_than_rows_is_the_chance_of_ignore():
    lost = parse("matrix:0.5/0/0/0.5;0/1/0/0;0/0/0/1")
    before = np.array([[0, 1, 2, IGNORE]] * 500, np.uint8)
    after = corrupt(before, lost, problem=STREET, seed=1, key="image")
    assert (after[:, 2] == IGNORE).all()
    assert (after[:, 1] == 1).all()
    assert abs((after[:, 0] == IGNORE).mean() - 0.5) < 4 * np.sqrt(0.25 / 500)


def test_without_a_background_there_is_none_to_leave_alone():
    with pytest.raises(BadInput, match="has 2 rows, the problem 3 classes: cat, dog, fox"):
        check(parse("matrix:0.5/0.5;0/1"), CLASSES)


def test_the_matrix_that_a_corruption_realised_makes_another_like_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ledger = Ledger(parse("symmetric:0.3"), CLASSES, 5)
    for key, label in class_ids().items():
        ledger.corrupt(label, key)
    manifest = write_manifest(ledger, tmp_path / "before")
    spec = parse("matrix:before/manifest.json")
    np.testing.assert_array_equal(
        spec.steps[0].knobs()["transition"].over(CLASSES), np.array(manifest.transition)[:, :3]
    )


def test_objects_take_the_matrix_of_an_earlier_corruption(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for spec in ("symmetric:0.3", "miss:0.3"):
        ledger = Ledger(parse(spec), OBJECTS, 5)
        for key, one in object_lists().items():
            ledger.corrupt(one, key)
        write_manifest(ledger, tmp_path)
        if spec == "symmetric:0.3":
            check(parse("matrix:manifest.json"), OBJECTS)
        else:
            with pytest.raises(BadInput, match=r"leaves the background alone.*use miss to leave objects out"):
                check(parse("matrix:manifest.json"), OBJECTS)


def test_a_class_that_did_not_occur_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [[0.5, 0.5, 0, 0], [None] * 4, [0, 0, 0.9, 0.1]]
    (tmp_path / "manifest.json").write_text(json.dumps({"transition": rows}))
    assert read_matrix("manifest.json").tolist() == [[0.5, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 0.9, 0.1]]
    rows[2] = [0, 0, 1, 0]
    (tmp_path / "manifest.json").write_text(json.dumps({"transition": rows}))
    assert read_matrix("manifest.json").tolist() == [[0.5, 0.5, 0], [0, 1, 0], [0, 0, 1]]


def test_the_identity_leaves_objects_as_they_are():
    for key, one in object_lists().items():
        after = corrupt(one, parse("matrix:1/0/0;0/1/0;0/0/1"), problem=OBJECTS, seed=1, key=key)
        assert same(one, after)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "matrix:T.txt",
            "matrix: 'T.txt' is no transition matrix: write it out, row by row, as in 0.9/0.1;0.2/0.8, or "
            "name a .csv, .npy, .json file (in a spec its path has neither a comma nor a plus in it)",
        ),
        (
            "matrix:my.csv",
            "matrix: no file 'my.csv' to read a transition matrix from; in a spec a path has neither a comma "
            "nor a plus in it, which separate knobs and noises there",
        ),
        (
            "matrix:0.9/0.2;0.1/0.9",
            "matrix: row 0 of the transition matrix sums to 1.1, not 1: a row says where the labels of one "
            "true class go (is the matrix transposed?)",
        ),
        (
            "matrix:1.5/-0.5;0/1",
            "matrix: row 0 of the transition matrix has a value outside [0, 1]: [1.5, -0.5]",
        ),
        (
            "matrix:0.5/0.5;1",
            "matrix: the transition matrix of 0.5/0.5;1 is no table of numbers, rows of one length without "
            "names: setting an array element with a sequence",
        ),
        (
            "matrix:0.5/0.5",
            "matrix: the transition matrix of 0.5/0.5 has the shape (1, 2); it has a row for each true "
            "class, two or more, and a column for each given one",
        ),
    ],
)
def test_what_is_no_matrix_is_told(text, message):
    with pytest.raises(BadInput) as error:
        parse(text)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"true,cat\ncat,1\n", "is no table of numbers, rows of one length without names"),
        ("a.npy", b"no array", r"a\.npy cannot be read as \.npy"),
        ("a.json", b"{", r"a\.json cannot be read as \.json"),
        ("a.json", b'{"noise": 3}', r"a\.json is no manifest of a corruption and no list of rows"),
        ("a.json", b"[1, 2]", r"has the shape \(2,\)"),
    ],
)
def test_a_file_without_a_matrix_is_told(tmp_path, monkeypatch, name, content, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=message):
        parse(f"matrix:{name}")


def said(rows, classes=("cat", "dog", "fox")):
    return {
        one.check: (one.severity, one.found, one.means) for one in verdicts(np.array(rows, float), classes)
    }


def test_a_harmless_matrix_has_no_warning():
    told = said([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    assert {severity for severity, *_ in told.values()} == {"good"}
    assert told["rank"][1] == "3 of 3"
    assert told["condition"][1] == "1.43"  # eigenvalues 1 and 0.7
    assert told["effective rate"][1] == "20.0%"


def test_rows_that_are_no_distribution_are_errors_and_nothing_else_is_said():
    told = said([[0.8, 0.1, 0.2], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    assert list(told) == ["row sums", "chances"]
    assert told["row sums"][:2] == ("error", "cat: 1.1")
    assert "divide each row by its sum" in told["row sums"][2]
    assert "transposed" in said([[0.8, 0.1, 0.2], [0.1, 0.8, 0.1], [0.1, 0.1, 0.7]])["row sums"][2]
    assert said([[1.2, -0.2, 0], [0, 1, 0], [0, 0, 1]])["chances"][:2] == (
        "error",
        "cat > cat: 1.2, cat > dog: -0.2",
    )
    assert said([[np.nan, 1, 0], [0, 1, 0], [0, 0, 1]])["chances"][1] == "cat > cat: nan"


def test_classes_with_the_same_row_cannot_be_told_apart():
    told = said([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [0.5, 0.25, 0.25]])
    assert told["equal rows"] == (
        "warning",
        "cat and fox",
        "classes cat and fox have the same row: no method can tell them apart from these labels",
    )
    assert told["rank"][:2] == ("warning", "2 of 3")
    assert "classes cat and fox" in told["rank"][2]
    assert told["condition"][1] == "infinite"


def test_a_row_that_is_a_mixture_of_others_lowers_the_rank_without_equal_rows():
    told = said([[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0]])
    assert "equal rows" not in told
    assert told["rank"][:2] == ("warning", "2 of 3")
    assert "cat, dog and fox" in told["rank"][2]


@pytest.mark.parametrize(("flip", "severity"), [(0.45, "good"), (0.55, "warning")])
def test_a_binary_flip_above_one_half_swaps_the_classes(flip, severity):
    told = said([[1 - flip, flip], [flip, 1 - flip]], ("no", "yes"))
    assert told["diagonal"][0] == severity
    assert ("come out inverted" in told["diagonal"][2]) == (flip > 0.5)
    assert float(told["condition"][1]) == pytest.approx(10)


def test_a_class_that_is_mostly_given_as_another_is_learned_as_that():
    told = said([[0.3, 0.6, 0.1], [0, 1, 0], [0.5, 0, 0.5]])
    assert told["diagonal"][1] == "cat, fox"
    assert told["diagonal"][2] == (
        "cat is given as dog more often than as cat (0.6 and 0.3); "
        "fox is given as cat as often as fox (0.5 and 0.5): a plain fit learns to say that"
    )


def test_condition_says_how_errors_grow():
    told = said([[0.34, 0.33, 0.33], [0.33, 0.34, 0.33], [0.33, 0.33, 0.34]])
    assert told["condition"] == (
        "warning",
        "100",
        "undoing the noise turns an error of 1 % in the given shares into up to 100 %",
    )


def test_lost_labels_are_counted():
    told = said([[0.5, 0, 0, 0.5], [0, 1, 0, 0], [0, 0, 0, 1]])
    assert told["labels lost"] == (
        "warning",
        "50.0% on average",
        "no label is left of fox: nothing learns it from these",
    )
    assert said([[0.5, 0, 0.5], [0, 1, 0]], ("no", "yes"))["labels lost"][:2] == ("good", "25.0% on average")
