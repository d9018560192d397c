"""What a detector would say of images whose true objects are known: without a detector.

It draws outlines a little off, nearly overlooks some objects, merges and splits some, sees some that are not
there, and takes some for another class, seldom surely. It knows nothing of the given labels.
"""

from collections.abc import Iterator

import numpy as np

from truemask import rle
from truemask.data.dataset import Dataset
from truemask.data.predictions import Found, Prediction
from truemask.noise import corrupt, parse
from truemask.types import Instances

OUTLINES = "affine:1+shift:-1.5,high_px=1.5"
MISTAKES = "misclassify:{rate}+merge:{rate},gap_px=6,across=any+split:{half}+spurious:{rate}"
SURE, UNSURE, FAINT = (6.0, 1.5), (2.0, 4.0), (1.0, 10.0)
"""Beta distributions of confidence: in objects that are seen as they are, in others, in those overlooked."""


def simulated(clean: Dataset, rate: float, seed: int) -> Iterator[Prediction]:
    """One prediction an image.

    Args:
        clean: with the true objects.
        rate: of each of the detector's mistakes.
        seed: of what it says.
    """
    spec = parse(f"{OUTLINES}+{MISTAKES.format(rate=rate, half=rate / 2)}")
    for row, key in enumerate(clean.keys):
        truth = clean.labels(row)
        assert isinstance(truth, Instances)
        seen = corrupt(truth, spec, problem=clean.problem, seed=seed, key=key)
        assert isinstance(seen, Instances)
        rng = np.random.default_rng((seed, row))
        true_class = dict(zip(truth.ids.tolist(), truth.classes.tolist(), strict=True))
        as_is = np.array(
            [true_class.get(int(i)) == c for i, c in zip(seen.ids, seen.classes, strict=True)], bool
        )
        scores = np.where(as_is, rng.beta(*SURE, len(seen)), rng.beta(*UNSURE, len(seen)))
        scores = np.where(rng.random(len(seen)) < rate, rng.beta(*FAINT, len(seen)), scores)
        masks = np.array(rle.unpack(seen.masks, seen.size), bool).reshape(-1, *seen.size)
        order = np.argsort(-scores)
        found = Found(
            boxes=seen.boxes[order].astype(np.float32),
            labels=seen.classes[order].astype(np.int64),
            scores=scores[order].astype(np.float32),
            masks=masks[order],
        )
        yield Prediction(key, row, found=found)
