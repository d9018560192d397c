"""Rows that are drawn when someone asks for them, once: opening an embedded data set costs nothing."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, final, overload

T = TypeVar("T")


@final
class Column(Sequence[T], Generic[T]):
    """One part of every row. Columns of the same `Rows` share the drawing."""

    def __init__(self, rows: "Rows", part: int) -> None:
        self._rows, self._part = rows, part

    def __len__(self) -> int:
        return self._rows.count

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        value: T = self._rows.row(index)[self._part]  # type: ignore[assignment]
        return value


@final
class Rows:
    """`count` rows, of which row i is `draw(i)`, kept after it was drawn."""

    def __init__(self, draw: Callable[[int], tuple[object, ...]], count: int) -> None:
        self.count = count
        self._draw = draw
        self._kept: dict[int, tuple[object, ...]] = {}

    def row(self, index: int) -> tuple[object, ...]:
        """All parts of a row; negative indices count from the end.

        Raises:
            IndexError: beyond the last row.
        """
        at = range(self.count)[index]
        if at not in self._kept:
            self._kept[at] = self._draw(at)
        return self._kept[at]
