from pathlib import Path

import pytest

from truemask.bench.cells import Cell, cells
from truemask.bench.keys import NOISE_RATE, Setting
from truemask.bench.tables import read_table
from truemask.types import BadInput, Task

TABLES = Path(__file__).parents[2] / "tables"


def test_a_table_is_called_what_its_file_is_called(table):
    assert table.name == "toy"
    assert table.select == "last"
    assert table.methods_with["gce_flat"]["q"] == Setting(value=1.0, why="mean absolute error")


def test_cells_are_every_row_under_every_noise_that_it_runs_under_seed_by_seed(table):
    assert [(cell.seed, cell.noise, cell.row) for cell in cells(table)] == [
        (seed, noise, row)
        for seed in (0, 1)
        for noise, rows in (("none", ["ce"]), ("symmetric:0.4", ["ce", "gce", "gce_flat"]))
        for row in rows
    ]


def test_an_alias_is_the_method_it_stands_for_with_its_own_knobs(table):
    flat = next(cell for cell in cells(table) if cell.row == "gce_flat")
    assert (flat.method, flat.knobs) == ("gce", {"q": 1.0})
    assert next(cell for cell in cells(table) if cell.row == "gce").knobs == {}


def test_a_cell_carries_the_plan_and_says_what_it_is(cell):
    assert cell.plan == {"epochs": 3}
    assert str(cell) == "ce · none · seed 0"


def test_a_cell_survives_its_own_json(cell):
    assert Cell.model_validate_json(cell.model_dump_json()) == cell


def test_the_noise_rate_as_a_knob_is_the_realised_one(cell):
    asking = cell.model_copy(update={"knobs": {"forget_rate": NOISE_RATE, "ramp": 4}})
    assert asking.knobs_at(0.37) == {"forget_rate": 0.37, "ramp": 4}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("methods  =", "metods  =", "no key 'metods'; did you mean 'methods'?"),
        ("methods  =", "zzz  =", "no key 'zzz'; there is: title, question"),
        ('title    = "Toy"', "", "the key 'title' is missing"),
        ("seeds    = [0, 1]", "seeds    = []", "seeds"),
        ("seeds    = [0, 1]", 'seeds    = ["0"]', "seeds.0: Input should be a valid integer, got '0'"),
        ("seeds    = [0, 1]", "seeds    = [1, 1]", "seeds names something twice"),
        ("seeds    = [0, 1]", 'select = "best"\nseeds = [0]', "select: Input should be 'last'"),
        (
            'none = ["ce"]',
            'none = ["sce"]',
            "only.none speaks of 'sce', which the table does not have: ce",
        ),
        ('none = ["ce"]', '"flip:0.1" = ["ce"]', "only speaks of 'flip:0.1'"),
        ('gce_flat = "gce"', 'gce_flat = "gce"\nsce = "gce"', "alias speaks of 'sce'"),
        ('"mean absolute error"', '""', "why"),
        ('"none", "symmetric:0.4"', '"none", "symetric:0.4"', "noise.1: no noise called 'symetric'"),
        ('"none", "symmetric:0.4"', '"none", "clean", "symmetric:0.4"', "noise names something twice"),
        ('["ce", "gce", "gce_flat"]', '["ce", "gce", "gce_flat", "../x"]', "'../x' names a folder"),
        ("lsr = { none = 0.7 }", "lsr = { 'flip:0.1' = 0.7 }", "published.values.lsr speaks of 'flip:0.1'"),
        ('title    = "Toy"', 'title = "Toy"\nname = "other"', "remove the key 'name'"),
        (
            'metric   = "accuracy"',
            'metric = "acuracy"',
            "metric: no metric called 'acuracy'; there is: a",
        ),
        ('["ece"]', '["acc/x"]', "also.0: no metric called 'acc/x'"),
        ('title    = "Toy"', "title = Toy", "not a TOML file"),
        ('dataset  = "digits"', 'dataset = "digits"\nholdout = 1.0', "holdout: Input should be less than 1"),
        (
            'dataset  = "digits"',
            'dataset = "digits"\nholdout = 0.2\ntest = "moons"',
            "holdout keeps rows aside to test on, and test names others",
        ),
        ("[only]", '[train_on.sce]\nlabels = "v2"\nwhy = "ceiling"\n[only]', "train_on speaks of 'sce'"),
        ("[only]", '[train_on.ce]\nwhy = "ceiling"\n[only]', "says neither a dataset nor labels"),
        ("[only]", '[train_on.ce]\nlabels = "v2"\nwhy = "ceiling"\n[only]', "name the `test_labels` of all"),
        ("[only]", '[plan_with.sce]\nlr = { value = 0.1, why = "a" }\n[only]', "plan_with speaks of 'sce'"),
        ("[only]", '[oracle_of]\nbest = ["ce", "sce"]\n[only]', "oracle_of.best speaks of 'sce'"),
        ("[only]", '[oracle_of]\nce = ["gce"]\n[only]', "oracle_of.ce: a row of the table has that name"),
        (
            "[only]",
            '[at.moon]\ntitle="a"\ndataset="a"\ndiffers="a"\nmethods_with.sce.q={value=1.0,why="a"}\n[only]',
            "at.moon.methods_with speaks of 'sce'",
        ),
        (
            "[only]",
            '[at.moon]\ntitle="a"\ndataset="a"\ndiffers="a"\nplan_with.sce.lr={value=1.0,why="a"}\n[only]',
            "at.moon.plan_with speaks of 'sce'",
        ),
        (
            "[only]",
            "[plan_with.ce]\nlr = { value = 0.1 }\n[only]",
            "the key 'plan_with.ce.lr.why' is missing",
        ),
        (
            "[only]",
            'trusted = { share = 0.0, why = "few" }\n[only]',
            "trusted.share: Input should be greater",
        ),
    ],
)
def test_a_wrong_table_is_one_line_that_names_file_and_key(toml, write_toml, before, after, said):
    assert before in toml
    path = write_toml(toml.replace(before, after))
    with pytest.raises(BadInput) as caught:
        read_table(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert said in message
    assert "\n" not in message


def test_a_missing_table_lists_those_that_are_there(tmp_path, monkeypatch):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "toy.toml").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=r"^tory: no such table; .*\(there is: toy\)$"):
        read_table("tory")


