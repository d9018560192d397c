"""Shared by the tests of downloads: nothing goes through a proxy."""

import sys
from pathlib import Path

import pytest

# The tests here share `download_server` and `download_fakes`.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
