import math
import re

import numpy as np
import pytest

from truemask.bench.cells import Cell, cells
from truemask.bench.keys import PlanSetting, Published, Setting, TrainOn, Trusted
from truemask.bench.results import Result, write_result
from truemask.bench.tables import Table
from truemask.report.table_markdown import Summary, clear_winner, render, summarise, write_table


@pytest.fixture
def table() -> Table:
    return Table(
        name="toy",
        title="Toy",
        question="Does it work?",
        dataset="organelles",
        noise=["none", "flip:0.4"],
        methods=["ce", "gce"],
        methods_with={"gce": {"q": Setting(value=0.5, why="tuned on given labels")}},
        only={"none": ["ce"]},
        seeds=[0, 1, 2],
        metric="dice_dataset",
        also=["dice_dataset_oracle"],
        plan={"epochs": 3},
        published=[
            Published(source="A & B, Table 1", differs="other data.", values={"ce": {"flip:0.4": 0.5}}),
            Published(source="C & D", differs="other network.", values={"lsr": {"none": 0.25}}),
        ],
    )


def result_of(cell: Cell, dice: float, **changes: object) -> Result:
    fields = {
        "cell": cell,
        "metrics": {"dice_dataset": dice, "dice_dataset_oracle": dice + 0.01},
        "realised_rate": 0.0 if cell.noise == "none" else 0.39 + cell.seed / 100,
        "wall_s": 60.0,
        "cpu_s": 50.0,
        "epochs": 3,
        "parameters": 10,
        "versions": {"torch": "2.6.0"},
        "commit": "0123456789ab",
        "finished": f"2025-01-0{cell.seed + 1}",
    }
    return Result(**{**fields, **changes})


@pytest.fixture
def results(table) -> list[Result]:
    level = {"ce": 0.6, "gce": 0.8}
    return [result_of(cell, level[cell.row] + 0.01 * cell.seed) for cell in cells(table)]


def row(page: str, starts: str) -> list[str]:
    line = next(line for line in page.splitlines() if line.startswith(f"| {starts}"))
    return [entry.strip() for entry in line.strip("|").split("|")]


def test_an_entry_is_mean_deviation_and_count(results):
    entry = summarise(results[:3], "dice_dataset")
    values = [result.metrics["dice_dataset"] for result in results[:3]]
    assert (entry.mean, entry.sd, entry.n) == (
        pytest.approx(np.mean(values)),
        pytest.approx(np.std(values, ddof=1)),
        3,
    )


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (Summary(0.86149, 0.0042, 3), "0.861 ± 0.004 (3)"),
        (Summary(0.5, math.nan, 1), "0.500 (1)"),
        (Summary(math.nan, math.nan, 0), "-"),
    ],
)
def test_an_entry_as_text(entry, text):
    assert str(entry) == text


def test_rows_are_methods_and_columns_noises_and_what_is_not_asked_is_a_dash(table, results):
    page = render(table, results)
    assert row(page, "method") == ["method", "clean", "`flip:0.4`"]
    assert row(page, "`ce`") == ["`ce`", "0.610 ± 0.010 (3)", "0.610 ± 0.010 (3)"]
    assert row(page, "`gce`") == ["`gce`", "-", "**0.810 ± 0.010 (3)**"]


def test_realised_noise_is_what_was_measured(table, results):
    assert row(render(table, results), "*labels changed*") == ["*labels changed*", "*0.0%*", "*40.0%*"]


def test_missing_results_are_dashes_and_counted(table, results):
    page = render(table, results[:1])
    assert row(page, "`ce`") == ["`ce`", "0.600 (1)", "-"]
    assert "1 of 9 trainings are here" in page
    assert "trainings are here" not in render(table, results)


def test_an_empty_table_is_all_dashes(table):
    page = render(table, [])
    assert row(page, "`gce`") == ["`gce`", "-", "-"]
    assert "**" not in page.split("## How to read it")[0]


def test_an_undefined_metric_is_a_dash(table, results):
    broken = [result.model_copy(update={"metrics": {"dice_dataset": math.nan}}) for result in results]
    assert row(render(table, broken), "`ce`")[1:] == ["-", "-"]


def test_published_values_stand_under_ours_with_what_differs(table, results):
    page = render(table, results)
    assert row(page, "*ce, published [1]*")[1:] == ["-", "*0.500*"]
    assert row(page, "*lsr, published [2]*")[1:] == ["*0.250*", "-"]
    assert "- [1] A & B, Table 1. Differs: other data." in page


def test_selection_knobs_plan_provenance_and_the_way_to_rerun_are_told(table, results):
    page = render(table, results)
    assert "Selection `last`: the last epoch is tested; nothing is chosen on test labels." in page
    assert "`gce`: `q` = 0.5: tuned on given labels." in page
    assert "Plan: epochs 3." in page
    assert "uv run truemask bench run toy" in page
    assert "9 trainings, 60 s each on average; 2025-01-01 to 2025-01-03; " in page
    assert "; commit 0123456789ab; torch 2.6.0." in page


def test_oracle_numbers_are_called_upper_bounds_and_never_bold(table, results):
    page = render(table, results)
    first, second = re.split(r"^## `dice_dataset_oracle`", page, flags=re.M)
    assert "upper bound" not in first
    assert second.startswith(" (an upper bound: chosen on the test labels)")
    assert "**0." not in second
    oracle = render(table.model_copy(update={"select": "oracle"}), results)
    assert "## `dice_dataset` (an upper bound" in oracle
    assert "**0." not in oracle
    assert "never a result" in oracle


