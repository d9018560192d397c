"""Counts merge: whoever counts which images, in whatever order, the findings are the same."""

from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from truemask.audit import AuditResult, confident_learning
from truemask.audit.confident_learning import confident_learning_in_parts
from truemask.audit.spread import one_by_one, processes, ray_tasks
from truemask.types import BadInput, Problem, Task

FIVE = Problem(Task.SEMANTIC, ("ground", "car", "tree", "house", "sky"), background=0)
IMAGES = 6
PAIR = Problem(Task.CLASSIFICATION, ("cat", "dog"))


def same(a: AuditResult, b: AuditResult) -> bool:
    arrays = ("units", "thresholds", "confident_joint", "joint", "flagged")
    return (
        all(np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True) for name in arrays)
        and a.ignored == b.ignored
        and a.images == b.images
        and a.findings == b.findings
    )


@pytest.fixture
def maps(drawn_maps):
    return drawn_maps(9, count=IMAGES)


@pytest.fixture(scope="module")
def two():
    with processes(2) as spread:
        yield spread


def part_of(maps, rows, factor=1):
    """A stream that can be sent to another process."""
    columns = (maps.keys, maps.given, maps.probs)
    keys, given, probs = ([column[row] for row in rows] for column in columns)
    return partial(zip, keys, given, [np.float32(factor) * p for p in probs])


def parts_of(maps, partition):
    return [part_of(maps, rows) for rows in partition]


@st.composite
def partitions(draw):
    """The images in any order, in 1 to 6 parts, some of which may be empty."""
    order = draw(st.permutations(range(IMAGES)))
    cuts = sorted(draw(st.lists(st.integers(0, IMAGES), max_size=5)))
    return [order[a:b] for a, b in zip([0, *cuts], [*cuts, IMAGES], strict=True)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(partitions())
def test_any_partition_gives_identical_findings(maps, partition):
    whole = confident_learning(maps.stream(), FIVE)
    assert whole.flagged.sum() > 100
    assert same(whole, confident_learning_in_parts(parts_of(maps, partition), FIVE))


@settings(max_examples=10, deadline=None)
@given(partitions())
def test_so_it_does_for_images_with_one_label_each(partition):
    rng = np.random.default_rng(4)
    p = rng.random(IMAGES)
    labels = (p > 0.4).astype(np.uint8)
    labels[0] = 1 - labels[0]

    def stream(rows):
        return lambda: [(str(i), int(labels[i]), np.array([1 - p[i], p[i]])) for i in rows]

    whole = confident_learning(stream(range(IMAGES)), PAIR)
    assert same(whole, confident_learning_in_parts([stream(rows) for rows in partition], PAIR))


def test_processes_find_the_same_and_leave_no_files(maps, two, tmp_path):
    whole = confident_learning(maps.stream(), FIVE)
    parts = parts_of(maps, [(0, 4), (5, 1, 2), (3,)])
    assert same(whole, confident_learning_in_parts(parts, FIVE, spread=two, folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_what_a_process_refuses_is_told_here(maps, two, tmp_path):
    with pytest.raises(BadInput, match=r"'image0': probabilities must .* sum to 1"):
        confident_learning_in_parts([part_of(maps, [0], factor=3)], FIVE, spread=two, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_image_in_two_parts_is_refused(maps):
    with pytest.raises(BadInput, match="'image1' is in two parts"):
        confident_learning_in_parts(parts_of(maps, [(0, 1), (1, 2)]), FIVE)


def test_parts_without_any_image_are_refused(maps):
    with pytest.raises(BadInput, match="no images"):
        confident_learning_in_parts(parts_of(maps, [(), ()]), FIVE)


def test_fewer_than_one_process_are_refused():
    with pytest.raises(BadInput, match="1 or more; got 0"), processes(0):
        pass


def test_one_by_one_is_in_order():
    assert list(one_by_one("", lambda part: part * 2, [3, 1, 2])) == [6, 2, 4]


@pytest.mark.exhaustive
def test_ray_tasks_find_the_same(maps, tmp_path):
    """On a local cluster of two workers; exhaustive because a cluster takes its time to start."""
    ray = pytest.importorskip("ray", reason="the ray extra is not installed")
    whole = confident_learning(maps.stream(), FIVE)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    try:
        with ray_tasks() as spread:
            parts = parts_of(maps, [(0, 4), (5, 1, 2), (3,)])
            assert same(whole, confident_learning_in_parts(parts, FIVE, spread=spread, folder=tmp_path))
            with pytest.raises(BadInput, match="'image0': probabilities must"):
                confident_learning_in_parts([part_of(maps, [0], factor=3)], FIVE, spread=spread)
        assert ray.is_initialized()
    finally:
        ray.shutdown()
