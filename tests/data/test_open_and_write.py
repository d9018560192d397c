"""What holds for every format: recognition, embedded names, and folders that appear whole or not at all."""

import os
from dataclasses import replace

import numpy as np
import pytest

from truemask import rle
from truemask.data import FORMATS, ArrayDataset, Splits, describe, open_dataset, write_dataset
from truemask.data.image_file import write_image
from truemask.types import IGNORE, BadInput, Instances, Problem, Task

RNG = np.random.default_rng(0)
SIZE = (9, 11)


def images(n):
    return RNG.integers(0, 256, (n, *SIZE, 3), dtype=np.uint8)


def names(split, n):
    return [f"{split}-{i}" for i in range(n)]


def in_memory(task):
    """Two splits of a made data set of the task."""
    rows = {"train": 3, "test": 2}
    if task == Task.CLASSIFICATION:
        problem = Problem(task, ("a", "b", "c"))
        labels = {split: np.arange(n) % 2 for split, n in rows.items()}
    elif task == Task.SEMANTIC:
        problem = Problem(task, ("a", "b", "c"))
        labels = {split: RNG.choice([0, 1, IGNORE], (n, *SIZE)).astype(np.uint8) for split, n in rows.items()}
    else:
        problem = Problem(task, ("background", "b", "c"), background=0)
        labels = {split: [objects(100 * row) for row in range(n)] for split, n in rows.items()}
    splits = {
        split: ArrayDataset(
            "made", split, problem, [f"{split}-{i}" for i in range(n)], images(n), labels[split]
        )
        for split, n in rows.items()
    }
    return Splits("made", "embedded", splits)


def objects(first_id):
    masks = rle.pack(RNG.random((3, *SIZE)) < 0.3)
    return Instances(
        size=SIZE,
        classes=np.array([1, 2, IGNORE], dtype=np.uint8),
        masks=masks,
        boxes=rle.boxes(masks, SIZE),
        ids=first_id + np.arange(3),
        crowd=np.array([False, False, True]),
    )


def same(one, other):
    if isinstance(one, Instances):
        return one.masks == other.masks and all(
            np.array_equal(getattr(one, column), getattr(other, column))
            for column in ("size", "classes", "boxes", "ids", "crowd")
        )
    return np.array_equal(one, other)


@pytest.mark.parametrize("task", list(Task))
def test_what_is_in_memory_is_written_by_its_task_and_opens_alike(tmp_path, task):
    source = in_memory(task)
    write_dataset(source, {}, tmp_path / "out")
    back = open_dataset(tmp_path / "out")
    assert back.problem.task == task
    assert back.problem.classes == source.problem.classes
    assert list(back.splits) == ["train", "test"]
    for split, data in source.splits.items():
        assert list(back.split(split).keys) == list(data.keys)
        for row in range(len(data)):
            assert same(back.split(split).labels(row), data.labels(row))
            np.testing.assert_array_equal(back.split(split).image(row), data.image(row))


@pytest.mark.parametrize("task", list(Task))
def test_what_was_written_can_be_relabelled_again(tmp_path, task):
    write_dataset(in_memory(task), {}, tmp_path / "one")
    source = open_dataset(tmp_path / "one")
    reversed_labels = {
        Task.CLASSIFICATION: lambda given: 2 - given,
        Task.SEMANTIC: lambda given: np.where(given == IGNORE, 0, IGNORE).astype(np.uint8),
        Task.INSTANCE: lambda given: replace(given, classes=np.array([2, 1, IGNORE], dtype=np.uint8)),
    }[task]
    new = [reversed_labels(source.split("train").labels(row)) for row in range(3)]
    write_dataset(source, {"train": iter(new)}, tmp_path / "two")
    back = open_dataset(tmp_path / "two")
    assert back.problem == source.problem
    assert all(same(back.split("train").labels(row), new[row]) for row in range(3))
    assert all(same(back.split("test").labels(row), source.split("test").labels(row)) for row in range(2))


def test_an_npz_needs_images_of_one_size(tmp_path):
    problem = Problem(Task.CLASSIFICATION, ("a", "b"))
    ragged = [np.zeros((3, 4, 3), np.uint8), np.zeros((4, 4, 3), np.uint8)]
    source = Splits("made", "x", {"all": ArrayDataset("made", "all", problem, ["k", "l"], ragged, [0, 1])})
    with pytest.raises(BadInput, match="an npz holds images of one size"):
        write_dataset(source, {}, tmp_path / "out")


def test_two_objects_of_one_id_do_not_go_into_one_coco_file(tmp_path):
    source = in_memory(Task.INSTANCE)
    twice = [source.split("train").labels(0)] * 3
    with pytest.raises(BadInput, match="two objects have one id"):
        write_dataset(source, {"train": twice}, tmp_path / "out")


def test_an_out_that_holds_something_is_refused_and_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(BadInput, match="exists already and is not an empty folder"):
        write_dataset(in_memory(Task.SEMANTIC), {}, tmp_path / "out")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "mine.txt"]


def test_an_empty_out_is_filled(tmp_path):
    (tmp_path / "out").mkdir()
    write_dataset(in_memory(Task.SEMANTIC), {}, tmp_path / "out")
    assert len(open_dataset(tmp_path / "out").split("train")) == 3


