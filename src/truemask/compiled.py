"""Python loops as machine code. Importing this takes numba's half second: import kernels late."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numba


def compiled(loop: Callable[..., Any]) -> Callable[..., Any]:
    """The loop as machine code, compiled when first called, without the global interpreter lock."""
    kernel: Any = numba.njit(nogil=True)(loop)
    with suppress(RuntimeError):  # where numba finds no folder to write to, it compiles in every process
        kernel.enable_caching()
    return kernel  # type: ignore[no-any-return]
