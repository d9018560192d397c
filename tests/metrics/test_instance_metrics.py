"""COCO average precision, against pycocotools itself on random images."""

import contextlib
import io
import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from truemask import rle
from truemask.metrics import InstanceMetrics
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

PROBLEM = Problem(Task.INSTANCE, ("nothing", "car", "tree", "house", "never"), background=0)
SIZE = (40, 52)
Found = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], NDArray[np.bool_]]


def disks(rng: np.random.Generator, n: int) -> NDArray[np.bool_]:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    centres, radii = rng.random((n, 2)) * SIZE, rng.uniform(4, 11, n)
    shapes = [(y - cy) ** 2 + (x - cx) ** 2 <= r * r for (cy, cx), r in zip(centres, radii, strict=True)]
    return np.array(shapes, dtype=bool).reshape(n, *SIZE)


def objects(masks: NDArray[np.bool_], classes: list[int], *, crowd: list[bool], first: int = 1) -> Instances:
    codes = rle.pack(masks)
    ids = np.arange(first, first + len(codes), dtype=np.int64)
    boxes = rle.boxes(codes, SIZE)
    return Instances(SIZE, np.array(classes, np.uint8), codes, boxes, ids, np.array(crowd, bool))


def scene(seed: int, *, true: int, found: int) -> tuple[Found, Instances]:
    """Objects, and detections of which some are near an object; scores on a grid, so that many are equal."""
    rng = np.random.default_rng(seed)
    masks = disks(rng, true)
    classes = rng.integers(1, 4, true)
    truth = objects(masks, classes.tolist(), crowd=(rng.random(true) < 0.2).tolist(), first=100 * seed + 1)
    guesses, labels = disks(rng, found), rng.integers(1, 4, found)
    for d in range(found if true else 0):
        if rng.random() < 0.7:
            like = rng.integers(true)
            guesses[d], labels[d] = np.roll(masks[like], rng.integers(-2, 3, 2), (0, 1)), classes[like]
    scores = (rng.integers(1, 12, found) / 12).astype(np.float32)
    return (rle.boxes(rle.pack(guesses), SIZE), labels, scores, guesses), truth


def counted(scenes: list[tuple[Found, Instances]]) -> InstanceMetrics:
    metrics = InstanceMetrics(PROBLEM)
    for row, (found, truth) in enumerate(scenes):
        metrics.update(f"{row:04}", *found, truth)
    return metrics


def sides(box: NDArray[np.float32]) -> list[float]:
    x0, y0, x1, y1 = box.tolist()
    return [x0, y0, x1 - x0, y1 - y0]


def by_pycocotools(scenes: list[tuple[Found, Instances]], what: str) -> dict[str, float]:
    annotations, results = [], []
    for image, (found, truth) in enumerate(scenes):
        for o, code in enumerate(truth.masks):
            annotations.append(
                {
                    "id": int(truth.ids[o]),
                    "image_id": image,
                    "category_id": int(truth.classes[o]),
                    "segmentation": {"size": list(SIZE), "counts": code.decode()},
                    "bbox": sides(truth.boxes[o]),
                    "area": float(rle.areas([code], SIZE)[0]),
                    "iscrowd": int(truth.crowd[o]),
                }
            )
        boxes, labels, scores, masks = found
        for d, code in enumerate(rle.pack(masks)):
            mask, box = {"segmentation": {"size": list(SIZE), "counts": code}}, {"bbox": sides(boxes[d])}
            result = {"image_id": image, "category_id": int(labels[d]), "score": float(scores[d])}
            results.append(result | (mask if what == "segm" else box))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": i, "height": SIZE[0], "width": SIZE[1]} for i in range(len(scenes))],
            "annotations": annotations,
            "categories": [{"id": c, "name": PROBLEM.classes[c]} for c in range(1, 5)],
            "info": {},
        }
        coco.createIndex()
        run = COCOeval(coco, coco.loadRes(results), what)
        run.evaluate()
        run.accumulate()
        run.summarize()
    per_class = run.eval["precision"][:, :, :, 0, 2].mean(axis=(0, 1))
    names = [f"ap/{name}" for name in PROBLEM.classes[1:]]
    return dict(zip(["ap", "ap50", "ap75"], run.stats[:3], strict=True)) | dict(
        zip(names, per_class, strict=True)
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("what", "prefix"), [("segm", "mask"), ("bbox", "box")])
def test_it_is_pycocotools_with_crowds_ties_and_empty_images(seed: int, what: str, prefix: str):
    rng = np.random.default_rng(seed)
    scenes = [
        scene(10 * seed + i, true=int(rng.integers(0, 7)), found=int(rng.integers(0, 11))) for i in range(8)
    ]
    scenes += [scene(10 * seed + 8, true=0, found=4), scene(10 * seed + 9, true=4, found=0)]
    values = counted(scenes).compute()
    for name, expected in by_pycocotools(scenes, what).items():
        if expected == -1:
            assert math.isnan(values[f"{prefix}_{name}"])
        else:
            assert values[f"{prefix}_{name}"] == pytest.approx(expected, abs=1e-6)
    assert 0.05 < values["mask_ap"] < 0.95


