"""`audit --pixels`: how suspect each pixel is, as pictures."""

from functools import partial

import numpy as np
import pytest
from PIL import Image

from truemask.audit.result import read_audit
from truemask.audit.semantic.pixel_scores import all_pixel_scores
from truemask.commands.stored_predictions import labelled
from truemask.data import open_dataset
from truemask.data.predictions import open_predictions

WORDS = ("audit", "maps", "--predictions", "said", "--quiet", "--out", "found")


@pytest.fixture
def said(maps, tmp_path):
    """Predictions that differ from the labels in a square of each map."""
    dataset = open_dataset(maps).split("all")
    (tmp_path / "said").mkdir()
    for row, key in enumerate(dataset.keys):
        classes = np.where(dataset.labels(row) == 255, 0, dataset.labels(row)).astype(np.int64)
        classes[4:12, 4:12] = (classes[4:12, 4:12] + 1) % 3
        probs = np.full((3, *classes.shape), 0.05, np.float32)
        np.put_along_axis(probs, classes[None], np.float32(0.9), axis=0)
        np.savez_compressed(tmp_path / "said" / f"{key}.npz", probs=probs)


@pytest.mark.usefixtures("said")
def test_pictures_are_the_scores_of_the_audit(truemask, maps, tmp_path):
    heard = truemask(*WORDS, "--pixels")
    assert heard.code == 0
    assert "found/pixels: how suspect each pixel is, 0 to 255" in heard.out
    audit, dataset = read_audit(tmp_path / "found"), open_dataset(maps).split("all")
    stored = open_predictions(tmp_path / "said", dataset)
    stream = partial(labelled, dataset, stored, stored.keys)
    scores = dict(all_pixel_scores(stream, audit.problem, audit.findings))
    assert [*scores] == ["0", "1", "2"]
    for row, key in enumerate(dataset.keys):
        with Image.open(tmp_path / "found" / "pixels" / f"{key}.png") as picture:
            seen = np.asarray(picture)
        assert seen.dtype == np.uint8
        assert np.abs(seen / 255 - scores[key]).max() <= 0.5 / 255 + 1e-6
        assert not seen[dataset.labels(row) == 255].any()
        assert seen.max() > 100


@pytest.mark.usefixtures("said")
def test_pictures_of_an_audit_before_are_gone(truemask, tmp_path):
    assert truemask(*WORDS, "--pixels").code == 0
    assert truemask(*WORDS).code == 0
    assert not (tmp_path / "found" / "pixels").exists()


@pytest.mark.usefixtures("said")
def test_what_has_no_scores_of_pixels_is_refused_before_any_work(truemask, tmp_path):
    heard = truemask(*WORDS, "--pixels", "--parity", "cleanlab")
    assert heard.code == 2
    assert "--pixels is for label maps, audited by segments; --parity says nothing of segments" in heard.err
    heard = truemask("audit", "scenes:train=4", "--pixels", "--quiet", "--out", "found")
    assert heard.code == 2
    assert "labels here are of instance: leave it out" in heard.err
    assert not (tmp_path / "found").exists()
