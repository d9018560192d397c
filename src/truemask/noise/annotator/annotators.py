"""Several noisy annotators per image, and what a crowd of them makes of it.

Sources: annotators with confusion matrices of their own, of Dawid and Skene, Applied Statistics 28(1), 1979,
and, for label maps, of Warfield, Zou and Wells, IEEE TMI 23(7), 2004; outlines with a bias and a jitter of
their own as in crowds' maps of cells (Gurari et al., WACV 2015). How the habits are spread over people is
this package's.
"""

from typing import Annotated

import numpy as np
from jaxtyping import UInt8

from truemask.noise.annotator.drawing import drawn_by
from truemask.noise.annotator.fusion import Fusion, fuse
from truemask.noise.annotator.person import Habits, draws_of, person
from truemask.noise.draws import Draws
from truemask.noise.knobs import Range, Rate
from truemask.noise.relabel import relabel
from truemask.types import BadInput, Problem, Task

Number = Annotated[int, Range(0, 10**6, "a whole number from 0 to 1000000")]
Many = Annotated[int, Range(1, 255, "a whole number from 1 to 255")]
DistancePx = Annotated[float, Range(0.0, 255.0, "pixels from 0 to 255")]
Single = int | UInt8[np.ndarray, "h w"]
"""What one annotator labels at a time: an image's class, or a label map."""


def annotator(
    labels: Single,
    problem: Problem,
    draws: Draws,
    *,
    id: Number,
    confusion: Rate = 0.05,
    miss: Rate = 0.05,
    bias_px: DistancePx = 1.0,
    jitter_px: DistancePx = 1.0,
) -> Single:
    """What one annotator of a crowd makes of the labels.

    The annotator's own confusion matrix, miss rate, bias and jitter are drawn from the seed and the number,
    the same for all images; what happens in an image is drawn for each of them. `truemask corrupt SRC
    annotator:0 OUT`, then `annotator:1` and so on with the same seed, make the label sets of one crowd.

    On label maps segments are left out, or taken for another foreground class, and outlines drawn too far
    outside or inside. On images there is the confusion alone.

    Args:
        labels: of one image; IGNORE stays.
        problem: what the classes are.
        draws: where the randomness comes from.
        id: which annotator.
        confusion: mean over annotators of the chance that a thing gets another class; an annotator's own is
            between 0 and twice that, its shares among the other classes are drawn alike.
        miss: mean over annotators of the chance that a segment is left out, likewise.
        bias_px: standard deviation over annotators of how far outside of the true outline they draw.
        jitter_px: mean over annotators of how far the hand strays from that along an outline.

    Raises:
        BadInput: if a label map's problem has no background.
    """
    return _labelled(labels, problem, draws, id, Habits(confusion, miss, bias_px, jitter_px))


def crowd(
    labels: Single,
    problem: Problem,
    draws: Draws,
    *,
    annotators: Many,
    fuse: Fusion = "majority",
    confusion: Rate = 0.05,
    miss: Rate = 0.05,
    bias_px: DistancePx = 1.0,
    jitter_px: DistancePx = 1.0,
) -> Single:
    """The labels that a crowd agrees on: `annotator:0` to `annotator:N-1`, fused image by image.

    Args:
        labels: of one image; IGNORE stays.
        problem: what the classes are.
        draws: where the randomness comes from.
        annotators: how many.
        fuse: majority takes the class with most votes, the lower id where votes are equal; staple weighs
            annotators by how good they seem to be in the image.
        confusion: as of `annotator`.
        miss: as of `annotator`.
        bias_px: as of `annotator`.
        jitter_px: as of `annotator`.

    Raises:
        BadInput: if a label map's problem has no background; or on images with staple, which cannot tell
            from one label each how good annotators are.
    """
    habits = Habits(confusion, miss, bias_px, jitter_px)
    if problem.task == Task.CLASSIFICATION and fuse != "majority":
        raise BadInput(
            f"crowd:{annotators},fuse={fuse}: from one label each {fuse} cannot tell who is good; use "
            f"fuse=majority, or truemask.noise.annotator.fusion.fuse on the labels of all images as one row"
        )
    opinions = [_labelled(labels, problem, draws, number, habits) for number in range(annotators)]
    fused = _fused([np.array(one, dtype=np.uint8, ndmin=2) for one in opinions], problem, fuse)
    return int(fused[0, 0]) if isinstance(labels, int) else fused


_fused = fuse
"""Under a name of its own: a knob of `crowd` is called `fuse`."""


def _labelled(labels: Single, problem: Problem, draws: Draws, number: int, habits: Habits) -> Single:
    who, own = person(number, problem, draws, habits), draws_of(number, draws)
    if isinstance(labels, np.ndarray):
        return drawn_by(who, labels, problem, own)
    noisy = relabel(labels, who.confusion, own)
    assert isinstance(noisy, int)
    return noisy
