"""The classification set that tests of noise on whole sets act on, and one to take images from."""

from functools import cache

import numpy as np
from noise_toys import CLASSES, class_ids

from truemask.noise import roster_of
from truemask.types import IGNORE

STRANGE = ("plane", "Cat", "ship", "horse")
"""Classes of the other set; one of them is the toys' own, written otherwise."""


class ToyGallery:
    """Images by key, and those of another set called `digits`, which is what the examples name."""

    def __init__(self, images, donors):
        self.images, self.strangers = images, donors

    def image(self, origin, donor):
        return self.images[origin] if donor is None else self.strangers[donor.partition("#")[2]][1]

    def donors(self, source):
        assert source == "digits"
        return {key: name for key, (name, _) in self.strangers.items()}


@cache
def toy_roster():
    labels = class_ids()
    return roster_of(list(labels), list(labels.values()))


@cache
def toy_gallery():
    """Cats are dark, dogs lighter, foxes light: a cat looks more like a dog than like a fox."""
    rng = np.random.default_rng(8)
    images = {}
    for key, label in class_ids().items():
        level = 128 if label == IGNORE else 60 + 50 * label
        images[key] = np.clip(rng.normal(level, 30, (8, 8, 1)), 0, 255).astype(np.uint8)
    donors = {
        f"other-{row}": (STRANGE[row % 4], np.full((8, 8, 1), row % 256, np.uint8)) for row in range(300)
    }
    return ToyGallery(images, donors)


def reversed_roster(roster):
    return type(roster)(
        roster.keys[::-1], roster.labels[::-1].copy(), roster.origins[::-1], roster.donors[::-1]
    )


def by_key(roster):
    """The rows, whatever their order."""
    rows = zip(roster.keys, roster.labels.tolist(), roster.origins, roster.donors, strict=True)
    return {key: (label, origin, donor) for key, label, origin, donor in rows}


__all__ = ["CLASSES", "STRANGE", "ToyGallery", "by_key", "reversed_roster", "toy_gallery", "toy_roster"]
