"""Commands that list what there is."""

from typing import Annotated

import typer


def methods(name: Annotated[str | None, typer.Argument(help="one of them, with its knobs")] = None) -> None:
    """The methods there are, the tasks they work on, and their knobs."""
    from truemask.commands.showing import print_methods

    print_methods(name)


def networks() -> None:
    """The networks there are, and what for."""
    from truemask.commands.showing import print_networks

    print_networks()


def noises() -> None:
    """The noises there are, and what a spec looks like."""
    from truemask.commands.showing import print_noises

    print_noises()
