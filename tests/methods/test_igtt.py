"""iGTT in three versions: none of them sees a label, and each starts and cuts as it says."""

import numpy as np
import pytest
import torch

from truemask.methods import make_method
from truemask.methods.skeleton_points import skeleton_points
from truemask.structure.mean_threshold import mean_mask
from truemask.structure.skeleton_extraction import skeleton
from truemask.structure.threshold_search import published_search, released_search
from truemask.types import IGNORE, BadInput, Problem, Task

BINARY = Problem(Task.SEMANTIC, ("background", "cell"), channels=1, background=0)
NAMES = ("igtt", "igtt_published", "igtt_released")


def bars(count=8, seed=0):
    """Images of a bright bar on a dim ground, and where the bar is."""
    rng = np.random.default_rng(seed)
    inside = np.zeros((count, 24, 20), bool)
    for image, start in zip(inside, rng.integers(2, 14, count), strict=True):
        image[:, start : start + 5] = True
    images = np.where(inside, 1.5, -0.5) + rng.normal(0, 0.5, inside.shape)
    return torch.from_numpy(images).float()[:, None], torch.from_numpy(inside)


@pytest.fixture
def engine(make_engine):
    """An engine over bars without a label, and where the bars are."""

    def build(name, labels=None, **knobs):
        images, inside = bars()
        silent = torch.full(inside.shape, IGNORE)
        method = make_method(name, knobs)
        return make_engine(method, BINARY, images, silent if labels is None else labels), inside

    return build


def learnt(name, engine, rows=(0, 1, 2)):
    """Targets of a first and a second visit, and the logits of the first."""
    torch.manual_seed(0)
    batch = engine.batch(torch.tensor(rows))
    logits = engine.logits(engine.networks["main"], batch).detach()
    first, weights = engine.method.targets(batch, logits)
    assert weights is None
    second, _ = engine.method.targets(engine.batch(torch.tensor(rows)), logits)
    return first, second, logits.softmax(dim=1)[:, 1]


@pytest.mark.parametrize("name", NAMES)
def test_labels_make_no_difference(engine, name):
    found = []
    for labels in (None, bars()[1].long(), 1 - bars()[1].long()):
        one, _ = engine(name, labels)
        torch.manual_seed(1)
        one.fit(2)
        found.append(one.networks["main"].state_dict())
    for other in found[1:]:
        for weight, same in zip(found[0].values(), other.values(), strict=True):
            torch.testing.assert_close(weight, same, atol=0, rtol=0)


@pytest.mark.parametrize("name", NAMES[1:])
def test_published_and_released_begin_black_and_learn_nothing_from_it(engine, name):
    one, _ = engine(name)
    first, _, _ = learnt(name, one)
    assert not first.any()
    batch = one.batch(torch.arange(4))
    logits = one.logits(one.networks["main"], batch)
    one.method.unit_loss(logits, torch.zeros(4, 24, 20, dtype=torch.long), batch).sum().backward()
    assert all(not weight.grad.any() for weight in one.networks["main"].parameters())


def test_ours_begins_with_the_image_and_learns_from_it(engine):
    one, inside = engine("igtt")
    first, _, _ = learnt("igtt", one)
    bar, learned = inside[:3], first == 1
    assert learned.any(dim=(1, 2)).all()
    assert (learned & bar).sum() > 0.8 * learned.sum()
    batch = one.batch(torch.arange(3))
    one.method.unit_loss(one.logits(one.networks["main"], batch), first, batch).sum().backward()
    assert all(weight.grad.any() for weight in one.networks["main"].parameters())


@pytest.mark.parametrize(
    ("name", "search"),
    [("igtt", mean_mask), ("igtt_published", published_search), ("igtt_released", released_search)],
)
def test_the_second_epoch_learns_from_the_mask_of_the_first_prediction(engine, name, search):
    one, _ = engine(name, extraction=False)
    _, second, probs = learnt(name, one)
    masks = search(probs)
    if name == "igtt_released":
        masks = masks ^ (masks.float().mean(dim=(1, 2), keepdim=True) > 0.5)
    torch.testing.assert_close(second, masks.long())


def test_released_turns_masks_over_that_are_most_of_the_image(engine):
    one, _ = engine("igtt_released", extraction=False)
    mostly = torch.ones(8, 1, 24, 20)
    mostly[:, :, :3] = 0
    one.stores["mask"] = (mostly, 0.0)
    batch = one.batch(torch.arange(2))
    turned = 1 - mostly[:2, 0].long()
    got, _ = one.method.targets(batch, one.logits(one.networks["main"], batch).detach())
    torch.testing.assert_close(got, turned)


