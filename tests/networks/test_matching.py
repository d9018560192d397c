import math

import torch
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, BoxCoder
from torchvision.ops import box_iou

from truemask.networks.matching import LEFT_OUT, clip, decode, encode, has_area, match, overlaps, sample
from truemask.types import IGNORE


def boxes(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * 40
    return torch.cat([corner, corner + 1 + torch.rand(count, 2, generator=generator) * 20], dim=1)


def test_overlaps_are_torchvisions():
    torch.testing.assert_close(overlaps(boxes(5), boxes(7, seed=1)), box_iou(boxes(5), boxes(7, seed=1)))


def test_an_empty_box_overlaps_nothing():
    empty = torch.zeros(1, 4)
    assert overlaps(empty, boxes(3)).eq(0).all()
    assert overlaps(empty, empty).eq(0).all()


def test_offsets_are_torchvisions_and_decode_undoes_encode():
    mine = encode(boxes(6), boxes(6, seed=1))
    coder = BoxCoder((1.0, 1.0, 1.0, 1.0))
    torch.testing.assert_close(mine, coder.encode_single(boxes(6), boxes(6, seed=1)))
    torch.testing.assert_close(decode(mine, boxes(6, seed=1)), boxes(6))


def test_a_huge_offset_stops_at_62_times_the_size():
    grown = decode(torch.tensor([[0.0, 0.0, 1000.0, math.log(2)]]), torch.tensor([[0.0, 0.0, 16.0, 10.0]]))
    torch.testing.assert_close(
        grown, torch.tensor([[8 - 500.0, -5.0, 8 + 500.0, 15.0]]), rtol=1e-4, atol=1e-3
    )


def test_clipped_boxes_end_at_the_image():
    cut = clip(torch.tensor([[-3.0, -1.0, 70.0, 9.0], [1.0, 2.0, 3.0, 4.0]]), (8, 64))
    assert cut.tolist() == [[0, 0, 64, 8], [1, 2, 3, 4]]


def test_a_line_has_no_area():
    assert has_area(torch.tensor([[0.0, 0, 5, 5], [0, 0, 5, 0], [3, 3, 2, 9]])).tolist() == [
        True,
        False,
        False,
    ]


def test_a_box_takes_the_label_of_the_object_it_overlaps_most_from_half_on():
    given = torch.tensor([[0.0, 0.0, 10.0, 10.0], [20.0, 0.0, 30.0, 10.0]])
    asked = torch.tensor(
        [[0.0, 0, 10, 10], [20, 0, 30, 5], [20, 0, 30, 4.9], [40, 40, 50, 50], [0, 0, 30, 10]]
    )
    marks, which = match(asked, given, torch.tensor([3, 1]))
    assert marks.tolist() == [3, 1, 0, 0, 0]
    assert which[:2].tolist() == [0, 1]


def test_boxes_of_an_object_of_unknown_class_are_neither_object_nor_background():
    given = torch.tensor([[0.0, 0.0, 10.0, 10.0], [20.0, 0.0, 30.0, 10.0]])
    asked = torch.tensor([[1.0, 0, 10, 10], [20, 0, 30, 9], [40, 40, 50, 50]])
    marks, _ = match(asked, given, torch.tensor([IGNORE, 2]))
    assert marks.tolist() == [LEFT_OUT, 2, 0]
    assert sample(marks, 10, 0.5).tolist() == [1, 2]


def test_without_objects_all_is_background():
    marks, _ = match(boxes(3), torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    assert marks.tolist() == [0, 0, 0]


def test_the_same_seed_draws_what_torchvision_draws():
    marks = torch.tensor([0, 3, 0, -1, 1, 2, 0, 0, 1, -1, 0, 0, 2, 0])
    torch.manual_seed(3)
    chosen, background = BalancedPositiveNegativeSampler(8, 0.25)([marks])
    expected = torch.where(chosen[0] | background[0])[0]
    torch.manual_seed(3)
    assert sample(marks, 8, 0.25).equal(expected)


def test_few_objects_are_made_up_for_by_background():
    marks = torch.tensor([1, 0, 0, 0, -1, 0])
    assert sample(marks, 4, 0.5).tolist().count(0) == 1
    assert len(sample(marks, 4, 0.5)) == 4
    assert sample(torch.tensor([-1, -1]), 4, 0.5).tolist() == []
