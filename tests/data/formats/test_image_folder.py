"""A plain folder of images without labels."""

import numpy as np
import pytest
from PIL import Image

from truemask.data import open_dataset
from truemask.types import IGNORE, BadInput, Task


def write(folder, names, size=(20, 24)):
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in names:
        Image.fromarray(rng.integers(0, 255, size, np.uint8)).save(folder / name)


def test_every_pixel_is_ignore_and_classes_are_two(tmp_path):
    write(tmp_path / "cells", ["b.png", "a.tif"])
    (tmp_path / "cells" / "notes.txt").write_text("taken on Monday")
    opened = open_dataset(tmp_path / "cells")
    assert (opened.name, opened.format, list(opened.splits)) == ("cells", "image-folder", ["all"])
    assert opened.problem.task == Task.SEMANTIC
    assert opened.problem.classes == ("background", "foreground")
    assert (opened.problem.channels, opened.problem.background) == (1, 0)
    rows = opened.split("all")
    assert list(rows.keys) == ["a", "b"]
    assert rows.image(0).shape == (20, 24, 1)
    np.testing.assert_array_equal(rows.labels(1), np.full((20, 24), IGNORE, np.uint8))
    assert rows.file(1) == tmp_path / "cells" / "b.png"


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"labels": "masks"}, "there are none called 'masks'"),
        ({"task": Task.INSTANCE}, "open as semantic, not as instance"),
    ],
)
def test_what_it_does_not_hold_is_refused(tmp_path, asked, complaint):
    write(tmp_path / "cells", ["a.png"])
    with pytest.raises(BadInput, match=complaint):
        open_dataset(tmp_path / "cells", **asked)


def test_two_images_of_one_name_are_refused(tmp_path):
    write(tmp_path / "cells", ["a.png", "a.tif"])
    with pytest.raises(BadInput, match=r"a\.png and a\.tif have one name"):
        open_dataset(tmp_path / "cells")
