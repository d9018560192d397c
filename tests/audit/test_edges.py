"""The smallest images there are, and passes that break off."""

import numpy as np
import pytest

from truemask.audit import confident_learning
from truemask.audit.confident_learning import confident_learning_in_parts
from truemask.types import IGNORE, Problem, Task

TWO = Problem(Task.SEMANTIC, ("ground", "car"), background=0)


def image(given, car):
    probs = np.array(car, np.float32)
    return np.array(given, np.uint8), np.stack([1 - probs, probs])


def audited(images):
    return confident_learning(lambda: ((str(i), *one) for i, one in enumerate(images)), TWO, min_area_px=1)


def test_images_of_one_pixel():
    result = audited([image([[0]], [[0.9]]), image([[1]], [[0.9]]), image([[0]], [[0.1]])])
    assert result.units.tolist() == [2, 1]
    assert result.flagged.tolist() == [[0, 1], [0, 0]]
    first = result.findings.to_pylist()[0]
    assert (first["image"], first["kind"], first["area_px"]) == ("0", "missing", 1)


def test_an_image_without_a_pixel_takes_no_part():
    some = [image([[0, 1]], [[0.9, 0.9]]), image([[0, 1]], [[0.1, 0.8]])]
    none = image(np.zeros((0, 2)), np.zeros((0, 2)))
    result = audited([*some, none])
    assert result.findings == audited(some).findings
    last = result.images.to_pylist()[-1]
    assert (last["image"], last["units"], last["quality"]) == ("2", 0, None)


def test_minus_one_in_eight_bits_is_no_label():
    given = np.array([[0, -1, 1]], np.int8).view(np.uint8)
    result = audited([(given, image(given, [[0.2, 0.9, 0.8]])[1])])
    assert given[0, 1] == IGNORE
    assert (result.ignored, result.units.tolist()) == (1, [1, 1])


@pytest.mark.parametrize("breaks_at", [1, 2])
def test_a_pass_that_breaks_off_leaves_nothing_behind(tmp_path, breaks_at):
    passes = []

    def stream():
        passes.append(1)
        yield "0", *image([[0]], [[0.9]])
        if len(passes) == breaks_at:
            raise KeyboardInterrupt
        yield "1", *image([[1]], [[0.9]])

    with pytest.raises(KeyboardInterrupt):
        confident_learning_in_parts([stream], TWO, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(confident_learning_in_parts([stream], TWO, folder=tmp_path).images) == 2