def test_whatever_fails_leaves_nothing_behind(tmp_path):
    def breaking():
        yield np.zeros(SIZE, dtype=np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_dataset(in_memory(Task.SEMANTIC), {"train": breaking()}, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_the_caller_adds_files_before_the_folder_gets_its_name(tmp_path):
    def finish(folder):
        assert not (tmp_path / "deep" / "out").exists()
        (folder / "manifest.json").write_text("{}")

    write_dataset(in_memory(Task.INSTANCE), {}, tmp_path / "deep" / "out", finish)
    assert (tmp_path / "deep/out/manifest.json").read_text() == "{}"
    assert open_dataset(tmp_path / "deep/out").format == "coco"


def test_a_split_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(BadInput, match="made has no split called 'dev'; there is: train, test"):
        write_dataset(in_memory(Task.SEMANTIC), {"dev": []}, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_images_are_copied_where_the_file_system_cannot_link(tmp_path, monkeypatch):
    write_dataset(in_memory(Task.SEMANTIC), {}, tmp_path / "one")

    def refuse(source, target):
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    write_dataset(open_dataset(tmp_path / "one"), {}, tmp_path / "two")
    one, two = (tmp_path / name / "train/images/train-0.png" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert not one.samefile(two)


def test_each_format_is_recognised_by_itself_alone(tmp_path):
    write_dataset(in_memory(Task.SEMANTIC), {}, tmp_path / "mask-folder")
    write_dataset(in_memory(Task.INSTANCE), {}, tmp_path / "coco")
    write_dataset(in_memory(Task.CLASSIFICATION), {}, tmp_path / "class-arrays")
    for name in "ab":
        (tmp_path / "class-folder" / name).mkdir(parents=True)
        write_image(tmp_path / "class-folder" / name / f"{name}.png", images(1)[0])
    (tmp_path / "class-folder" / ".hidden").mkdir()
    for path in tmp_path.iterdir():
        assert open_dataset(path).format == path.name
        first = next(name for name, known in FORMATS.items() if known.sniff(path))
        assert first == path.name


def test_what_is_no_data_set_is_described(tmp_path):
    (tmp_path / "x" / "sub").mkdir(parents=True)
    for name in ("a.csv", "b.csv", "README"):
        (tmp_path / "x" / name).touch()
    with pytest.raises(BadInput, match=r"holds 1 folder \(sub\), 2 \.csv files, 1 nameless file; looked for"):
        open_dataset(tmp_path / "x")
    with pytest.raises(BadInput, match=r"it holds nothing; looked for: .*images/ with labels/ beside; .*CO"):
        open_dataset(tmp_path / "x" / "sub")
    with pytest.raises(BadInput, match="it is another kind of file"):
        open_dataset(tmp_path / "x" / "README")


def test_a_name_that_is_nothing_lists_the_embedded_data_sets():
    with pytest.raises(BadInput, match=r"organels: no such file or folder, .* there is: organelles"):
        open_dataset("organels")


def test_embedded_names_open_and_paths_of_that_name_are_paths(tmp_path, monkeypatch):
    opened = open_dataset("moons")
    assert opened.problem.points
    write_dataset(in_memory(Task.SEMANTIC), {}, tmp_path / "moons")
    monkeypatch.chdir(tmp_path)
    assert open_dataset("moons").problem.points
    assert open_dataset("./moons").format == "mask-folder"
    assert open_dataset(tmp_path / "moons").format == "mask-folder"


def test_embedded_points_go_to_disk_and_back(tmp_path):
    source = open_dataset("moons")
    write_dataset(source, {}, tmp_path / "out")
    back = open_dataset(tmp_path / "out")
    assert back.problem == source.problem
    data, again = source.split(source.default_train), back.split(source.default_train)
    assert list(again.keys) == list(data.keys)
    np.testing.assert_array_equal(again.image(5), data.image(5))


def test_embedded_data_sets_have_one_set_of_labels_and_one_task():
    with pytest.raises(BadInput, match="an embedded data set has no other labels"):
        open_dataset("moons", labels="x")
    with pytest.raises(BadInput, match="moons: is made for classification; it cannot be opened as semantic"):
        open_dataset("moons", task=Task.SEMANTIC)
    assert open_dataset("moons", task=Task.CLASSIFICATION).name == "moons"


def test_embedded_objects_can_be_seen_as_semantic():
    name = "scenes:train=1,val=1,test=1"
    assert open_dataset(name, task=Task.SEMANTIC).split("train").labels(0).dtype == np.uint8


def test_a_summary_counts_units_and_what_says_nothing():
    semantic = describe(in_memory(Task.SEMANTIC))["train"]
    assert sum(semantic.units.values()) + semantic.ignored == 3 * SIZE[0] * SIZE[1]
    assert semantic.images_with == {"a": 3, "b": 3, "c": 0}
    assert semantic.smallest == semantic.largest == SIZE
    instance = describe(in_memory(Task.INSTANCE))["test"]
    assert instance.units == {"b": 2, "c": 2}
    assert instance.ignored == 2
    assert instance.ignored_share == pytest.approx(1 / 3)
    image = describe(in_memory(Task.CLASSIFICATION))["train"]
    assert image.units == {"a": 2, "b": 1, "c": 0}
    assert image.ignored_share == 0


def test_a_summary_ranks_sizes_by_area():
    problem = Problem(Task.CLASSIFICATION, ("a", "b"))
    sizes = [(4, 30), (2, 2), (50, 60), (9, 9), (10, 5)]
    shots = [np.zeros((*size, 3), np.uint8) for size in sizes]
    data = ArrayDataset("made", "all", problem, list("klmno"), shots, [0] * 5)
    summary = describe(Splits("made", "x", {"all": data}))["all"]
    assert (summary.smallest, summary.median, summary.largest) == ((2, 2), (9, 9), (50, 60))


def test_a_summary_of_no_rows_has_no_share():
    data = ArrayDataset("made", "all", Problem(Task.CLASSIFICATION, ("a", "b")), [], [], [])
    summary = describe(Splits("made", "x", {"all": data}))["all"]
    assert summary.images == 0
    assert np.isnan(summary.ignored_share)
