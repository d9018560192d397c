"""What can be checked of a table before hours go into it: names, knobs and settings that do not exist."""

from truemask.bench.tables import NOISE_RATE, Table
from truemask.methods import make_method
from truemask.training.plan import Plan
from truemask.types import BadInput


def check(table: Table) -> None:
    """Refuse a table whose trainings would fail.

    Raises:
        BadInput: an unknown method, knob or plan setting, or a value out of range.
    """
    try:
        for row in table.methods:
            settings = table.methods_with.get(row, {})
            known = {name: s.value for name, s in settings.items() if s.value != NOISE_RATE}
            make_method(table.alias.get(row, row), known)
        Plan().changed(table.plan)
    except BadInput as error:
        raise BadInput(f"table {table.name}: {error}") from error
