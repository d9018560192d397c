"""Findings made on the spot, and what applying them needs."""

import sys
from pathlib import Path

import pytest

from truemask import rle
from truemask.audit.findings import Finding, findings_table
from truemask.fixing.wanted import Wanted

sys.path.insert(0, str(Path(__file__).parents[1] / "data" / "formats"))


@pytest.fixture
def finding():
    """Makes a finding; of label maps by a mask, whose pixels it is about."""

    def make(image="a", mask=None, shapes=(), **values):
        fields = {"level": "image" if mask is None else "segment", "kind": "swapped", "score": 0.5}
        fields |= {"evidence": "made", "weight": values.get("score", 0.5)}
        if mask is not None:
            (code,) = rle.pack(mask[None])
            fields |= {"size": mask.shape, "rle": code, "area_px": int(mask.sum())}
        if shapes:
            fields |= {"shapes": tuple(rle.pack(shape[None])[0] for shape in shapes), "size": shapes[0].shape}
        return Finding(image=image, **(fields | values))

    return make


@pytest.fixture
def wanted(finding):
    """Makes a finding of some rank that is to be acted on, named by its rank."""

    def make(rank=1, **values):
        return Wanted(f"finding-{rank}", rank, finding(**values))

    return make


@pytest.fixture
def table():
    """Findings as an audit leaves them."""

    def make(findings, classes=("background", "cat", "dog")):
        return findings_table(findings, tuple(classes))

    return make
