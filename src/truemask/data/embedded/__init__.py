"""The data sets that come with the package, opened by name and options: `organelles:train=80,size=64`."""

from collections.abc import Callable
from inspect import signature

from truemask.data.embedded import digits, moons, organelles, scenes
from truemask.data.splits import Splits
from truemask.types import BadInput

EMBEDDED: dict[str, Callable[..., Splits]] = {
    "organelles": organelles.make,
    "scenes": scenes.make,
    "digits": digits.make,
    "moons": moons.make,
}


def open_embedded(name: str) -> Splits | None:
    """The data set called `name`, options after a colon; None where no embedded data set is called so.

    Raises:
        BadInput: if an option does not exist, is given twice, or its value is not a number of its kind.
    """
    called, colon, text = name.partition(":")
    if called not in EMBEDDED:
        return None
    make = EMBEDDED[called]
    return make(**_options(called, make, text)) if colon else make()


def _options(called: str, make: Callable[..., Splits], text: str) -> dict[str, int | float]:
    """Options by name, each of the type of its default."""
    defaults = {knob.name: knob.default for knob in signature(make).parameters.values()}
    options: dict[str, int | float] = {}
    for item in text.split(","):
        knob, _, value = (part.strip() for part in item.partition("="))
        if knob not in defaults:
            there = ", ".join(f"{name}={default}" for name, default in defaults.items())
            raise BadInput(
                f"{called} has no option {item!r}; " + (f"there is: {there}" if there else "it has none")
            )
        if knob in options:
            raise BadInput(f"{called}: the option {knob} is given twice in {text!r}; give it once")
        kind = type(defaults[knob])
        try:
            options[knob] = kind(value)
        except ValueError:
            wanted = "a whole number" if kind is int else "a number"
            raise BadInput(
                f"{called}: {knob} is {wanted}, as in {knob}={defaults[knob]}; got {value!r}"
            ) from None
    return options
