"""Published noise as released: every effective rate is the one worked out from the published rule."""

import numpy as np
import pytest

from truemask.noise import Draws, Ledger, check, corrupt, manifest_of, parse
from truemask.noise.class_groups import CLASS_GROUPS
from truemask.noise.table import NOISES
from truemask.noise.transition import inclusive, sequential
from truemask.types import BadInput, Problem, Task

COCO = tuple(name for names in CLASS_GROUPS["coco"].values() for name in names)
CIFAR10 = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)


def numbered(task, k):
    names = tuple(f"class {i}" for i in range(k))
    if task == Task.INSTANCE:
        return Problem(task, ("background", *names), background=0)
    return Problem(task, names)


def matrix(spec, problem, seed=0):
    (step,) = parse(spec).steps
    return NOISES[step.name].transition(problem, Draws(seed, "any image"), **step.knobs())


def wrong(spec, problem, seed=0):
    """The rate of each class to end up wrong."""
    return 1 - matrix(spec, problem, seed).diagonal()


@pytest.mark.parametrize(
    ("k", "share"), [(20, 18 / 19), (8, 6 / 7), (80, 78 / 79)], ids=["voc", "cs", "coco"]
)
def test_the_lncis_scripts_for_symmetric_noise_never_draw_the_last_class_but_may_draw_the_true_one(k, share):
    rates = wrong("symmetric:0.2,compat=lncis", numbered(Task.INSTANCE, k))
    np.testing.assert_allclose(rates[1:-1], 0.2 * share)
    assert rates[-1] == pytest.approx(0.2)
    drawn = matrix("symmetric:0.2,compat=lncis", numbered(Task.INSTANCE, k))
    assert (drawn[1:-1, -1] == 0).all()
    assert drawn[0, 0] == 1
    assert (drawn[1:, 0] == 0).all()


def test_the_lncis_script_for_cityscapes_makes_17_percent_of_20_wrong():
    rates = wrong("symmetric:0.2,compat=lncis", numbered(Task.INSTANCE, 8))
    assert rates[1] == pytest.approx(0.1714, abs=5e-5)


@pytest.fixture
def lncis_coco():
    problem = Problem(Task.INSTANCE, ("background", *COCO), background=0)
    return problem, matrix("superclass:0.4,groups=coco,compat=lncis", problem)


def test_the_lncis_script_for_coco_turns_persons_into_vehicles_at_the_whole_rate(lncis_coco):
    problem, drawn = lncis_coco
    person = problem.classes.index("person")
    goes = {problem.classes[i]: drawn[person, i] for i in np.flatnonzero(drawn[person])}
    assert goes.pop("person") == pytest.approx(0.6)
    assert set(goes) == {"bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck"}
    assert all(share == pytest.approx(0.4 / 7) for share in goes.values())


def test_the_lncis_script_for_coco_has_snowboards_for_skis(lncis_coco):
    problem, drawn = lncis_coco
    at = {name: problem.classes.index(name) for name in CLASS_GROUPS["coco"]["sports"]}
    assert (drawn[np.arange(len(drawn)) != at["skis"], at["skis"]] == 0).all()
    assert drawn[at["kite"], at["snowboard"]] == pytest.approx(0.4 * 2 / 9)
    assert drawn[at["skis"], at["snowboard"]] == pytest.approx(0.4 * 2 / 9)
    rates = 1 - drawn.diagonal()
    assert rates[at["skis"]] == pytest.approx(0.4)
    assert rates[at["snowboard"]] == pytest.approx(0.4 * 7 / 9)
    assert rates[at["frisbee"]] == pytest.approx(0.4 * 8 / 9)
    assert rates[at["tennis racket"]] == pytest.approx(0.4)


def test_the_lncis_script_for_coco_draws_from_all_of_a_group_but_the_last(lncis_coco):
    problem, drawn = lncis_coco
    rates = 1 - drawn.diagonal()
    for kind, names in CLASS_GROUPS["coco"].items():
        ids = [problem.classes.index(name) for name in names]
        assert drawn[np.ix_(ids, ids)].sum() == pytest.approx(len(ids) - 0.4 * (kind == "person"))
        if kind not in ("person", "sports"):
            m = len(ids)
            np.testing.assert_allclose(rates[ids[:-1]], 0.4 * (m - 2) / (m - 1))
            assert rates[ids[-1]] == pytest.approx(0.4)


def test_strict_superclass_noise_leaves_persons_alone_and_makes_the_whole_rate_wrong():
    problem = Problem(Task.INSTANCE, ("background", *COCO), background=0)
    for to in ("others", "next"):
        rates = wrong(f"superclass:0.4,groups=coco,to={to}", problem)
        assert rates[:2].tolist() == [0, 0]
        np.testing.assert_allclose(rates[2:], 0.4)


@pytest.mark.parametrize("k", [2, 10, 100])
@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_inclusive_noise_makes_k_minus_1_of_k_of_its_rate_wrong(k, rate):
    np.testing.assert_allclose(
        wrong(f"inclusive:{rate}", numbered(Task.CLASSIFICATION, k)), rate * (k - 1) / k
    )
    mixed = (1 - rate) * np.eye(k) + rate / k
    np.testing.assert_allclose(inclusive(k, rate), mixed, atol=1e-15)


def test_published_inclusive_rates_of_ten_classes():
    rates = [
        wrong(f"inclusive:{rate}", numbered(Task.CLASSIFICATION, 10))[0] for rate in (0.2, 0.5, 0.8, 0.9)
    ]
    assert rates == pytest.approx([0.18, 0.45, 0.72, 0.81])


