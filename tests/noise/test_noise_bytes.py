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
    ("inclusive:0.4", Task.CLASSIFICATION): "7152358bfeae4ab3",
    ("inclusive:0.4", Task.INSTANCE): "5f653a880bbdfaa3",
    ("inclusive:0.4", Task.SEMANTIC): "26c799c1609ea58f",
    ("pair:0.45", Task.CLASSIFICATION): "6cf4b99fc8d57480",
    ("pair:0.45", Task.INSTANCE): "30a4605aa0ebfd8e",
    ("pair:0.45", Task.SEMANTIC): "0c52ccd1d2980528",
    ("permutation:0.3", Task.CLASSIFICATION): "1201c01d9d528315",
    ("permutation:0.3", Task.INSTANCE): "922d269cdd048876",
    ("permutation:0.3", Task.SEMANTIC): "40983174cf84cc43",
    ("consistent:0.3", Task.CLASSIFICATION): "1201c01d9d528315",
    ("consistent:0.3", Task.INSTANCE): "226eb4ad8617a8a0",
    ("consistent:0.3", Task.SEMANTIC): "4f021cf4fd8a0111",
    ("superclass:0.4,groups=1/2", Task.CLASSIFICATION): "c820e022c03da911",
    ("superclass:0.4,groups=1/2", Task.INSTANCE): "7e2f6272cb660c20",
    ("superclass:0.4,groups=1/2", Task.SEMANTIC): "34c62669f277c551",
    ("confident:0.3,sparsity=0.4", Task.CLASSIFICATION): "686d32128ccd0701",
    ("confident:0.3,sparsity=0.4", Task.INSTANCE): "d74c8b8db5e3232a",
    ("confident:0.3,sparsity=0.4", Task.SEMANTIC): "6aab0781d048d074",
    ("matrix:0.8/0.1/0.1;0/0.7/0.3;0.2/0.2/0.6", Task.CLASSIFICATION): "103060f10c730a4f",
    ("matrix:0.8/0.1/0.1;0/0.7/0.3;0.2/0.2/0.6", Task.INSTANCE): "353dee9d1bc78735",
    ("matrix:0.8/0.1/0.1;0/0.7/0.3;0.2/0.2/0.6", Task.SEMANTIC): "8fbaf76ee55644c0",
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
