"""The command line in process, and tiny data sets on disk for it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from truemask.cli import main
from truemask.data.image_file import write_image, write_map

SIZE = (32, 40)


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


@pytest.fixture
def truemask(monkeypatch, capsys, tmp_path) -> Callable[..., Said]:
    """Runs a command in an empty folder, or wherever the test went meanwhile."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Said:
        monkeypatch.setattr("sys.argv", ["truemask", *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


def write_maps(home: Path, classes: int = 3, images: int = 3) -> Path:
    """A mask folder: images 0, 1, ... with every class in each map, and one pixel of IGNORE."""
    rng = np.random.default_rng(len(home.name))
    for folder in ("images", "labels"):
        (home / folder).mkdir(parents=True)
    for name in map(str, range(images)):
        write_image(home / "images" / f"{name}.png", rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8))
        labels = rng.integers(0, classes, SIZE, dtype=np.uint8)
        labels.flat[: classes + 1] = [*range(classes), 255]
        write_map(home / "labels" / f"{name}.png", labels)
    (home / "classes.txt").write_text("\n".join(["background", *(f"kind{i}" for i in range(1, classes))]))
    return home


def write_coco(home: Path, images: int = 3) -> Path:
    """A COCO folder: two square objects an image, of two categories with gaps in their ids."""
    rng = np.random.default_rng(1)
    (home / "images").mkdir(parents=True)
    annotations = []
    for image_id in range(1, images + 1):
        write_image(home / "images" / f"{image_id}.png", rng.integers(0, 256, (48, 48, 3), dtype=np.uint8))
        for left, category in ((4, 3), (26, 7)):
            square = [left, 8, left + 12, 8, left + 12, 20, left, 20]
            annotations.append(
                {
                    "id": len(annotations) + 100,
                    "image_id": image_id,
                    "category_id": category,
                    "bbox": [left, 8, 12, 12],
                    "area": 144,
                    "iscrowd": 0,
                    "segmentation": [square],
                    "drawn_by": "somebody",
                }
            )
    content = {
        "images": [
            {"id": i, "file_name": f"{i}.png", "width": 48, "height": 48} for i in range(1, images + 1)
        ],
        "annotations": annotations,
        "categories": [{"id": 3, "name": "bolt"}, {"id": 7, "name": "nut"}],
    }
    (home / "annotations.json").write_text(json.dumps(content))
    return home


@pytest.fixture(scope="session", name="write_maps")
def write_maps_fixture() -> Callable[..., Path]:
    return write_maps


@pytest.fixture(scope="session", name="write_coco")
def write_coco_fixture() -> Callable[..., Path]:
    return write_coco


@pytest.fixture
def maps(tmp_path) -> Path:
    return write_maps(tmp_path / "maps")


@pytest.fixture
def coco(tmp_path) -> Path:
    return write_coco(tmp_path / "coco")
