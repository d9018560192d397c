"""Where there are workers, one thread each: two of two threads on two cores run 14 times slower."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_COUNTS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)


@contextmanager
def one_thread() -> Iterator[None]:
    """Processes that start meanwhile compute with one thread each."""
    before = {name: os.environ.get(name) for name in _COUNTS}
    os.environ.update(dict.fromkeys(_COUNTS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