def test_methods_that_were_given_clean_labels_are_marked(table, results):
    given = [r.model_copy(update={"clean_labels": r.cell.row == "gce"}) for r in results]
    page = render(table, given)
    assert row(page, "`gce`")[0] == "`gce` †"
    assert "† was given rows whose labels were declared clean." in page
    assert "†" not in render(table, results)


@pytest.mark.parametrize(
    ("column", "better", "winner"),
    [
        ({"a": Summary(0.9, 0.01, 3), "b": Summary(0.8, 0.01, 3)}, "higher", "a"),
        ({"a": Summary(0.9, 0.01, 3), "b": Summary(0.8, 0.01, 3)}, "lower", "b"),
        ({"a": Summary(0.9, 0.1, 3), "b": Summary(0.8, 0.12, 3)}, "higher", None),
        ({"a": Summary(0.9, 0.01, 3), "b": Summary(0.8, math.nan, 1)}, "higher", None),
        ({"a": Summary(0.9, 0.01, 3)}, "higher", None),
        ({}, "higher", None),
    ],
)
def test_the_best_is_bold_only_beyond_the_pooled_deviation(column, better, winner):
    assert clear_winner(column, better=better) == winner


def test_a_table_is_rendered_from_disk_and_leaves_stale_results_out(table, results, tmp_path):
    for result in results[1:]:
        write_result(tmp_path, result)
    other = results[0].cell.model_copy(update={"plan": {"epochs": 30}})
    write_result(tmp_path, result_of(other, 0.99))
    path = write_table(table, tmp_path)
    page = path.read_text(encoding="utf-8")
    assert path == tmp_path / "toy" / "table.md"
    assert page == render(table, results[1:], stale=1)
    assert "1 results were made under other settings" in page
    assert row(page, "`ce`")[1] == "0.615 ± 0.007 (2)"


def test_each_number_stands_under_what_it_means(table, results):
    lines = render(table, results).splitlines()
    heading = lines.index("## `dice_dataset`")
    assert lines[heading + 2].startswith("Dice from the pooled counts of all images")


def test_labels_that_rows_learn_from_and_are_tested_on_are_told(table):
    changed = {"labels": "v1", "test_labels": "v2", "holdout": 0.2}
    page = render(table.model_copy(update=changed), [])
    assert "- Data: `organelles`, labels `v1`; 20% of the rows, by a hash of their keys, are kept " in page
    assert "aside for testing; tested on labels `v2`.\n" in page


def test_labels_that_differ_from_those_tested_on_are_called_as_given_and_not_clean(table, results):
    changed = {"labels": "v1", "test_labels": "v2"}
    page = render(table.model_copy(update=changed), results)
    assert row(page, "method") == ["method", "`v1` as given", "`flip:0.4`"]
    assert row(page, "*labels changed*") == ["*labels changed*", "-", "*40.0%*"]
    same = render(table.model_copy(update={"labels": "v1", "test_labels": "v1"}), results)
    assert row(same, "method")[1] == "clean"


def test_a_ceiling_row_is_marked_and_never_bold(table, results):
    own = {"gce": TrainOn(labels="v2", why="the ceiling")}
    page = render(table.model_copy(update={"train_on": own, "labels": "v1"}), results)
    assert row(page, "`gce` ‡")[2] == "0.810 ± 0.010 (3)"
    assert row(render(table, results), "`gce`")[2] == "**0.810 ± 0.010 (3)**"
    assert "- `gce` learns from labels `v2`: the ceiling.\n" in page


def test_a_ceiling_row_has_noise_of_its_own(table, results):
    own = {"gce": TrainOn(dataset="moons", why="the ceiling")}
    noisier = [r.model_copy(update={"realised_rate": 0.9}) if r.cell.row == "gce" else r for r in results]
    page = render(table.model_copy(update={"train_on": own}), noisier)
    assert row(page, "*labels changed*")[2] == "*40.0%*"
    assert "- `gce` learns from `moons`: the ceiling.\n" in page


def test_a_plan_of_ones_own_and_trusted_rows_come_with_their_reasons(table):
    longer = {"gce": {"epochs": PlanSetting(value=6, why="slow to start")}}
    trusted = Trusted(share=0.1, why="as in the paper")
    page = render(table.model_copy(update={"plan_with": longer, "trusted": trusted}), [])
    assert "- `gce`: plan epochs 6: slow to start.\n" in page
    assert "- Of the training rows, 10% have clean labels for the methods that ask for such rows;" in page
    assert "as they were given: as in the paper.\n" in page


def test_an_oracle_row_is_the_best_of_each_seed_in_italics_and_takes_no_part(table, results):
    chosen = Table.model_validate({**dict(table), "only": {}, "oracle_of": {"either": ["ce", "gce"]}})
    dice = {"ce": (0.5, 0.7, 0.6), "gce": (0.6, 0.4, 0.5)}
    there = [result_of(cell, dice[cell.row][cell.seed]) for cell in cells(chosen) if cell.noise != "none"]
    page = render(chosen, there)
    assert row(page, "*either") == ["*either, picked on the test labels*", "-", "*0.633 ± 0.058 (3)*"]
    assert page.count("*either, picked") == 2  # of Dice, and of Dice at the best threshold
    assert "of `ce`, `gce`, for each seed the one that is best **on the test labels**" in page
    fewer = [result for result in there if (result.cell.row, result.cell.seed) != ("gce", 2)]
    assert row(render(chosen, fewer), "*either")[2] == "*0.650 ± 0.071 (2)*"
