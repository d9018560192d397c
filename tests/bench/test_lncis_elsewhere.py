"""The LNCIS tables on VOC, COCO and Cityscapes: the readers, the noise and the network take one another."""

from pathlib import Path

import layouts
import numpy as np
import pytest

from truemask.bench.cells import Cell, cells
from truemask.bench.experiment import data_of, run_cell
from truemask.bench.tables import read_table
from truemask.noise.class_groups import CLASS_GROUPS
from truemask.types import Instances

TABLES = Path(__file__).parents[2] / "tables"
COCO_CLASSES = [name for group in CLASS_GROUPS["coco"].values() for name in group]
CITY_KEYS = {"train": ["aachen_000000_000019", "bochum_000000_000313"], "val": ["munster_000001_000019"]}
KEYS = {"train": ["000000000009", "000000000025"], "val": ["000000000139"]}


@pytest.fixture
def places(tmp_path) -> dict[str, str]:
    """Where tiny data sets in the layouts of the real ones lie."""
    made = {
        "data/voc2012": layouts.voc(tmp_path / "VOCdevkit" / "VOC2012", KEYS),
        "data/coco2017": layouts.coco(tmp_path / "coco", KEYS, COCO_CLASSES),
        "data/cityscapes": layouts.cityscapes(tmp_path / "cityscapes", CITY_KEYS),
    }
    return {name: str(path) for name, path in made.items()}


def cells_at(place: str, row: str, table: int = 1) -> list[Cell]:
    """One table's cells of a row and the first seed."""
    asked = read_table(TABLES / f"lncis-table{table}.toml").elsewhere(place)
    return [cell for cell in cells(asked) if (cell.row, cell.seed) == (row, asked.seeds[0])]


@pytest.mark.parametrize(
    ("place", "count", "classes"),
    [("voc", 21, [1, 8]), ("coco", 81, [1, 80]), ("cityscapes", 9, [1, 3])],
)
def test_every_noise_of_the_paper_is_made_on_the_real_layout(places, place, count, classes):
    every = cells_at(place, "lncis")
    assert len(every) == 7
    for cell in every:
        data = data_of(cell, places)
        assert (len(data.noisy), len(data.test)) == (2, 1)
        assert data.noisy.problem.num_classes == count
        objects = data.test.labels(0)
        assert isinstance(objects, Instances)
        assert sorted(objects.classes.tolist()) == classes
        assert np.isin(data.noisy.labels(0).classes, range(1, count)).all()


@pytest.mark.parametrize("place", ["voc", "coco", "cityscapes"])
def test_two_iterations_of_the_papers_network(places, tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    cell = next(cell for cell in cells_at(place, "lncis") if cell.noise.startswith("symmetric:0.4"))
    assert cell.plan["network"] == "mask_rcnn_r50"
    # One image a step: an epoch of cross entropy and one of the division.
    tiny = {**cell.plan, "epochs": 2, "batch_size": 2, "size_px": layouts.SIDE, "precision": "fp32"}
    result = run_cell(cell.model_copy(update={"plan": tiny}), places)
    assert (result.epochs, result.cell.dataset) == (2, cell.dataset)
    assert result.parameters > 40e6
    assert 0 <= result.metrics["mask_ap"] <= 1


@pytest.mark.parametrize("place", ["voc", "coco", "cityscapes"])
@pytest.mark.parametrize(("table", "row"), [(4, "released"), (5, "e18_6"), (6, "gamma4")])
def test_the_other_tables_are_asked_on_the_same_labels_with_the_same_network(places, place, table, row):
    (first,) = [cell for cell in cells_at(place, "lncis") if cell.noise.startswith("symmetric:0.4")]
    (cell,) = cells_at(place, row, table)
    assert (cell.dataset, cell.noise, cell.task) == (first.dataset, first.noise, first.task)
    same = first.plan.keys() - {"epochs", "milestones"}
    assert {key: cell.plan[key] for key in same} == {key: first.plan[key] for key in same}
    assert cell.plan["epochs"] == (18 if table == 5 else first.plan["epochs"])
    ours, theirs = (data_of(one, places).noisy.labels(0) for one in (cell, first))
    assert isinstance(ours, Instances)
    assert isinstance(theirs, Instances)
    assert ours.classes.tolist() == theirs.classes.tolist()
