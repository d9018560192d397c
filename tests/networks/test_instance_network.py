from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.ops import box_iou

from truemask.batch import Objects
from truemask.networks import build_network
from truemask.networks.mask_rcnn_r50 import mask_rcnn_r50
from truemask.types import IGNORE, Problem, Task

INSTANCE = Problem(Task.INSTANCE, ("background", "disc", "bar", "star"), background=0)


LIGHT = "mask_rcnn_light:width=8,fpn=16"
AGNOSTIC = f"{LIGHT},agnostic_box=true,agnostic_mask=true"


def objects(
    boxes: list[list[int]], labels: list[int], size: tuple[int, int] = (64, 64), first_row: int = 0
) -> Objects:
    """Objects that fill their boxes."""
    masks = torch.zeros(len(boxes), *size, dtype=torch.bool)
    for mask, (x0, y0, x1, y1) in zip(masks, boxes, strict=True):
        mask[y0:y1, x0:x1] = True
    return Objects(
        torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        torch.tensor(labels, dtype=torch.int64),
        masks,
        torch.arange(first_row, first_row + len(boxes)),
    )


def painted(given: tuple[Objects, ...], seed: int = 0) -> Tensor:
    """Dim noise with every object as a patch whose colour is its class."""
    generator = torch.Generator().manual_seed(seed)
    images = 0.1 * torch.randn(len(given), 3, *given[0].masks.shape[1:], generator=generator)
    for image, own in zip(images, given, strict=True):
        for label, mask in zip(own.labels.tolist(), own.masks, strict=True):
            image[(label - 1) % 3, mask] += 2
    return images


def two_images() -> tuple[Tensor, tuple[Objects, ...]]:
    """Five objects on two images of 64 px, with rows 10 to 14."""
    given = (
        objects([[4, 6, 24, 26], [34, 30, 60, 56]], [1, 2], first_row=10),
        objects([[8, 36, 30, 60], [30, 4, 56, 20], [40, 30, 60, 60]], [3, 1, 2], first_row=12),
    )
    return painted(given), given


