import json
import math
from pathlib import Path

import numpy as np
import pytest
from bench_standins import result_of

from truemask.bench.cells import cells
from truemask.bench.results import (
    is_done,
    mean_and_sd,
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
