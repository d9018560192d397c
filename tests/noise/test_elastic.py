"""Labels that flow: by a field of the right strength, and what is spared."""

import numpy as np
import pytest
from noise_toys import OBJECTS, PIXELS, label_maps
from scipy.ndimage import distance_transform_edt

from truemask import rle
from truemask.noise import corrupt, parse
from truemask.noise.boundary import elastic
from truemask.noise.draws import Draws
from truemask.types import IGNORE, Instances


def apply(labels, spec, problem=OBJECTS, seed=1):
    return corrupt(labels, parse(spec), problem=problem, seed=seed, key="image")


def objects(*masks):
    codes = rle.pack(np.array(masks))
    n, size = len(masks), masks[0].shape
    ids, crowd = np.arange(10, 10 + n), np.zeros(n, dtype=bool)
    return Instances(size, np.ones(n, np.uint8), codes, rle.boxes(codes, size), ids, crowd)


@pytest.mark.parametrize(("alpha", "sigma"), [(50, 3), (100, 10)])
def test_elastic_shifts_have_the_deviation_that_is_said(alpha, sigma):
    fields = elastic._field(12, (300, 400), alpha, sigma)
    for field in fields:
        # Shifts are alike over 2 sqrt(pi) sigma, so there are fewer of them than pixels.
        apart = 300 * 400 / (4 * np.pi * sigma**2)
        expected = alpha / np.sqrt(3) / (2 * np.sqrt(np.pi) * sigma)
        assert abs(field.std() / expected - 1) < 4 / np.sqrt(2 * apart)
        assert abs(field.mean()) < 4 * expected / np.sqrt(apart)
    assert abs(np.corrcoef(*[field.ravel() for field in fields])[0, 1]) < 4 / np.sqrt(apart)


def test_elastic_labels_come_from_where_the_field_says():
    labels = label_maps()["map-1"]
    after = apply(labels, "elastic:60", PIXELS)
    values = {(y, x): label for (y, x), label in np.ndenumerate(after)}
    across, along = elastic._field(_stream("elastic: the field"), labels.shape, 60, 5)
    for (y, x), label in values.items():
        at = (
            int(np.clip(y + np.rint(along[y, x]), 0, labels.shape[0] - 1)),
            int(np.clip(x + np.rint(across[y, x]), 0, labels.shape[1] - 1)),
        )
        stays = IGNORE in (labels[y, x], labels[at])
        assert label == (labels[y, x] if stays else labels[at])
    assert 0.02 < (after != labels).mean() < 0.5


def _stream(purpose):
    return int(Draws(1, "image").bits(purpose, np.zeros(1, np.int64))[0])


def test_small_things_and_what_is_near_them_are_spared():
    labels = np.zeros((80, 80), np.uint8)
    labels[10:60, 10:60], labels[66:70, 66:70] = 1, 2
    spared = apply(labels, "elastic:100,spare_area_px=100", PIXELS)
    near = distance_transform_edt(labels != 2) <= 10
    assert np.array_equal(spared[near], labels[near])
    free = apply(labels, "elastic:100", PIXELS)
    assert np.array_equal(spared[~near], free[~near])
    assert not np.array_equal(free, labels)
    small = np.zeros((30, 30), bool)
    small[5:9, 5:9] = True
    assert apply(objects(small), "elastic:100,spare_area_px=17").masks == objects(small).masks
    assert apply(objects(small), "elastic:100,spare_area_px=16").masks != objects(small).masks