def test_the_class_mix_of_coco_n_is_inclusive_among_object_classes():
    mix = inclusive(81, 0.2, exempt=0)
    np.testing.assert_allclose(1 - mix.diagonal()[1:], 0.2 * 79 / 80)
    assert mix[0].tolist() == [1, *[0] * 80]


def test_sequential_flips_turn_some_cats_back():
    problem = Problem(Task.CLASSIFICATION, CIFAR10)
    rates = dict(zip(CIFAR10, wrong("asymmetric:0.4,map=cifar10,compat=sequential", problem), strict=True))
    assert rates["cat"] == pytest.approx(0.24)
    for name in ("dog", "truck", "bird", "deer"):
        assert rates[name] == pytest.approx(0.4)
    assert sum(rates.values()) == pytest.approx(0.24 + 4 * 0.4)


def test_sequential_flips_chain_where_a_target_has_its_turn_later():
    done = sequential(10, 0.4, {7: (1,), 2: (7,), 5: (6,), 6: (5,), 3: (8,)})
    assert done[2, 7] == pytest.approx(0.24)
    assert done[2, 1] == pytest.approx(0.16)
    assert done[5, 6] == pytest.approx(0.24)
    assert done[6, 5] == pytest.approx(0.4)


def test_sequential_flips_of_labels_are_those_of_the_loop_over_classes(rng):
    labels = np.repeat(np.arange(10, dtype=np.uint8), 4000).reshape(200, 200)
    after = corrupt(
        labels,
        parse("asymmetric:0.4,map=cifar10,compat=sequential"),
        problem=Problem(Task.SEMANTIC, CIFAR10),
        seed=0,
        key="image",
    )
    loop = labels.copy()
    for source, target in ((2, 0), (3, 5), (4, 7), (5, 3), (9, 1)):
        places = np.flatnonzero(loop.ravel() == source)
        loop.ravel()[rng.choice(places, round(0.4 * len(places)), replace=False)] = target
    for source in range(10):
        here = labels == source
        shares = [np.bincount(one[here], minlength=10) / 4000 for one in (after, loop)]
        assert np.abs(shares[0] - shares[1]).max() < 4.5 * np.sqrt(0.25 / 4000)


def test_dmi_noise_has_no_dogs_for_cats():
    rates = dict(
        zip(CIFAR10, wrong("asymmetric:0.4,map=dmi", Problem(Task.CLASSIFICATION, CIFAR10)), strict=True)
    )
    assert rates["dog"] == 0
    assert np.mean(list(rates.values())) == pytest.approx(0.4 * 0.4)


def test_blocks_of_ids_are_the_super_classes_of_released_code():
    problem = numbered(Task.CLASSIFICATION, 100)
    following = matrix("superclass:0.4,groups=blocks5,to=next", problem)
    for source in range(100):
        assert following[source, source // 5 * 5 + (source + 1) % 5] == pytest.approx(0.4)
    swapped = matrix("superclass:0.4,groups=blocks5,to=swap", problem)
    assert (1 - swapped.diagonal()).mean() == pytest.approx(0.4 * 0.4)
    np.testing.assert_allclose(swapped, swapped.T)
    for block in np.split(np.arange(100), 20):
        assert sorted(1 - swapped.diagonal()[block]) == pytest.approx([0, 0, 0, 0.4, 0.4])


def test_sampling_as_background_is_label_noise_of_the_foreground():
    problem = Problem(Task.SEMANTIC, ("background", "cell"), background=0)
    np.testing.assert_allclose(
        matrix("sample:0.3,as=background", problem), [[1, 0, 0], [0.7, 0.3, 0]], atol=1e-12
    )


@pytest.mark.parametrize(
    ("spec", "labels", "declared"),
    [
        ("inclusive:0.4", [0, 1, 2, 3, 3], 0.3),
        ("symmetric:0.3,compat=lncis", [0, 1, 2, 3], (3 * 0.3 * 2 / 3 + 0.3) / 4),
        ("asymmetric:0.5,map=0>1;1>0,compat=sequential", [0, 0, 0, 1, 2], (3 * 0.25 + 0.5) / 4),
        ("superclass:0.4,groups=0/1", [0, 1, 2, 3], 0.2),
    ],
)
def test_the_manifest_declares_the_effective_rate(spec, labels, declared):
    ledger = Ledger(parse(spec), numbered(Task.CLASSIFICATION, 4), 0)
    for row, label in enumerate(labels):
        ledger.corrupt(label, str(row))
    assert manifest_of(ledger).steps[0].declared == pytest.approx(declared)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "superclass:0.4,groups=voc,compat=lncis",
            "superclass,compat=lncis is the released script for COCO: write groups=coco and no to",
        ),
        (
            "superclass:0.4,groups=coco,to=swap,compat=lncis",
            "superclass,compat=lncis is the released script for COCO: write groups=coco and no to",
        ),
        (
            "superclass:0.4,groups=coco,compat=lncis",
            "superclass,compat=lncis, which needs all 80 classes of COCO: no class called 'person'; "
            "there is: class 0, class 1",
        ),
    ],
)
def test_a_script_that_does_not_fit_is_told(spec, message):
    with pytest.raises(BadInput) as error:
        check(parse(spec), numbered(Task.CLASSIFICATION, 2))
    assert str(error.value) == message
