"""`bench`: the cells of a table run once each, and the table of what is there."""

import json

import pytest

TOML = """
title    = "Digits"
question = "Does it learn?"
dataset  = "digits"
noise    = ["none", "symmetric:0.4"]
methods  = ["ce"]
seeds    = [0]
metric   = "accuracy"

[plan]
epochs = 2
"""


@pytest.fixture
def table(tmp_path):
    (tmp_path / "toy.toml").write_text(TOML)
    return ["toy.toml", "--results", "results"]


def cells_of(markdown, row):
    """The cells of a row of a Markdown table."""
    line = next(line for line in markdown.splitlines() if line.startswith(f"| `{row}`"))
    return [cell.strip() for cell in line.split("|")[2:-1]]


def test_a_table_without_results_is_dashes(truemask, table):
    said = truemask("bench", "show", *table)
    assert said.code == 0
    assert cells_of(said.out, "ce") == ["-", "-"]


def test_cells_run_once_and_the_table_shows_their_numbers(truemask, table, tmp_path):
    said = truemask("bench", "run", *table)
    assert said.code == 0
    assert said.out.startswith("2 cells run, 0 were there, 0 failed\n")
    results = [
        json.loads((tmp_path / "results" / "toy" / "ce" / noise / "0.json").read_text())
        for noise in ("none", "symmetric-0.4")
    ]
    accuracies = [result["metrics"]["accuracy"] for result in results]
    assert accuracies[0] > 0.9
    assert cells_of(said.out, "ce") == [f"{accuracy:.3f} (1)" for accuracy in accuracies]
    assert [result["realised_rate"] for result in results] == [0, pytest.approx(0.4, abs=0.04)]
    again = truemask("bench", "run", *table)
    assert again.out.startswith("0 cells run, 2 were there, 0 failed\n")
    shown = truemask("bench", "show", *table)
    assert shown.out == (tmp_path / "results" / "toy" / "table.md").read_text() + "\n"
    assert not list((tmp_path / "runs" / "bench" / "toy").iterdir())


def test_only_cells_whose_name_matches_run(truemask, table):
    said = truemask("bench", "run", *table, "--only", "· none")
    assert said.out.startswith("1 cells run, 0 were there, 0 failed\n")
    assert cells_of(said.out, "ce")[1] == "-"


def test_a_cell_that_fails_is_named_and_ends_in_code_1(truemask, table, tmp_path):
    (tmp_path / "toy.toml").write_text(TOML.replace('"digits"', '"dogits"'))
    said = truemask("bench", "run", *table)
    assert said.code == 1
    assert said.out.startswith("0 cells run, 0 were there, 2 failed\n")
    assert "ce · none · seed 0: FAILED: dogits: no such file or folder" in said.err.replace("\n", "")