def test_more_than_a_hundred_detections_are_cut_as_pycocotools_does():
    scenes = [scene(1, true=6, found=330)]
    assert counted(scenes).compute()["mask_ap"] == pytest.approx(
        by_pycocotools(scenes, "segm")["ap"], abs=1e-6
    )


def test_the_truth_itself_scores_one():
    _, truth = scene(3, true=5, found=0)
    truth = replace(truth, crowd=np.zeros(5, bool))
    found = (
        truth.boxes,
        truth.classes.astype(np.int64),
        np.ones(5, np.float32),
        rle.unpack(truth.masks, SIZE),
    )
    values = counted([(found, truth)]).compute()
    assert values["mask_ap"] == values["box_ap"] == 1.0
    assert math.isnan(values["mask_ap/never"])


def test_codes_do_as_well_as_planes():
    scenes = [scene(5, true=5, found=8)]
    (boxes, labels, scores, masks), truth = scenes[0]
    metrics = InstanceMetrics(PROBLEM)
    metrics.update("0000", boxes, labels, scores, rle.pack(masks), truth)
    assert metrics.compute() == pytest.approx(counted(scenes).compute(), nan_ok=True)


def test_an_object_of_unknown_class_swallows_a_detection_of_any_class_and_is_not_missed():
    masks = np.zeros((2, *SIZE), bool)
    masks[0, 3:12, 3:12], masks[1, 20:30, 20:30] = True, True
    truth = objects(masks, [1, IGNORE], crowd=[False, False])
    labels, scores = np.array([1, 1]), np.array([0.5, 0.9], np.float32)
    values = counted([((truth.boxes, labels, scores, masks), truth)]).compute()
    assert values["mask_ap"] == 1.0
    known = replace(truth, classes=np.array([1, 2], np.uint8))
    assert counted([((known.boxes, labels, scores, masks), known)]).compute()["mask_ap/car"] == pytest.approx(
        0.5
    )


def test_without_objects_it_is_undefined():
    assert all(math.isnan(value) for value in InstanceMetrics(PROBLEM).compute().values())
    assert math.isnan(counted([scene(4, true=0, found=3)]).compute()["mask_ap"])


def test_parts_in_any_order_merge_to_the_whole_bit_by_bit():
    scenes = [scene(i, true=4, found=9) for i in range(6)]
    parts = [InstanceMetrics(PROBLEM), InstanceMetrics(PROBLEM)]
    for row in (5, 2, 0, 1, 4, 3):
        found, truth = scenes[row]
        parts[row % 2].update(f"{row:04}", *found, truth)
    parts[1].merge(parts[0])
    merged, whole = parts[1].compute(), counted(scenes).compute()
    assert np.array_equal(list(merged.values()), list(whole.values()), equal_nan=True)


def test_what_cannot_be_counted_is_refused():
    metrics = InstanceMetrics(PROBLEM)
    found, truth = scene(1, true=2, found=2)
    metrics.update("one", *found, truth)
    with pytest.raises(BadInput, match="'one' came twice"):
        metrics.update("one", *found, truth)
    with pytest.raises(BadInput, match="'one' came twice"):
        metrics.merge(metrics)
    boxes, _, scores, masks = found
    with pytest.raises(BadInput, match=r"detected as class 5: classes are 1..4"):
        metrics.update("two", boxes, np.array([1, 5]), scores, masks, truth)
    with pytest.raises(BadInput, match=r"true as class 9: classes are 1..4"):
        metrics.update("two", *found, replace(truth, classes=np.array([9, 1], np.uint8)))
    with pytest.raises(BadInput, match="same problem"):
        metrics.merge(InstanceMetrics(Problem(Task.INSTANCE, ("nothing", "x"), background=0)))