def cross_entropy(logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
    return F.cross_entropy(logits, labels)


class Spy:
    """A class loss that remembers what it was asked."""

    def __call__(self, logits, labels, rows):
        self.logits, self.labels, self.rows = logits.detach(), labels, rows
        return F.cross_entropy(logits, labels)


def light(name=LIGHT):
    torch.manual_seed(0)
    return build_network(name, INSTANCE)


def losses(network, images, given, class_loss=cross_entropy, seed=1):
    torch.manual_seed(seed)
    return network(images, given, class_loss)


def test_losses_are_torchvisions_with_the_same_weights_and_seed():
    torch.manual_seed(0)
    mine = mask_rcnn_r50(INSTANCE, anchor_px=8)
    sizes = tuple((8 * 2**level,) for level in range(5))
    theirs = MaskRCNN(
        mask_rcnn_r50(INSTANCE).backbone,
        num_classes=4,
        min_size=64,
        max_size=64,
        image_mean=[0.0] * 3,
        image_std=[1.0] * 3,
        rpn_anchor_generator=AnchorGenerator(sizes, ((0.5, 1.0, 2.0),) * 5),
    )
    theirs.load_state_dict(mine.state_dict())
    theirs.transform.torch_choice = min  # it would draw one of its one size from the generator
    images, given = two_images()
    ours = losses(mine, images, given)
    torch.manual_seed(1)
    wanted = theirs(
        list(images), [{"boxes": own.boxes, "labels": own.labels, "masks": own.masks} for own in given]
    )
    names = {
        "objectness": "loss_objectness",
        "rpn_box": "loss_rpn_box_reg",
        "class": "loss_classifier",
        "box": "loss_box_reg",
    }
    for name, other in names.items():
        torch.testing.assert_close(ours[name], wanted[other], rtol=1e-4, atol=1e-5)
    # torchvision cuts its mask targets out half a pixel off the boxes.
    torch.testing.assert_close(ours["mask"], wanted["loss_mask"], rtol=0.05, atol=0)


def test_the_class_term_is_the_callers():
    network, (images, given) = light(), two_images()
    spy = Spy()
    terms = losses(network, images, given, spy)
    torch.testing.assert_close(terms["class"], F.cross_entropy(spy.logits, spy.labels))
    doubled = losses(light(), images, given, lambda *asked: 2 * cross_entropy(*asked))
    torch.testing.assert_close(doubled["class"], 2 * terms["class"])
    for name in ("objectness", "rpn_box", "box", "mask"):
        torch.testing.assert_close(doubled[name], terms[name])


def test_rows_and_labels_are_those_of_the_object_that_a_proposal_overlaps_most():
    network, (images, given) = light(), two_images()
    asked = {}

    def pool(pooled, levels, boxes, bins):
        asked.setdefault(bins, boxes)
        return pooled(levels, boxes, bins)

    network.pool = partial(pool, network.pool)
    spy = Spy()
    losses(network, images, given, spy)
    rows, labels = [], []
    for boxes, own in zip(asked[7], given, strict=True):
        value, which = box_iou(own.boxes, boxes).max(dim=0)
        rows.append(torch.where(value >= 0.5, own.rows[which], -1))
        labels.append(torch.where(value >= 0.5, own.labels[which], 0))
    assert spy.rows.equal(torch.cat(rows))
    assert spy.labels.equal(torch.cat(labels))
    # Every object is its own proposal, so all are seen; at most 64 proposals an image, a quarter objects.
    assert set(spy.rows.tolist()) == {-1, 10, 11, 12, 13, 14}
    assert len(spy.rows) <= 128
    assert (spy.rows >= 0).sum() <= 32


def test_class_agnostic_heads_do_not_see_the_labels():
    images, given = two_images()
    relabelled = tuple(replace(own, labels=own.labels % 3 + 1) for own in given)
    for name, blind in ((AGNOSTIC, True), (LIGHT, False)):
        before, after = (losses(light(name), images, labels) for labels in (given, relabelled))
        for term in ("box", "mask"):
            assert before[term].equal(after[term]) == blind
        for term in ("objectness", "rpn_box"):
            assert before[term].equal(after[term])
        assert not before["class"].equal(after["class"])


def test_an_object_of_unknown_class_is_proposed_but_not_classified():
    images, given = two_images()
    unknown = (replace(given[0], labels=torch.tensor([IGNORE, 2])), given[1])
    spy = Spy()
    terms, known = losses(light(), images, unknown, spy), losses(light(), images, given)
    assert 10 not in spy.rows.tolist()
    assert set(spy.labels.tolist()) <= {0, 1, 2, 3}
    for name in ("objectness", "rpn_box"):
        assert terms[name].equal(known[name])


@pytest.mark.parametrize("name", [LIGHT, AGNOSTIC])
def test_images_without_objects_teach_what_background_is(name):
    network = light(name)
    nothing = objects([], [])
    spy = Spy()
    terms = losses(network, painted((nothing, nothing)), (nothing, nothing), spy)
    assert spy.labels.eq(0).all()
    assert spy.rows.eq(-1).all()
    assert all(terms[term] == 0 for term in ("rpn_box", "box", "mask"))
    torch.stack(list(terms.values())).sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


def test_objects_without_area_are_left_out():
    images, given = two_images()
    boxes, labels = [[4, 6, 24, 26], [34, 30, 60, 56]], [1, 2]
    with_line = objects([*boxes, [9, 9, 9, 30]], [*labels, 3], first_row=10)
    without = objects(boxes, labels, first_row=10)
    expected = losses(light(), images, (without, given[1]))
    for name, term in losses(light(), images, (with_line, given[1])).items():
        torch.testing.assert_close(term, expected[name])


def test_one_image_of_any_size_is_a_batch():
    given = objects([[3, 5, 30, 28]], [2], size=(45, 71))
    terms = losses(light(), painted((given,)), (given,))
    assert list(terms) == ["objectness", "rpn_box", "class", "box", "mask"]
    assert all(term.isfinite() for term in terms.values())


def test_losses_are_float32_under_autocast_and_near_full_precision():
    images, given = two_images()
    exact = losses(light(), images, given)
    with torch.autocast("cpu", torch.bfloat16):
        low = losses(light(), images, given)
    for name, term in exact.items():
        assert low[name].dtype == torch.float32
        torch.testing.assert_close(low[name], term, rtol=0.15, atol=0.02)


def test_detections_of_an_untrained_network_lie_in_the_image():
    network = light().eval()
    found = network(torch.randn(2, 3, 45, 71))
    for own in found:
        count = len(own.labels)
        assert own.masks.shape == (count, 45, 71)
        assert own.boxes.shape == (count, 4)
        assert own.boxes.min() >= 0
        assert own.boxes[:, 2].max() <= 71
        assert own.boxes[:, 3].max() <= 45
        assert set(own.labels.tolist()) <= {1, 2, 3}
        assert own.scores.equal(own.scores.sort(descending=True).values)
        assert not own.scores.requires_grad


def test_nothing_is_found_where_no_class_reaches_the_score():
    network = light().eval()
    with torch.no_grad():
        network.roi_heads.box_predictor.cls_score.bias[0] = 100
    (found,) = network(torch.randn(1, 3, 45, 71))
    assert found.boxes.shape == (0, 4)
    assert found.masks.shape == (0, 45, 71)


def test_an_objects_score_does_not_depend_on_what_else_is_asked():
    network, (images, given) = light().eval(), two_images()
    with torch.no_grad():
        together = network.score_objects(images, given)
        apart = [network.score_objects(images[i : i + 1], given[i : i + 1]) for i in range(2)]
        nothing = network.score_objects(images, (objects([], []), objects([], [])))
    assert together.shape == (5, 4)
    torch.testing.assert_close(together, torch.cat(apart))
    assert nothing.shape == (0, 4)


def test_two_images_are_learned_by_heart():
    torch.manual_seed(0)
    network = build_network("mask_rcnn_light:width=16,fpn=32", INSTANCE)
    images, given = two_images()
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 5e-3, total_steps=80)
    for _ in range(80):
        optimiser.zero_grad()
        total = torch.stack(list(network(images, given, cross_entropy).values())).sum()
        total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5)
        optimiser.step()
        schedule.step()
    assert total < 0.3
    network.eval()
    for own, found in zip(given, network(images), strict=True):
        sure = found.scores > 0.5
        assert int(sure.sum()) == len(own.labels)
        shared = (own.masks[:, None] & found.masks[None, sure]).sum(dim=(2, 3))
        union = (own.masks[:, None] | found.masks[None, sure]).sum(dim=(2, 3))
        value, which = (shared / union).max(dim=1)
        assert value.min() > 0.75
        assert found.labels[sure][which].equal(own.labels)
    with torch.no_grad():
        logits = network.score_objects(images, given)
    assert logits.argmax(dim=1).equal(torch.cat([own.labels for own in given]))
