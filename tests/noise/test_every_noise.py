"""What every row of NOISES must do. A new noise is held to this with no line written here."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from noise_toys import LABELS, PROBLEMS, digest, same

from truemask.noise import (
    NOISES,
    Draws,
    Ledger,
    apply_changes,
    changes,
    corrupt,
    manifest_of,
    parse,
    read_changes,
    write_manifest,
)
from truemask.noise.changes import KINDS
from truemask.noise.knobs import knobs_of
from truemask.types import IGNORE, Instances

STANDARD_ERRORS = 4
"""Realised rates lie within 4 standard errors of the declared ones: one in 16,000 would not by chance."""

CASES = [(name, task) for name, row in NOISES.items() for task in sorted(row.tasks)]


@pytest.fixture(params=CASES, ids=[f"{name}-{task}" for name, task in CASES])
def case(request):
    """A noise, its example spec, a problem that it applies to, and labels by image key."""
    name, task = request.param
    return NOISES[name], parse(NOISES[name].example), PROBLEMS[task], LABELS[task]()


@pytest.fixture
def accounted(request, case):
    """The labels with that noise, seed 5, and the ledger that made them: tests only read them."""
    return _accounted(*request.node.callspec.params["case"])


@cache
def _accounted(name, task):
    ledger = Ledger(parse(NOISES[name].example), PROBLEMS[task], 5)
    return {key: ledger.corrupt(one, key) for key, one in LABELS[task]().items()}, ledger


def noisy(spec, problem, labels, seed=5):
    return {key: corrupt(one, spec, problem=problem, seed=seed, key=key) for key, one in labels.items()}


def test_realised_rate_is_the_declared_one(case, accounted):
    row, *_ = case
    (step,) = manifest_of(accounted[1]).steps
    assert step.of > 100
    if step.declared is None:
        assert row.declares is None
        assert row.transition is None
        assert 0 < step.realised <= 1
    else:
        spread = STANDARD_ERRORS * sqrt(step.of * step.declared * (1 - step.declared))
        assert abs(step.count - step.of * step.declared) <= spread


def test_ignored_labels_stay_ignored(case, accounted):
    *_, labels = case
    for key, after in accounted[0].items():
        before = labels[key]
        if isinstance(before, Instances):
            stays = before.crowd | (before.classes == IGNORE)
            kept = np.isin(after.ids, before.ids[stays])
            assert after.ids[kept].tolist() == before.ids[stays].tolist()
            assert after.classes[kept].tolist() == before.classes[stays].tolist()
            assert [mask for mask, here in zip(after.masks, kept, strict=True) if here] == [
                mask for mask, here in zip(before.masks, stays, strict=True) if here
            ]
        else:
            ignored = np.asarray(before) == IGNORE
            assert (np.asarray(after)[ignored] == IGNORE).all()


def test_labels_given_are_left_alone_and_a_ledger_changes_nothing(case, accounted):
    _, spec, problem, labels = case
    before = digest(labels)
    after = noisy(spec, problem, labels)
    assert digest(labels) == before
    assert digest(after) == digest(accounted[0])


def test_noisy_labels_are_labels_of_the_problem(case, accounted):
    _, _, problem, _ = case
    for after in accounted[0].values():
        classes = after.classes if isinstance(after, Instances) else np.asarray(after)
        assert np.isin(classes, [*range(problem.num_classes), IGNORE]).all()
        if isinstance(after, Instances):
            assert (classes != problem.background).all()
            assert len(set(after.ids.tolist())) == len(after)


def test_order_and_number_of_workers_do_not_matter(case, accounted, tmp_path):
    _, spec, problem, labels = case
    alone, ledger = accounted

    def work(keys):
        ledger = Ledger(spec, problem, 5)
        return {key: ledger.corrupt(labels[key], key) for key in keys}, ledger

    shuffled = np.random.default_rng(3).permutation(list(labels)).tolist()
    with ThreadPoolExecutor(3) as pool:
        parts = list(pool.map(work, (shuffled[0::3], shuffled[1::3], shuffled[2::3])))
    together, merged = {}, Ledger(spec, problem, 5)
    for part, account in parts:
        together |= part
        merged.merge(account)
    assert digest(together) == digest(alone)
    write_manifest(ledger, tmp_path / "alone")
    write_manifest(merged, tmp_path / "together")
    for name in ("manifest.json", "changes.parquet"):
        assert (tmp_path / "alone" / name).read_bytes() == (tmp_path / "together" / name).read_bytes()


def test_the_list_of_changes_is_exactly_the_difference(case, accounted, tmp_path):
    _, _, problem, labels = case
    after, ledger = accounted
    manifest = write_manifest(ledger, tmp_path)
    done = {one.image: one for one in read_changes(tmp_path)}
    assert list(done) == sorted(key for key in labels if not same(labels[key], after[key]))
    for key, one in labels.items():
        if key in done:
            assert same(apply_changes(one, done[key]), after[key])
            again = changes(one, after[key], key, problem)
            assert np.array_equal(done[key].unit, again.unit)
            assert [KINDS[kind] for kind in done[key].kind] == [KINDS[kind] for kind in again.kind]
    assert manifest.changed == sum(int(one.run.sum()) for one in done.values())


@pytest.mark.parametrize(("name", "task"), [case for case in CASES if NOISES[case[0]].nothing])
def test_a_spec_that_asks_for_nothing_changes_nothing(name, task):
    labels = LABELS[task]()
    assert digest(noisy(parse(NOISES[name].nothing), PROBLEMS[task], labels)) == digest(labels)


def test_only_noises_that_draw_depend_on_the_seed(case):
    row, spec, problem, labels = case
    differ = digest(noisy(spec, problem, labels, seed=1)) != digest(noisy(spec, problem, labels, seed=2))
    assert differ == row.draws


def test_a_transition_matrix_is_what_the_noise_does(case, accounted):
    row, spec, problem, _ = case
    if row.transition is None:
        return
    _, ledger = accounted
    matrix = np.zeros(ledger.counts.shape)
    said = row.transition(problem, Draws(5, "", 0), **spec.steps[0].knobs())
    matrix[:, : said.shape[1]] = said
    total = ledger.counts.sum(axis=1, keepdims=True)
    spread = STANDARD_ERRORS * np.sqrt(total * matrix * (1 - matrix))
    assert (np.abs(ledger.counts - total * matrix) <= spread + 1e-6).all()


def test_every_row_says_what_it_is(case):
    row, spec, _, _ = case
    assert str(parse(str(spec))) == str(spec) == row.example
    for knob in knobs_of(row.apply):
        assert f"{knob.keyword}:" in row.apply.__doc__
    assert row.declares is None or row.declares in {knob.keyword for knob in knobs_of(row.apply)}
    assert row.declares is None or row.transition is None
    assert all((row.formula, row.share_of, row.source))


FRESH = """
import sys, truemask.noise as noise
assert not {"numba", "torch", "pyarrow", "skimage"} & set(sys.modules), "a light import is promised"
from noise_toys import LABELS, PROBLEMS, digest
for name, row in noise.NOISES.items():
    for task in sorted(row.tasks):
        spec = noise.parse(row.example)
        after = {
            key: noise.corrupt(one, spec, problem=PROBLEMS[task], seed=5, key=key)
            for key, one in reversed(LABELS[task]().items())
        }
        print(name, task, digest(after))
"""


def test_another_process_makes_the_same_bytes():
    here = [f"{name} {task} {digest(_accounted(name, task)[0])}" for name, task in CASES]
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    there = subprocess.run(
        [sys.executable, "-c", FRESH],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.splitlines() == here
