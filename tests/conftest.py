"""Shared by all tests: one torch thread per worker, nothing from the network, the optional real data."""

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two workers with two threads each run 14 times slower
os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
from hypothesis import HealthCheck, settings

# The first call of a kernel compiles it, so no example has a deadline.
settings.register_profile("suite", max_examples=25, deadline=None)
settings.register_profile(
    "exhaustive", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

REAL_DATA = Path(os.environ.get("TRUEMASK_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real image packs; tests that want it skip where it is not."""
    if not REAL_DATA.is_dir():
        pytest.skip("the folder of real image packs is not here (set TRUEMASK_DATA to have these tests run)")
    return REAL_DATA


LONGEST = ("test_every_method.py", "test_every_noise.py", "test_distributed.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A worker runs a file whole, as its fixtures train networks; the longest is shared, task by task.

    Long files come first: at the end no worker waits a minute for the other.
    """
    items.sort(key=lambda item: item.path.name not in LONGEST)
    for item in items:
        task = getattr(item, "callspec", None) and item.callspec.params.get("task")
        share = f":{task}" if item.path.name == LONGEST[0] else ""
        item.add_marker(pytest.mark.xdist_group(f"{item.path}{share}"))
