"""What holds of every noise on any labels that hypothesis can think of."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from noise_toys import PROBLEMS, digest, same

from truemask import rle
from truemask.noise import NOISES, Ledger, apply_changes, changes, corrupt, parse
from truemask.noise.objects import bearing
from truemask.types import IGNORE, Instances, Task

CASES = [(name, task) for name, row in NOISES.items() for task in sorted(row.tasks)]
SIDE_PX = 20


@dataclass(frozen=True)
class Recipe:
    """What hypothesis draws and shrinks; the labels are made of it outside of its sight.

    Args:
        size: height and width in pixels.
        block_px: side of the blocks of a map.
        values: classes that a map is made of.
        count: objects in a list.
        bitten: share of an object's pixels that are missing.
        seed: of everything else.
    """

    size: tuple[int, int]
    block_px: int
    values: list[int]
    count: int
    bitten: float
    seed: int


RECIPES = st.builds(
    Recipe,
    size=st.tuples(st.integers(1, SIDE_PX), st.integers(1, SIDE_PX)),
    block_px=st.integers(1, 6),
    values=st.lists(st.sampled_from([0, 1, 2, 3, IGNORE]), min_size=1, max_size=5),
    count=st.integers(0, 5),
    bitten=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 2**32),
)


def label_map(recipe):
    """Blocks, dots, a single pixel, nothing but IGNORE: whatever a small map can hold."""
    (height, width), block_px = recipe.size, recipe.block_px
    rng = np.random.default_rng(recipe.seed)
    blocks = rng.choice(recipe.values, size=(-(-height // block_px), -(-width // block_px)))
    pixels = np.kron(blocks.astype(np.uint8), np.ones((block_px, block_px), np.uint8))
    return np.ascontiguousarray(pixels[:height, :width])


def object_list(recipe):
    """Overlapping rectangles, some with holes, some a single pixel; crowds and IGNORE among them."""
    size, count, rng = recipe.size, recipe.count, np.random.default_rng(recipe.seed)
    masks = np.zeros((count, *size), dtype=bool)
    for mask in masks:
        top, left = rng.integers(0, size[0]), rng.integers(0, size[1])
        mask[top : top + rng.integers(1, SIDE_PX), left : left + rng.integers(1, SIDE_PX)] = True
        mask[rng.random(size) < recipe.bitten] = False
        mask[top, left] = True
    codes = rle.pack(masks)
    classes = rng.choice([1, 2, 3, IGNORE], size=count, p=(0.4, 0.3, 0.2, 0.1)).astype(np.uint8)
    ids = rng.choice(10**6, size=count, replace=False).astype(np.int64)
    return Instances(size, classes, codes, rle.boxes(codes, size), ids, rng.random(count) < 0.1)


def class_id(recipe):
    return (0, 1, 2, IGNORE)[recipe.seed % 4]


LABELS = {Task.CLASSIFICATION: class_id, Task.SEMANTIC: label_map, Task.INSTANCE: object_list}


@pytest.mark.parametrize(("name", "task"), CASES, ids=[f"{name}-{task}" for name, task in CASES])
@given(recipe=RECIPES, seed=st.integers(0, 2**63 - 1))
def test_any_labels(name, task, recipe, seed):
    before, problem, spec = LABELS[task](recipe), PROBLEMS[task], parse(NOISES[name].example)
    untouched = digest({"": before})
    after = corrupt(before, spec, problem=problem, seed=seed, key="any")
    assert digest({"": before}) == untouched
    assert same(after, corrupt(before, spec, problem=problem, seed=seed, key="any"))
    assert same(apply_changes(before, changes(before, after, "any", problem)), after)
    ledger = Ledger(spec, problem, seed)
    assert same(ledger.corrupt(before, "any"), after)
    assert all(0 <= count <= of for count, of in ledger.steps)
    if isinstance(before, Instances):
        _objects_are_whole(before, after, problem)
    else:
        old, new = np.asarray(before), np.asarray(after)
        assert new.shape == old.shape
        assert (new[old == IGNORE] == IGNORE).all()
        assert np.isin(new, [*range(problem.num_classes), IGNORE]).all()


def _objects_are_whole(before, after, problem):
    """Ids differ, no mask is empty, boxes are tight, crowds and the unknown are as they were."""
    assert after.size == before.size
    assert len(set(after.ids.tolist())) == len(after)
    assert np.isin(after.classes, [*range(1, problem.num_classes), IGNORE]).all()
    assert (rle.areas(after.masks, after.size) > 0).all()
    assert np.array_equal(after.boxes, rle.boxes(after.masks, after.size))
    stays = before.ids[~bearing(before)]
    assert np.isin(stays, after.ids).all()
    for one in stays:
        i, j = np.flatnonzero(before.ids == one)[0], np.flatnonzero(after.ids == one)[0]
        assert (before.masks[i], before.classes[i]) == (after.masks[j], after.classes[j])
