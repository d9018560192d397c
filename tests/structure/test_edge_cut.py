import pytest
import torch

from truemask.structure.edge_cut import edge_cut


def hill(size=48, middle=(24, 24)):
    """Scores that fall off evenly from a middle: every threshold has a disc."""
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return -torch.hypot(rows - float(middle[0]), columns - float(middle[1]))


@pytest.mark.parametrize("radius", [8.0, 12.0, 18.0])
@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_the_cut_lies_where_brightness_falls(radius, noise):
    scores = hill()
    rng = torch.Generator().manual_seed(0)
    light = torch.sigmoid(4 * (scores + radius)) + noise * torch.randn(48, 48, generator=rng)
    assert edge_cut(scores[None], light[None]).item() == pytest.approx(-radius, abs=1.5)


def test_scores_on_any_scale_have_the_same_outline():
    scores, light = hill()[None], torch.sigmoid(4 * (hill() + 12))[None]
    cubed = edge_cut(-(scores.abs() ** 3), light)
    assert -((-cubed.item()) ** (1 / 3)) == pytest.approx(edge_cut(scores, light).item(), abs=1.0)


def test_each_image_has_its_own_and_a_rise_the_other_way_does_not_count():
    scores = torch.stack([hill(), hill()])
    light = torch.stack([torch.sigmoid(4 * (hill() + 9)), torch.sigmoid(4 * (hill() + 16))])
    # An even steeper edge where brightness falls towards the middle.
    light[0] -= 5 * torch.sigmoid(4 * (hill() + 18))
    assert edge_cut(scores, light).tolist() == pytest.approx([-9, -16], abs=1.5)


def test_flat_images_and_single_pixels_have_some_finite_cut():
    for size in (1, 2, 9):
        flat = torch.zeros(2, size, size)
        assert edge_cut(flat, flat).tolist() == [0, 0]
