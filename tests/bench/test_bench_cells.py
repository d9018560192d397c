"""What the keys of a table make of its cells."""

import json
from pathlib import Path

import pytest

from truemask.bench.cells import Cell, cells
from truemask.bench.results import read_results
from truemask.bench.tables import read_table
from truemask.types import BadInput

COMMITTED = Path(__file__).parents[2] / "tables" / "results"


@pytest.fixture
def cell_of(toml, write_toml):
    """The cell of a row under noise, seed 0, once some lines have been put into the toy table."""

    def made(row: str, lines: str, tables: str = "") -> Cell:
        text = toml.replace("[only]", f"{lines}\n{tables}\n[only]")
        table = read_table(write_toml(text))
        return next(c for c in cells(table) if (c.row, c.noise, c.seed) == (row, "symmetric:0.4", 0))

    return made


def test_rows_are_tested_on_the_labels_they_learn_from_unless_told_otherwise(cell_of):
    cell = cell_of("ce", 'labels = "v1"\nholdout = 0.2')
    assert (cell.labels, cell.test_labels, cell.holdout) == ("v1", "v1", 0.2)
    cell = cell_of("ce", 'labels = "v1"\ntest_labels = "v2"')
    assert (cell.labels, cell.test_labels, cell.holdout) == ("v1", "v2", None)
    cell = cell_of("ce", 'labels = "v1"\ntest = "elsewhere"')
    assert (cell.labels, cell.test, cell.test_labels) == ("v1", "elsewhere", None)


def test_a_row_that_learns_from_other_labels_is_tested_where_the_others_are(cell_of):
    lines, ceiling = 'labels = "v1"', '[train_on.ce]\nlabels = "v2"\nwhy = "ceiling"'
    assert (cell_of("ce", lines, ceiling).labels, cell_of("ce", lines, ceiling).test_labels) == ("v2", "v1")
    assert cell_of("gce", lines, ceiling).labels == "v1"
    other = '[train_on.ce]\ndataset = "moons"\nwhy = "another pair of eyes"'
    cell = cell_of("ce", lines, other)
    assert (cell.dataset, cell.labels, cell.test, cell.test_labels) == ("moons", None, "digits", "v1")
    assert cell_of("gce", lines, other).dataset == "digits"


def test_the_plan_of_one_row_can_differ(cell_of):
    longer = (
        '[plan_with.ce]\nepochs = { value = 6, why = "slow" }\nmilestones = { value = [0.5], why = "early" }'
    )
    assert cell_of("ce", "", longer).plan == {"epochs": 6, "milestones": [0.5]}
    assert cell_of("gce", "", longer).plan == {"epochs": 3}


def test_only_methods_that_ask_for_clean_labels_hang_on_the_share_of_them(toml, write_toml):
    text = toml.replace('gce_flat = "gce"', 'gce_flat = "gce"\nce = "glc"')
    text = text.replace("[only]", 'trusted = { share = 0.1, why = "few" }\n[only]')
    shares = {cell.row: cell.trusted for cell in cells(read_table(write_toml(text)))}
    assert shares == {"ce": 0.1, "gce": None, "gce_flat": None}


def test_results_made_before_a_key_was_there_answer_the_same_question(cell):
    old = json.loads(cell.model_dump_json())
    for name in ("labels", "test_labels", "test_split", "holdout", "trusted"):
        del old[name]
    assert Cell.model_validate_json(json.dumps(old)) == cell


def test_committed_results_of_an_early_table_are_those_of_today():
    table = read_table(COMMITTED.parent / "organelles-flip.toml")
    fresh, stale = read_results(COMMITTED, cells(table))
    assert len(fresh) == len(cells(table))
    assert stale == []


AT = """
[at.moons]
title   = "Toy on moons"
dataset = "data/moons"
differs = "Points, not images."
test_split = "val"
noise   = { "symmetric:.4" = "symmetric:0.4,compat=lncis" }
plan    = { lr = 0.1 }
seeds   = [7]
"""


def test_a_table_asks_the_same_elsewhere(toml, write_toml):
    table = read_table(write_toml(toml + AT))
    there = table.elsewhere("moons")
    assert (there.name, there.title, there.dataset) == ("toy@moons", "Toy on moons", "data/moons")
    assert there.noise == ["none", "symmetric:0.4,compat=lncis"]
    assert there.only == {"none": ["ce"]}
    assert (there.published, there.at) == ([], {})
    assert there.question.split("\n\n") == ["Does it work?", "Points, not images."]
    cell = next(cell for cell in cells(there) if cell.row == "gce_flat")
    assert (cell.table, cell.seed, cell.noise) == ("toy@moons", 7, "symmetric:0.4,compat=lncis")
    assert (cell.dataset, cell.test_split) == ("data/moons", "val")
    assert (cell.plan, cell.knobs, cell.method) == ({"epochs": 3, "lr": 0.1}, {"q": 1.0}, "gce")
    assert table.dataset == "digits"
    assert len(cells(table)) == 8


def test_labels_and_rows_of_the_table_mean_nothing_elsewhere(toml, write_toml):
    table = read_table(write_toml(toml.replace("[only]", 'labels = "v1"\nholdout = 0.2\n[only]') + AT))
    there = table.elsewhere("moons")
    assert (there.labels, there.holdout) == (None, None)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"symmetric:.4" =', '"flip:0.1" =', "at.moons.noise speaks of 'flip:0.1'"),
        (
            '"symmetric:.4" = "symmetric:0.4,compat=lncis"',
            '"symmetric:.4" = "none"',
            "at.moons: noise names some",
        ),
        ("seeds   = [7]", "seeds = [7, 7]", "at.moons: seeds names something twice"),
        ("seeds   = [7]", "holdout = 0.1", "at.moons: holdout keeps rows aside"),
        ('differs = "Points, not images."', "", "the key 'at.moons.differs' is missing"),
        ("[at.moons]", '[at."../x"]', "at: '../x' names a folder"),
    ],
)
def test_a_wrong_place_is_refused_when_the_table_is_read(toml, write_toml, before, after, said):
    assert before in AT
    with pytest.raises(BadInput) as caught:
        read_table(write_toml(toml + AT.replace(before, after)))
    assert said in str(caught.value)


def test_a_place_that_is_not_there_is_refused(toml, write_toml):
    with pytest.raises(BadInput, match=r"^table toy has no \[at.sun\]; there is: moons$"):
        read_table(write_toml(toml + AT)).elsewhere("sun")
    with pytest.raises(BadInput, match=r"there is: none$"):
        read_table(write_toml(toml)).elsewhere("sun")
