"""Out-of-fold probabilities of images' classes, made once and kept as a stack that `audit` reads."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from truemask.audit.calibration.calibration import Interval
from truemask.audit.diagnosis.amount import amount
from truemask.bench.sources import Source
from truemask.commands.audits import Audited, audit_predictions
from truemask.commands.calibrating import calibrated
from truemask.commands.runs import plan_for
from truemask.files import write_whole
from truemask.training import Recipe
from truemask.training.folds import train_folds

Settings = Mapping[str, int | str]


def kept_probabilities(source: Source, settings: Settings, folds: int, folder: Path) -> Path:
    """A .npy with a row an image, float32 "n k": read from the folder, or made there as `audit` makes it.

    Args:
        source: of the given labels.
        settings: of the plan.
        folds: parts, each judged by a network that learnt from the others.
        folder: for these labels and settings alone.
    """
    stack = folder / "probs.npy"
    if stack.is_file():
        return stack
    given = source.to_train()
    recipe = Recipe(dataset=given, plan=plan_for(given, settings))
    probs = np.zeros((len(given), given.problem.num_classes), np.float32)
    for one in train_folds(recipe, folds, folder / "folds", show=False).predict():
        assert one.probs is not None
        probs[one.row] = one.probs

    def write(fresh: Path) -> None:
        with fresh.open("wb") as stream:
            np.save(stream, probs)

    write_whole(stack, write)
    return stack


def audited(source: Source, stack: Path, out: Path) -> Audited:
    """What `audit --predictions STACK --calibrate fast` finds."""
    found = audit_predictions(source, stack, out, show=False)
    assert found.again is not None
    told, calibration = calibrated(
        source.to_train(),
        found.result,
        found.again,
        mode="fast",
        precision=None,
        seed=0,
        stream=found.stream,
    )
    return replace(found, told=told, calibration=calibration)


def rate_of(found: Audited) -> Interval:
    """Share of labels that the audit's page says are wrong, with its 90 % interval."""
    rate: Interval = amount(found.told or found.result, found.calibration)[0]
    return rate
