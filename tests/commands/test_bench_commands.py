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


ELSEWHERE = """
[at.there]
title   = "Digits, but there"
dataset = "data/there"
differs = "Other digits."
noise   = { "symmetric:0.4" = "symmetric:0.2" }
plan    = { epochs = 1 }
"""


@pytest.fixture
def table_and_place(tmp_path, truemask):
    """A table that asks its question elsewhere, too, and the data of that place, kept under another name."""
    (tmp_path / "toy.toml").write_text(TOML + ELSEWHERE)
    assert truemask("data", "make", "moons:train=40,val=10,test=40", "my-data").code == 0
    return ["toy.toml", "--results", "results", "--at", "there"]


def test_a_table_runs_elsewhere_on_data_that_lies_wherever_it_lies(truemask, table_and_place, tmp_path):
    said = truemask("bench", "run", *table_and_place, "--dataset", "my-data", "--only", "symmetric")
    assert said.code == 0
    assert said.out.startswith("1 cells run, 0 were there, 0 failed\n# Digits, but there")
    path = tmp_path / "results" / "toy@there" / "ce" / "symmetric-0.2" / "0.json"
    assert json.loads(path.read_text())["cell"]["dataset"] == "data/there"
    assert "uv run truemask bench run toy --at there" in said.out
    assert "my-data" not in (tmp_path / "results" / "toy@there" / "table.md").read_text()
    assert truemask("bench", "show", *table_and_place).out.startswith("# Digits, but there")


def test_a_place_without_its_data_fails_cell_by_cell(truemask, table_and_place):
    said = truemask("bench", "run", *table_and_place)
    assert said.code == 1
    assert "0 cells run, 0 were there, 2 failed" in said.out
    assert "data/there: no such file or folder" in said.err


def test_a_check_tells_what_there_is_to_run(truemask, table_and_place):
    toml, *folder = table_and_place[:3]
    assert truemask("bench", "check", toml, *folder).out.splitlines() == [
        "toy: 2 trainings on digits, 0 done",
        "toy@there: 2 trainings on data/there, 0 done",
    ]
    assert (
        truemask("bench", "check", *table_and_place).out == "toy@there: 2 trainings on data/there, 0 done\n"
    )


def test_data_that_is_made_lies_nowhere(truemask, table):
    said = truemask("bench", "run", *table, "--dataset", "my-data")
    assert said.code == 2
    assert "--dataset says where digits lies, but that is made, not read" in said.err


def test_a_place_that_the_table_does_not_have(truemask, table):
    for verb in ("run", "show", "check"):
        said = truemask("bench", verb, *table, "--at", "sun")
        assert (said.code, said.err) == (2, "truemask: table toy has no [at.sun]; there is: none\n")
