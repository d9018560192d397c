"""What is taken of a data set, as part of its name: `data/cifar10@background=cat/dog,train=2000`."""

import re
from collections.abc import Mapping
from dataclasses import replace

from truemask.data.as_background import AsBackground
from truemask.data.dataset import Dataset
from truemask.data.splits import Splits
from truemask.data.views import Subset
from truemask.seeds import seed_for
from truemask.types import BadInput

_CHOICE = re.compile(r"(?P<where>.+)@(?P<choice>\w+=[^@]*)")
_BACKGROUND = "background"


def split_choice(source: str) -> tuple[str, str | None]:
    """The data set's own name or path, and what is taken of it; None where the name does not say.

    >>> split_choice("digits@background=8/9")
    ('digits', 'background=8/9')
    """
    match = _CHOICE.fullmatch(source)
    return (match["where"], match["choice"]) if match else (source, None)


def choose(splits: Splits, choice: str) -> Splits:
    """The data set as its name wants it: `background=A/B` makes one class of A and B, `SPLIT=N` keeps N rows.

    The N rows are drawn by a hash of each key: a smaller number keeps rows that a larger one keeps, too.

    Raises:
        BadInput: no such option, class or split, or fewer rows than asked for.
    """
    options = _options(splits, choice)
    chosen: dict[str, Dataset] = dict(splits.splits)
    for name, value in options.items():
        if name == _BACKGROUND:
            chosen = {split: AsBackground(data, value.split("/")) for split, data in chosen.items()}
        else:
            chosen[name] = _some(chosen[name], value)
    return replace(splits, splits=chosen)


def _options(splits: Splits, choice: str) -> Mapping[str, str]:
    pairs = [item.partition("=") for item in choice.split(",")]
    names = [name.strip() for name, _, _ in pairs]
    known = [_BACKGROUND, *splits.splits]
    for name in names:
        if name not in known:
            raise BadInput(
                f"{splits.name}@{choice}: {name!r} is nothing to take of it; there is: "
                f"{_BACKGROUND}=CLASS/CLASS, {', '.join(f'{split}=ROWS' for split in splits.splits)}"
            )
        if names.count(name) > 1:
            raise BadInput(f"{splits.name}@{choice}: {name} is given twice; give it once")
    return {name: value.strip() for name, (_, _, value) in zip(names, pairs, strict=True)}


def _some(dataset: Dataset, text: str) -> Subset:
    count = int(text) if text.isdecimal() else 0
    if not 0 < count <= len(dataset):
        of = f"{dataset.name}: {dataset.split}=ROWS takes 1 to {len(dataset)} rows of {dataset.split}"
        raise BadInput(f"{of}; got {text!r}")
    order = sorted(range(len(dataset)), key=lambda row: seed_for("chosen", dataset.keys[row]))
    return Subset(dataset, sorted(order[:count]))
