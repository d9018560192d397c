"""The labels that the noise tests act on, and their digest."""

import hashlib
from functools import cache

import numpy as np

from truemask import rle
from truemask.types import IGNORE, Instances, Problem, Task

NAMES = ("background", "cat", "dog", "fox")
PIXELS = Problem(Task.SEMANTIC, NAMES, background=0)
BINARY = Problem(Task.SEMANTIC, ("background", "cell"), background=0)
STREET = Problem(Task.SEMANTIC, NAMES[1:])
CLASSES = Problem(Task.CLASSIFICATION, NAMES[1:])
OBJECTS = Problem(Task.INSTANCE, NAMES, background=0)
PROBLEMS = {problem.task: problem for problem in (PIXELS, CLASSES, OBJECTS)}


@cache
def label_maps():
    """24 maps of 48 x 64 px in blocks of 8 px, so hundreds of segments; a strip of each is IGNORE."""
    rng = np.random.default_rng(0)
    blocks = rng.choice(4, size=(24, 6, 8), p=(0.4, 0.3, 0.2, 0.1)).astype(np.uint8)
    maps = np.kron(blocks, np.ones((8, 8), dtype=np.uint8))
    maps[:, 20:23] = IGNORE
    return {f"map-{row}": one for row, one in enumerate(maps)}


@cache
def small_maps():
    """24 maps of 12 x 16 px in blocks of 4 px: few classes in each, so many that are not there."""
    blocks = np.random.default_rng(6).choice(4, size=(24, 3, 4), p=(0.7, 0.1, 0.1, 0.1)).astype(np.uint8)
    maps = np.kron(blocks, np.ones((4, 4), dtype=np.uint8))
    return {f"small-{row}": one for row, one in enumerate(maps)}


@cache
def object_lists():
    """40 lists of 0 to 14 rectangles, which may overlap; some are crowds, some IGNORE."""
    rng = np.random.default_rng(1)
    return {f"list-{row}": object_list(rng, first_id=100 * row, count=row % 15) for row in range(40)}


def object_list(rng, *, first_id, count):
    size = (40, 50)
    masks = np.zeros((count, *size), dtype=bool)
    for mask in masks:
        top, left = rng.integers(0, 30, 2)
        mask[top : top + rng.integers(3, 12), left : left + rng.integers(3, 12)] = True
    codes = rle.pack(masks)
    classes = rng.choice([1, 2, 3, IGNORE], size=count, p=(0.4, 0.3, 0.2, 0.1)).astype(np.uint8)
    ids = first_id + rng.permutation(count).astype(np.int64)
    return Instances(size, classes, codes, rle.boxes(codes, size), ids, rng.random(count) < 0.1)


@cache
def class_ids():
    rng = np.random.default_rng(2)
    drawn = rng.choice([0, 1, 2, IGNORE], size=400, p=(0.5, 0.3, 0.1, 0.1))
    return {f"image-{row}": int(label) for row, label in enumerate(drawn)}


@cache
def round_lists():
    """10 lists of 20 objects whose outlines are neither straight nor without corners, some with a hole."""
    rng = np.random.default_rng(4)
    return {f"round-{row}": round_list(rng, first_id=10_000 + 100 * row) for row in range(10)}


def round_list(rng, *, first_id, count=20):
    size = (70, 90)
    rows, columns = np.mgrid[: size[0], : size[1]]
    masks = np.zeros((count, *size), dtype=bool)
    for mask in masks:
        top, left, radius = rng.integers(10, 60), rng.integers(10, 80), rng.integers(4, 12)
        far = (rows - top) ** 2 + ((columns - left) / rng.uniform(0.5, 2)) ** 2
        mask[(far <= radius**2) & (far > rng.choice([-1, 4]))] = True
    codes = rle.pack(masks)
    classes = rng.choice([1, 2, 3], size=count).astype(np.uint8)
    ids = first_id + rng.permutation(count).astype(np.int64)
    return Instances(size, classes, codes, rle.boxes(codes, size), ids, np.zeros(count, dtype=bool))


LABELS = {
    Task.SEMANTIC: lambda: {**label_maps(), **small_maps()},
    Task.CLASSIFICATION: class_ids,
    Task.INSTANCE: lambda: {**object_lists(), **round_lists()},
}


def same(one, other):
    """Whether two labels are equal in every bit that noise may touch."""
    return digest({"": one}) == digest({"": other})


def digest(labels):
    whole = hashlib.blake2b(digest_size=8)
    for key in sorted(labels):
        one = labels[key]
        whole.update(key.encode())
        if isinstance(one, Instances):
            whole.update(repr((one.size, one.masks)).encode())
            for column in (one.classes, one.boxes, one.ids, one.crowd):
                whole.update(repr((column.dtype, column.shape)).encode() + column.tobytes())
        else:
            whole.update(repr((np.shape(one), type(one))).encode() + np.asarray(one).tobytes())
    return whole.hexdigest()
