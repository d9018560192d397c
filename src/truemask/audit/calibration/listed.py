"""The lists of an audit: its findings by level and kind."""

import numpy as np
import pyarrow as pa
from jaxtyping import Int64

List = tuple[str, str]
"""Level and kind."""


def by_list(findings: pa.Table) -> dict[List, Int64[np.ndarray, "n"]]:
    """Rows of each list, in the order of the table; lists by name."""
    rows: dict[List, list[int]] = {}
    pairs = zip(findings["level"].to_pylist(), findings["kind"].to_pylist(), strict=True)
    for row, name in enumerate(pairs):
        rows.setdefault(name, []).append(row)
    return {name: np.array(of_list, np.int64) for name, of_list in sorted(rows.items())}
