"""iGTT as published and as released: Luo, Liu, Guo & Yang, AAAI 2022, arXiv:2103.11594. Without labels."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Bool, Float
from torch import Tensor

from truemask.batch import Batch
from truemask.losses.igtt import igtt_published, igtt_released
from truemask.methods.method import Method, Setup, Targets
from truemask.methods.skeleton_points import skeleton_points
from truemask.methods.two_sides import check_two_sides
from truemask.structure.skeleton_extraction import check_extraction
from truemask.structure.threshold_search import published_search, released_search
from truemask.types import BadInput, Task


@dataclass(frozen=True, kw_only=True)
class IGTTPublished(Method):
    """The paper to the letter: labels begin all black, each epoch's come from the predictions of the last.

    A mask is searched for each image among `thresholds` cuts of its prediction, and its thinned, jittered
    skeleton is what the next epoch learns, everything else being background. All-black masks have no
    gradient (see `losses/igtt.py`), so the first masks are those of a network with its initial weights, and
    which side they call foreground is up to chance. The given labels are never looked at.

    Args:
        thresholds: cuts of the search, 2 or more.
        shift_px: largest shift of the skeleton.
        keep: share of it that is kept, in (0, 1].
        extraction: without it (the paper's "w/o EMS") the mask itself is learned.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC})

    thresholds: int = 30
    shift_px: int = 1
    keep: float = 0.1
    extraction: bool = True

    def __post_init__(self) -> None:
        _check("igtt_published", self.thresholds, self.shift_px, self.keep)

    def build(self, setup: Setup) -> None:
        """One network and a mask per image, for a problem of foreground and background.

        Raises:
            BadInput: the problem has not two classes, or its first is not the background.
        """
        check_two_sides("igtt_published", setup.problem)
        setup.network()
        setup.store("mask", channels=1, dtype="uint8")

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """Points of the last epoch's mask; this epoch's is kept for the next."""
        masks = batch.stores["mask"].values[:, 0] > 0
        batch.stores["mask"].update(published_search(_foreground(logits), self.thresholds)[:, None].float())
        return _learnt(masks, self.shift_px, self.keep, self.extraction), None

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b"]:
        """Equation 6, one value per image."""
        return igtt_published(_foreground(logits), targets.float())


@dataclass(frozen=True, kw_only=True)
class IGTTReleased(Method):
    """What the authors' code does where it differs from their paper.

    One place in the grid of thresholds is chosen for a whole batch, the two ends of the grid are skipped but
    can win, probabilities are squared in the overlap's union, 1e-3 is added to the determinant, and a mask
    that covers more than half of the image is turned over before its skeleton is taken. The numbers that the
    authors report are taken at the threshold that is best on the test labels: compare them with
    `dice_dataset_oracle`. The given labels are never looked at.

    Args:
        thresholds: cuts of the search, 3 or more.
        shift_px: largest shift of the skeleton.
        keep: share of it that is kept, in (0, 1].
        extraction: without it the mask itself is learned.
    """

    tasks: ClassVar[frozenset[Task]] = frozenset({Task.SEMANTIC})

    thresholds: int = 30
    shift_px: int = 1
    keep: float = 0.1
    extraction: bool = True

    def __post_init__(self) -> None:
        _check("igtt_released", self.thresholds - 1, self.shift_px, self.keep)

    def build(self, setup: Setup) -> None:
        """One network and a mask per image, for a problem of foreground and background.

        Raises:
            BadInput: the problem has not two classes, or its first is not the background.
        """
        check_two_sides("igtt_released", setup.problem)
        setup.network()
        setup.store("mask", channels=1, dtype="uint8")

    def targets(
        self, batch: Batch, logits: Float[Tensor, "b k *space"]
    ) -> tuple[Targets, Float[Tensor, "b *space"] | None]:
        """Points of the last epoch's mask, turned over where it is most of the image."""
        masks = batch.stores["mask"].values[:, 0] > 0
        masks = masks ^ (masks.float().mean(dim=(1, 2), keepdim=True) > 0.5)
        batch.stores["mask"].update(released_search(_foreground(logits), self.thresholds)[:, None].float())
        return _learnt(masks, self.shift_px, self.keep, self.extraction), None

    def unit_loss(
        self,
        logits: Float[Tensor, "b k *space"],
        targets: Targets,
        batch: Batch,
    ) -> Float[Tensor, "b"]:
        """The code's loss, one value per image."""
        return igtt_released(_foreground(logits), targets.float())


def _foreground(logits: Float[Tensor, "b k h w"]) -> Float[Tensor, "b h w"]:
    return logits.softmax(dim=1)[:, 1]


def _learnt(masks: Bool[Tensor, "b h w"], shift_px: int, keep: float, extraction: bool) -> Tensor:
    """1 at what is learned as foreground, 0 elsewhere; drawn anew at every visit."""
    if not extraction:
        return masks.long()
    return skeleton_points(masks, shift_px=shift_px, keep=keep).long()


def _check(method: str, thresholds: int, shift_px: int, keep: float) -> None:
    if thresholds < 2:
        raise BadInput(f"{method} has too few thresholds to search: 30 in the released code")
    check_extraction(shift_px, keep)
