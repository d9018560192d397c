"""Times that can be compared on a machine whose speed drifts: everything by turns, round after round."""

import resource
import time
import tracemalloc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spent:
    """What one piece of work took.

    Args:
        wall_s: seconds on the clock.
        cpu_s: seconds of processor time in them, over all threads and child processes.
    """

    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Rounds:
    """What the same work took in each round."""

    wall_s: tuple[float, ...]
    cpu_s: tuple[float, ...]

    @property
    def best_s(self) -> float:
        """The round that nothing else disturbed."""
        return min(self.wall_s)

    @property
    def median_s(self) -> float:
        """The usual round."""
        return median(self.wall_s)

    @property
    def median_cpu_s(self) -> float:
        """Processor time of the usual round."""
        return median(self.cpu_s)

    def over(self, other: "Rounds") -> float:
        """How many times as long as `other` it took: the median over rounds, in which both ran in turn."""
        return median(mine / theirs for mine, theirs in zip(self.wall_s, other.wall_s, strict=True))

    def cpu_over(self, other: "Rounds") -> float:
        """The same for processor time."""
        return median(mine / theirs for mine, theirs in zip(self.cpu_s, other.cpu_s, strict=True))


def spent(work: Callable[[], object]) -> Spent:
    """Do the work once, and say what it took."""
    cpu_started, started = _cpu_s(), time.perf_counter()
    work()
    return Spent(time.perf_counter() - started, _cpu_s() - cpu_started)


def by_turns(candidates: Mapping[str, Callable[[], Spent]], rounds: int) -> dict[str, Rounds]:
    """Run every candidate once a round, every other round in reverse; one round before does not count.

    So a machine that grows slower, or a neighbour who comes and goes, meets all candidates alike.
    """
    taken: dict[str, list[Spent]] = {name: [] for name in candidates}
    for name in candidates:
        candidates[name]()
    for number in range(rounds):
        for name in list(candidates)[:: 1 if number % 2 == 0 else -1]:
            taken[name].append(candidates[name]())
    return {name: as_rounds(times) for name, times in taken.items()}


def as_rounds(times: Iterable[Spent]) -> Rounds:
    """One entry a round."""
    walls, cpus = zip(*((each.wall_s, each.cpu_s) for each in times), strict=True)
    return Rounds(walls, cpus)


def peak_bytes(work: Callable[[], object]) -> int:
    """The most memory that the work had allocated at any time, beyond what was there before.

    By tracemalloc, which knows Python's objects and numpy's arrays; it slows the work down a lot.
    """
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _cpu_s() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
