"""Random small data sets, and whether one that was written and opened again is the same."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from truemask import rle
from truemask.data import ArrayDataset, Splits
from truemask.data.files import split_order
from truemask.types import IGNORE, Instances, Problem, Task

NAMES = ("background", "cat", "stop sign", "tree", "x-1")
FIXED_PX = 32
"""The one size of images where a format knows no other."""


SPLITS = (("all",), ("train", "val"), ("train", "val", "test"), ("train", "test"))
MAPS = ("noise", "one value", "patches")
MASKS = ("box", "pixel", "half", "dots", "holes", "all", "none", "ring")


def recipes(most_px=40):
    """What a data set is made from: plain values, so that a failing one can be made smaller."""
    side = st.integers(1, most_px)
    thing = st.tuples(st.sampled_from(MASKS), st.integers(1, 4), st.booleans(), st.booleans())
    row = st.tuples(side, side, st.sampled_from(MAPS), st.integers(0, 5), st.lists(thing, max_size=4))
    rows = st.lists(row, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {
            "splits": st.sampled_from(SPLITS).flatmap(
                lambda names: st.fixed_dictionaries(dict.fromkeys(names, rows))
            ),
            "classes": st.integers(2, len(NAMES)),
            "channels": st.sampled_from([1, 3]),
            "seed": st.integers(0, 2**32 - 1),
        }
    )


def make(recipe, task, loses=frozenset()):
    """The data set of a recipe, without what a format `loses`."""
    rng = np.random.default_rng(recipe["seed"])
    ids = iter(rng.permutation(4000).tolist())
    classes = NAMES[: 2 if "classes" in loses else recipe["classes"]]
    background = None if task == Task.CLASSIFICATION else 0
    problem = Problem(task, classes, recipe["channels"], background)
    data = {}
    for split, rows in sorted(recipe["splits"].items(), key=lambda item: split_order(item[0])):
        sizes = [(FIXED_PX, FIXED_PX) if "size" in loses else row[:2] for row in rows]
        images = [rng.integers(0, 256, (*size, problem.channels), dtype=np.uint8) for size in sizes]
        labels = [
            _labels(task, size, row[2:], len(classes), loses, rng, ids)
            for size, row in zip(sizes, rows, strict=True)
        ]
        keys = [f"{split}-{number}_a" for number in range(len(rows))]
        data[split] = ArrayDataset("made", split, problem, keys, images, labels)
    return Splits("made", "memory", data)


def _labels(task, size, row, classes, loses, rng, ids):
    kind, value, things = row
    if task == Task.INSTANCE:
        return _objects(size, things, classes, loses, rng, ids)
    values = [*range(classes), *[IGNORE] * ("ignore" not in loses)]
    value = values[value % len(values)]
    return value if task == Task.CLASSIFICATION else _label_map(kind, size, value, values, rng)


def _label_map(kind, size, value, values, rng):
    if kind == "noise":
        return rng.choice(np.array(values, dtype=np.uint8), size)
    labels = np.full(size, value, dtype=np.uint8)
    if kind == "patches":
        labels[size[0] // 3 :, size[1] // 2 :] = rng.choice(values)
    return labels


def _objects(size, things, classes, loses, rng, ids):
    masks = np.array([_mask(thing[0], size, rng) for thing in things], dtype=bool).reshape(-1, *size)
    if "overlap" in loses:
        for i in range(len(masks)):
            masks[i] &= ~masks[i + 1 :].any(axis=0)
    kinds = np.array([1 + (thing[1] - 1) % (classes - 1) for thing in things], dtype=np.uint8)
    crowd = np.array([thing[2] for thing in things], dtype=bool) & ("crowd" not in loses)
    if "unknown" not in loses:
        kinds[[thing[3] for thing in things]] = IGNORE
    if "blank" in loses:
        held = masks.any(axis=(1, 2))
        masks, kinds, crowd = masks[held], kinds[held], crowd[held]
    if "empty" in loses and not len(masks):
        masks, kinds, crowd = (
            np.ones((1, *size), dtype=bool),
            np.ones(1, dtype=np.uint8),
            np.zeros(1, dtype=bool),
        )
    codes = rle.pack(masks)
    boxes = rle.boxes(codes, size)
    if "boxes" not in loses:
        boxes = boxes + rng.integers(-2, 3, boxes.shape) / np.float32(4)
    new = np.array([next(ids) + 1 for _ in codes], dtype=np.int64)
    return Instances(size, kinds, codes, boxes.astype(np.float32), new, crowd)


def _mask(kind, size, rng):
    mask = np.zeros(size, dtype=bool)
    top, left = (int(rng.integers(0, side)) for side in size)
    bottom, right = int(rng.integers(top, size[0])) + 1, int(rng.integers(left, size[1])) + 1
    if kind == "pixel":
        mask[top, left] = True
    elif kind in {"half", "dots", "holes"}:
        mask = rng.random(size) < {"half": 0.5, "dots": 0.05, "holes": 0.95}[kind]
    elif kind != "none":
        mask[top:bottom, left:right] = True
    if kind == "all":
        mask[:] = True
    elif kind == "ring":
        mask[top + 1 : bottom - 1, left + 1 : right - 1] = False
    return mask


def difference(made, back, loses):
    """What a data set that was written and opened first differs in from the one made; None: nothing."""
    if back.problem.task != made.problem.task:
        return f"task {back.problem.task}, not {made.problem.task}"
    if "splits" not in loses and list(back.splits) != list(made.splits):
        return f"splits {list(back.splits)}, not {list(made.splits)}"
    if not {"names", "classes"} & loses and back.problem.classes != made.problem.classes:
        return f"classes {back.problem.classes}, not {made.problem.classes}"
    mine, theirs = (_rows(one, by_number="numbers" in loses) for one in (made, back))
    if mine.keys() != theirs.keys():
        return f"images {sorted(theirs)}, not {sorted(mine)}"
    said = (_row_difference(*mine[key], *theirs[key], loses) for key in mine)
    return next((f"{key}: {what}" for key, what in zip(mine, said, strict=True) if what), None)


def _row_difference(data, row, other, other_row, loses):
    if not _same_image(data.image(row), other.image(other_row), "colour" in loses):
        return "the image"
    mine, theirs = data.labels(row), other.labels(other_row)
    if isinstance(mine, Instances):
        return _object_difference(_sorted(mine, loses), _sorted(theirs, loses), loses)
    return None if np.array_equal(mine, theirs) else f"labels {theirs}, not {mine}"


def _rows(splits, *, by_number):
    """Rows by the key of their image; by split and number where keys are numbers."""
    return {
        (split, row) if by_number else key: (data, row)
        for split, data in splits.splits.items()
        for row, key in enumerate(data.keys)
    }


def _same_image(mine, theirs, colour_lost):
    if colour_lost and mine.shape[:2] == theirs.shape[:2]:
        mine, theirs = np.broadcast_arrays(mine, theirs)
    return np.array_equal(mine, theirs)


def _object_difference(mine, theirs, loses):
    if mine.size != theirs.size or len(mine) != len(theirs):
        return f"{len(theirs)} objects of {theirs.size} px, not {len(mine)} of {mine.size}"
    for column in ("classes", "crowd", "ids"):
        if column not in loses and not np.array_equal(getattr(mine, column), getattr(theirs, column)):
            return f"{column} {getattr(theirs, column)}, not {getattr(mine, column)}"
    if not np.array_equal(rle.unpack(mine.masks, mine.size), rle.unpack(theirs.masks, mine.size)):
        return "masks"
    same = np.allclose(mine.boxes, theirs.boxes, atol=1e-3)
    return None if same else f"boxes {theirs.boxes}, not {mine.boxes}"


def _sorted(objects, loses):
    """The objects in an order that does not hang on theirs, where the format does not keep it."""
    if "order" not in loses:
        return objects
    by_id = "ids" not in loses
    keys = [
        (int(id_) if by_id else 0, int(class_id), mask)
        for id_, class_id, mask in zip(objects.ids, objects.classes, objects.masks, strict=True)
    ]
    order = sorted(range(len(objects)), key=keys.__getitem__)
    return replace(
        objects,
        classes=objects.classes[order],
        masks=tuple(objects.masks[i] for i in order),
        boxes=objects.boxes[order],
        ids=objects.ids[order],
        crowd=objects.crowd[order],
    )
