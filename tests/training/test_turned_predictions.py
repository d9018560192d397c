"""Predictions over flips and quarter turns: what their mean is, and what has none."""

import numpy as np
import pytest
import torch

from truemask.data.views import ArrayDataset
from truemask.training import Plan, Recipe, train
from truemask.training.features import embeddings
from truemask.types import BadInput, Problem, Task

PROBLEM = Problem(Task.SEMANTIC, ("background", "blob"), channels=1, background=0)


def blobs(rows=3):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (20, 28, 1), dtype=np.uint8) for _ in range(rows)]
    labels = [(image[..., 0] > 128).astype(np.uint8) for image in images]
    return ArrayDataset("blobs", "train", PROBLEM, [str(row) for row in range(rows)], images, labels)


def learn(folder, **settings):
    plan = Plan(network="unet_small:base=4", epochs=1, batch_size=2, precision="fp32").changed(settings)
    return train(Recipe(dataset=blobs(), plan=plan), folder, show=False, tensorboard=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return learn(tmp_path_factory.mktemp("turned") / "run", augment="dihedral")


def test_the_mean_over_turns_turns_with_the_image(trained):
    """A network has no symmetry; its mean over the eight turns has: turn the image, and it turns."""
    dataset = blobs()
    mirrored = ArrayDataset(
        "blobs",
        "train",
        PROBLEM,
        dataset.keys,
        [np.rot90(dataset.image(row)[:, ::-1]).copy() for row in range(3)],
        [np.rot90(dataset.labels(row)[:, ::-1]).copy() for row in range(3)],
    )
    for turned, same in ((True, True), (False, False)):
        for one, other in zip(
            trained.predict(dataset, turned=turned), trained.predict(mirrored, turned=turned), strict=True
        ):
            back = np.rot90(one.probs[..., ::-1], axes=(1, 2))
            assert np.allclose(other.probs, back, atol=1e-4) == same


def test_turned_probabilities_sum_to_one_and_are_surer_of_nothing_that_is_disputed(trained):
    plain, turned = (list(trained.predict(blobs(), turned=asked)) for asked in (False, True))
    for one, other in zip(plain, turned, strict=True):
        np.testing.assert_allclose(other.probs.sum(axis=0), 1, atol=1e-5)
        assert not np.allclose(one.probs, other.probs, atol=1e-3)


def test_a_run_without_flips_has_nothing_to_turn(tmp_path):
    run = learn(tmp_path / "run", augment="none")
    with pytest.raises(BadInput, match="nothing to turn"):
        run.predict(blobs(), turned=True)


def test_features_are_the_mean_over_pixels_of_what_logits_are_made_of(trained):
    keys, found = embeddings(trained, blobs())
    network = next(iter(trained.networks.values()))
    image = blobs().image(1).transpose(2, 0, 1).astype(np.float32)
    pixels = torch.from_numpy((image - image.mean()) / image.std())[None]
    with torch.no_grad():
        expected = network.features(pixels).mean(dim=(2, 3))[0]
    assert keys == ["0", "1", "2"]
    assert found.shape == (3, len(expected))
    np.testing.assert_allclose(found[1], expected.numpy(), atol=1e-4)
