"""The bytes that published tables rest on: a change here needs all of them run again."""

import hashlib

import pytest
import set_toys
from noise_toys import LABELS, PROBLEMS, digest, label_maps, object_lists

from truemask.noise import NOISES, SET_NOISES, corrupt, corrupt_set, parse
from truemask.types import Task

BYTES = {
    ("flip:0.4", Task.SEMANTIC): "9f8e52a08912c82b",
    ("sample:0.3", Task.SEMANTIC): "4e0829bf5c18647d",
    ("random:0.3", Task.SEMANTIC): "f7af727e5fb8ddd5",
    ("dilate:2", Task.INSTANCE): "56c5309d9ab117d4",
    ("dilate:2", Task.SEMANTIC): "ae9b52b990dd6b3f",
    ("erode:2", Task.INSTANCE): "72249e002f1936f6",
    ("erode:2", Task.SEMANTIC): "104179c87d0fb2b1",
    ("skeleton", Task.INSTANCE): "c50460dea88609ce",
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
    ("dilate_or_erode:2", Task.INSTANCE): "3890a4096def9b05",
    ("dilate_or_erode:2", Task.SEMANTIC): "618b699f48a22921",
    ("shift:-3,high_px=3", Task.INSTANCE): "0b10f1a66933c01e",
    ("shift:-3,high_px=3", Task.SEMANTIC): "37079dd4e3538dad",
    ("markov:30", Task.INSTANCE): "1806bac0ec135428",
    ("markov:30", Task.SEMANTIC): "922d84889e8f4f04",
    ("elastic:50", Task.INSTANCE): "534ec0ae7743d491",
    ("elastic:50", Task.SEMANTIC): "ea96843cfea45283",
    ("simplify:3,rate=0.5", Task.INSTANCE): "350bfd77c5588103",
    ("simplify:3,rate=0.5", Task.SEMANTIC): "d8e41638afcac689",
    ("jitter:2", Task.INSTANCE): "a837eed3d73b968e",
    ("jitter:2", Task.SEMANTIC): "1a93f6f4d4ea65d1",
    ("affine:3,scale=1.2,rotate_deg=15", Task.INSTANCE): "39e6ef294abcf9b0",
    ("affine:3,scale=1.2,rotate_deg=15", Task.SEMANTIC): "98894b53a5cd0305",
    ("box:0.5", Task.INSTANCE): "8b79915ce6ccdf24",
    ("box:0.5", Task.SEMANTIC): "0597a0e67c642867",
    ("coarse:3,rate=0.5", Task.INSTANCE): "9e81d8a28b94faf1",
    ("coarse:3,rate=0.5", Task.SEMANTIC): "2dde348787706102",
    ("holes:0.3", Task.INSTANCE): "d185b097d869afe4",
    ("holes:0.3", Task.SEMANTIC): "bf144216375ff74a",
    ("coco_n:medium", Task.INSTANCE): "eebb59f95df89346",
    ("misannotate:0.5,target=1", Task.INSTANCE): "bb58f6b8f4e22f15",
    ("misannotate:0.5,target=1", Task.SEMANTIC): "3d26af181c6c8d6c",
    ("misclassify:0.4", Task.INSTANCE): "e1c71f8cea79b008",
    ("misclassify:0.4", Task.SEMANTIC): "156bc9e7f651796f",
    ("merge:0.4,gap_px=8", Task.INSTANCE): "eb4f4f575a5980c2",
    ("merge:0.4,gap_px=8", Task.SEMANTIC): "b7e9bef15f86c353",
    ("split:0.3", Task.INSTANCE): "3542d0a46825141b",
    ("split:0.3", Task.SEMANTIC): "5be6f4dd6563a8a6",
    ("spurious:0.3", Task.INSTANCE): "91e244b136fe94c7",
    ("spurious:0.3", Task.SEMANTIC): "3d4100ccf27a88c3",
    ("swap:0.4", Task.INSTANCE): "a9a73150317599ae",
    ("swap:0.4", Task.SEMANTIC): "d58f9179d6c64e2f",
    ("duplicate:0.3", Task.INSTANCE): "99213bce51e1ee97",
    ("tags:0.3,spurious=0.1,swap=0.1", Task.SEMANTIC): "867598c942383bb6",
    ("annotator:0", Task.CLASSIFICATION): "fa72d5a640dd2f73",
    ("annotator:0", Task.SEMANTIC): "db8f8a6d26626939",
    ("crowd:3", Task.CLASSIFICATION): "bde005c25d718bf1",
    ("crowd:3", Task.SEMANTIC): "fc9003c0e173060d",
}
BYTES_OF_SETS = {
    "open-set:0.4,from=digits": "ac82a688adf4190a",
    "cross-domain:0.3,from=digits": "0690bd1a85dbb4af",
    "cross-category:0.3": "43a552ab312a008a",
    "dilution:2": "4f1694166cff3372",
    "biased:0.3": "545dafce56e84e2f",
    "unbiased:0.3": "8f96f8e9f2051c89",
    "instance-dependent:0.3": "d6138323f2c700a4",
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


@pytest.mark.parametrize("spec", BYTES_OF_SETS)
def test_noise_on_sets_makes_the_rows_that_it_always_made(spec):
    given, gallery = set_toys.toy_roster(), set_toys.toy_gallery()
    noisy = corrupt_set(given, parse(spec), problem=set_toys.CLASSES, seed=5, gallery=gallery)
    rows = sorted(set_toys.by_key(noisy.after).items())
    assert hashlib.blake2b(repr(rows).encode(), digest_size=8).hexdigest() == BYTES_OF_SETS[spec]


def test_every_noise_is_held_to_its_bytes():
    held = {(parse(spec).steps[0].name, task) for spec, task in BYTES}
    assert held == {(name, task) for name, row in NOISES.items() for task in row.tasks}
    assert {parse(spec).steps[0].name for spec in BYTES_OF_SETS} == SET_NOISES.keys()
