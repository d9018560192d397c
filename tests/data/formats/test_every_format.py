"""What every format promises: what is written opens equal, other files stay to the byte, nothing crashes."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from format_cases import difference, make, recipes
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks import fuzz
from truemask.data import FORMATS, open_dataset, write_dataset
from truemask.data.formats.format import LOSSES
from truemask.data.relabelled import Relabelled
from truemask.types import IGNORE, BadInput, Instances, Task

EACH = [(name, task) for name, row in FORMATS.items() for task in sorted(row.tasks)]
IDS = [f"{name}-{task}" for name, task in EACH]
DEFAULT, EXHAUSTIVE = 25, 2000
SETTINGS = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
    "phases": [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining takes minutes
}


@pytest.fixture(
    params=[DEFAULT, pytest.param(EXHAUSTIVE, marks=[pytest.mark.exhaustive, pytest.mark.timeout(7200)])],
    ids=["some", "many"],
)
def examples(request):
    """How many data sets of each format and task."""
    return request.param


def run(examples, check, *more):
    """`check` on as many recipes of data sets."""
    settings(max_examples=examples, **SETTINGS)(given(recipes(), *more)(check))()


def folder():
    return tempfile.TemporaryDirectory(prefix="format-")


def contents(home):
    return {
        str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()
    }


def labels_of(splits):
    return {name: [data.labels(row) for row in range(len(data))] for name, data in splits.splits.items()}


@pytest.mark.parametrize(("name", "task"), EACH, ids=IDS)
def test_what_is_written_opens_as_itself_and_equal(name, task, examples):
    loses = FORMATS[name].loses

    def check(recipe):
        made = make(recipe, task, loses)
        with folder() as home:
            out = Path(home) / "made"
            write_dataset(made, {}, out, format=name)
            back = open_dataset(out, task=task)
            assert back.format == name
            assert difference(made, back, loses) is None
            write_dataset(back, {}, Path(home) / "again")
            assert contents(Path(home) / "again") == contents(out)

    run(examples, check)


@pytest.mark.parametrize(("name", "task"), EACH, ids=IDS)
def test_a_label_that_changes_changes_no_other_images_file(name, task, examples):
    loses = FORMATS[name].loses

    def check(recipe, data):
        with folder() as home:
            out, edited = Path(home) / "made", Path(home) / "edited"
            write_dataset(make(recipe, task, loses), {}, out, format=name)
            source = open_dataset(out, task=task)
            labels = labels_of(source)
            split = data.draw(st.sampled_from(sorted(labels)))
            row = data.draw(st.integers(0, len(labels[split]) - 1))
            key = source.split(split).keys[row]
            labels[split][row] = changed(labels[split][row], source.problem.num_classes, loses)
            write_dataset(source, {split: labels[split]}, edited)
            every = [other for rows in source.splits.values() for other in rows.keys]
            check_files(contents(out), contents(edited), key, every)
            relabelled = {
                one: Relabelled(source.split(one), rows) if one == split else source.split(one)
                for one, rows in labels.items()
            }
            back = open_dataset(edited, task=task)
            # What is new may get a new id and a tight box.
            lost = loses | {"ids", "order", "boxes"}
            assert difference(replace(source, splits=relabelled), back, lost) is None

    run(examples, check, st.data())


def check_files(before, after, key, keys):
    """Files that differ belong to the image `key`, or to all images."""
    others = [other for other in keys if other != key and other not in key]
    differ = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert [name for name in differ if any(other in name for other in others) and key not in name] == []


def changed(labels, classes, loses):
    """Other labels for an image."""
    if isinstance(labels, int):
        return (labels + 1) % classes if labels != IGNORE else 0
    if isinstance(labels, np.ndarray):
        other = labels.copy()
        other.flat[0] = 0 if labels.flat[0] != 0 else classes - 1
        return other
    if len(labels) > 1 or (len(labels) == 1 and "empty" not in loses):
        keep = list(range(len(labels) - 1))
        return Instances(
            size=labels.size,
            classes=labels.classes[keep],
            masks=tuple(labels.masks[i] for i in keep),
            boxes=labels.boxes[keep],
            ids=labels.ids[keep],
            crowd=labels.crowd[keep],
        )
    return replace(labels, classes=np.where(labels.classes == 1, classes - 1, 1).astype(np.uint8))


def refusal(made, out, name):
    """How a format refuses a data set; None if it takes it."""
    try:
        write_dataset(made, {}, out, format=name)
    except BadInput as error:
        return str(error)
    return None


@pytest.mark.parametrize(("name", "task"), EACH, ids=IDS)
def test_no_data_set_makes_it_crash(name, task, examples):
    """Also what the format cannot hold: that is refused in one line, or lost as LOSSES says."""

    def check(recipe):
        with folder() as home:
            out = Path(home) / "made"
            complaint = refusal(make(recipe, task), out, name)
            if complaint is not None:
                assert "\n" not in complaint
                assert not out.exists()
                return
            back = open_dataset(out, task=task)
            assert back.format == name
            fuzz.read_all(back)

    run(examples, check)


@pytest.mark.parametrize(("name", "task"), EACH, ids=IDS)
def test_a_damaged_file_opens_or_is_refused_in_one_line(name, task, examples):
    counts, _, complaints = fuzz.fuzz(name, task, 2 * examples if examples == DEFAULT else examples, seed=1)
    assert dict(complaints) == {}
    assert counts[fuzz.REFUSED] > 0


@pytest.mark.parametrize(("name", "task"), EACH, ids=IDS)
def test_no_format_before_it_takes_what_it_wrote(name, task, tmp_path):
    write_dataset(fuzz.small_set(name, task), {}, tmp_path / "made", format=name)
    assert next(other for other, row in FORMATS.items() if row.sniff(tmp_path / "made")) == name


def test_losses_are_told():
    assert all(row.loses <= LOSSES.keys() for row in FORMATS.values())


def test_damage_leaves_the_source_whole(tmp_path):
    write_dataset(fuzz.small_set("coco", Task.INSTANCE), {}, tmp_path / "made", format="coco")
    before = contents(tmp_path / "made")
    for number in range(30):
        fuzz.damage(tmp_path / "made", tmp_path / "copy", fuzz.random.Random(number))
        assert contents(tmp_path / "copy") != before
        shutil.rmtree(tmp_path / "copy")
    assert contents(tmp_path / "made") == before
