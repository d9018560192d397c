import numpy as np

from truemask.noise.transition import symmetric
from truemask.structure.decoding import nearest_class
from truemask.structure.density import local_shares
from truemask.structure.windows import Window
from truemask.types import IGNORE


def test_classes_are_read_back_even_where_most_labels_are_of_another():
    truth = np.zeros((60, 60), np.uint8)
    truth[:, 30:] = 1
    rng = np.random.default_rng(0)
    for rate in (0.2, 0.8):
        given = np.where(rng.random(truth.shape) < rate, 1 - truth, truth).astype(np.uint8)
        found = nearest_class(local_shares(given, 2, Window("disk", 6)), symmetric(2, rate))
        assert (found == truth).mean() > 0.95
        assert (found[:, :20] == 0).all()


def test_no_label_no_class_and_a_class_without_a_row_is_never_found():
    shares = np.full((3, 1, 2), np.nan, np.float32)
    shares[:, 0, 0] = 0, 0, 1
    matrix = np.array([[0.9, 0.1, 0], [0.1, 0.8, 0.1], [np.nan] * 3])
    assert nearest_class(shares, matrix).tolist() == [[1, IGNORE]]
