"""Calibration of audits: promised against realised precision, list by list, where the truth is known.

Classes of images, unless told otherwise: embedded pictures of digits, mislabelled by several noises, judged
out of fold by the networks that `truemask audit` trains; the same, and MNIST's 10,000 (a file given by
--mnist), judged by weak and overconfident ones. Label maps with --maps, objects with --objects. Lists of
simulated scores have a table of their own: calibration_simulated.
"""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.calibrated_classes import by_weak_networks, digits, own_networks
from benchmarks.calibrated_lists import ASKED, CLOSE, Kept, Told, goal, kept, notes
from benchmarks.calibrated_maps import calibrated_maps
from benchmarks.calibrated_objects import calibrated_by_networks, calibrated_simulated
from benchmarks.instance_quality import NOISE
from benchmarks.report import Cell, publish


def main(
    seeds: int = 5,
    first_seed: int = 2,
    mnist: Annotated[Path | None, typer.Option(help="an .npz with x (n 28 28) and y")] = None,
    maps: Annotated[bool, typer.Option(help="label maps")] = False,
    objects: Annotated[bool, typer.Option(help="objects")] = False,
    only: Annotated[str, typer.Option(help="cases of label maps or objects, such as organelles-drop")] = "",
    scratch: Annotated[Path, typer.Option(help="of predictions of label maps")] = Path("runs/audit-quality"),
    camvid: Annotated[Path | None, typer.Option(help="folder of the pack")] = None,
    runs: Annotated[Path | None, typer.Option(help="of networks for objects; they are kept there")] = None,
    networks: Annotated[bool, typer.Option(help="objects: train networks, too")] = False,
) -> None:
    """Print the table and keep it in benchmarks/results, as audit_calibration and what it is of."""
    draws = range(first_seed, first_seed + seeds)
    settings: dict[str, Cell] = {"seeds": seeds, "first_seed": first_seed}
    if maps:
        told = [one for seed in draws for one in calibrated_maps(scratch, camvid, only, seed)]
        _publish("audit_calibration_maps", "label maps", _lists(told), settings | {"only": only})
    if objects:
        data = "scenes:train=240,size=96"
        told = [one for seed in draws for one in calibrated_simulated(data, only, seed)]
        with tempfile.TemporaryDirectory() as fresh:
            for seed in draws if networks else ():
                told.append(calibrated_by_networks(data, NOISE, seed, runs or Path(fresh)))
        _publish(
            "audit_calibration_objects", "objects", _lists(told), settings | {"data": data, "only": only}
        )
    if maps or objects:
        return
    lists = _lists(one for seed in draws for one in own_networks(seed))
    weak = _lists(by_weak_networks("digits, weak networks", *digits(), 0))
    if mnist is not None:
        stored = np.load(mnist)
        pictures = stored["x"].reshape(len(stored["x"]), -1) / 255.0
        weak += _lists(by_weak_networks("mnist10k, weak networks", pictures, stored["y"].astype(np.int64), 0))
    near = sum(one.close for one in weak)
    note = f"weak: 64 hidden units, 15 epochs, sure of wrong classes; {near} of {len(weak)} lists close"
    _publish("audit_calibration", "classes", lists, settings | {"mnist": mnist is not None}, weak, [note])


def _lists(told: Iterable[Told]) -> list[Kept]:
    return [one for each in told for one in kept(each)]


def _publish(
    name: str,
    what: str,
    lists: Sequence[Kept],
    settings: dict[str, Cell],
    others: Sequence[Kept] = (),
    more: Sequence[str] = (),
) -> None:
    publish(
        name,
        f"Promised and realised precision of lists of {what}, cut for {ASKED}",
        [one.row for one in [*lists, *others]],
        settings={**settings, "close": CLOSE},
        goals=goal(lists),
        packages=("scikit-learn",),
        notes=[*notes(lists), *more],
    )


if __name__ == "__main__":
    typer.run(main)
