import numpy as np
import pytest

from truemask.structure.topology import Topology, topology
from truemask.types import IGNORE


def drawn(*rows):
    return np.array([[int(cell) for cell in row] for row in rows], dtype=np.uint8)


def test_pieces_and_holes():
    labels = drawn("1110010", "1010001", "1110000", "0000220")
    found = topology(labels, 1)
    assert (found.area_px, found.pieces, found.holes, found.euler) == (10, 2, 1, 1)
    assert topology(labels, 2).pieces == 1
    assert topology(labels, 3) == Topology(images=1)


def test_a_hole_that_the_edge_closes_is_none_and_ignore_is_not_of_the_class():
    labels = drawn("010", "111", "010")
    assert topology(labels, 1).holes == 0
    ring = drawn("111", "101", "111")
    ring[1, 1] = IGNORE
    assert topology(ring, 1).holes == 1
    assert topology(np.ones((4, 4), np.uint8), 1).euler == 1
    assert topology(np.zeros((1, 1), np.uint8), 1).euler == 0


def test_lengths_and_widths():
    labels = np.zeros((20, 40), np.uint8)
    labels[10, 5:35] = 1
    assert topology(labels, 1).skeleton_px == 29
    assert topology(np.eye(10, dtype=np.uint8), 1).skeleton_px == pytest.approx(9 * np.sqrt(2))
    labels[8:13, 5:35] = 1
    wide = topology(labels, 1)
    assert wide.skeleton_px == pytest.approx(29, abs=5)
    assert wide.width_px == pytest.approx(5, abs=1.2)
    corner = np.zeros((5, 5), np.uint8)
    corner[2, 2] = 1
    assert topology(corner, 1).skeleton_px == 0
    assert np.isnan(topology(corner, 1).width_px)


def test_images_add_up():
    labels = drawn("101", "000", "101")
    both = topology(labels, 1) + topology(labels, 1)
    assert (both.images, both.area_px, both.pieces) == (2, 8, 8)
