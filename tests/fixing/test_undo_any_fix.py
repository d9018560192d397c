"""Whatever is fixed in whatever format: `undo` gives back every byte, or the fix was refused as a whole."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from format_cases import make, recipes
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from truemask import rle
from truemask.audit.findings import Finding, findings_table
from truemask.data import FORMATS, open_dataset, write_dataset
from truemask.fixing import Fixer, judge, parse_rule, undo, write_fixed
from truemask.types import BadInput, Instances, Task

EACH = [(name, task) for name, row in FORMATS.items() for task in sorted(row.tasks)]
SETTINGS = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
    "phases": [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
}
ACTIONS = ("relabel", "add", "remove", "redraw", "ignore")


@pytest.fixture(
    params=[3, pytest.param(300, marks=[pytest.mark.exhaustive, pytest.mark.timeout(7200)])],
    ids=["some", "many"],
)
def examples(request):
    """How many fixes of each format and task."""
    return request.param


def finding_at_random(rng, key, labels, classes):
    """Something to do to the labels of an image, which may be impossible; never about labels not there."""
    score, proposed = float(rng.random()), int(rng.integers(classes))
    one = Finding("image", key, "swapped", score, "made", score, proposed=proposed)
    one = replace(one, action=ACTIONS[rng.integers(len(ACTIONS))])
    if isinstance(labels, int) or rng.random() < 0.1:
        return one
    size = labels.size if isinstance(labels, Instances) else labels.shape
    (top, bottom), (left, right) = (sorted(rng.integers(0, side + 1, 2).tolist()) for side in size)
    box = np.zeros(size, bool)
    box[top : bottom + 1, left : right + 1] = True
    (shape,) = rle.pack(box[None])
    if isinstance(labels, Instances):
        objects = tuple(rng.choice(labels.ids, min(len(labels), 1), replace=False).tolist())
        return replace(one, level="instance", size=size, objects=objects, rle=shape, shapes=(shape,))
    label = int(labels[rng.integers(size[0]), rng.integers(size[1])])
    if label >= classes:  # IGNORE
        return one
    (code,) = rle.pack((labels == label)[None])
    return replace(one, level="segment", size=size, given=label, rle=code, shapes=(shape,))


def contents(home):
    """Of all files by name; folders count as well, as an empty one may mean something."""
    return {str(path.relative_to(home)): path.is_file() and path.read_bytes() for path in home.rglob("*")}


@pytest.mark.parametrize(("name", "task"), EACH, ids=[f"{name}-{task}" for name, task in EACH])
def test_undo_gives_back_every_byte_of_any_fix(name, task, examples):
    def check(recipe, seed):
        with tempfile.TemporaryDirectory(prefix="undo-") as home_name:
            home = Path(home_name)
            write_dataset(make(recipe, task, FORMATS[name].loses), {}, home / "made", format=name)
            splits = open_dataset(home / "made", task=task)
            data = splits.split(splits.default_train)
            rng, count = np.random.default_rng(seed), len(data.problem.classes)
            found = [
                finding_at_random(rng, key, data.labels(row), count)
                for row, key in enumerate(data.keys)
                for _ in range(3)
            ]
            findings = findings_table(found, data.problem.classes)
            fixer = Fixer(data, findings, judge(findings, [parse_rule("score>=0.3")]))
            try:
                write_fixed(splits, fixer, ["score>=0.3"], home / "fixed")
            except BadInput:
                assert [path.name for path in home.iterdir()] == ["made"]
                return
            write_dataset(splits, {}, home / "plain")
            undo(home / "fixed", home / "back")
            assert contents(home / "back") == contents(home / "plain")
            again = open_dataset(home / "back", task=task).split(data.split)
            assert list(again.keys) == list(data.keys)

    settings(max_examples=examples, **SETTINGS)(given(recipes(16), st.integers(0, 2**32 - 1))(check))()


def test_the_fixes_drawn_here_are_of_every_action_and_mostly_done():
    made = make(
        {"splits": {"train": [(9, 9, "patches", 1, [("box", 1, False, False)])] * 40}, "classes": 3,
         "channels": 1, "seed": 1},
        Task.INSTANCE,
    )  # fmt: skip
    data, rng = made.split("train"), np.random.default_rng(0)
    found = [finding_at_random(rng, key, data.labels(row), 3) for row, key in enumerate(data.keys)]
    findings = findings_table(found, data.problem.classes)
    fixer = Fixer(data, findings, judge(findings, [parse_rule("score>=0")]))
    assert len([*fixer.labels()]) == 40
    assert {fixer.actions[row] for row in fixer.applied()} == set(ACTIONS)
    assert len(fixer.applied()) > 25
