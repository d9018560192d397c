"""Noises that look only at the true class, on images, pixels and objects alike."""

from collections.abc import Mapping

from truemask.noise.label import realised
from truemask.noise.label.class_conditional import asymmetric, symmetric
from truemask.noise.row import Noise
from truemask.types import Task

ROWS: Mapping[str, Noise] = {
    "symmetric": Noise(
        symmetric,
        level="class",
        tasks=frozenset(Task),
        formula="P(j | y) = rate / (k - 1) for each j other than y (objects: among the k - 1 object classes)",
        realised=realised.wrong,
        share_of="labels changed, among those that may change",
        declares="rate",
        example="symmetric:0.4",
        nothing="symmetric:0",
        source="Patrini et al., CVPR 2017, arXiv:1609.03683; Yang et al., ECCV 2020",
    ),
    "asymmetric": Noise(
        asymmetric,
        level="class",
        tasks=frozenset(Task),
        formula="P(map(y) | y) = rate for each y that the map mistakes for another",
        realised=realised.mapped_wrong,
        share_of="labels changed, among the classes that the map mistakes for another",
        declares="rate",
        example="asymmetric:0.4,map=1>2;2>1",
        nothing="asymmetric:0,map=1>2;2>1",
        source="Patrini et al., CVPR 2017, arXiv:1609.03683; Yang et al., ECCV 2020",
    ),
}
