"""Who does a step for each part of a data set: this process, several processes, or Ray's workers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar, runtime_checkable

from truemask.one_thread import one_thread
from truemask.types import BadInput

Part = TypeVar("Part")
Outcome = TypeVar("Outcome")


@runtime_checkable
class Spread(Protocol):
    """Who does the work."""

    def __call__(self, title: str, step: Callable[[Any], Any], parts: Sequence[Any], /) -> Iterable[Any]:
        """Do `step` for each part; what comes of it, in the order of the parts. `title` is for people."""


def one_by_one(_title: str, step: Callable[[Part], Outcome], parts: Sequence[Part]) -> Iterator[Outcome]:
    """Here, one part after the other."""
    return map(step, parts)


@contextmanager
def processes(jobs: int) -> Iterator[Spread]:
    """In `jobs` processes of one thread each, which end with the context.

    Raises:
        BadInput: fewer than one job.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    if jobs < 1:
        raise BadInput(f"--jobs is the number of processes, 1 or more; got {jobs}")
    # A fresh interpreter each: a fork of a process with threads, such as torch's, may hang.
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    with one_thread(), pool:
        try:
            yield lambda _title, step, parts: pool.map(step, parts)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def ray_tasks() -> Iterator[Spread]:
    """As tasks of the Ray cluster that is connected to, else of the one in RAY_ADDRESS, else of a local one.

    What Ray was told to start here, ends with the context. All machines must see the files.

    Raises:
        BadInput: Ray is not installed.
    """
    try:
        import ray
    except ImportError as missing:
        raise BadInput("--ray needs Ray, which is not installed: pip install 'truemask[ray]'") from missing

    def spread(_title: str, step: Callable[[Any], Any], parts: Sequence[Any]) -> Iterator[Any]:
        task = ray.remote(num_cpus=1)(step_on)
        waiting = [task.remote(step, part) for part in parts]
        for one in waiting:
            try:
                yield ray.get(one)
            except ray.exceptions.RayTaskError as failed:
                raise failed.cause from failed

    ours = not ray.is_initialized()
    if ours:
        ray.init(include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    try:
        yield spread
    finally:
        if ours:
            ray.shutdown()


def step_on(step: Callable[[Any], Any], part: Any) -> Any:
    """Do a step for a part: Ray wants a function, and `partial` is none."""
    return step(part)
