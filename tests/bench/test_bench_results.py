import json
import math
from pathlib import Path

import numpy as np
import pytest
from bench_standins import result_of

from truemask.bench.cells import cells
from truemask.bench.results import (
    Result,
    is_done,
    mean_and_sd,
    not_done,
    pack,
    packed_path,
    read_result,
    read_results,
    result_path,
    write_result,
)
from truemask.types import BadInput

COMMITTED = Path(__file__).parents[2] / "tables" / "results"


def test_a_result_lies_under_table_row_noise_and_seed(tmp_path, table):
    cell = cells(table)[-1]
    assert result_path(tmp_path, cell) == tmp_path / "toy" / "gce_flat" / "symmetric-0.4" / "1.json"


def test_a_result_reads_back_as_it_was(tmp_path, cell):
    result = result_of(cell, 0.875)
    assert read_result(write_result(tmp_path, result)) == result


def test_a_knob_may_be_infinite(tmp_path, cell):
    result = result_of(cell.model_copy(update={"knobs": {"gamma": math.inf}}))
    assert read_result(write_result(tmp_path, result)) == result
    assert is_done(tmp_path, result.cell)


@pytest.mark.parametrize("table", sorted(path.name for path in COMMITTED.iterdir()))
def test_committed_results_can_be_read(table):
    for path in sorted((COMMITTED / table).rglob("*.json")):
        assert result_path(COMMITTED, read_result(path).cell) == path
    for path in sorted((COMMITTED / table).rglob("*.jsonl")):
        for line in path.read_text().splitlines():
            assert packed_path(COMMITTED, Result.model_validate_json(line).cell) == path


def test_packed_results_count_as_those_in_files_of_their_own(tmp_path, table):
    every = cells(table)
    for number, cell in enumerate(every[:-1]):
        write_result(tmp_path, result_of(cell, number / 100))
    before = read_results(tmp_path, every)
    assert pack(tmp_path, every) == len(every) - 1
    assert not list(tmp_path.rglob("*.json"))
    assert read_results(tmp_path, every) == before
    assert not_done(tmp_path, every) == every[-1:]
    assert pack(tmp_path, every) == 0
    # What is made later counts in place of what was packed, and joins it.
    write_result(tmp_path, result_of(every[0], 0.99))
    write_result(tmp_path, result_of(every[-1], 0.98))
    for _ in range(2):
        found = {str(r.cell): r.metrics["accuracy"] for r in read_results(tmp_path, every)[0]}
        assert (found[str(every[0])], found[str(every[1])], found[str(every[-1])]) == (0.99, 0.01, 0.98)
        pack(tmp_path, every)
    assert packed_path(tmp_path, every[0]).read_text().count("\n") == len(table.seeds)


def test_packing_keeps_seeds_that_the_table_no_longer_has(tmp_path, table):
    every = cells(table)
    for cell in every:
        write_result(tmp_path, result_of(cell))
    pack(tmp_path, every)
    fewer = [cell for cell in every if cell.seed == table.seeds[0]]
    write_result(tmp_path, result_of(fewer[0], 0.5))
    assert pack(tmp_path, fewer) == 1
    assert not_done(tmp_path, every) == []


def test_a_broken_packed_file_is_named(tmp_path, cell):
    write_result(tmp_path, result_of(cell))
    pack(tmp_path, [cell])
    packed_path(tmp_path, cell).write_text("{}\n")
    with pytest.raises(BadInput, match=r"\.jsonl: not results: .*; remove it and run again"):
        is_done(tmp_path, cell)


def test_an_undefined_metric_is_null_on_disk_and_nan_in_memory(tmp_path, cell):
    path = write_result(tmp_path, result_of(cell, math.nan, realised_rate=math.nan))
    assert json.loads(path.read_text())["metrics"] == {"accuracy": None}
    assert math.isnan(read_result(path).metrics["accuracy"])
    assert math.isnan(read_result(path).realised_rate)


def test_an_interrupted_write_leaves_no_result(tmp_path, cell, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(OSError, match="no space"):
        write_result(tmp_path, result_of(cell))
    assert not list(tmp_path.rglob("*.json"))
    assert not is_done(tmp_path, cell)


def test_a_result_made_under_other_settings_is_stale(tmp_path, table):
    first, second, *_ = cells(table)
    write_result(tmp_path, result_of(first))
    write_result(tmp_path, result_of(second.model_copy(update={"plan": {"epochs": 2}})))
    fresh, stale = read_results(tmp_path, cells(table))
    assert [result.cell for result in fresh] == [first]
    assert stale == [second]
    assert is_done(tmp_path, first)
    assert not is_done(tmp_path, second)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": 1}, "no key 'colour'"),
        ({"wall_s": -1.0}, "wall_s: Input should be greater"),
        ({"finished": "yesterday"}, "finished"),
        ({"metrics": {"accuracy": "high"}}, "metrics.accuracy"),
    ],
)
def test_what_is_not_a_result_is_one_line_that_names_the_file(tmp_path, cell, change, said):
    path = write_result(tmp_path, result_of(cell))
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(BadInput) as caught:
        read_result(path)
    assert str(caught.value).startswith(f"{path}: not a result: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_half_a_file_is_not_a_result(tmp_path, cell):
    path = write_result(tmp_path, result_of(cell))
    path.write_text(path.read_text()[:50])
    with pytest.raises(BadInput, match="remove it and run again"):
        read_result(path)


def test_mean_and_deviation_are_those_of_the_sample():
    values = [0.81, 0.84, 0.9, 0.77]
    mean, sd, n = mean_and_sd(values)
    assert (mean, sd, n) == (pytest.approx(np.mean(values)), pytest.approx(np.std(values, ddof=1)), 4)


def test_undefined_values_do_not_count_and_one_value_has_no_deviation():
    mean, sd, n = mean_and_sd([math.nan, 0.5])
    assert (mean, n) == (0.5, 1)
    assert math.isnan(sd)
    assert math.isnan(mean_and_sd([])[0])
