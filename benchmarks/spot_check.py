"""What deciding about a few findings of each list is worth: promises that are kept, and fixes that mend.

Every audit is calibrated as `truemask audit --calibrate fast` does it, and then by somebody who knows the
truth and decides about 20, 40 or 80 findings of each list, as `truemask spot-check` draws them. Label maps
are those of `audit_quality`, the packs those of `real_objects`, `real_classes`, `real_digits` and
`real_crowd`, with the networks that these keep.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from statistics import mean
from typing import Annotated

import numpy as np
import torch
import typer

from benchmarks.calibrated_classes import own_networks
from benchmarks.calibrated_lists import CLOSE, LEAST_FINDINGS, Kept, Told, kept, reviewed
from benchmarks.calibrated_maps import calibrated_maps
from benchmarks.fixing import SURE, fixed_by
from benchmarks.object_packs import carparts, nuclei
from benchmarks.real_audits import RealAudit, of_crowd, of_digits, of_objects, of_photos
from benchmarks.report import Cell, Goal, Row, publish

EACH = (20, 40, 80)
"""Decisions about each list."""
USUAL = 80
"""What the command asks for unless told otherwise."""


def main(
    data: Annotated[Path, typer.Option(help="folder of the packs; those that are not there are left out")],
    maps: Annotated[Path, typer.Option(help="scratch folder of audit_quality")] = Path("runs/audit-quality"),
    objects: Annotated[Path, typer.Option(help="of real_objects")] = Path("runs/real-objects"),
    photos: Annotated[Path, typer.Option(help="of real_classes")] = Path("runs/real-classes"),
    digits: Annotated[Path, typer.Option(help="of real_digits")] = Path("runs/real-digits"),
    crowd: Annotated[Path, typer.Option(help="of real_crowd")] = Path("runs/real-crowd"),
    seeds: int = 3,
    draws: int = 5,
) -> None:
    """Print the tables and keep them in benchmarks/results/spot_check.json and spot_check_fixed.json.

    Args:
        data: folder of the packs.
        maps: scratch folder.
        objects: scratch folder.
        photos: scratch folder.
        digits: scratch folder.
        crowd: scratch folder.
        seeds: of noise and networks of label maps and digits, and as many times other samples of all.
        draws: samples to decide about, for each seed.
    """
    torch.set_num_threads(1)
    rows, fixes, alone, ceilings = list[Row](), list[Row](), list[Kept](), list[Kept]()
    checked: dict[int, list[Kept]] = {each: [] for each in EACH}

    def add(told: Told, seed: int) -> None:
        lists, samples = [*kept(told)], range(seed * draws, (seed + 1) * draws)
        by_each = {each: [[*kept(reviewed(told, each, draw))] for draw in samples] for each in EACH}
        alone.extend(lists)
        ceilings.extend(lists if told.calibration.at_most else ())
        for each, drawn in by_each.items():
            checked[each] += [one for lists in drawn for one in lists]
        rows.append(_row(told, seed, lists, by_each))
        print(rows[-1], flush=True)

    camvid = data / "camvid" if (data / "camvid").is_dir() else None
    for seed in range(seeds):
        for told in chain(own_networks(seed), calibrated_maps(maps, camvid, "", seed)):
            add(told, seed)
    for real in _real(data, objects, photos, digits, crowd):
        for seed in range(seeds):
            add(real.told, seed)
        if real.score is not None:
            fixes.append(_fixed(real, seeds * draws))
            print(fixes[-1], flush=True)
    settings: dict[str, Cell] = {"seeds": seeds, "draws": draws, "close": CLOSE}
    publish(
        "spot_check",
        "Promised and realised precision of lists, by the audit alone and after a spot check",
        rows,
        settings=settings,
        goals=[
            Goal(f"share of close lists, {USUAL} decisions each", 0.9, _close(checked[USUAL]), at_least=True)
        ],
        notes=[
            f"lists of {LEAST_FINDINGS} findings or more; close: promise and truth differ by {CLOSE} at most",
            f"by the audit alone: {_summary(alone)}",
            *(f"after {each} decisions a list: {_summary(lists)}" for each, lists in checked.items()),
            *(f"seed {seed} alone, after {USUAL}: {_close_at(rows, seed):.2f}" for seed in range(seeds)),
            f"by errors put in alone, at most {CLOSE} above what was promised: {_at_most(ceilings):.2f}",
        ],
    )
    publish(
        "spot_check_fixed",
        f"Labels before and after fix --accept {SURE}, by the audit alone and after a spot check",
        fixes,
        settings=settings | {"decisions a list": USUAL},
        notes=["right: share of the accepted findings that are about an error"],
    )


def _real(data: Path, objects: Path, photos: Path, digits: Path, crowd: Path) -> Iterator[RealAudit]:
    """The audits of the packs that are there."""
    if (data / "nuclei-dsb2018").is_dir():
        yield of_objects(nuclei(data / "nuclei-dsb2018"), objects)
    if (data / "carparts").is_dir():
        yield of_objects(carparts(data / "carparts"), objects)
    if (data / "cifar10").is_dir():
        yield from of_photos(data / "cifar10", photos)
    if (data / "mnist10k").is_dir():
        yield of_digits(data / "mnist10k", digits)
    if (data / "bu-bil").is_dir():
        yield from of_crowd(data / "bu-bil", crowd)


def _row(told: Told, seed: int, lists: Sequence[Kept], by_each: dict[int, list[list[Kept]]]) -> Row:
    long = [one for one in lists if one.findings >= LEAST_FINDINGS]
    row: dict[str, Cell] = {
        "labels": told.source,
        "errors": told.noise,
        "seed": seed,
        "findings": len(told.findings),
        "right": float(told.right.mean()) if len(told.right) else None,
        "long lists": len(long),
        "calibrated": sum(one.promised is not None for one in long),
        "off by": _off(lists),
        "close": _close(lists),
    }
    for each, drawn in by_each.items():
        together = [one for lists in drawn for one in lists]
        row |= {f"off by, {each}": _off(together), f"close, {each}": _close(together)}
    usual = [one for lists in by_each[USUAL] for one in lists]
    return (
        row
        | {"accepted at .9": sum(one.cut for one in lists), "right of them": _cut(lists)}
        | {
            f"accepted, {USUAL}": sum(one.cut for one in usual) / len(by_each[USUAL]),
            f"right of them, {USUAL}": _cut(usual),
        }
    )


def _fixed(real: RealAudit, draws: int) -> Row:
    assert real.score is not None
    row: dict[str, Cell] = {"labels": real.told.source, "score": real.by, "given": real.score(real.given)}
    after = [reviewed(real.told, USUAL, draw) for draw in range(draws)]
    for name, audits in (("alone", [real.told]), ("checked", after)):
        fixed = [fixed_by(real.given, one.findings, SURE) for one in audits]
        row[f"accepted, {name}"] = mean(len(fixer.applied()) for fixer, _ in fixed)
        shares = [
            one.right[[*fixer.applied()]].mean()
            for one, (fixer, _) in zip(audits, fixed, strict=True)
            if fixer.applied()
        ]
        row[f"right, {name}"] = float(np.mean(shares)) if shares else None
        row[f"fixed, {name}"] = mean(real.score(labels) for _, labels in fixed)
    return row


def _long(lists: Sequence[Kept], least: int = LEAST_FINDINGS) -> list[Kept]:
    return [one for one in lists if one.promised is not None and one.findings >= least]


def _close(lists: Sequence[Kept]) -> float:
    return float(np.mean([one.close for one in _long(lists)])) if _long(lists) else float("nan")


def _close_at(rows: Sequence[Row], seed: int) -> float:
    """Share of close lists of one seed, from rows."""
    mine = [row for row in rows if row["seed"] == seed and row["long lists"]]
    shares = np.array([row[f"close, {USUAL}"] for row in mine], float)
    return float(np.average(shares, weights=np.array([row["long lists"] for row in mine], float)))


def _at_most(lists: Sequence[Kept]) -> float:
    """Share of long lists that hold at most what was promised."""
    long = _long(lists)
    return float(np.mean([one.realised <= one.promised[0] + CLOSE for one in long if one.promised]))


def _held(lists: Sequence[Kept], least: int = LEAST_FINDINGS) -> float:
    return float(np.mean([one.held for one in _long(lists, least)])) if _long(lists, least) else float("nan")


def _summary(lists: Sequence[Kept]) -> str:
    return (
        f"{_close(lists):.2f} of them close, {_held(lists):.2f} within the 90 % interval; of lists of any "
        f"length {_held(lists, 1):.2f}"
    )


def _off(lists: Sequence[Kept]) -> float | None:
    """Mean distance of promised from realised precision, of long lists."""
    off = [abs(one.promised[0] - one.realised) for one in _long(lists) if one.promised is not None]
    return float(np.mean(off)) if off else None


def _cut(lists: Sequence[Kept]) -> float | None:
    """Share of what a precision of 0.9 accepts that is right."""
    accepted = sum(one.cut for one in lists)
    return sum(one.cut * one.cut_realised for one in lists if one.cut) / accepted if accepted else None


if __name__ == "__main__":
    typer.run(main)
