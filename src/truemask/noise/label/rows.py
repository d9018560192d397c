"""Noises that look only at the true class, on images, pixels and objects alike."""

from collections.abc import Mapping

from truemask.noise.counts import changed
from truemask.noise.label.confident import confident, confident_transition
from truemask.noise.label.mapped import asymmetric, asymmetric_transition, mapped_wrong
from truemask.noise.label.matrix import matrix, matrix_transition
from truemask.noise.label.one_wrong_class import (
    consistent,
    consistent_transition,
    pair,
    pair_transition,
    permutation,
    permutation_transition,
)
from truemask.noise.label.superclass import superclass, superclass_transition
from truemask.noise.label.symmetric import (
    inclusive,
    inclusive_transition,
    symmetric,
    symmetric_transition,
)
from truemask.noise.row import Noise
from truemask.types import Task

_ANY = frozenset(Task)
_OF_ALL = "labels changed"
_PATRINI_YANG = "Patrini et al., CVPR 2017, arXiv:1609.03683; Yang et al., ECCV 2020"

ROWS: Mapping[str, Noise] = {
    "symmetric": Noise(
        symmetric,
        level="class",
        tasks=_ANY,
        formula="P(j | y) = rate / (k - 1) for each j other than y (objects: among the k - 1 object classes)",
        realised=changed,
        share_of=_OF_ALL,
        declares=None,
        transition=symmetric_transition,
        example="symmetric:0.4",
        nothing="symmetric:0",
        source=_PATRINI_YANG,
    ),
    "inclusive": Noise(
        inclusive,
        level="class",
        tasks=_ANY,
        formula="P(j | y) = rate / k for each j other than y: rate (k - 1) / k of the labels are wrong",
        realised=changed,
        share_of=_OF_ALL,
        declares=None,
        transition=inclusive_transition,
        example="inclusive:0.4",
        nothing="inclusive:0",
        source="Zhang et al., ICLR 2017, arXiv:1611.03530; Li et al., ICLR 2020, arXiv:2002.07394",
    ),
    "asymmetric": Noise(
        asymmetric,
        level="class",
        tasks=_ANY,
        formula="P(map(y) | y) = rate for each y that the map mistakes for another",
        realised=mapped_wrong,
        share_of="labels changed, among the classes that the map mistakes for another",
        declares=None,
        transition=asymmetric_transition,
        example="asymmetric:0.4,map=1>2;2>1",
        nothing="asymmetric:0,map=1>2;2>1",
        source=_PATRINI_YANG,
    ),
    "pair": Noise(
        pair,
        level="class",
        tasks=_ANY,
        formula="P(y + 1 | y) = rate, and the first class for the last",
        realised=changed,
        share_of=_OF_ALL,
        declares=None,
        transition=pair_transition,
        example="pair:0.45",
        nothing="pair:0",
        source="Han et al. (Co-teaching), NeurIPS 2018, arXiv:1804.06872",
    ),
    "permutation": Noise(
        permutation,
        level="class",
        tasks=_ANY,
        formula="P(pi(y) | y) = rate for a permutation pi of the classes",
        realised=changed,
        share_of=_OF_ALL,
        declares=None,
        transition=permutation_transition,
        example="permutation:0.3",
        nothing="permutation:0",
        source="Reed et al., ICLR workshop 2015, arXiv:1412.6596",
    ),
    "consistent": Noise(
        consistent,
        level="class",
        tasks=_ANY,
        formula="P(w(y) | y) = rate for one wrong class w(y) of each y, drawn once",
        realised=changed,
        share_of=_OF_ALL,
        declares=None,
        transition=consistent_transition,
        example="consistent:0.3",
        nothing="consistent:0",
        source="Hendrycks et al. (GLC), NeurIPS 2018, arXiv:1802.05300",
    ),
    "superclass": Noise(
        superclass,
        level="class",
        tasks=_ANY,
        formula="P(j | y) = rate / (m - 1) for each other j of the m classes in the group of y",
        realised=changed,
        share_of=_OF_ALL,
        declares=None,
        transition=superclass_transition,
        example="superclass:0.4,groups=1/2",
        nothing="superclass:0,groups=1/2",
        source=_PATRINI_YANG,
    ),
    "confident": Noise(
        confident,
        level="class",
        tasks=_ANY,
        formula="P(j | y) = T[y, j] for a drawn T of trace k (1 - rate), a share of zeros off its diagonal",
        realised=changed,
        share_of=_OF_ALL,
        declares=None,
        transition=confident_transition,
        example="confident:0.3,sparsity=0.4",
        nothing="confident:0",
        source="Northcutt et al. (Confident Learning), JAIR 70, 2021, arXiv:1911.00068",
    ),
    "matrix": Noise(
        matrix,
        level="class",
        tasks=_ANY,
        formula="P(j | y) = T[y, j]",
        realised=changed,
        share_of=_OF_ALL,
        declares=None,
        transition=matrix_transition,
        example="matrix:0.8/0.1/0.1;0/0.7/0.3;0.2/0.2/0.6",
        nothing="matrix:1/0/0;0/1/0;0/0/1",
        source=_PATRINI_YANG,
    ),
}
