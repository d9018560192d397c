"""What can be checked of a table before hours go into it: names, knobs and settings that do not exist."""

from collections.abc import Mapping

from truemask.bench.keys import NOISE_RATE
from truemask.bench.tables import Table
from truemask.methods import make_method
from truemask.methods.method import Method
from truemask.training.plan import Plan
from truemask.types import BadInput


def check(table: Table) -> None:
    """Refuse a table whose trainings would fail.

    Raises:
        BadInput: an unknown method, knob or plan setting, or a value out of range.
    """
    try:
        Plan().changed(table.plan)
        methods = {row: _made(table, row) for row in table.methods}
        _check_trusted(table, methods)
    except BadInput as error:
        raise BadInput(f"table {table.name}: {error}") from error


def _made(table: Table, row: str) -> Method:
    knobs = {name: setting.value for name, setting in table.methods_with.get(row, {}).items()}
    own = {name: setting.value for name, setting in table.plan_with.get(row, {}).items()}
    Plan().changed({**table.plan, **own})
    known = {name: value for name, value in knobs.items() if value != NOISE_RATE}
    return make_method(table.alias.get(row, row), known)


def _check_trusted(table: Table, methods: Mapping[str, Method]) -> None:
    asking = [row for row, method in methods.items() if method.clean_labels]
    if asking and table.trusted is None:
        raise BadInput(
            f"{asking[0]} asks for verified labels; say how many: trusted = {{ share = 0.1, why = ... }}"
        )
    if table.trusted is not None and not asking:
        raise BadInput("no method of it asks for verified labels; remove the key 'trusted'")
