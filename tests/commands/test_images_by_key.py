"""Images are found by their key, whatever the order of rows."""

import pickle

import numpy as np
import pytest

from truemask.commands.images_by_key import ImagesOf
from truemask.data import open_dataset
from truemask.data.views import Subset


def test_the_image_of_a_key_is_that_of_its_row():
    whole = open_dataset("organelles:train=3,val=1,test=1").split("train")
    images = ImagesOf(Subset(whole, [2, 0]))
    assert np.array_equal(images(whole.keys[0]), whole.image(0))
    assert np.array_equal(images(whole.keys[2]), whole.image(2))
    with pytest.raises(KeyError):
        images(whole.keys[1])
    assert np.array_equal(pickle.loads(pickle.dumps(images))(whole.keys[0]), whole.image(0))