def test_points_lie_on_the_skeleton_and_the_rest_of_the_mask_says_nothing(engine):
    one, _ = engine("igtt", shift_px=0, keep=1.0, rest="ignored")
    _, second, probs = learnt("igtt", one)
    for got, mask in zip(second.numpy(), mean_mask(probs).numpy(), strict=True):
        lines = skeleton(mask)
        np.testing.assert_array_equal(got, np.where(lines, 1, np.where(mask, IGNORE, 0)))


def test_the_rest_of_the_mask_is_background_if_asked_to(engine):
    one, _ = engine("igtt", shift_px=0, keep=1.0, rest="background")
    _, second, probs = learnt("igtt", one)
    for got, mask in zip(second.numpy(), mean_mask(probs).numpy(), strict=True):
        np.testing.assert_array_equal(got, skeleton(mask))


def test_a_thinned_background_has_points_of_its_own(engine):
    one, _ = engine("igtt", shift_px=0, keep=1.0)
    _, second, probs = learnt("igtt", one)
    for got, mask in zip(second.numpy(), mean_mask(probs).numpy(), strict=True):
        np.testing.assert_array_equal(got, np.where(skeleton(mask), 1, np.where(skeleton(~mask), 0, IGNORE)))


def test_where_shifted_points_of_both_sides_meet_the_pixel_is_of_its_own_side(engine):
    one, _ = engine("igtt", shift_px=4, keep=1.0, rest="thinned")
    _, _, probs = learnt("igtt", one)
    masks = mean_mask(probs)
    torch.manual_seed(5)
    points, others = (skeleton_points(side, shift_px=4, keep=1.0) for side in (masks, ~masks))
    torch.manual_seed(5)
    drawn = one.method._points(masks)
    met = points & others
    assert met.any()
    torch.testing.assert_close(drawn[met], masks[met].long())
    torch.testing.assert_close(drawn != IGNORE, points | others)


def test_published_points_lie_on_the_skeleton_and_the_rest_is_background(engine):
    one, _ = engine("igtt_published", shift_px=0, keep=1.0)
    _, second, probs = learnt("igtt_published", one)
    for got, mask in zip(second.numpy(), published_search(probs).numpy(), strict=True):
        np.testing.assert_array_equal(got, skeleton(mask))


def test_a_dark_foreground_begins_with_the_other_side():
    images, _ = bars()
    bright = make_method("igtt").first_masks(images)
    torch.testing.assert_close(make_method("igtt", {"foreground": "dark"}).first_masks(-images), bright)


@pytest.mark.parametrize("cut", ["edge", "otsu", "mean"])
def test_one_half_is_the_images_own_threshold(engine, cut):
    one, _ = engine("igtt", cut=cut)
    network = one.networks["main"]
    probs = one.method.predict([network], one.images)
    said = network(one.images).softmax(dim=1)[:, 1]
    for image, raw in zip(probs[:, 1], said, strict=True):
        above = image > 0.5
        assert raw[above].min() > raw[~above].max()  # one threshold on what the network said
        if cut == "mean":
            torch.testing.assert_close(above, raw > raw.mean())


def test_ours_finds_the_bars_without_labels(engine):
    # Not by `edge`: the network of this test sees single pixels, so that its outlines follow their noise.
    one, inside = engine("igtt", cut="otsu")
    torch.manual_seed(0)
    one.fit(30)
    found = one.method.predict([one.networks["main"]], one.images)[:, 1] > 0.5
    assert (2 * (found & inside).sum() / (found.sum() + inside.sum())).item() > 0.75


@pytest.mark.parametrize(
    ("name", "knobs", "complaint"),
    [
        ("igtt", {"cut": "half"}, "edge, otsu or mean; got cut=half"),
        ("igtt", {"rest": "foreground"}, "thinned, ignored or background; got rest=foreground"),
        ("igtt", {"keep": 0.0}, r"\(0, 1\], got keep=0"),
        ("igtt_published", {"thresholds": 1}, "too few thresholds"),
        ("igtt_released", {"thresholds": 2}, "too few thresholds"),
        ("igtt_released", {"shift_px": -1}, "shift_px=-1"),
    ],
)
def test_bad_knobs(name, knobs, complaint):
    with pytest.raises(BadInput, match=complaint):
        make_method(name, knobs)