def test_a_bare_name_is_found_in_the_tables_folder(toml, tmp_path, monkeypatch):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "toy.toml").write_text(toml, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert read_table("toy").title == "Toy"


def test_noise_has_one_spelling(toml, write_toml):
    table = read_table(write_toml(toml.replace("symmetric:0.4", "symmetric:.40")))
    assert table.noise == ["none", "symmetric:0.4"]
    assert table.published[0].values["ce"] == {"symmetric:0.4": 0.5}


def test_the_first_claim_of_the_meta_structure_paper_is_a_table():
    table = read_table(TABLES / "organelles-flip.toml")
    assert table.noise == ["none", "flip:0.2", "flip:0.4", "flip:0.45", "flip:0.48"]
    assert {"ce", "sce", "gce", "bootstrap_hard", "elr"} <= set(table.methods)
    assert len(cells(table)) == 5 * len(table.methods) * 3


def test_the_first_claim_of_the_instance_paper_is_a_table_with_its_numbers_in_shares():
    table = read_table(TABLES / "scenes-symmetric.toml")
    assert table.task == Task.INSTANCE
    assert table.published[0].values["lncis"]["symmetric:0.4"] == 0.381
    assert len(cells(table)) == 4 * 3 * 3


def test_knobs_and_settings_of_another_place_stand_beside_those_of_the_table(toml, write_toml):
    place = """
        [at.moon]
        title = "a"
        dataset = "moon"
        task = "semantic"
        differs = "b"
        methods_with.gce_flat.truncate = { value = 0.1, why = "c" }
        methods_with.ce.dark = { value = true, why = "d" }
        plan_with.ce.lr = { value = 0.01, why = "e" }
    """
    table = read_table(write_toml(toml + place))
    assert table.elsewhere("moon").plan_with["ce"]["lr"].value == 0.01
    assert (table.task, table.elsewhere("moon").task) == (None, Task.SEMANTIC)
    moved = table.elsewhere("moon").methods_with
    assert {row: {name: s.value for name, s in knobs.items()} for row, knobs in moved.items()} == {
        "ce": {"dark": True},
        "gce_flat": {"q": 1.0, "truncate": 0.1},
    }
    assert table.methods_with.keys() == {"gce_flat"}
