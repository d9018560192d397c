"""What torch takes of memory, and a clock that waits for a GPU to be done."""

from collections.abc import Callable

import torch


def synchronised(work: Callable[[], object], device: torch.device) -> Callable[[], None]:
    """The same work, over when the device has done it and not when it has been told to."""

    def until_done() -> None:
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return until_done


def peak_tensor_bytes(work: Callable[[], object], device: torch.device) -> int:
    """The most memory that tensors had at any time beyond what was there before.

    On a CPU from the profiler's record of what was allocated and freed: the work runs slowly meanwhile.
    """
    if device.type == "cuda":
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        work()
        return torch.cuda.max_memory_allocated(device) - before
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True
    ) as profile:
        work()
    results = profile.profiler.kineto_results  # type: ignore[union-attr]
    changes = [event for event in results.events() if event.name() == "[memory]"]
    held = most = 0
    for change in sorted(changes, key=lambda event: event.start_ns()):
        held += change.nbytes()
        most = max(most, held)
    return most
