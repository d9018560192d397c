import math

import numpy as np
import pytest

from truemask.metrics.label_fit import MEANINGS, LabelFit
from truemask.metrics.semantic import SemanticMetrics
from truemask.types import IGNORE, BadInput, Problem, Task

BINARY = Problem(Task.SEMANTIC, ("background", "cell"), channels=1, background=0)
IMAGES = Problem(Task.CLASSIFICATION, ("a", "b", "c"))


def sure(said: np.ndarray, classes: int, confidence: float = 0.9) -> np.ndarray:
    """Probabilities of a network that says one class of each unit."""
    rest = (1 - confidence) / (classes - 1)
    return np.where(np.arange(classes)[:, None] == said.ravel(), confidence, rest).astype(np.float32)


def fit_of(problem, said, given, truth) -> dict[str, float]:
    fit = LabelFit(problem)
    truth = None if truth is None else np.array(truth, np.uint8)
    fit.add(sure(np.array(said), problem.num_classes), np.array(given, np.uint8), truth)
    return fit.compute()


def test_right_and_wrong_labels_are_counted_apart():
    values = fit_of(BINARY, said=[0, 1, 1, 0, 1], given=[0, 1, 1, 1, 0], truth=[0, 1, 0, 0, 0])
    # Wrong are the third (repeated), and the fourth (corrected); the fifth is right, and predicted wrongly.
    assert values["memorised"] == 0.5
    assert values["corrected"] == 0.5
    assert values["agreement"] == 3 / 5
    assert values["loss_right"] == pytest.approx((2 * -math.log(0.9) - math.log(0.1)) / 3, rel=1e-5)
    assert values["loss_wrong"] == pytest.approx((-math.log(0.9) - math.log(0.1)) / 2, rel=1e-5)
    assert values["loss"] == pytest.approx((3 * -math.log(0.9) - 2 * math.log(0.1)) / 5, rel=1e-5)
    assert values.keys() <= MEANINGS.keys()


def test_a_network_that_says_the_truth_memorises_nothing_one_that_says_the_labels_all():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 3000)
    given = np.where(rng.random(3000) < 0.4, (truth + rng.integers(1, 3, 3000)) % 3, truth)
    honest, parrot = fit_of(IMAGES, truth, given, truth), fit_of(IMAGES, given, given, truth)
    assert (honest["memorised"], honest["beyond_chance"], honest["corrected"]) == (0, 0, 1)
    assert (parrot["memorised"], parrot["beyond_chance"], parrot["corrected"]) == (1, 1, 0)
    assert honest["truth_accuracy"] == 1
    assert parrot["truth_accuracy"] == pytest.approx(0.6, abs=0.05)


def test_chance_is_what_the_network_says_of_units_of_the_class_without_that_label():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 40_000)
    given = np.where(rng.random(40_000) < 0.3, 1 - truth, truth)
    # It mistakes a third of the units, without having seen a label.
    said = np.where(rng.random(40_000) < 1 / 3, 1 - truth, truth)
    values = fit_of(BINARY, said, given, truth)
    assert values["memorised"] == pytest.approx(1 / 3, abs=0.02)
    # Six standard errors of a share of 12,000 wrong labels.
    assert abs(values["beyond_chance"]) < 6 * math.sqrt((1 / 3) * (2 / 3) * (1 / 12_000 + 1 / 28_000))


def test_units_without_a_label_serve_as_the_comparison_and_are_no_labels():
    values = fit_of(BINARY, said=[1, 0], given=[1, IGNORE], truth=[0, 0])
    assert (values["memorised"], values["beyond_chance"]) == (1, 1)
    assert values["agreement"] == 1
    assert values["truth_dice_dataset"] == 0


def test_where_nothing_can_be_compared_shares_are_undefined():
    values = fit_of(BINARY, said=[0, 0], given=[1, 1], truth=[0, 0])
    assert values["memorised"] == 0
    assert math.isnan(values["beyond_chance"])
    clean = fit_of(BINARY, said=[0, 1], given=[0, 1], truth=[0, 1])
    assert math.isnan(clean["memorised"])
    assert clean["truth_dice_dataset"] == clean["truth_dice_dataset_oracle"] == 1


def test_without_truth_only_what_needs_none():
    assert fit_of(BINARY, [0], [0], None).keys() == {"loss", "agreement"}
    assert fit_of(BINARY, [0], [0], [IGNORE]).keys() == {"loss", "agreement"}
    assert math.isnan(fit_of(BINARY, [0], [IGNORE], None)["loss"])


def test_dice_is_that_of_the_metrics_at_both_thresholds():
    rng = np.random.default_rng(2)
    truth = (rng.random((20, 30)) < 0.3).astype(np.uint8)
    foreground = np.clip(0.2 + 0.2 * truth + rng.normal(0, 0.1, truth.shape), 0, 1).astype(np.float32)
    probs = np.stack([1 - foreground, foreground])
    fit, metrics = LabelFit(BINARY), SemanticMetrics(BINARY)
    fit.add(probs, 1 - truth, truth)
    metrics.update(probs, truth)
    values, expected = fit.compute(), metrics.compute()
    for name in ("dice_dataset", "dice_dataset_oracle"):
        assert values[f"truth_{name}"] == expected[name]
    assert values["truth_dice_dataset_oracle"] > values["truth_dice_dataset"] + 0.1


def test_parts_merge_to_the_whole():
    rng = np.random.default_rng(3)
    said, given, truth = rng.integers(0, 3, (3, 60))
    whole, first, second = (LabelFit(IMAGES) for _ in range(3))
    for fit, part in ((whole, slice(None)), (first, slice(20)), (second, slice(20, None))):
        fit.add(sure(said[part], 3), given[part].astype(np.uint8), truth[part].astype(np.uint8))
    first.merge(second)
    assert first.compute() == pytest.approx(whole.compute(), rel=1e-12)
    assert first.wrong == whole.wrong == (given != truth).sum()


def test_a_label_of_no_class_is_refused():
    with pytest.raises(BadInput, match=r"classes 0\.\.1, or IGNORE = 255; got 7"):
        fit_of(BINARY, [0], [7], [0])
