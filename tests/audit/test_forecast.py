"""The forecast of an audit: of the right size, and cheap."""

import numpy as np
import pytest

from truemask.audit import forecast as module
from truemask.audit.forecast import Forecast, forecast
from truemask.types import BadInput, Problem, Task

TWO = Problem(Task.SEMANTIC, ("ground", "car"))


class Clock:
    """Time that passes only where it is told to."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now


def stream_of(images, clock=None, read_s=0.0):
    given = np.zeros((8, 8), np.uint8)
    probs = np.full((2, 8, 8), 0.5, np.float32)
    probs[1, 0] = 0.6
    probs[0, 0] = 0.4

    def stream():
        for row in range(images):
            if clock is not None:
                clock.now += read_s
            yield str(row), given, probs

    return stream


def test_two_passes_of_reading_are_foreseen(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    alone = forecast(stream_of(100, clock, read_s=0.05), TWO, 100)
    assert alone.seconds == pytest.approx(100 * 2 * 0.05)
    assert alone.sampled == 11  # the first whose second pass is beyond a second
    shared = forecast(stream_of(100, clock, read_s=0.05), TWO, 100, jobs=4)
    assert shared.seconds == pytest.approx(alone.seconds / 4)
    assert shared.memory_bytes > alone.memory_bytes + 4 * 100e6


def test_what_else_is_done_is_foreseen_by_a_sixteenth_of_the_sample(monkeypatch):
    clock, seen = Clock(), []
    monkeypatch.setattr(module, "time", clock)

    def also(stream):
        seen.append(len([*stream()]))
        clock.now += seen[-1]

    expected = forecast(stream_of(100), TWO, 100, also=also)
    assert seen == [1, 4]
    assert expected.seconds == pytest.approx(100)  # a second an image


def test_units_and_files_grow_with_the_data_set():
    expected = forecast(stream_of(4), TWO, 1000)
    assert expected.units == 64 * 1000
    assert expected.disk_bytes == 10 * 8 * 1000  # a row of 8 candidates an image
    assert expected.sampled == 4


def test_the_sample_ends_after_its_images_or_its_time(monkeypatch):
    assert forecast(stream_of(100), TWO, 100).sampled == 64
    monkeypatch.setattr(module, "_SAMPLE_S", 0.0)
    assert forecast(stream_of(100), TWO, 100).sampled == 1


def test_nothing_is_foreseen_of_nothing():
    assert forecast(stream_of(0), TWO, 0) is None


def test_what_the_audit_would_refuse_is_refused():
    probs = np.full((2, 8, 8), 3, np.float32)
    with pytest.raises(BadInput, match="sum to 6"):
        forecast(lambda: [("a", np.zeros((8, 8), np.uint8), probs)], TWO, 1)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        (
            Forecast(1250, 2.1e9, 7300, 0.4e9, 1.25e9, 16),
            "forecast: 1,250 images, 2.1 G labels: about 2.0 h, 400 MB of memory, 1.25 GB of temporary files "
            "(by the first 16)",
        ),
        (
            Forecast(7, 700, 0.2, 2e9, 0, 7),
            "forecast: 7 images, 700 labels: about 1 s, 2 GB of memory, 0B of temporary files "
            "(by the first 7)",
        ),
        (
            Forecast(7, 9000, 300, 2e9, 0, 7),
            "forecast: 7 images, 9 k labels: about 5 min, 2 GB of memory, 0B of temporary files "
            "(by the first 7)",
        ),
    ],
)
def test_it_reads_as_one_line(numbers, text):
    assert str(numbers) == text
