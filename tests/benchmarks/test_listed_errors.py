"""The lists of two packs name objects by value, and by place; both become regions."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.label_agreement import mean_iou, panoptic_quality
from benchmarks.listed_errors import Listed, of_carparts, of_nuclei

from truemask import rle
from truemask.data.formats.id_maps import first_id
from truemask.data.views import ArrayDataset, AsSemantic
from truemask.types import Instances, Problem, Task

PARTS = Problem(Task.INSTANCE, ("background", "door", "wheel"), background=0)


def square(place: int) -> np.ndarray:
    plane = np.zeros((8, 40), bool)
    plane[:, 8 * place : 8 * place + 8] = True
    return plane


def objects(places: list[int], values: list[int], classes: list[int], key: str = "a") -> Instances:
    codes = rle.pack(np.array([square(place) for place in places], bool).reshape(-1, 8, 40))
    ids = first_id(key) + np.array(values, np.int64)
    crowd = np.zeros(len(places), bool)
    return Instances((8, 40), np.array(classes, np.uint8), codes, rle.boxes(codes, (8, 40)), ids, crowd)


def dataset(labels: Instances) -> ArrayDataset:
    return ArrayDataset("parts", "all", PARTS, ["a"], [np.zeros((8, 40, 3), np.uint8)], [labels])


GIVEN = dataset(objects([0, 1, 2], [3, 7, 8], [1, 1, 2]))
FIXED = dataset(objects([0, 1, 4], [3, 7, 9], [1, 1, 2]))


def test_nuclei_are_named_by_value(tmp_path):
    (tmp_path / "events.csv").write_text(
        "image,type,orig_ids,fixed_ids,pixels,iou\n"
        "a,oversplit,3;7,3,0,\n"
        "a,boundary,8,9,1,0.97\n"
        "a,missing,,9,64,0.0\n"
    )
    whole = rle.pack((square(0) | square(1))[None])[0]
    assert of_nuclei(tmp_path, GIVEN, FIXED) == [
        Listed("a", "split", whole),
        Listed("a", "outline", rle.pack(square(2)[None])[0]),
        Listed("a", "missing", rle.pack(square(4)[None])[0]),
    ]


def test_parts_are_named_by_place(tmp_path):
    (tmp_path / "events_v1_v2.csv").write_text(
        "image,type,a_idx,b_idx,a_class,b_class,iou\n"
        "a.jpg,class,1,1,door,wheel,1.0\n"
        "a.jpg,missing,,2,,wheel,\n"
        "a.jpg,spurious,2,,wheel,,\n"
    )
    assert of_carparts(tmp_path, GIVEN, FIXED) == [
        Listed("a", "swapped", rle.pack(square(1)[None])[0]),
        Listed("a", "missing", rle.pack(square(4)[None])[0]),
        Listed("a", "spurious", rle.pack(square(2)[None])[0]),
    ]


def test_panoptic_quality_counts_classes_and_places():
    assert panoptic_quality(FIXED, FIXED) == 1
    assert panoptic_quality(GIVEN, FIXED) == 2 / (2 + 2 / 2)
    swapped = dataset(objects([0, 1, 4], [3, 7, 9], [2, 1, 2]))
    assert panoptic_quality(swapped, FIXED) == 2 / (2 + 2 / 2)
    assert panoptic_quality(dataset(objects([], [], [])), FIXED) == 0


def test_maps_agree_by_class():
    # Background: 64 of 192 px are a wheel elsewhere; the wheels do not overlap.
    assert mean_iou(AsSemantic(GIVEN), AsSemantic(FIXED)) == (64 / 192 + 1 + 0) / 3
    assert mean_iou(AsSemantic(FIXED), AsSemantic(FIXED)) == 1
