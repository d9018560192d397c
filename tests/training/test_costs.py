"""What labels cost a run, against the loss written out."""

import numpy as np
import pytest
import torch

from truemask.bench.noisy import corrupted
from truemask.data import open_dataset
from truemask.training import Plan, Recipe, load_run, train
from truemask.training.costs import costs_of_points
from truemask.types import BadInput

PLAN = Plan(network="mlp:hidden=4,depth=1", epochs=2, batch_size=20, precision="fp32", augment="none")


@pytest.fixture(scope="module")
def half():
    """Points of two classes, of one of which half are labelled as the other."""
    clean = open_dataset("moons:train=60,val=0,test=0").split("train")
    return corrupted(clean, "asymmetric:0.5,map=lower>upper", 0)[0]


def run(half, folder, method, knobs=None):
    recipe = Recipe(dataset=half, method=method, knobs=knobs or {}, plan=PLAN)
    return train(recipe, folder, show=False, tensorboard=False)


def probs_and_labels(trained, dataset):
    probs = np.stack([one.probs for one in trained.predict(dataset)]).astype(np.float64)
    return probs, np.array([dataset.labels(row) for row in range(len(dataset))])


def test_cross_entropy_costs_minus_log_p_and_pulls_by_one_minus_p(half, tmp_path):
    trained = run(half, tmp_path / "run", "ce")
    costs = costs_of_points(trained, half)
    probs, labels = probs_and_labels(trained, half)
    p = probs[np.arange(60), labels]
    np.testing.assert_allclose(costs.losses, -np.log(p), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(costs.gradients, np.sqrt(2) * (1 - p), rtol=1e-4, atol=1e-6)


def test_the_exponential_loss_pulls_unlabelled_points_by_p_times_one_minus_p(half, tmp_path):
    trained = run(half, tmp_path / "run", "pu_exponential", {"unlabelled": 0})
    costs = costs_of_points(trained, half)
    probs, labels = probs_and_labels(trained, half)
    p = probs[np.arange(60), labels]
    pull = np.where(labels == 0, p * (1 - p), 1 - p) * np.sqrt(2)
    cost = np.where(labels == 0, 1 - p, -np.log(p))
    shares = trained.parameters["counts"] * 0.99 + torch.bincount(torch.from_numpy(labels), minlength=2)
    of = (shares / shares.sum()).numpy()
    weights = np.where(labels == 0, 0.5 / of[0], 0.5 / of[1])
    np.testing.assert_allclose(costs.losses, weights * cost, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(costs.gradients, weights * pull, rtol=1e-4, atol=1e-6)


def test_what_a_method_learnt_beside_its_network_is_kept(half, tmp_path):
    trained = run(half, tmp_path / "run", "noise_layer")
    assert trained.parameters.keys() == load_run(tmp_path / "run").parameters.keys() != set()
    (tmp_path / "run" / "parameters.safetensors").unlink()
    with pytest.raises(BadInput, match=r"parameters\.safetensors is missing.*train again"):
        costs_of_points(load_run(tmp_path / "run"), half)


def test_a_method_that_remembers_rows_is_refused(half, tmp_path):
    trained = run(half, tmp_path / "run", "elr")
    with pytest.raises(BadInput, match="of each row while it trains"):
        costs_of_points(trained, half)
