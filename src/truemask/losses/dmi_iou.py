"""DMI and soft IoU together, as iGTT has them: Luo, Liu, Guo & Yang, AAAI 2022, arXiv:2103.11594."""

from jaxtyping import Float, Float64, Int
from torch import Tensor

from truemask.losses.dmi import check_dmi, joint, of_joint
from truemask.losses.overlap import Overlap, overlap
from truemask.losses.soft_iou import of_overlap


def dmi_iou(
    logits: Float[Tensor, "b k *space"],
    labels: Int[Tensor, "b *space"],
    *,
    floor: float = 1e-3,
    squared: bool = False,
    background: int | None = None,
) -> Float[Tensor, "b"]:
    """`dmi` + `soft_iou`, one value per image, for any number of classes; 0 for an image without a label.

    The first forgives labels that go wrong by class alone but knows classes only up to their order; the
    second knows the order.

    Args:
        logits: class scores.
        labels: given class ids.
        floor: of `dmi`.
        squared: of `soft_iou`.
        background: class left out of the mean over classes in `soft_iou`.

    Raises:
        BadInput: if floor is not a finite number above 0.
    """
    check_dmi(floor)
    pairs = joint(logits, labels)
    found = overlap(logits, labels, squared=True) if squared else _overlap_of(pairs)
    return of_joint(pairs, floor=floor).float() + of_overlap(found, background)


def _overlap_of(joint: Float64[Tensor, "b k k"]) -> Overlap:
    """What soft IoU counts is in the matrix that DMI needs: its diagonal, its rows and its columns."""
    return Overlap(
        shared=joint.diagonal(dim1=1, dim2=2).float(),
        predicted=joint.sum(dim=2).float(),
        given=joint.detach().sum(dim=1).float(),
    )
