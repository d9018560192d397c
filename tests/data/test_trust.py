"""Weights of labels on disk: what is written comes back, and what cannot be meant is one line."""

import numpy as np
import pytest

from truemask.data.trust import WEIGHTS, read_trust, write_map_trust, write_unit_trust
from truemask.data.views import ArrayDataset
from truemask.types import BadInput, Problem, Task

PROBLEM = Problem(Task.SEMANTIC, ("background", "blob"), channels=1, background=0)


def maps(keys=("a", "b/c"), size=(4, 6)):
    images = [np.zeros((*size, 1), np.uint8)] * len(keys)
    return ArrayDataset("maps", "train", PROBLEM, keys, images, [np.zeros(size, np.uint8)] * len(keys))


def test_maps_come_back_by_key_and_what_is_not_named_is_trusted(tmp_path):
    weights = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10
    write_map_trust(tmp_path / "set" / WEIGHTS, "b/c", weights)
    trust = read_trust(tmp_path / "set")
    np.testing.assert_array_equal(trust.of_map("b/c", (4, 6)), weights)
    np.testing.assert_array_equal(trust.of_map("b/c", (8, 12))[::2, ::2], weights)
    np.testing.assert_array_equal(trust.of_map("a", (2, 3)), np.full((2, 3), 255))
    trust.must_be_about(maps())


def test_units_come_back_whatever_their_keys_are_called(tmp_path):
    given = {"a": 0.5, 'two, "quoted"': 0.1234, "x#3": 1.0}
    write_unit_trust(tmp_path, given)
    trust = read_trust(tmp_path)
    assert trust.units == given
    assert trust.of_unit("another") == 1.0


def test_the_digest_is_that_of_the_content(tmp_path):
    for folder, value in (("one", 3), ("same", 3), ("other", 4)):
        write_map_trust(tmp_path / folder, "a", np.full((2, 2), value, np.uint8))
    one, same, other = (read_trust(tmp_path / name).digest() for name in ("one", "same", "other"))
    assert one == same != other


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("a,0.5\n", "first line is 'key,weight'"),
        ("key,weight\na\n", "line 2: needs a key and a number"),
        ("key,weight\na,much\n", "line 2: needs a key and a number"),
        ("key,weight\na,1\nb,1.5\n", "line 3: a weight is between 0 and 1; got 1.5"),
        ("key,weight\na,nan\n", "line 2: a weight is between 0 and 1"),
    ],
)
def test_a_broken_list_is_refused(tmp_path, content, complaint):
    (tmp_path / "weights.csv").write_text(content)
    with pytest.raises(BadInput, match=complaint):
        read_trust(tmp_path)


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(BadInput, match="holds no weights"):
        read_trust(tmp_path)


def test_weights_of_other_labels_are_refused(tmp_path):
    write_map_trust(tmp_path, "a", np.zeros((4, 6), np.uint8))
    trust = read_trust(tmp_path)
    with pytest.raises(BadInput, match="none of its weights is for a label map"):
        trust.must_be_about(maps(keys=("x",)))
    with pytest.raises(BadInput, match="4 x 6 px, for a label map of 5 x 6"):
        trust.must_be_about(maps(size=(5, 6)))
