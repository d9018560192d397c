import numpy as np
import pytest
from scipy.stats import gaussian_kde

from truemask.structure.density import local_shares, point_density
from truemask.structure.pooled import PooledShares
from truemask.structure.windows import SHAPES, Window
from truemask.types import IGNORE

SIDE, SD_PX = 48, 3.0


def turned_blob():
    """Points whose covariance is a multiple of the identity, so that scipy's kernel is round."""
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[4:15, 8:20] = True
    return mask | np.rot90(mask) | np.rot90(mask, 2) | np.rot90(mask, 3)


def scipys(points):
    places = np.argwhere(points).T.astype(float)
    everywhere = np.indices((SIDE, SIDE)).reshape(2, -1)
    kde = gaussian_kde(places, bw_method=SD_PX / np.sqrt(np.cov(places)[0, 0]))
    return kde(everywhere).reshape(SIDE, SIDE)


def test_the_gaussian_filter_is_scipys_kde_everywhere_without_edge_correction():
    points = turned_blob()
    ours = point_density(points, Window("gaussian", SD_PX), edge_corrected=False)
    assert np.abs(ours - scipys(points)).max() < 1e-3 * ours.max()
    assert ours.sum() == pytest.approx(1, abs=0.02)


def test_edge_correction_divides_by_the_part_of_the_window_within_the_image():
    points, everywhere = turned_blob(), np.ones((SIDE, SIDE), dtype=bool)
    inside = scipys(everywhere) * SIDE**2
    assert inside[0, 0] == pytest.approx(0.32, abs=0.02)  # more than a quarter: pixels have an extent
    ours = point_density(points, Window("gaussian", SD_PX))
    assert np.abs(ours - scipys(points) / inside).max() < 1e-3 * ours.max()


@pytest.mark.parametrize("shape", SHAPES)
def test_points_everywhere_are_everywhere_as_dense(shape):
    everywhere = np.ones((20, 30), dtype=bool)
    assert np.allclose(point_density(everywhere, Window(shape, 4)), 1 / 600, rtol=1e-4)
    known = everywhere.copy()
    known[:, 10:] = False
    density = point_density(known, Window(shape, 2), known=known)
    assert np.allclose(density[:, :10], 1 / 200, rtol=1e-4)
    assert np.isnan(density[:, 25:]).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_shares_are_direct_counts_up_to_edges_and_around_ignore(shape):
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, (14, 17), dtype=np.uint8)
    labels[rng.random(labels.shape) < 0.3] = IGNORE
    window = Window(shape, 2.0)
    shares, reach, weights = local_shares(labels, 3, window), window.reach_px, window.weights()
    padded = np.pad(labels, reach, constant_values=IGNORE)
    for y, x in ((0, 0), (0, 16), (7, 8), (13, 3)):
        part = padded[y : y + 2 * reach + 1, x : x + 2 * reach + 1]
        counts = [(weights * (part == class_id)).sum() for class_id in range(3)]
        assert np.allclose(shares[:, y, x], np.array(counts) / sum(counts), atol=1e-5)


def test_no_label_no_share():
    nothing = np.full((6, 6), IGNORE, dtype=np.uint8)
    assert np.isnan(local_shares(nothing, 2, Window("gaussian", 1))).all()
    nothing[0, 0] = 1
    shares = local_shares(nothing, 2, Window("box", 1))
    assert shares[1, 1, 1] == 1
    assert np.isnan(shares[:, 3, 3]).all()
    assert local_shares(np.zeros((1, 1), np.uint8), 2, Window("disk", 5)).ravel().tolist() == [1, 0]


def test_pooled_images_of_any_size_lie_over_one_another():
    small, large = np.zeros((8, 8), np.uint8), np.zeros((32, 16), np.uint8)
    small[:4], large[:16] = 1, 1
    large[:, 8:] = IGNORE
    pooled, other = PooledShares(2, side=8), PooledShares(2, side=8)
    pooled.add(small)
    other.add(large)
    pooled.merge(other)
    assert pooled.counts.sum() == 64 + 256
    shares = pooled.shares(Window("box", 0.5))
    assert (shares[1, :4] == 1).all()
    assert (shares[1, 4:] == 0).all()
    assert np.isnan(PooledShares(2).shares(Window("disk", 1))).all()
