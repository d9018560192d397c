"""The bytes that published tables rest on: a change here needs all of them run again."""

import pytest
from noise_toys import LABELS, PROBLEMS, digest, label_maps, object_lists

from truemask.noise import corrupt, parse
from truemask.types import Task

BYTES = {
    ("flip:0.4", Task.SEMANTIC): "9f8e52a08912c82b",
    ("sample:0.3", Task.SEMANTIC): "4e0829bf5c18647d",
    ("random:0.3", Task.SEMANTIC): "f7af727e5fb8ddd5",
    ("dilate:2", Task.INSTANCE): "56c5309d9ab117d4",
    ("dilate:2", Task.SEMANTIC): "ae9b52b990dd6b3f",
    ("erode:2", Task.INSTANCE): "72249e002f1936f6",
    ("erode:2", Task.SEMANTIC): "104179c87d0fb2b1",
    ("skeleton", Task.SEMANTIC): "363d4b4d0834ea45",
    ("miss:0.3", Task.INSTANCE): "b52df2a1e47ce026",
    ("miss:0.3", Task.SEMANTIC): "64bed2417143e5ba",
    ("symmetric:0.4", Task.CLASSIFICATION): "4e1da98ec038612d",
    ("symmetric:0.4", Task.INSTANCE): "12f49c09d87e8558",
    ("symmetric:0.4", Task.SEMANTIC): "9f8e52a08912c82b",
    ("asymmetric:0.4,map=1>2;2>1", Task.CLASSIFICATION): "c820e022c03da911",
    ("asymmetric:0.4,map=1>2;2>1", Task.INSTANCE): "7e2f6272cb660c20",
    ("asymmetric:0.4,map=1>2;2>1", Task.SEMANTIC): "34c62669f277c551",
}


# Of the maps and objects those that were there when the bytes were written down.
LABELS_OF_THEN = {**LABELS, Task.SEMANTIC: label_maps, Task.INSTANCE: object_lists}


@pytest.mark.parametrize(("spec", "task"), BYTES)
def test_noise_makes_the_bytes_that_it_always_made(spec, task):
    noisy = {
        key: corrupt(labels, parse(spec), problem=PROBLEMS[task], seed=5, key=key)
        for key, labels in LABELS_OF_THEN[task]().items()
    }
    assert digest(noisy) == BYTES[spec, task]
