import numpy as np
import pytest
from noise_toys import BINARY, CLASSES, OBJECTS, PIXELS, label_maps, object_lists

from truemask.data.embedded import scenes
from truemask.noise import corrupt, parse
from truemask.noise.maps import CLASS_MAPS, ClassMap, ClassRates, class_id
from truemask.types import IGNORE, BadInput, Problem, Task

CIFAR = Problem(
    Task.CLASSIFICATION,
    ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
)


def apply(labels, spec, problem, key="image", seed=1):
    return corrupt(labels, parse(spec), problem=problem, seed=seed, key=key)


def of_images(label, spec, problem, count):
    return np.array([apply(label, spec, problem, key=str(row)) for row in range(count)])


def test_symmetric_never_returns_the_true_class():
    assert set(of_images(1, "symmetric:1", CLASSES, 100)) == {0, 2}
    for labels in label_maps().values():
        after = apply(labels, "symmetric:1", PIXELS)
        assert ((after == labels) == (labels == IGNORE)).all()


def test_symmetric_noise_on_pixels_is_a_flip():
    labels = label_maps()["map-0"]
    assert (apply(labels, "symmetric:0.4", PIXELS) == apply(labels, "flip:0.4", PIXELS)).all()
    binary = (labels == 1).astype(np.uint8)
    assert (apply(binary, "symmetric:1", BINARY) == 1 - binary).all()


def test_objects_get_every_other_object_class_and_never_the_background():
    seen = set()
    for key, before in object_lists().items():
        after = apply(before, "symmetric:1", OBJECTS, key)
        bears = (before.classes != IGNORE) & ~before.crowd
        assert (after.classes[bears] != before.classes[bears]).all()
        assert (after.classes[~bears] == before.classes[~bears]).all()
        assert after.masks == before.masks
        seen |= set(zip(before.classes[bears].tolist(), after.classes[bears].tolist(), strict=True))
    assert seen == {(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)}


def test_cats_and_dogs_are_drawn_from_a_frozen_copy():
    # Class by class over labels already changed, 24 % of the cats would be wrong at rate 0.4, not 40 %.
    labels = np.array([[3, 5]] * 20_000, dtype=np.uint8)
    problem = Problem(Task.SEMANTIC, CIFAR.classes)
    after = apply(labels, "asymmetric:0.4,map=cifar10", problem)
    error = 4 * np.sqrt(0.24 / 20_000)
    assert abs((after[:, 0] == 5).mean() - 0.4) < error
    assert abs((after[:, 1] == 3).mean() - 0.4) < error
    assert set(np.unique(after)) == {3, 5}


def test_asymmetric_noise_at_rate_1_is_the_map():
    ids = {name: CIFAR.classes.index(name) for name in CIFAR.classes}
    expected = dict(CLASS_MAPS["cifar10"])
    for name, label in ids.items():
        assert apply(label, "asymmetric:1,map=cifar10", CIFAR) == ids[expected.get(name, name)]


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("cifar10", "bird>airplane;cat>dog;deer>horse;dog>cat;truck>automobile"),
        ("mnist", "2>7;3>8;5>6;6>5;7>1"),
        (
            "voc",
            "bicycle>motorbike;bird>aeroplane;bus>car;cat>dog;diningtable>chair;dog>cat;motorbike>bicycle;sheep>horse",
        ),
        ("cityscapes", "bicycle>motorcycle;bus>truck;motorcycle>bicycle;person>rider;rider>person;truck>bus"),
        (
            "scenes",
            "cross>square;disk>ring;drop>heart;flower>star;heart>drop;ring>disk;square>cross;star>flower",
        ),
    ],
)
def test_the_published_maps_are_as_published(name, pairs):
    assert set(ClassMap.parse(pairs).pairs) == set(CLASS_MAPS[name])


def test_the_map_of_dmi_has_no_dogs_for_cats():
    pairs = set(ClassMap.parse("cat>dog;bird>airplane;deer>horse;truck>automobile").pairs)
    assert set(CLASS_MAPS["dmi"]) == pairs == set(CLASS_MAPS["cifar10"]) - {("dog", "cat")}


def test_the_permutation_of_reed_is_as_published_on_any_ten_classes():
    expected = [7, 9, 0, 4, 2, 1, 3, 5, 6, 8]
    digits = Problem(Task.CLASSIFICATION, tuple("0123456789"))
    for problem in (digits, CIFAR):
        for true, given in enumerate(expected):
            assert apply(true, "permutation:1,map=reed", problem) == given


def test_the_map_of_scenes_is_of_the_pairs_that_are_drawn_alike():
    targets = ClassMap.parse("scenes").targets(scenes.PROBLEM.classes)
    assert targets == {one: (other,) for one, other in scenes.CONFUSED_PAIRS.items()}


def test_every_published_map_is_tested():
    assert set(CLASS_MAPS) == {"cifar10", "dmi", "mnist", "reed", "voc", "cityscapes", "scenes"}


def test_a_class_in_several_pairs_goes_to_each_alike():
    after = of_images(0, "asymmetric:0.8,map=0>1;0>2", CLASSES, 600)
    for class_id_, share in enumerate((0.2, 0.4, 0.4)):
        assert abs((after == class_id_).mean() - share) < 4 * np.sqrt(share * (1 - share) / 600)


def test_classes_are_found_by_name_before_number():
    assert class_id("2", ("zero", "2", "two"), "here") == 1
    assert class_id("0", ("zero", "2", "two"), "here") == 0


def test_classes_are_found_whatever_the_case_and_punctuation():
    assert class_id("DiningTable", ("person", "dining table"), "here") == 1
    assert class_id("dining_table", ("person", "Dining-Table"), "here") == 1
    assert class_id("cat", ("Cat", "cat"), "here") == 1


def test_rates_by_class_are_read_by_name_or_id():
    assert ClassRates.parse("dog:0.5; 0:1").by_id(("cat", "dog")) == {1: 0.5, 0: 1.0}


@pytest.mark.parametrize(
    ("labels", "problem", "message"),
    [
        (3, CLASSES, "image 'image': label 3, but there are 3 classes (0 to 2) and IGNORE = 255"),
        (
            np.array([[0, IGNORE, 37]], np.uint8),
            PIXELS,
            "image 'image': label 37, but there are 4 classes (0 to 3) and IGNORE = 255",
        ),
        (3, PIXELS, "image 'image': the labels of a semantic problem are a uint8 label map; got int"),
        (
            np.zeros((2, 2), np.uint8),
            CLASSES,
            "image 'image': the labels of a classification problem are a class id; got uint8",
        ),
    ],
)
def test_labels_that_are_not_the_problems_are_refused(labels, problem, message):
    with pytest.raises(BadInput) as error:
        apply(labels, "symmetric:0.2", problem)
    assert str(error.value) == message


def test_no_noise_gives_the_labels_back():
    labels = label_maps()["map-0"]
    assert apply(labels, "none", PIXELS) is labels
