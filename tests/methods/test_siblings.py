import pytest
import torch

from truemask.methods.siblings import sibling_matrix
from truemask.types import BadInput, Problem, Task

PROBLEM = Problem(Task.CLASSIFICATION, ("cat", "dog", "fox", "car", "truck"))


def test_siblings_share_and_others_keep_all():
    matrix = sibling_matrix(PROBLEM, "cat/dog/2", 0.2)
    expected = torch.eye(5)
    expected[:3, :3] = torch.tensor([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    torch.testing.assert_close(matrix, expected)
    torch.testing.assert_close(
        sibling_matrix(PROBLEM, "cat/dog/fox;car/truck", 0.3).sum(dim=1), torch.ones(5)
    )


def test_without_groups_it_is_the_identity():
    assert torch.equal(sibling_matrix(PROBLEM, None, 0.2), torch.eye(5))


@pytest.mark.parametrize("groups", ["cat", "cat/cat", "cat/dog;dog/fox", "cat/bird", "cat/7"])
def test_what_is_no_group_is_refused(groups):
    with pytest.raises(BadInput, match="siblings"):
        sibling_matrix(PROBLEM, groups, 0.2)
