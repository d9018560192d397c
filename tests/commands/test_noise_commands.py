"""`truemask noise`: matrices with their verdicts."""

import json

import pytest

from truemask.noise import read_manifest


def cells(out, row):
    """The cells of the printed row that starts like this."""
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "│" in line]
    (found,) = [line for line in lines if line[0] == row]
    return found[1:]


def test_a_matrix_is_printed_with_what_it_means(truemask):
    said = truemask("noise", "matrix", "0.9/0.1;0.3/0.7", "--classes", "cat,dog")
    assert (said.code, said.err) == (0, "")
    assert cells(said.out, "cat") == ["0.9", "0.1"]
    assert cells(said.out, "dog") == ["0.3", "0.7"]
    assert cells(said.out, "rank")[0] == "2 of 2"
    assert cells(said.out, "effective rate")[0] == "20.0%"


def test_a_matrix_that_is_none_ends_with_code_1(truemask, tmp_path):
    (tmp_path / "T.csv").write_text("0.9,0.2\n0.1,0.8\n")
    said = truemask("noise", "matrix", "T.csv")
    assert said.code == 1
    assert cells(said.out, "row sums")[0] == "0: 1.1, 1: 0.9"
    assert "transposed" in said.out


def test_a_matrix_with_twins_is_one_and_says_so(truemask, tmp_path):
    (tmp_path / "T.json").write_text(json.dumps([[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]]))
    said = truemask("noise", "matrix", "T.json", "--classes", "cat,dog,fox")
    assert said.code == 0
    assert "classes cat and dog have the same row: no method can tell them apart" in said.out


def test_a_spec_has_the_matrix_of_all_its_steps(truemask):
    spec = "sample:0.5+flip:0.2"
    said = truemask("noise", "matrix", spec, "--classes", "background,cat,dog", "--task", "semantic")
    assert cells(said.out, "cat") == ["0.05", "0.4", "0.05", "0.5"]
    assert cells(said.out, "labels lost")[0] == "50.0% on average"


def test_objects_have_no_row_for_the_background(truemask):
    said = truemask("noise", "matrix", "pair:0.25", "--classes", "car,bus", "--task", "instance")
    assert cells(said.out, "car") == ["0.75", "0.25"]
    assert "background" not in said.out


def test_what_is_drawn_depends_on_the_seed(truemask):
    outs = [
        truemask("noise", "matrix", "confident:0.3", "--classes", "4", "--seed", seed).out
        for seed in (1, 1, 2)
    ]
    assert outs[0] == outs[1] != outs[2]


def test_of_many_classes_the_likeliest_are_shown(truemask):
    said = truemask("noise", "matrix", "superclass:0.4,groups=blocks7", "--classes", "21")
    assert cells(said.out, "20") == ["0.6", "14 0.0667, 15 0.0667, 16 0.0667, 17 0.0667, 2 more"]


def test_the_manifest_of_a_corruption_names_its_classes(truemask, maps, tmp_path):
    truemask("corrupt", maps, "flip:0.5", "noisy", "--quiet")
    said = truemask("noise", "matrix", "noisy/manifest.json")
    share = read_manifest(tmp_path / "noisy").transition[1][1]
    assert said.code == 0
    assert cells(said.out, "kind1")[1] == f"{share:.3g}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["symmetric:0.3"],
            "the matrix of symmetric:0.3 depends on the classes: add --classes cat,dog",
        ),
        (
            ["dilate:2", "--classes", "3", "--task", "semantic"],
            "dilate looks at more than the true class",
        ),
        (
            ["0.9/0.1;0.2/0.8", "--classes", "3"],
            "0.9/0.1;0.2/0.8 has 2 rows, but there are 3 classes",
        ),
        (["1/0/0/0;0/1/0/0"], "1/0/0/0;0/1/0/0 has 2 rows and 4 columns; a transition matrix has as many"),
        (["no.csv"], "no file 'no.csv' to read a transition matrix from"),
    ],
)
def test_what_has_no_matrix_is_told_in_one_line(truemask, words, message):
    said = truemask("noise", "matrix", *words)
    assert said.code == 2
    assert said.err.startswith(f"truemask: {message}")
    assert said.err.count("\n") == 1
