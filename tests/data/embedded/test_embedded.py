import re

import pytest

from truemask.data.embedded import EMBEDDED, open_embedded
from truemask.types import BadInput


def counts(name):
    return {split: len(rows) for split, rows in open_embedded(name).splits.items()}


@pytest.mark.parametrize("name", EMBEDDED)
def test_each_opens_by_its_name_and_is_called_so(name):
    data = open_embedded(name)
    assert (data.name, data.format, data.path) == (name, "embedded", None)
    assert data.default_train == "train"
    for split, rows in data.splits.items():
        assert (rows.name, rows.split, rows.problem) == (name, split, data.problem)


def test_options_follow_a_colon():
    assert counts("organelles:train=20,test=4,size=64,seed=3") == {"train": 20, "val": 24, "test": 4}
    assert open_embedded("organelles:size=64").split("val").size(0) == (64, 64)
    assert counts("moons:train=5, spread=0.25") == {"train": 5, "val": 100, "test": 400}


def test_options_change_no_name_so_that_noise_stays_the_same():
    assert open_embedded("scenes:train=3").name == "scenes"


@pytest.mark.parametrize("name", ["camvid", "some/folder", "annotations.json", "Organelles", ""])
def test_what_is_not_embedded_is_none(name):
    assert open_embedded(name) is None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "organelles:sise=64",
            "organelles has no option 'sise=64'; there is: train=200, val=24, test=48, size=128, seed=0",
        ),
        ("digits:train=5", "digits has no option 'train=5'; it has none"),
        ("scenes:train", "scenes: train is a whole number, as in train=300; got ''"),
        ("scenes:train=many", "scenes: train is a whole number, as in train=300; got 'many'"),
        ("moons:spread=wide", "moons: spread is a number, as in spread=0.15; got 'wide'"),
        ("scenes:val=1,val=2", "scenes: the option val is given twice in 'val=1,val=2'; give it once"),
        ("scenes:", "scenes has no option ''; there is: train=300, val=40, test=80, size=128, seed=0"),
    ],
)
def test_a_wrong_option_says_which_there_are(name, says):
    with pytest.raises(BadInput, match=f"^{re.escape(says)}$"):
        open_embedded(name)
